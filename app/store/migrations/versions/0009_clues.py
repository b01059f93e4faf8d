"""A clue is kept with its sign, its sender and its answer; procedures run on clues too; households declare by themselves."""

import sqlalchemy as sa
from alembic import op

from app.store import triggers, types

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", _big(), sa.Identity(always=False), nullable=False)


def upgrade() -> None:
    _clues()
    _instances()
    op.add_column("notifications", sa.Column("clue", _big()))
    op.create_table(
        "submissions",
        _id(),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("puzzle", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", types.Moment(), nullable=False),
        sa.Column("taken_at", types.Moment()),
        sa.Column("clue", _big()),
        sa.Column("state", sa.String(12), nullable=False, server_default="received"),
        sa.Column("answer", sa.LargeBinary()),
        sa.Column("changed_at", types.Moment()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("code", name=op.f("uq_submissions_code")),
        sa.UniqueConstraint("puzzle", name=op.f("uq_submissions_puzzle")),
        sqlite_autoincrement=True,
    )
    new = sa.text("taken_at IS NULL")
    op.create_index("ix_submissions_new", "submissions", ["id"], sqlite_where=new, postgresql_where=new)
    op.create_index("ix_submissions_source", "submissions", ["source", "received_at"])
    if op.get_bind().dialect.name == "postgresql":
        for statement in triggers.PUBLIC_PAGES:
            op.execute(statement)
    op.create_table(
        "debts",
        _id(),
        sa.Column("clue", _big(), nullable=False),
        sa.Column("household", _big()),
        sa.Column("case_id", _big()),
        sa.Column("org_unit", sa.String(24), nullable=False),
        sa.Column("helped_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opened_at", types.Moment(), nullable=False),
        sa.Column("chased_on", sa.Date()),
        sa.Column("settled_at", types.Moment()),
        sa.ForeignKeyConstraint(["clue"], ["clues.id"], name=op.f("fk_debts_clue")),
        sa.ForeignKeyConstraint(["household"], ["households.id"], name=op.f("fk_debts_household")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debts")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_debts_clue", "debts", ["clue"])
    op.create_index("ix_debts_household", "debts", ["household"])
    op.create_table(
        "leaflets",
        sa.Column("household", _big(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("given_by", _big()),
        sa.ForeignKeyConstraint(["household"], ["households.id"], name=op.f("fk_leaflets_household")),
        sa.PrimaryKeyConstraint("household", "kind", name=op.f("pk_leaflets")),
    )


def _clues() -> None:
    for column in (
        sa.Column("org_unit", sa.String(24)),
        sa.Column("sender_unit", sa.String(24)),
        sa.Column("source", sa.String(24)),
        sa.Column("sign", sa.String(40)),
        sa.Column("family", sa.String(24)),
        sa.Column("risk", sa.String(24)),
        sa.Column("grade", sa.String(8)),
        sa.Column("data_on", sa.Date()),
        sa.Column("run", sa.String(20)),
        sa.Column("status", sa.String(12), nullable=False, server_default="entered"),
        sa.Column("outcome", sa.String(24)),
        sa.Column("watch_until", sa.Date()),
        sa.Column("times", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("checked_at", types.Moment()),
        sa.Column("name", sa.Text()),
        sa.Column("data_key", _big()),
        sa.Column("secret", sa.LargeBinary()),
        sa.Column("demo", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("clues", column)
    op.create_index("ix_clues_household", "clues", ["household", "sign"])
    op.create_index("ix_clues_standing", "clues", ["org_unit", "status"])
    op.create_index("ix_clues_sender", "clues", ["sender"])
    op.create_index("ix_clues_sender_unit", "clues", ["sender_unit", "status"])
    op.create_index("ix_clues_case", "clues", ["case_id"])


def _instances() -> None:
    """What an instance without a case stands on."""
    for name, kind in (("household", _big()), ("org_unit", sa.String(24)), ("data_key", _big())):
        op.add_column("process_instances", sa.Column(name, kind))
    alone = sa.text("case_id IS NULL")
    op.create_index(
        "ix_process_instances_subject",
        "process_instances",
        ["subject_id", "subject_kind"],
        sqlite_where=alone,
        postgresql_where=alone,
    )
    op.create_table(
        "instance_acts",
        sa.Column("instance", _big(), nullable=False),
        sa.Column("element", sa.String(80), nullable=False),
        sa.Column("official", _big(), nullable=False),
        sa.ForeignKeyConstraint(["instance"], ["process_instances.id"], name=op.f("fk_instance_acts_instance")),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_instance_acts_official")),
        sa.PrimaryKeyConstraint("instance", "element", "official", name=op.f("pk_instance_acts")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION submission_status(bytea)")
        op.execute("DROP FUNCTION refuse_flood() CASCADE")
    for name in ("instance_acts", "leaflets", "debts", "submissions"):
        op.drop_table(name)
    for name in ("case", "sender_unit", "sender", "standing", "household"):
        op.drop_index(f"ix_clues_{name}", table_name="clues")
    with op.batch_alter_table("clues") as clues:
        for name in (
            "demo",
            "secret",
            "data_key",
            "name",
            "checked_at",
            "times",
            "watch_until",
            "outcome",
            "status",
            "run",
            "data_on",
            "grade",
            "risk",
            "family",
            "sign",
            "source",
            "sender_unit",
            "org_unit",
        ):
            clues.drop_column(name)
    op.drop_index("ix_process_instances_subject", table_name="process_instances")
    with op.batch_alter_table("process_instances") as instances:
        for name in ("data_key", "org_unit", "household"):
            instances.drop_column(name)
    with op.batch_alter_table("notifications") as told:
        told.drop_column("clue")
