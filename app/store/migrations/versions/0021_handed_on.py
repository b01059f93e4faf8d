"""On which basis an exchange was handed on by the timer, and whom it named."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("exchanges", sa.Column("basis", sa.String(120)))
    op.create_table(
        "handed_on",
        sa.Column("exchange", _big(), nullable=False),
        sa.Column("household", _big(), nullable=False),
        sa.ForeignKeyConstraint(["exchange"], ["exchanges.id"], name=op.f("fk_handed_on_exchange")),
        sa.ForeignKeyConstraint(["household"], ["households.id"], name=op.f("fk_handed_on_household")),
        sa.PrimaryKeyConstraint("exchange", "household", name=op.f("pk_handed_on")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_handed_on_household"), "handed_on", ["household"])


def downgrade() -> None:
    op.drop_table("handed_on")
    op.drop_column("exchanges", "basis")
