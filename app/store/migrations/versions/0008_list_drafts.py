"""A half-filled list is kept as a half-filled task is."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "list_drafts",
        sa.Column("official", _big(), nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("data_key", _big(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_list_drafts_official")),
        sa.ForeignKeyConstraint(["data_key"], ["data_keys.id"], name=op.f("fk_list_drafts_data_key")),
        sa.PrimaryKeyConstraint("official", "kind", name=op.f("pk_list_drafts")),
    )


def downgrade() -> None:
    op.drop_table("list_drafts")
