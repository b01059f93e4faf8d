"""The lists of the inbox: every filter alone and together, on both databases, and plans that use the open tasks' index."""

from datetime import timedelta

from sqlalchemy import text

from app.store import inbox
from tests.conftest import OTHER_VILLAGE, VILLAGE, County
from tests.walking import Walk


def test_each_filter_narrows_the_list(county: County) -> None:
    walks = [Walk(county, n).open() for n in range(3)]
    walks[0].do("village_1", "sign_commitment")
    actor = county.actor("village_1")
    with county.store.reading() as session:

        def elements(**filters: object) -> list[str]:
            return [t.element for t in inbox.open_for_roles(session, actor.id, actor.assignments, **filters)]  # type: ignore[arg-type]

        everything = elements()
        assert sorted(everything) == ["check_household", "sign_commitment", "sign_commitment"]
        late = county.now + timedelta(days=60)
        assert elements(element="check_household") == ["check_household"]
        assert elements(process="identify") == everything and elements(process="eliminate") == []
        assert (
            elements(villages=[VILLAGE]) == everything and elements(villages=[OTHER_VILLAGE]) == elements(villages=[]) == []
        )
        assert elements(due_before=late) == everything and elements(due_after=late) == []
        both = elements(element="sign_commitment", villages=[VILLAGE, OTHER_VILLAGE], due_before=late, limit=1, offset=1)
        assert both == ["sign_commitment"]
        assert inbox.assigned_to(session, actor.id, element="sign_commitment", process="identify") == []
        stands = inbox.standing(session, actor.id, actor.assignments, late)
        assert (stands.mine, stands.open, stands.done, stands.late) == (0, 3, 4, 3)
        assert stands.nearest == min(r.due for r in inbox.open_for_roles(session, actor.id, actor.assignments))
        assert inbox.standing(session, actor.id, (), late).pairs == []


def test_a_prepared_plan_still_uses_the_index_of_open_tasks(county: County) -> None:
    """The status is a literal: as a parameter, PostgreSQL's generic plan could not know that the index fits."""
    query = str(inbox._open_page(1, frozenset()).compile(county.store.engine))
    assert "status = 'open'" in query
    if not county.store.is_sqlite:
        with county.store.engine.connect() as conn:
            conn.execute(text("SET plan_cache_mode = force_generic_plan"))
            conn.execute(text("SET enable_seqscan = off"))
            conn.execute(
                text(
                    "PREPARE page(text, text) AS SELECT id FROM tasks WHERE status = 'open' AND assignee IS NULL "
                    "AND org_unit = $1 AND roles = $2 ORDER BY due LIMIT 50"
                )
            )
            plan = "\n".join(conn.execute(text("EXPLAIN EXECUTE page('a', 'b')")).scalars())
        assert "ix_tasks_role" in plan
