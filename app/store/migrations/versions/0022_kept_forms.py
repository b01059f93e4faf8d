"""A form that was refused is kept until it is sent again, with the files that came along."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "kept_forms",
        sa.Column("id", _big(), sa.Identity(always=False), nullable=False),
        sa.Column("official", _big(), nullable=False),
        sa.Column("page", sa.String(2_000), nullable=False),
        sa.Column("action", sa.String(300), nullable=False),
        sa.Column("typed", sa.Boolean(), nullable=False),
        sa.Column("data_key", _big(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", types.Moment(), nullable=False),
        sa.ForeignKeyConstraint(["official"], ["officials.id"], name=op.f("fk_kept_forms_official")),
        sa.ForeignKeyConstraint(["data_key"], ["data_keys.id"], name=op.f("fk_kept_forms_data_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_forms")),
        sa.UniqueConstraint("official", "page", "action", name=op.f("uq_kept_forms_official")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "kept_files",
        sa.Column("id", _big(), sa.Identity(always=False), nullable=False),
        sa.Column("form", _big(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["form"], ["kept_forms.id"], name=op.f("fk_kept_files_form")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_files")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_kept_files_form", "kept_files", ["form"])


def downgrade() -> None:
    op.drop_table("kept_files")
    op.drop_table("kept_forms")
