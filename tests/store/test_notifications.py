"""What officials are told, who is kin, who stands in for whom, days to look again and saved filters."""

from datetime import date
from typing import Any

from sqlalchemy import select, update

from app.store import notifications, people
from app.store.session import Session
from app.store.tables import follow_ups, officials
from app.store.tables import notifications as told
from tests.conftest import OTHER_VILLAGE, START, VILLAGE, County
from tests.store.planting import DAY, HOUR, TODAY, case, household, run, task

ME, OTHER, THIRD = 1, 2, 3


def told_to(session: Session, official: int) -> list[Any]:
    return list(notifications.listed(session, official)[0])


def test_everybody_is_told_once_but_never_the_sender(county: County) -> None:
    with county.store.transaction() as session:
        notifications.add(session, [ME, OTHER, ME, THIRD], "assigned", THIRD, START, case_id=4, task=5, clue=6)
        notifications.add(session, [THIRD], "assigned", THIRD, START)
        notifications.add(session, [], "assigned", None, START)
        assert told_to(session, THIRD) == []
        (row,) = told_to(session, ME)
        assert (row.kind, row.sender, row.at, row.read_at, row.mailed_at) == ("assigned", THIRD, START, None, None)
        assert (row.case_id, row.task, row.clue) == (4, 5, 6)
        assert len(told_to(session, OTHER)) == 1


def test_what_was_told_is_listed_with_its_task_and_household(county: County) -> None:
    with county.store.transaction() as session:
        case_id = case(session, household(session))
        ident = task(session, run(session, case_id), "check", status="done")
        notifications.add(session, [ME], "urged", THIRD, START, case_id=case_id, task=ident)
        notifications.add(session, [ME], "opened", None, START + HOUR)
        notifications.add(session, [OTHER], "opened", None, START)
        (bare, full), more = notifications.listed(session, ME)
        assert not more
        assert (full.sender_name, full.element, full.task_status) == ("village_3", "check", "done")
        assert (full.org_unit, full.head_name) == (VILLAGE, "演示甲")
        assert full.deployment is not None
        assert (bare.kind, bare.sender_name, bare.element, bare.org_unit, bare.deployment) == (
            "opened",
            None,
            None,
            None,
            None,
        )


def test_a_page_of_what_was_told_says_whether_there_is_more(county: County) -> None:
    with county.store.transaction() as session:
        for _ in range(notifications.PAGE):
            notifications.add(session, [ME], "opened", None, START)
        page, more = notifications.listed(session, ME)
        assert (len(page), more) == (notifications.PAGE, False)
        notifications.add(session, [ME], "opened", None, START)
        page, more = notifications.listed(session, ME)
        assert (len(page), more) == (notifications.PAGE, True)
        idents = [row.id for row in page]
        assert idents == sorted(idents, reverse=True)
        older, more = notifications.listed(session, ME, idents[-1])
        assert (len(older), more) == (1, False)
        assert older[0].id < idents[-1]
        assert notifications.listed(session, ME, older[0].id) == ([], False)


def test_what_stood_on_the_page_is_read_and_what_came_since_stays_new(county: County) -> None:
    with county.store.transaction() as session:
        notifications.add(session, [ME, OTHER], "debt_late", None, START, clue=7)
        seen = told_to(session, ME)[0].id
        assert notifications.unread(session, [ME, OTHER, THIRD], "debt_late", 7) == {ME, OTHER}
        assert (
            notifications.unread(session, [ME], "debt_late", 8) == notifications.unread(session, [], "debt_late", 7) == set()
        )
        assert notifications.unread(session, [ME], "urged", 7) == set()
        notifications.add(session, [ME], "urged", None, START, clue=7)
        notifications.read_all(session, ME, seen, START + HOUR)
        assert [row.read_at for row in told_to(session, ME)] == [None, START + HOUR]
        assert notifications.unread(session, [ME, OTHER], "debt_late", 7) == {OTHER}
        assert notifications.unread(session, [ME, OTHER], "urged", 7) == {ME}
        notifications.read_all(session, ME, seen + 10**6, START + DAY)
        assert [row.read_at for row in told_to(session, ME)] == [START + DAY, START + HOUR]  # the first look counts


