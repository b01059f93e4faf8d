"""Grids under villages with who is responsible, and rounds of visits: the yearly look-back, the must-visit groups."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", _big(), sa.Identity(always=False), nullable=False)


def upgrade() -> None:
    op.create_table(
        "grids",
        _id(),
        sa.Column("org_unit", sa.String(24), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grids")),
        sa.UniqueConstraint("org_unit", "name", name=op.f("uq_grids_org_unit")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_grids_org_unit", "grids", ["org_unit"])
    op.create_table(
        "grid_people",
        _id(),
        sa.Column("grid", _big(), nullable=False),
        sa.Column("official", _big(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date()),
        sa.Column("reason", sa.Text()),
        sa.ForeignKeyConstraint(["grid"], ["grids.id"], name=op.f("fk_grid_people_grid")),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_grid_people_official")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_people")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_grid_people_grid", "grid_people", ["grid"])
    op.create_table(
        "grid_households",
        sa.Column("household", _big(), nullable=False),
        sa.Column("grid", _big(), nullable=False),
        sa.ForeignKeyConstraint(["household"], ["households.id"], name=op.f("fk_grid_households_household")),
        sa.ForeignKeyConstraint(["grid"], ["grids.id"], name=op.f("fk_grid_households_grid")),
        sa.PrimaryKeyConstraint("household", name=op.f("pk_grid_households")),
    )
    op.create_index("ix_grid_households_grid", "grid_households", ["grid"])
    op.create_table(
        "visit_items",
        sa.Column("run", _big(), nullable=False),
        sa.Column("household", _big(), nullable=False),
        sa.Column("org_unit", sa.String(24), nullable=False),
        sa.Column("grid", _big()),
        sa.Column("groups", sa.String(120)),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("result", sa.String(12)),
        sa.Column("signs", sa.Text()),
        sa.Column("helped_outside", sa.Boolean(), nullable=False),
        sa.Column("visited_on", sa.Date()),
        sa.Column("done_at", types.Moment()),
        sa.Column("done_by", _big()),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_visit_items_run")),
        sa.ForeignKeyConstraint(["household"], ["households.id"], name=op.f("fk_visit_items_household")),
        sa.PrimaryKeyConstraint("run", "household", name=op.f("pk_visit_items")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_visit_items_village", "visit_items", ["run", "org_unit", "status"])


def downgrade() -> None:
    for name in ("visit_items", "grid_households", "grid_people", "grids"):
        op.drop_table(name)
