"""What is answered for one of many stands on its task; long lists lie beside an instance's state."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("tasks", sa.Column("answer", types.Json()))
    op.create_table(
        "kept_lists",
        sa.Column("instance", big, nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("content", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(["instance"], ["process_instances.id"], name=op.f("fk_kept_lists_instance")),
        sa.PrimaryKeyConstraint("instance", "digest", name=op.f("pk_kept_lists")),
        sqlite_with_rowid=False,
    )
