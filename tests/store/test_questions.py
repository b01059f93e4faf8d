"""What a list leaves open about a household until somebody answers."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from app.store import questions
from app.store.session import Session
from tests.conftest import OTHER_VILLAGE, START, TOWN, VILLAGE, County

from . import planted
from .planted import LATER, TODAY


def asked(session: Session, household: int, kind: str = "left", member: str = "", **more: Any) -> int:
    questions.add(session, [{"household": household, "kind": kind, "member": member, **more}], START, 5)
    found = questions.one(session, household, kind, member)
    assert found is not None
    ident: int = found.id
    return ident


def test_a_question_is_found_by_what_it_is_about_until_it_is_closed(county: County) -> None:
    with county.store.transaction() as session:
        household = planted.household(session)
        ident = asked(session, household, "moved", unit_to=OTHER_VILLAGE, data_on=TODAY)
        found = questions.get(session, ident)
        assert found == questions.one(session, household, "moved")
        assert (found.household, found.kind, found.member, found.other) == (household, "moved", "", None)
        assert (found.unit_to, found.data_on, found.asked_at, found.asked_by) == (OTHER_VILLAGE, TODAY, START, 5)
        assert (found.closed_at, found.left_by, found.taken_by) == (None, None, None)
        assert questions.one(session, household, "moved", "m1") is None
        assert questions.one(session, household, "left") is None
        assert questions.one(session, household + 1, "moved") is None
        assert questions.get(session, ident + 1) is None
        questions.close(session, [ident], "yes", LATER, 7)
        assert questions.one(session, household, "moved") is None
        closed = questions.get(session, ident)
        assert (closed.closed_at, closed.closed_by, closed.closed_as) == (LATER, 7, "yes")


def test_the_same_is_asked_again_only_after_an_answer(county: County) -> None:
    with county.store.transaction() as session:
        household = planted.household(session)
        first = asked(session, household, "left", "m1")
        questions.close(session, [first], "no", LATER, None)
        assert asked(session, household, "left", "m1") != first
        asked(session, household, "left", "m2")
        questions.add(session, [], START, None)
        assert len(questions.open_of(session, [household])) == 2
    with pytest.raises(IntegrityError), county.store.transaction() as session:
        asked(session, household, "left", "m1")


def test_open_questions_of_many_households_come_oldest_first(county: County) -> None:
    with county.store.transaction() as session:
        one, two, three = (planted.household(session, name) for name in ("演示甲", "演示乙", "演示丙"))
        later, sooner, other = asked(session, two), asked(session, one, "moved"), asked(session, three)
        closed = asked(session, one, "left", "m9")
        questions.close(session, [closed], "no", LATER, 7)
        assert [row.id for row in questions.open_of(session, [one, two])] == [later, sooner]
        assert [row.id for row in questions.open_of(session, {three})] == [other]
        assert questions.open_of(session, []) == []
        assert len(questions.open_of(session, range(1, 1200))) == 3  # more than are asked for at once


def test_an_answer_stays_as_it_was_given(county: County) -> None:
    with county.store.transaction() as session:
        one, two = planted.household(session), planted.household(session, "演示乙")
        first, second = asked(session, one), asked(session, two)
        questions.close(session, [first], "yes", START, 7)
        questions.close(session, [first], "no", LATER, 8)
        questions.close(session, [], "no", LATER, 8)
        found = questions.get(session, first)
        assert (found.closed_at, found.closed_by, found.closed_as) == (START, 7, "yes")
        assert questions.get(session, second).closed_at is None


def test_each_of_two_villages_says_yes_for_itself(county: County) -> None:
    with county.store.transaction() as session:
        one, two = planted.household(session), planted.household(session, "演示乙")
        first, second = asked(session, one, "moved"), asked(session, two, "moved")
        questions.answer_side(session, first, left_by=7, taken_by=None)
        assert (questions.get(session, first).left_by, questions.get(session, first).taken_by) == (7, None)
        questions.answer_side(session, first, left_by=7, taken_by=8)
        assert (questions.get(session, first).left_by, questions.get(session, first).taken_by) == (7, 8)
        assert questions.get(session, second).left_by is None


def test_a_village_sees_what_is_open_about_its_own_and_who_is_to_come(county: County) -> None:
    with county.store.transaction() as session:
        mine = planted.household(session, "演示甲", number="YS0001")
        coming, theirs = (planted.household(session, name, OTHER_VILLAGE) for name in ("演示乙", "演示丙"))
        a, b, c = asked(session, mine), asked(session, coming, "moved", unit_to=VILLAGE), asked(session, theirs)
        closed = asked(session, mine, "moved", unit_to=OTHER_VILLAGE)
        questions.close(session, [closed], "yes", LATER, 7)

        def standing(villages: list[str] | None, limit: int = 10, after: int = 0) -> list[int]:
            return [row.id for row in questions.standing(session, villages, limit, after)]

        assert standing([VILLAGE]) == [a, b]
        assert standing([OTHER_VILLAGE]) == [b, c]
        assert standing([VILLAGE, OTHER_VILLAGE]) == standing(None) == [a, b, c]
        assert standing(None, 2) == [a, b]
        assert standing(None, 2, b) == [c]
        assert standing([]) == standing([TOWN]) == []
        first = questions.standing(session, [VILLAGE], 1)[0]
        assert (first.head_name, first.org_unit, first.number) == ("演示甲", VILLAGE, "YS0001")
        counted = [questions.count(session, villages) for villages in ([VILLAGE], [OTHER_VILLAGE], None, [], [TOWN])]
        assert counted == [2, 2, 3, 0, 0]


def test_nothing_is_asked_any_more_about_an_erased_household(county: County) -> None:
    with county.store.transaction() as session:
        one, two = planted.household(session), planted.household(session, "演示乙")
        answered, still, other = asked(session, one), asked(session, one, "moved"), asked(session, two)
        questions.close(session, [answered], "yes", START, 7)
        questions.forget(session, one, LATER)
        found = [questions.get(session, ident) for ident in (answered, still, other)]
        assert [(row.closed_at, row.closed_as) for row in found] == [(START, "yes"), (LATER, "void"), (None, None)]
