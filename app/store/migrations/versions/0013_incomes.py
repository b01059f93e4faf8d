"""What former poor households earn and spend, month by month, sealed under the household's key."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "month_incomes",
        sa.Column("household", _big(), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("org_unit", sa.String(24), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("entered_by", _big()),
        sa.Column("entered_at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["household"], ["households.id"], name=op.f("fk_month_incomes_household")),
        sa.PrimaryKeyConstraint("household", "period", name=op.f("pk_month_incomes")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_month_incomes_village", "month_incomes", ["org_unit", "period"])


def downgrade() -> None:
    op.drop_table("month_incomes")