def test_a_task_was_urged_since_a_moment(county: County) -> None:
    with county.store.transaction() as session:
        notifications.add(session, [ME], "urged", None, START, task=5)
        notifications.add(session, [ME], "assigned", None, START, task=6)
        assert notifications.urged_since(session, 5, START)
        assert not notifications.urged_since(session, 5, START + HOUR)
        assert not notifications.urged_since(session, 6, START)


def test_a_letter_tells_those_with_an_address_what_nobody_read(county: County) -> None:
    with county.store.transaction() as session:
        for who in (ME, OTHER, THIRD):
            session.conn.execute(update(officials).where(officials.c.id == who).values(email=f"demo{who}@example.org"))
        session.conn.execute(update(officials).where(officials.c.id == THIRD).values(active=False))
        for _ in range(2):
            notifications.add(session, [ME, OTHER, THIRD, 4], "opened", None, START)
        newest = {who: told_to(session, who)[0].id for who in (ME, OTHER)}

        def due(since: Any = START, limit: int = 9) -> list[Any]:
            return [tuple(row) for row in notifications.unmailed(session, since, limit)]

        mine, theirs = (ME, "demo1@example.org", 2, newest[ME]), (OTHER, "demo2@example.org", 2, newest[OTHER])
        assert due() == [mine, theirs]
        assert due(limit=1) == [mine]
        notifications.mark_mailed(session, ME, newest[ME], START + HOUR)
        assert [row.mailed_at for row in told_to(session, ME)] == [START + HOUR] * 2
        assert due() == [theirs]
        notifications.add(session, [ME], "opened", None, START + HOUR)
        late = told_to(session, ME)[0].id
        assert due(START + HOUR) == [theirs]  # one had a letter since then
        assert due(START + 2 * HOUR) == [(ME, "demo1@example.org", 1, late), theirs]
        notifications.mark_mailed(session, ME, late, START + DAY)
        assert [row.mailed_at for row in told_to(session, ME)] == [START + DAY, START + HOUR, START + HOUR]
        notifications.read_all(session, OTHER, newest[OTHER] - 1, START)
        assert due(START + 2 * DAY) == [(OTHER, "demo2@example.org", 1, newest[OTHER])]
        notifications.read_all(session, OTHER, newest[OTHER], START)
        assert due(START + 2 * DAY) == []


def test_kinship_is_declared_once_and_can_be_taken_back(county: County) -> None:
    with county.store.transaction() as session:
        one, two = household(session), household(session, "演示乙")
        assert notifications.kin_of(session, one) == {}
        assert notifications.add_kinship(session, OTHER, one, START)
        assert not notifications.add_kinship(session, OTHER, one, START + DAY)
        assert notifications.add_kinship(session, ME, one, START)
        assert notifications.add_kinship(session, ME, two, START)
        assert [tuple(row) for row in notifications.kin(session, one)] == [(ME, "village_1"), (OTHER, "village_2")]
        assert notifications.kin_of(session, one) == {ME: "village_1", OTHER: "village_2"}
        assert notifications.kin_among(session, [one, two], [ME, THIRD]) == {(one, ME), (two, ME)}
        assert notifications.kin_among(session, [two], [OTHER]) == set()
        assert notifications.kin_among(session, [], [ME]) == notifications.kin_among(session, [one], []) == set()
        assert notifications.drop_kinship(session, ME, one)
        assert not notifications.drop_kinship(session, ME, one)
        assert notifications.kin_of(session, one) == {OTHER: "village_2"}
        assert notifications.kin_of(session, two) == {ME: "village_1"}


