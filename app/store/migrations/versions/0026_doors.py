"""Procedures say what they are about and which of them carry a case, events of an end say its outcome, timers whose time they
count; acting people are kept by procedure and step."""

import tomllib
from pathlib import Path
from xml.etree import ElementTree

import sqlalchemy as sa
from alembic import op

from app.store import types

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SAYS = Path(__file__).parent.parent / "succession.toml"
NEW = ("main", "subject", "doors", "outcome")
NEW_TYPES = (
    "province_entry",
    "town_contact",
    "village_contact",
    "measure_plan",
    "measure_report",
    "measure_receipt",
    "observation",
    "signs_inquiry",
    "exclusion_confirmation",
    "month_report",
    "village_incomes",
)
BPMN, OURS = "{http://www.omg.org/spec/BPMN/20100524/MODEL}", "{http://shouwang/bpmn/1.0}"


def upgrade() -> None:
    connection = op.get_bind()
    _succeed(connection)
    _types(connection)
    op.add_column("timers", sa.Column("attached_to", sa.String(80), nullable=False, server_default=""))
    op.execute(
        "UPDATE timers SET attached_to = substr(element, 1, length(element) - 4) WHERE substr(element, length(element) - 3) = '_due'"
    )
    op.drop_index("ix_timers_provisional", table_name="timers")
    only = sa.text("provisional")
    op.create_index("ix_timers_provisional", "timers", ["instance", "attached_to"], sqlite_where=only, postgresql_where=only)
    _widen(160)
    op.execute("UPDATE acts SET element = 'identify/' || element WHERE element NOT LIKE '%/%'")


def _widen(length: int) -> None:
    for name in ("acts", "instance_acts"):
        with op.batch_alter_table(name, table_kwargs={"sqlite_with_rowid": False}) as table:
            table.alter_column("element", type_=sa.String(length))


def _succeed(connection: sa.Connection) -> None:
    """What was published before says the new things too."""
    files = sa.table("deployment_files", sa.column("path", sa.String), sa.column("hash", sa.LargeBinary))
    kept = sa.table(
        "succession", sa.column("diagram", sa.LargeBinary), sa.column("element", sa.String), sa.column("says", types.Json())
    )
    known = {(bytes(r.diagram), r.element): dict(r.says) for r in connection.execute(sa.select(kept))}
    for process, elements in tomllib.loads(SAYS.read_text("utf-8")).items():
        diagrams = connection.execute(sa.select(files.c.hash).where(files.c.path == f"{process}.bpmn").distinct())
        for diagram in diagrams.scalars().all():
            for element, says in elements.items():
                new = {k: v for k, v in says.items() if k in NEW or v in NEW_TYPES}
                before = known.get((bytes(diagram), element))
                here = sa.and_(kept.c.diagram == diagram, kept.c.element == element)
                if new and before is None:
                    connection.execute(sa.insert(kept).values(diagram=diagram, element=element, says=new))
                elif new and before is not None:
                    connection.execute(sa.update(kept).where(here).values(says={**new, **before}))


def _types(connection: sa.Connection) -> None:
    """Open and done tasks of steps that have a type since, or were opened many at once without it."""
    kept = sa.table(
        "succession", sa.column("diagram", sa.LargeBinary), sa.column("element", sa.String), sa.column("says", types.Json())
    )
    used = sa.table(
        "deployment_files",
        sa.column("deployment", sa.BigInteger),
        sa.column("path", sa.String),
        sa.column("hash", sa.LargeBinary),
    )
    files = sa.table("files", sa.column("hash", sa.LargeBinary), sa.column("bytes", sa.LargeBinary))
    instances = sa.table("process_instances", sa.column("id", sa.BigInteger), sa.column("deployment", sa.BigInteger))
    tasks = sa.table(
        "tasks",
        sa.column("instance", sa.BigInteger),
        sa.column("element", sa.String),
        sa.column("type", sa.String),
        sa.column("list", sa.String),
    )
    said: dict[bytes, dict[str, dict[str, str]]] = {}
    for row in connection.execute(sa.select(kept)).all():
        said.setdefault(bytes(row.diagram), {})[row.element] = dict(row.says)
    drawn = (
        sa.select(files.c.hash, files.c.bytes)
        .join(used, used.c.hash == files.c.hash)
        .where(used.c.path.like("%.bpmn"))
        .distinct()
    )
    for row in connection.execute(drawn).all():
        for step in ElementTree.fromstring(bytes(row.bytes)).iter(f"{BPMN}userTask"):
            own = {p.get("name", ""): p.get("value", "") for p in step.iter(f"{OURS}property")}
            if own.get("type"):
                said.setdefault(bytes(row.hash), {})[step.get("id", "")] = own
    for diagram, elements in said.items():
        published = sa.select(used.c.deployment).where(used.c.hash == diagram)
        here = sa.select(instances.c.id).where(instances.c.deployment.in_(published))
        for element, says in elements.items():
            if says.get("type"):
                connection.execute(
                    sa.update(tasks)
                    .where(tasks.c.element == element, tasks.c.type == "", tasks.c.instance.in_(here))
                    .values(type=says["type"], list=says.get("list", ""))
                )


def downgrade() -> None:
    op.execute("UPDATE acts SET element = substr(element, 10) WHERE element LIKE 'identify/%'")
    _widen(80)
    op.drop_index("ix_timers_provisional", table_name="timers")
    only = sa.text("provisional")
    op.create_index("ix_timers_provisional", "timers", ["instance", "element"], sqlite_where=only, postgresql_where=only)
    op.drop_column("timers", "attached_to")
