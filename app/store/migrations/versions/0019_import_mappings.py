"""What was remembered of files' columns: rows of data that once stood where titles belong (names, numbers, phones) go."""

import json
import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

LONG_FIGURE = re.compile(r"\d{5}")


def upgrade() -> None:
    """A title stays where somebody chose something for it and it is like those that we know: it has two signs in a row in
    common with one of them. What is not, is not told from a name, and is chosen once more."""
    bind = op.get_bind()
    pairs = {title[n : n + 2] for title in _titles(bind) for n in range(len(title) - 1)}
    mappings = sa.table("import_mappings", sa.column("kind"), sa.column("header"), sa.column("field"))
    for kind, header, field in bind.execute(sa.select(mappings.c.kind, mappings.c.header, mappings.c.field)).all():
        like = any(pair in header for pair in pairs)
        if not field or not like or LONG_FIGURE.search(header):
            bind.execute(sa.delete(mappings).where(mappings.c.kind == kind, mappings.c.header == header))


def _titles(bind: sa.Connection) -> set[str]:
    entries = sa.table("entries", sa.column("name"), sa.column("value"))
    found: set[str] = set()
    for (value,) in bind.execute(sa.select(entries.c.value).where(entries.c.name == "import_column")):
        read: Any = json.loads(value) if isinstance(value, str | bytes) else value
        found.update(read.get("titles", ()))
    return found


def downgrade() -> None:
    """What went does not come back."""
