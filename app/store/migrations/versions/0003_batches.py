"""Meetings, sheets, reports and decisions for many households at once."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", _BIG, sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("org_unit", sa.String(24), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("made_at", types.Moment(), nullable=False),
        sa.Column("made_by", _BIG, nullable=False),
        sa.Column("data_key", _BIG, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["data_key"], ["data_keys.id"], name=op.f("fk_batches_data_key")),
        sa.ForeignKeyConstraint(["made_by"], ["officials.id"], name=op.f("fk_batches_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_batches_org_unit"), "batches", ["org_unit"])
    op.create_table(
        "batch_items",
        sa.Column("batch", _BIG, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("case_id", _BIG, nullable=False),
        sa.Column("task", _BIG, nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name=op.f("fk_batch_items_batch")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_batch_items_case_id")),
        sa.ForeignKeyConstraint(["task"], ["tasks.id"], name=op.f("fk_batch_items_task")),
        sa.PrimaryKeyConstraint("batch", "row", name=op.f("pk_batch_items")),
    )
    op.create_index(op.f("ix_batch_items_case_id"), "batch_items", ["case_id"])
    op.add_column("papers", sa.Column("batch", _BIG, nullable=True))
    op.create_index(op.f("ix_papers_batch"), "papers", ["batch"])


def downgrade() -> None:
    op.drop_index(op.f("ix_papers_batch"), "papers")
    op.drop_column("papers", "batch")
    op.drop_table("batch_items")
    op.drop_table("batches")
