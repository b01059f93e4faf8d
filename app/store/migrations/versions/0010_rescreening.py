"""The monthly re-screening: runs, duties, department files, findings, the extract that people are matched by."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", _big(), sa.Identity(always=False), nullable=False)


def upgrade() -> None:
    op.create_table(
        "runs",
        _id(),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("period", sa.String(20), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("started_at", types.Moment(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("closed_at", types.Moment()),
        sa.Column("counts", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("kind", "period", name=op.f("uq_runs_kind")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "duties",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", _big(), nullable=False),
        sa.Column("period", sa.String(20), nullable=False),
        sa.Column("org_unit", sa.String(24), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_at", types.Moment()),
        sa.PrimaryKeyConstraint("kind", "subject", "period", name=op.f("pk_duties")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "department_files",
        _id(),
        sa.Column("run", _big(), nullable=False),
        sa.Column("department", sa.String(24), nullable=False),
        sa.Column("template", sa.String(40), nullable=False),
        sa.Column("file_hash", sa.LargeBinary(), nullable=False),
        sa.Column("data_on", sa.Date(), nullable=False),
        sa.Column("counts", types.Json(), nullable=False),
        sa.Column("uploaded_by", _big()),
        sa.Column("uploaded_at", types.Moment(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("data_key", _big(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("original_until", sa.Date()),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_department_files_run")),
        sa.ForeignKeyConstraint(["data_key"], ["data_keys.id"], name=op.f("fk_department_files_data_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department_files")),
        sa.UniqueConstraint("run", "template", "file_hash", name=op.f("uq_department_files_run")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_department_files_run", "department_files", ["run"])
    op.create_table(
        "findings",
        sa.Column("file", _big(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("clue", _big(), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["department_files.id"], name=op.f("fk_findings_file")),
        sa.PrimaryKeyConstraint("file", "row", name=op.f("pk_findings")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "extracts",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("stamp", sa.String(80), nullable=False),
        sa.Column("made_at", types.Moment(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("data_key", _big(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["data_key"], ["data_keys.id"], name=op.f("fk_extracts_data_key")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_extracts")),
    )


def downgrade() -> None:
    for name in ("extracts", "findings", "department_files", "duties", "runs"):
        op.drop_table(name)
