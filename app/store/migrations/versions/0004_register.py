"""The register filled from files: the province's household number, what was imported, which column means what."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("households", sa.Column("number", sa.String(40), nullable=True))
    op.create_index("ix_households_number", "households", ["number"], unique=True)
    op.create_table(
        "imports",
        sa.Column("id", _BIG, sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("file_hash", sa.LargeBinary(), nullable=False),
        sa.Column("data_on", sa.Date(), nullable=False),
        sa.Column("made_at", types.Moment(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("counts", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "import_mappings",
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("header", sa.String(64), nullable=False),
        sa.Column("field", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("kind", "header", name=op.f("pk_import_mappings")),
    )


def downgrade() -> None:
    op.drop_table("import_mappings")
    op.drop_table("imports")
    op.drop_index("ix_households_number", "households")
    op.drop_column("households", "number")
