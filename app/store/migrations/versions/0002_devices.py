"""Browsers an official has signed in from, the reason of a reading encrypted, room for any step's name on a paper."""

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
    op.add_column("readings", sa.Column("secret", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("papers", table_kwargs={"sqlite_autoincrement": True}) as papers:
        papers.alter_column("kind", existing_type=sa.String(40), type_=sa.String(80), existing_nullable=False)


def downgrade() -> None:
    op.drop_column("readings", "secret")
    op.drop_table("devices")
