"""An open task says what type of step it is and on which kind of list it goes."""

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("type", "list"):
        op.add_column("tasks", sa.Column(name, sa.String(40), nullable=False, server_default=""))
    connection = op.get_bind()
    kept = sa.table(
        "succession", sa.column("diagram", sa.LargeBinary), sa.column("element", sa.String), sa.column("says", types.Json())
    )
    files = sa.table("deployment_files", sa.column("deployment", sa.BigInteger), sa.column("hash", sa.LargeBinary))
    instances = sa.table("process_instances", sa.column("id", sa.BigInteger), sa.column("deployment", sa.BigInteger))
    tasks = sa.table(
        "tasks",
        sa.column("instance", sa.BigInteger),
        sa.column("element", sa.String),
        sa.column("type", sa.String),
        sa.column("list", sa.String),
    )
    for row in connection.execute(sa.select(kept)).all():
        published = sa.select(files.c.deployment).where(files.c.hash == row.diagram)
        here = sa.select(instances.c.id).where(instances.c.deployment.in_(published))
        says = {name: row.says.get(name, "") for name in ("type", "list")}
        connection.execute(sa.update(tasks).where(tasks.c.element == row.element, tasks.c.instance.in_(here)).values(**says))


def downgrade() -> None:
    for name in ("type", "list"):
        op.drop_column("tasks", name)
