"""Diagrams say what type a step is and for which holds it waits; for those published before, it is kept beside them."""

import tomllib
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

SAYS = Path(__file__).parent.parent / "succession.toml"


def upgrade() -> None:
    op.create_table(
        "succession",
        sa.Column("diagram", sa.LargeBinary(), nullable=False),
        sa.Column("element", sa.String(80), nullable=False),
        sa.Column("says", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("diagram", "element", name=op.f("pk_succession")),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    files = sa.table("deployment_files", sa.column("path", sa.String), sa.column("hash", sa.LargeBinary))
    kept = sa.table(
        "succession", sa.column("diagram", sa.LargeBinary), sa.column("element", sa.String), sa.column("says", types.Json())
    )
    for process, elements in tomllib.loads(SAYS.read_text("utf-8")).items():
        asked = sa.select(files.c.hash).where(files.c.path == f"{process}.bpmn").distinct()
        rows = [
            {"diagram": bytes(diagram), "element": element, "says": says}
            for diagram in connection.execute(asked).scalars()
            for element, says in elements.items()
        ]
        if rows:
            op.bulk_insert(kept, rows)


def downgrade() -> None:
    op.drop_table("succession")
