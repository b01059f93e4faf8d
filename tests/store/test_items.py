"""What lies beside a state: open tasks of many items, their answers, long lists."""

import pytest

from app.store import items
from tests.conftest import County
from tests.store.planting import run, task


def test_open_items_of_a_step_stand_as_they_were_opened(county: County) -> None:
    with county.store.transaction() as session:
        one, other = run(session), run(session)
        for item in ("health", "police"):
            task(session, one, f"ask_all[{item}]", item=item)
        task(session, one, "ask_all[civil]", item="civil")
        task(session, one, "ask_all[water]", item="water", status="done")
        task(session, one, "askXall[rural]", item="rural")  # a mark of LIKE in an address is none
        task(session, one, "ask_all", item="whole")
        task(session, one, "ask_all_more[rural]", item="rural")
        task(session, other, "ask_all[rural]", item="rural")
        assert items.open_items(session, one, "ask_all") == ["health", "police", "civil"]
        assert items.open_items(session, other, "ask_all") == ["rural"]
        assert items.open_items(session, one, "none") == []


def test_whether_a_task_is_open_at_an_address(county: County) -> None:
    with county.store.transaction() as session:
        one, other = run(session), run(session)
        wanted = task(session, one, "ask[a]", item="a", type="asset")
        task(session, one, "ask[b]", item="b", type="asset", status="done")
        assert items.is_open(session, one, "ask[a]")
        assert not items.is_open(session, one, "ask[b]")
        assert not items.is_open(session, one, "ask")
        assert not items.is_open(session, other, "ask[a]")
        assert items.open_task(session, one, "asset", "a") == wanted
        assert items.open_task(session, one, "asset", "b") is None
        assert items.open_task(session, one, "other", "a") is items.open_task(session, other, "asset", "a") is None


def test_answers_are_told_by_item_the_later_visit_first_and_by_address(county: County) -> None:
    with county.store.transaction() as session:
        one, other = run(session), run(session)
        task(session, one, "ask#1[a]", element="ask", item="a", status="done", answer={"said": 1})
        task(session, one, "ask#2[a]", element="ask", item="a", status="done", answer={"said": 2})
        task(session, one, "ask#2[b]", element="ask", item="b", status="done", answer={})
        task(session, one, "ask#2[c]", element="ask", item="c")
        task(session, one, "more[a]", item="a", status="done", answer={"said": 3})
        task(session, other, "ask[a]", item="a", status="done", answer={"said": 4})
        assert items.answers(session, one, "ask") == {"a": {"said": 2}, "b": {}}
        assert items.answers(session, one, "none") == {}
        assert items.all_answers(session, one) == {
            "ask#1[a]": {"said": 1},
            "ask#2[a]": {"said": 2},
            "ask#2[b]": {},
            "more[a]": {"said": 3},
        }
        assert items.all_answers(session, run(session)) == {}


def test_a_long_list_is_kept_by_its_digest_for_its_run_only(county: County) -> None:
    with county.store.transaction() as session:
        one, other = run(session), run(session)
        session.write(items.keep_lists(session, one, {"d1": ["甲", {"n": 1}], "d2": []}))
        session.write(items.keep_lists(session, other, {"d1": [2]}))
        session.write(items.keep_lists(session, other, {"d1": [9], "d3": [3]}))  # what is kept already is left as it is
        assert items.keep_lists(session, one, {"d2": []}) == items.keep_lists(session, one, {}) == []
        assert items.kept_list(session, one, "d1") == ["甲", {"n": 1}]
        assert items.kept_list(session, one, "d2") == []
        assert items.kept_list(session, other, "d1") == [2]
        with pytest.raises(LookupError):
            items.kept_list(session, other, "d2")
        assert items.kept_lists(session, one) == {"d1": ["甲", {"n": 1}], "d2": []}
        assert items.kept_lists(session, other) == {"d1": [2], "d3": [3]}
        assert items.kept_lists(session, run(session)) == {}


def test_lists_beside_a_state_are_kept_once(county: County) -> None:
    with county.store.transaction() as session:
        one = run(session)
        session.write(items.keep_lists(session, one, {"first": ["a", "b"]}))
        assert items.kept_list(session, one, "first") == ["a", "b"]
        more = items.keep_lists(session, one, {"first": ["a", "b"], "second": ["c"]})
        assert [rows for _, rows in more] == [[{"instance": one, "digest": "second", "content": ["c"]}]]
        session.write(more)
        assert items.keep_lists(session, one, {"first": ["a", "b"], "second": ["c"]}) == []
        assert items.kept_list(session, one, "second") == ["c"]