def test_a_substitute_holds_the_post_until_the_last_day(county: County) -> None:
    since, until = TODAY + DAY, TODAY + 5 * DAY
    with county.store.transaction() as session:
        notifications.add_substitute(session, OTHER, "village_officer", VILLAGE, since, until, ME)
        notifications.add_substitute(session, THIRD, "grid_worker", OTHER_VILLAGE, TODAY, until + DAY, ME)
        notifications.add_substitute(session, ME, "grid_worker", OTHER_VILLAGE, TODAY, until, THIRD)
        rows = notifications.substitutions(session, TODAY, absent=ME)
        assert [(row.official, row.name, row.role, row.org_unit) for row in rows] == [
            (THIRD, "village_3", "grid_worker", OTHER_VILLAGE),
            (OTHER, "village_2", "village_officer", VILLAGE),
        ]
        assert (rows[1].valid_from, rows[1].valid_to, rows[1].substitutes_for) == (since, until, ME)
        rows = notifications.substitutions(session, TODAY, official=OTHER)
        assert [(row.substitutes_for, row.name) for row in rows] == [(ME, "village_1")]  # whom one stands in for
        assert [row.official for row in notifications.substitutions(session, until, absent=ME)] == [THIRD]
        assert notifications.substitutions(session, until, official=OTHER) == []
        assert notifications.substitutions(session, TODAY, absent=OTHER) == notifications.substitutions(session, TODAY) == []
        held = [row.substitutes_for for row in people.assignments_of(session, OTHER, since)]
        assert held == [None, ME]
        assert notifications.ended_substitutes(session, until - DAY, TODAY) == []
        assert sorted(notifications.ended_substitutes(session, until, TODAY)) == [ME, OTHER]
        assert notifications.ended_substitutes(session, until + DAY, until + DAY) == [THIRD]
        notifications.add_substitute(session, OTHER, "grid_worker", VILLAGE, since, until, ME)
        assert sorted(notifications.ended_substitutes(session, until + DAY, until)) == [ME, OTHER, THIRD]


def test_a_day_to_look_again_is_ones_own_and_goes_with_the_task(county: County) -> None:
    on = date(2021, 9, 4)
    with county.store.transaction() as session:
        instance = run(session)
        one, two, done = (
            task(session, instance, "a"),
            task(session, instance, "b"),
            task(session, instance, "c", status="done"),
        )
        notifications.follow(session, ME, one, on)
        notifications.follow(session, ME, one, on + DAY)
        notifications.follow(session, ME, done, on)
        notifications.follow(session, OTHER, two, on)
        assert notifications.followed(session, ME, [one, two, done]) == {one: on + DAY}
        assert notifications.followed(session, OTHER, iter([one, two])) == {two: on}
        assert notifications.followed(session, ME, []) == {}
        notifications.follow(session, ME, one, None)
        notifications.follow(session, THIRD, two, None)
        assert notifications.followed(session, ME, [one]) == {}
        left = session.conn.execute(select(follow_ups.c.official).order_by(follow_ups.c.official)).scalars().all()
        assert left == [ME, OTHER]


def test_saved_filters_are_ones_own(county: County) -> None:
    with county.store.transaction() as session:
        notifications.save_filter(session, ME, "late", "tab=open&due=late")
        notifications.save_filter(session, ME, "early", "tab=mine")
        notifications.save_filter(session, OTHER, "late", "tab=open")
        late, early = notifications.filters_of(session, ME)
        assert [(late.name, late.query), (early.name, early.query)] == [("late", "tab=open&due=late"), ("early", "tab=mine")]
        assert not notifications.drop_filter(session, OTHER, late.id)
        assert notifications.drop_filter(session, ME, late.id)
        assert not notifications.drop_filter(session, ME, late.id)
        assert [row.id for row in notifications.filters_of(session, ME)] == [early.id]
        assert len(notifications.filters_of(session, OTHER)) == 1
        assert notifications.filters_of(session, THIRD) == []


def test_the_table_keeps_one_row_for_each_who_was_told(county: County) -> None:
    with county.store.transaction() as session:
        notifications.add(session, (who for who in (THIRD, ME, THIRD)), "opened", None, START)
        rows = session.conn.execute(select(told.c.official).order_by(told.c.id)).scalars().all()
        assert rows == [ME, THIRD]
