"""Insert-only tables: triggers that refuse UPDATE, DELETE, REPLACE and TRUNCATE on both databases.

SQLite's `INSERT OR REPLACE` fires delete triggers only with `recursive_triggers=ON` (set on every connection);
PostgreSQL's TRUNCATE passes row triggers, so it has a statement trigger of its own.
"""

from collections.abc import Iterable, Iterator

from .tables import INSERT_ONLY


def statements(dialect: str, names: Iterable[str] = INSERT_ONLY) -> Iterator[str]:
    """The DDL that guards these tables."""
    if dialect == "postgresql":
        yield (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'table % is insert-only', TG_TABLE_NAME; END $$"
        )
    for name in names:
        if dialect == "postgresql":
            yield (
                f"CREATE TRIGGER {name}_insert_only BEFORE UPDATE OR DELETE ON {name} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            yield (
                f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        else:
            for verb in ("UPDATE", "DELETE"):
                yield (
                    f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
                    f"BEGIN SELECT RAISE(ABORT, 'table {name} is insert-only'); END"
                )
