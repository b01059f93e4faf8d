"""The desk beside the tasks: kinship, notifications, follow-up days, saved filters, what people report about the system."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", _big(), sa.Identity(always=False), nullable=False)


def upgrade() -> None:
    op.add_column("officials", sa.Column("email", sa.String(120), nullable=True))
    op.create_table(
        "kinships",
        sa.Column("official", _big(), nullable=False),
        sa.Column("household", _big(), nullable=False),
        sa.Column("declared_at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_kinships_official")),
        sa.ForeignKeyConstraint(["household"], ["households.id"], name=op.f("fk_kinships_household")),
        sa.PrimaryKeyConstraint("official", "household", name=op.f("pk_kinships")),
    )
    op.create_index(op.f("ix_kinships_household"), "kinships", ["household"])
    op.create_table(
        "notifications",
        _id(),
        sa.Column("official", _big(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("case_id", _big(), nullable=True),
        sa.Column("task", _big(), nullable=True),
        sa.Column("sender", _big(), nullable=True),
        sa.Column("at", types.Moment(), nullable=False),
        sa.Column("read_at", types.Moment(), nullable=True),
        sa.Column("mailed_at", types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_notifications_official")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notifications_mine", "notifications", ["official", "read_at"])
    op.create_table(
        "follow_ups",
        sa.Column("official", _big(), nullable=False),
        sa.Column("task", _big(), nullable=False),
        sa.Column("follow_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_follow_ups_official")),
        sa.ForeignKeyConstraint(["task"], ["tasks.id"], name=op.f("fk_follow_ups_task")),
        sa.PrimaryKeyConstraint("official", "task", name=op.f("pk_follow_ups")),
    )
    op.create_table(
        "saved_filters",
        _id(),
        sa.Column("official", _big(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("query", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_saved_filters_official")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filters")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_saved_filters_official"), "saved_filters", ["official"])
    op.create_table(
        "feedback",
        _id(),
        sa.Column("official", _big(), nullable=False),
        sa.Column("page", sa.String(120), nullable=False),
        sa.Column("at", types.Moment(), nullable=False),
        sa.Column("data_key", _big(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("answered_by", _big(), nullable=True),
        sa.Column("answered_at", types.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_feedback_official")),
        sa.ForeignKeyConstraint(["data_key"], ["data_keys.id"], name=op.f("fk_feedback_data_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    for name in ("feedback", "saved_filters", "follow_ups", "notifications", "kinships"):
        op.drop_table(name)
    op.drop_column("officials", "email")
