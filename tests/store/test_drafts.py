"""Half-filled forms and lists: each official's own, sealed, and gone for good once they are dropped."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.crypto import Tampered
from app.store import drafts, record
from app.store.session import Session
from app.store.tables import data_keys, list_drafts, task_drafts
from tests.conftest import START, County

from . import making
from .making import LATER, writing


def two_tasks(session: Session) -> tuple[record.DataKey, int, int]:
    """(their household's key, two open tasks)."""
    home, key = making.household(session)
    at = making.instance(session, making.case(session, home))
    return key, making.task(session, at, "1"), making.task(session, at, "2")


def test_a_draft_is_loaded_by_its_official_only_as_it_was_saved_last(county: County) -> None:
    mine, other = county.ids["village_1"], county.ids["village_2"]
    with writing(county) as session:
        key, one, two = two_tasks(session)
        assert drafts.load(session, one, mine, key) is None
        drafts.save(session, one, mine, key, {"words": "演示一"}, START)
        drafts.save(session, one, other, key, {"words": "演示二"}, START)
        assert drafts.load(session, one, mine, key) == ({"words": "演示一"}, START)
        assert drafts.load(session, two, mine, key) is None
        drafts.save(session, one, mine, key, {"words": "演示三"}, LATER)
        assert drafts.load(session, one, mine, key) == ({"words": "演示三"}, LATER)
        assert drafts.load(session, one, other, key) == ({"words": "演示二"}, START)
        secrets = session.conn.execute(select(task_drafts.c.secret)).scalars()
        assert not any("演示".encode() in bytes(secret) for secret in secrets)
        record.destroy_keys(session, [key.id], LATER)
        assert drafts.load(session, one, mine, record.data_key(session, key.id)) is None


def test_a_draft_under_another_name_does_not_open(county: County) -> None:
    with writing(county) as session:
        key, one, two = two_tasks(session)
        drafts.save(session, one, 1, key, {}, START)
        session.conn.execute(task_drafts.update().values(task=two))
        with pytest.raises(Tampered):
            drafts.load(session, two, 1, key)


def test_dropped_drafts_are_one_persons_or_everybodys_of_a_task(county: County) -> None:
    mine, other = county.ids["village_1"], county.ids["village_2"]
    with writing(county) as session:
        key, one, two = two_tasks(session)

        def save_all() -> None:
            for task in (one, two):
                for official in (mine, other):
                    drafts.save(session, task, official, key, {}, START)

        save_all()
        assert drafts.kept_by(session, mine) == drafts.kept_by(session, other) == {one, two}
        assert drafts.kept_by(session, county.ids["grid"]) == set()
        drafts.drop(session, one, mine)
        assert (drafts.kept_by(session, mine), drafts.kept_by(session, other)) == ({two}, {one, two})
        drafts.drop(session, one)
        assert drafts.kept_by(session, mine) == drafts.kept_by(session, other) == {two}
        drafts.drop(session, one)  # there is nothing left to drop
        save_all()
        session.write([drafts.dropped(two)])
        assert drafts.kept_by(session, mine) == drafts.kept_by(session, other) == {one}


def wrapped(session: Session, prefix: str) -> int:
    """How many drafts' keys can still be used."""
    alive = select(data_keys.c.id).where(data_keys.c.owner.startswith(prefix), data_keys.c.wrapped.is_not(None))
    return len(session.conn.execute(alive).all())


def test_a_list_is_kept_under_one_key_of_its_own_until_it_is_dropped(county: County) -> None:
    mine, other = county.ids["village_1"], county.ids["village_2"]
    with county.store.transaction() as session:
        assert drafts.load_list(session, mine, "review") is None
        drafts.save_list(session, mine, "review", {"words": "演示一"}, START)
        drafts.save_list(session, mine, "notice", {"words": "演示二"}, START)
        drafts.save_list(session, other, "review", {"words": "演示三"}, START)
        drafts.save_list(session, mine, "review", {"words": "演示四"}, LATER)
        assert drafts.load_list(session, mine, "review") == ({"words": "演示四"}, LATER)
        assert drafts.load_list(session, mine, "notice") == ({"words": "演示二"}, START)
        assert drafts.load_list(session, other, "review") == ({"words": "演示三"}, START)
        assert wrapped(session, f"draft:{mine}/review") == 1
        drafts.drop_list(session, mine, "review", LATER)
        assert drafts.load_list(session, mine, "review") is None
        assert (wrapped(session, f"draft:{mine}/review"), wrapped(session, "draft:")) == (0, 2)
        drafts.drop_list(session, mine, "review", LATER)  # a second time
        assert drafts.load_list(session, mine, "notice") == ({"words": "演示二"}, START)
        assert drafts.load_list(session, other, "review") == ({"words": "演示三"}, START)
        drafts.save_list(session, mine, "review", {"words": "演示五"}, LATER)
        assert drafts.load_list(session, mine, "review") == ({"words": "演示五"}, LATER)


def test_a_list_whose_key_was_destroyed_is_none(county: County) -> None:
    with county.store.transaction() as session:
        drafts.save_list(session, 1, "review", {}, START)
        record.destroy_keys(session, session.conn.execute(select(list_drafts.c.data_key)).scalars().all(), LATER)
        assert drafts.load_list(session, 1, "review") is None


def test_lists_that_nobody_touched_for_long_are_dropped_with_their_keys(county: County) -> None:
    with county.store.transaction() as session:
        for official, hours in ((1, 0), (2, 1), (3, 2)):
            drafts.save_list(session, official, "review", {"n": official}, START + timedelta(hours=hours))
        assert drafts.drop_old_lists(session, START, LATER) == 0  # the border itself stays
        assert drafts.drop_old_lists(session, START + timedelta(hours=2), LATER) == 2
        assert [drafts.load_list(session, n, "review") is None for n in (1, 2, 3)] == [True, True, False]
        assert wrapped(session, "draft:") == 1
        assert drafts.drop_old_lists(session, START + timedelta(hours=2), LATER) == 0


def test_lists_in_which_a_task_stands_are_dropped(county: County) -> None:
    sent = {
        "both": {"sent": [["_v-11", "3"], ["_v-12", "1"], ["words", "演示"]]},
        "longer": {"sent": [["_v-111", "3"]]},
        "other": {"sent": [["11", "x"], ["row-11", "x"], ["_v-12", "x"]]},
        "empty": {},
    }
    with county.store.transaction() as session:
        for kind, content in sent.items():
            drafts.save_list(session, 1, kind, content, START)
        drafts.save_list(session, 2, "both", sent["both"], START)

        def left() -> set[tuple[int, str]]:
            return {(row.official, row.kind) for row in session.conn.execute(select(list_drafts))}

        drafts.drop_lists_naming(session, [], LATER)
        assert len(left()) == 5
        drafts.drop_lists_naming(session, [11, 99], LATER)
        assert left() == {(1, "longer"), (1, "other"), (1, "empty")}
        assert wrapped(session, "draft:") == 3
        drafts.drop_lists_naming(session, {12}, LATER)
        assert left() == {(1, "longer"), (1, "empty")}
