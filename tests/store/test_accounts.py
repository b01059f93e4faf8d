"""Signing in, browsers that are known, and the posts that administrators change."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import NoResultFound

from app.store import accounts, notifications, people, record, time
from app.store.session import Session
from app.store.tables import assignments, devices, entries, kept_forms, sessions
from app.store.tables import notifications as notified
from tests.conftest import COUNTY, OTHER_VILLAGE, STAFF, START, TOWN, VILLAGE, County

TODAY = START.date()
HOUR = timedelta(hours=1)


def hired(session: Session, name: str, **columns: Any) -> int:
    """A new official without a post."""
    ident = people.add_official(session, name=name, username=columns.pop("username", name), password_hash=None, demo=True)
    if columns:
        people.change_official(session, ident, **columns)
    return ident


def test_a_token_gives_its_official_with_every_post_ever_held(county: County) -> None:
    with county.store.transaction() as session:
        absent = county.ids["town_leader"]
        who = hired(session, "演示甲")
        first = accounts.add_post(session, who, "village_officer", VILLAGE, date(2020, 1, 1))
        accounts.end_post(session, first, date(2021, 1, 1))
        stands_in = {"official": who, "role": "town_leader", "org_unit": TOWN, "valid_from": TODAY, "substitutes_for": absent}
        session.conn.execute(insert(assignments).values(**stands_in))
        people.open_session(session, b"token", who, "csrf", START)
        people.open_session(session, b"other", absent, "csrf", START)
        people.touch_session(session, b"token", START + HOUR)
        old, new = accounts.signed_in(session, b"token")
        assert (old.official, old.name, old.csrf, old.created_at, old.seen_at) == (who, "演示甲", "csrf", START, START + HOUR)
        assert (old.active, old.must_change) == (True, False)
        assert (old.post, old.role, old.org_unit) == (first, "village_officer", VILLAGE)
        assert (old.valid_from, old.valid_to, old.substitutes_for, old.absent_name) == (
            date(2020, 1, 1),
            date(2021, 1, 1),
            None,
            None,
        )
        assert (new.role, new.valid_to, new.substitutes_for, new.absent_name) == ("town_leader", None, absent, "town_leader")
        assert accounts.signed_in(session, b"unknown") == []


def test_a_visitor_is_told_what_every_page_needs(county: County) -> None:
    with county.store.transaction() as session:
        who, other = hired(session, "演示甲"), county.ids["village_1"]
        people.open_session(session, b"token", who, "csrf", START)
        notifications.add(session, [other], "urged", None, START)
        (row,) = accounts.signed_in(session, b"token")
        assert (row.post, row.role, row.told, row.kept, row.offset_micros) == (None, None, 0, False, None)
        assert row.newest_entry == session.conn.execute(select(func.max(entries.c.id))).scalar()
        notifications.add(session, [who], "urged", None, START)
        session.conn.execute(update(notified).values(read_at=START))
        notifications.add(session, [who], "urged", None, START)
        notifications.add(session, [who], "urged", None, START)
        time.set_demo_moment(session, START)
        key = record.new_data_key(session, "kept")
        form = {"page": "/", "action": "/", "typed": True, "data_key": key.id, "secret": b"", "saved_at": START}
        session.conn.execute(insert(kept_forms).values(official=other, **form))
        assert not accounts.signed_in(session, b"token")[0].kept
        session.conn.execute(insert(kept_forms).values(official=who, **form))
        (row,) = accounts.signed_in(session, b"token")
        assert (row.told, row.kept) == (2, True)
        assert timedelta(microseconds=row.offset_micros) == time.offset(session)


def test_failed_sign_ins_are_counted_in_a_row_for_one_official(county: County) -> None:
    with county.store.transaction() as session:
        who, other = county.ids["village_1"], county.ids["village_2"]
        assert [accounts.count_failure(session, who) for _ in range(3)] == [1, 2, 3]
        assert accounts.count_failure(session, other) == 1
        people.change_official(session, who, failures=0)
        assert accounts.count_failure(session, who) == 1
        assert accounts.count_failure(session, 999) == 0


def test_a_browser_is_known_to_its_official_only_and_counts_its_own_failures(county: County) -> None:
    with county.store.transaction() as session:
        who, other = county.ids["village_1"], county.ids["village_2"]
        accounts.know_device(session, b"one", who, START, most=3)
        accounts.know_device(session, b"two", other, START, most=3)
        found = accounts.device(session, b"one", who)
        assert found is not None
        assert (bytes(found.token_hash), found.official, found.failures, found.seen_at) == (b"one", who, 0, START)
        assert accounts.device(session, b"one", other) is accounts.device(session, b"none", who) is None
        assert [accounts.count_device_failure(session, b"one") for _ in range(2)] == [1, 2]
        untouched = accounts.device(session, b"two", other)
        assert untouched is not None
        assert untouched.failures == 0
        accounts.know_device(session, b"one", who, START + HOUR, most=3)  # a right password forgives
        again = accounts.device(session, b"one", who)
        assert again is not None
        assert (again.failures, again.seen_at) == (0, START + HOUR)
        with pytest.raises(NoResultFound):
            accounts.count_device_failure(session, b"none")


def test_only_the_newest_browsers_of_an_official_are_remembered(county: County) -> None:
    with county.store.transaction() as session:
        who, other = county.ids["village_1"], county.ids["village_2"]
        accounts.know_device(session, b"other", other, START, most=2)

        def known() -> set[bytes]:
            return {bytes(token) for token in session.conn.execute(select(devices.c.token_hash)).scalars()}

        for n, token in enumerate((b"a", b"b", b"a", b"c")):
            accounts.know_device(session, token, who, START + n * HOUR, most=2)
        assert known() == {b"other", b"a", b"c"}  # "a" was seen again after "b"
        accounts.know_device(session, b"a", other, START + 9 * HOUR, most=2)  # the browser changed hands
        assert accounts.device(session, b"a", who) is None
        accounts.forget_devices(session, who)
        assert known() == {b"other", b"a"}


def test_a_code_is_used_once(county: County) -> None:
    with county.store.transaction() as session:
        who, other = county.ids["village_1"], county.ids["village_2"]
        assert accounts.use_code(session, who, START)
        assert not accounts.use_code(session, who, START + HOUR)
        found, untouched = people.official(session, who), people.official(session, other)
        assert found is not None
        assert untouched is not None
        assert (found.code_used_at, untouched.code_used_at) == (START, None)
        people.change_official(session, who, code_used_at=None)  # a new code
        assert accounts.use_code(session, who, START + HOUR)
        assert not accounts.use_code(session, 999, START)


def test_sessions_end_that_were_not_seen_for_long_or_opened_long_ago(county: County) -> None:
    with county.store.transaction() as session:
        for token, created, seen in ((b"fresh", 5, 9), (b"idle", 5, 6), (b"old", 2, 9), (b"border", 3, 7)):
            people.open_session(session, token, county.ids["village_1"], "csrf", START + created * HOUR)
            people.touch_session(session, token, START + seen * HOUR)
        accounts.drop_old_sessions(session, seen_before=START + 7 * HOUR, created_before=START + 3 * HOUR)
        left = session.conn.execute(select(sessions.c.token_hash)).scalars()
        assert {bytes(token) for token in left} == {b"fresh", b"border"}


def test_a_post_runs_until_the_day_that_ends_it(county: County) -> None:
    with county.store.transaction() as session:
        who = hired(session, "演示甲")
        first = accounts.add_post(session, who, "village_officer", VILLAGE, date(2021, 1, 1))
        second = accounts.add_post(session, who, "grid_worker", OTHER_VILLAGE, TODAY)
        found = accounts.post(session, first)
        assert found is not None
        assert (found.official, found.role, found.org_unit, found.valid_from, found.valid_to, found.substitutes_for) == (
            who,
            "village_officer",
            VILLAGE,
            date(2021, 1, 1),
            None,
            None,
        )
        assert accounts.post(session, 999) is None
        assert [p.id for p in accounts.posts_of(session, who, TODAY)] == [first, second]
        accounts.end_post(session, first, TODAY)
        ended, untouched = accounts.post(session, first), accounts.post(session, second)
        assert ended is not None
        assert untouched is not None
        assert (ended.valid_to, untouched.valid_to) == (TODAY, None)
        assert [p.id for p in accounts.posts_of(session, who, TODAY - timedelta(days=1))] == [first, second]
        assert [p.id for p in accounts.posts_of(session, who, TODAY)] == [second]
        assert accounts.posts_of(session, 999, TODAY) == []


def test_roles_are_those_of_running_posts_of_whom_one_asks_about(county: County) -> None:
    with county.store.transaction() as session:
        who, nothing = hired(session, "演示甲"), hired(session, "演示乙")
        first = accounts.add_post(session, who, "village_officer", VILLAGE, date(2021, 1, 1))
        accounts.add_post(session, who, "grid_worker", VILLAGE, date(2021, 1, 1))
        accounts.add_post(session, who, "grid_worker", OTHER_VILLAGE, date(2021, 1, 1))
        assert accounts.roles_of(session, [who, nothing], TODAY) == {who: {"village_officer", "grid_worker"}, nothing: set()}
        accounts.end_post(session, first, TODAY)
        assert accounts.roles_of(session, iter([who]), TODAY) == {who: {"grid_worker"}}
        assert accounts.roles_of(session, [], TODAY) == {}


def test_officials_are_listed_by_name_with_their_running_posts(county: County) -> None:
    with county.store.transaction() as session:
        ids = county.ids
        rows, posts = accounts.listed(session, "", [], TODAY, 100, 0)
        assert [r.name for r in rows] == sorted(STAFF)
        assert {r.id for r in rows} == set(posts) == set(ids.values())
        assert [(p.role, p.org_unit) for p in posts[ids["grid"]]] == [("grid_worker", VILLAGE)]
        accounts.add_post(session, ids["grid"], "village_officer", OTHER_VILLAGE, TODAY)
        accounts.end_post(session, posts[ids["grid"]][0].id, TODAY + timedelta(days=1))  # written last, and still the first
        _, both = accounts.listed(session, "", [], TODAY, 100, 0)
        assert [(p.role, p.org_unit) for p in both[ids["grid"]]] == [
            ("grid_worker", VILLAGE),
            ("village_officer", OTHER_VILLAGE),
        ]
        page, some = accounts.listed(session, "", [], TODAY, 3, 2)
        assert [r.name for r in page] == sorted(STAFF)[2:5]
        assert set(some) == {r.id for r in page}
        assert accounts.listed(session, "", [], TODAY, 10, 1000) == ([], {})
        people.open_session(session, b"a", ids["grid"], "csrf", START)
        people.open_session(session, b"b", ids["grid"], "csrf", START + HOUR)
        people.change_official(session, ids["grid"], active=False, locked_until=START)
        (row,), _ = accounts.listed(session, "grid", [], TODAY, 10, 0)
        assert (row.username, row.active, row.locked_until, row.last_seen) == ("grid", False, START, START + HOUR)
        (other,), _ = accounts.listed(session, "police", [], TODAY, 10, 0)
        assert (other.active, other.locked_until, other.last_seen) == (True, None, None)


def test_officials_are_found_by_name_account_or_place(county: County) -> None:
    with county.store.transaction() as session:
        who = hired(session, "演示50%", username="demo_a")
        without = hired(session, "演示无号", username=None)
        post = accounts.add_post(session, who, "village_officer", OTHER_VILLAGE, TODAY)

        def found(text: str, units: list[str]) -> set[int]:
            return {r.id for r in accounts.listed(session, text, units, TODAY, 100, 0)[0]}

        assert found("演示", []) == {who, without}
        assert found("emo_a", []) == found("50%", []) == {who}
        assert found("5_%", []) == found("%5", []) == set()  # nothing in it stands for something else
        there = {who, county.ids["outsider_village"]}
        assert found("这里", [OTHER_VILLAGE]) == there
        assert found("无号", [OTHER_VILLAGE]) == {without, *there}
        accounts.end_post(session, post, TODAY)
        assert found("这里", [OTHER_VILLAGE]) == {county.ids["outsider_village"]}
        _, posts = accounts.listed(session, "演示", [], TODAY, 100, 0)
        assert posts == {}


def test_the_demos_sign_in_page_lists_demo_people_who_can_sign_in(county: County) -> None:
    with county.store.transaction() as session:
        ids = county.ids
        people.change_official(session, ids["village_1"], failures=1)  # written last, and still the first
        everyone = [(ids[name], name, name, role, unit) for name, (role, unit) in STAFF.items()]
        assert [tuple(row) for row in accounts.demo_accounts(session, TODAY)] == everyone
        assert [row.id for row in accounts.demo_accounts(session, TODAY, limit=2)] == sorted(ids.values())[:2]
        left_out = {
            hired(session, "演示停用", active=False),
            hired(session, "演示无号", username=None),
            hired(session, "真实", demo=False),
        }
        for who in left_out:
            accounts.add_post(session, who, "auditor", COUNTY, TODAY)
        hired(session, "演示无岗")
        people.end_assignments(session, ids["admin"], TODAY)
        found = [row.id for row in accounts.demo_accounts(session, TODAY)]
        assert found == sorted(set(ids.values()) - {ids["admin"]})
