"""Browsers that an official has signed in from, and room for any step's name on a paper."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "devices",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("official", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("seen_at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_devices_official")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_devices")),
    )
    op.create_index(op.f("ix_devices_official"), "devices", ["official"])
    if op.get_bind().dialect.name == "postgresql":  # SQLite does not hold the length of a text
        op.alter_column("papers", "kind", type_=sa.String(80))


def downgrade() -> None:
    op.drop_table("devices")
