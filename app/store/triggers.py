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


_LIMIT = """SELECT (value::json->>'value')::int INTO {into} FROM entries
 WHERE name = 'parameter' AND key = '{key}' AND valid_from <= current_date ORDER BY valid_from DESC, number DESC LIMIT 1;"""
_OWNER = "LANGUAGE {} SECURITY DEFINER SET search_path FROM CURRENT"
_NO_FLOOD = f"""CREATE FUNCTION refuse_flood() RETURNS trigger {_OWNER.format("plpgsql")} AS $$
DECLARE at bigint := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint; hourly int; daily int; BEGIN
{_LIMIT.format(into="hourly", key="apply_per_hour")} {_LIMIT.format(into="daily", key="apply_per_day")}
NEW.received_at := at; NEW.taken_at := NULL; NEW.state := 'received'; NEW.answer := NULL; NEW.clue := NULL;
IF (SELECT count(*) FROM submissions WHERE source = NEW.source AND received_at > at - 3600000000) >= coalesce(hourly, 6)
THEN RAISE EXCEPTION 'flood hour'; END IF;
IF (SELECT count(*) FROM submissions WHERE received_at > at - 86400000000) >= coalesce(daily, 2000)
THEN RAISE EXCEPTION 'flood day'; END IF; RETURN NEW; END $$"""  # noqa: S608
PUBLIC_PAGES = (
    _NO_FLOOD,
    "CREATE TRIGGER submissions_no_flood BEFORE INSERT ON submissions FOR EACH ROW EXECUTE FUNCTION refuse_flood()",
    "CREATE FUNCTION submission_status(wanted bytea) RETURNS TABLE(state varchar, answer bytea, received_at bigint, "
    "changed_at bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS "
    "'SELECT s.state, s.answer, s.received_at, s.changed_at FROM submissions s WHERE s.code = wanted'",
    "REVOKE EXECUTE ON FUNCTION submission_status(bytea) FROM PUBLIC",
)
"""PostgreSQL: who holds the public pages' role may insert into `submissions`, within limits that the county sets, and read
one status by its code; both run with the owner's rights, the role has no others."""


def public_role(name: str, password: str) -> Iterator[str]:
    """Statements that make the role of the public pages; `name` and `password` are quoted by the caller."""
    yield f"CREATE ROLE {name} LOGIN PASSWORD {password}"
    yield f"GRANT INSERT (code, sealed, source, puzzle, received_at) ON submissions TO {name}"
    yield f"GRANT EXECUTE ON FUNCTION submission_status(bytea) TO {name}"
