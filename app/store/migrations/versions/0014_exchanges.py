"""The monthly exchange: an outbox of what is handed on, with receipts, tries and what could not be delivered."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "exchanges",
        sa.Column("id", _big(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", types.Moment(), nullable=False),
        sa.Column("trouble", sa.String(40)),
        sa.Column("receipt", sa.String(200)),
        sa.Column("made_at", types.Moment(), nullable=False),
        sa.Column("closed_at", types.Moment()),
        sa.Column("data_key", _big(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["data_key"], ["data_keys.id"], name=op.f("fk_exchanges_data_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchanges")),
        sa.UniqueConstraint("token", name=op.f("uq_exchanges_token")),
        sa.UniqueConstraint("kind", "period", name=op.f("uq_exchanges_kind")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("exchanges")
