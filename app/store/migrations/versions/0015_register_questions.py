"""What a newer list leaves open about a household: who is not in it any more, where it lies, whether two entries are one person."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("households", sa.Column("listed_on", sa.Date()))
    op.create_table(
        "register_questions",
        sa.Column("id", _big(), sa.Identity(always=False), nullable=False),
        sa.Column("household", _big(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("member", sa.String(20), server_default="", nullable=False),
        sa.Column("other", sa.String(20)),
        sa.Column("unit_to", sa.String(24)),
        sa.Column("data_on", sa.Date()),
        sa.Column("asked_at", types.Moment(), nullable=False),
        sa.Column("asked_by", _big()),
        sa.Column("left_by", _big()),
        sa.Column("taken_by", _big()),
        sa.Column("closed_at", types.Moment()),
        sa.Column("closed_by", _big()),
        sa.Column("closed_as", sa.String(8)),
        sa.ForeignKeyConstraint(["household"], ["households.id"], name=op.f("fk_register_questions_household")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_questions")),
        sqlite_autoincrement=True,
    )
    still = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_register_questions_open",
        "register_questions",
        ["household", "kind", "member"],
        unique=True,
        sqlite_where=still,
        postgresql_where=still,
    )
