"""Lists that leave the house: who asked, who allowed, when it was taken."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("id", _big(), sa.Identity(always=False), nullable=False),
        sa.Column("official", _big(), nullable=False),
        sa.Column("org_unit", sa.String(24), nullable=False),
        sa.Column("filters", types.Json(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("data_key", _big(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", types.Moment(), nullable=False),
        sa.Column("decided_by", _big(), nullable=True),
        sa.Column("decided_at", types.Moment(), nullable=True),
        sa.Column("taken_at", types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_exports_official")),
        sa.ForeignKeyConstraint(["data_key"], ["data_keys.id"], name=op.f("fk_exports_data_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_exports_official"), "exports", ["official"])
    asked = sa.text("status = 'asked'")
    op.create_index("ix_exports_asked", "exports", ["org_unit"], sqlite_where=asked, postgresql_where=asked)


def downgrade() -> None:
    op.drop_table("exports")
