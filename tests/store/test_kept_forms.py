"""Forms that were refused or never arrived: kept by drawing, sealed, and gone with their keys."""

from typing import Any

import pytest
from sqlalchemy import func, select

from app.store import kept_forms
from app.store.session import Session
from app.store.tables import data_keys, kept_files
from app.store.tables import kept_forms as rows
from tests.conftest import START, County
from tests.store.planting import DAY, HOUR

ME, OTHER = 1, 2
PAGE, ACTION = "/tasks/7", "/tasks/7/complete"


def put(session: Session, page: str = PAGE, action: str = ACTION, *, by: int = ME, **more: Any) -> int:
    said = {"content": {"sent": [["name", "演示甲"]]}, "typed": True, "now": START, **more}
    return kept_forms.put(session, by, page, action, **said)


def kept(session: Session, page: str = PAGE, by: int = ME) -> list[int]:
    return [one.id for one in kept_forms.at(session, by, page)]


def live_keys(session: Session, by: int = ME) -> int:
    mine = (data_keys.c.owner == f"kept:{by}") & data_keys.c.wrapped.is_not(None)
    return session.conn.execute(select(func.count()).where(mine)).scalar_one()


def files(session: Session) -> int:
    return session.conn.execute(select(func.count()).select_from(kept_files)).scalar_one()


def test_a_form_is_kept_sealed_and_read_on_its_page(county: County) -> None:
    with county.store.transaction() as session:
        ident = put(session, form="f1", tab="t1", typed=False)
        (one,) = kept_forms.at(session, ME, PAGE)
        assert (one.id, one.page, one.action, one.typed, one.saved_at) == (ident, PAGE, ACTION, False, START)
        assert (one.content, one.files, one.form, one.tab) == ({"sent": [["name", "演示甲"]]}, (), "f1", "t1")
        sealed = session.conn.execute(select(rows.c.secret)).scalar_one()
        assert "演示甲".encode() not in bytes(sealed)
        assert kept_forms.at(session, OTHER, PAGE) == []


def test_a_page_has_what_was_left_on_it_whatever_its_address_asked_for(county: County) -> None:
    with county.store.transaction() as session:
        late = put(session, f"{PAGE}?tab=2", "/a", now=START + HOUR)
        early = put(session, PAGE, "/b")
        longer = put(session, f"{PAGE}1", "/c")
        put(session, "/tasks/_", "/d", by=OTHER)
        put(session, "/tasks/x?y", "/e", by=OTHER)
        assert kept(session) == [early, late]
        assert kept(session, f"{PAGE}1") == [longer]
        assert kept(session, f"{PAGE}?tab=2") == [late]
        assert len(kept(session, "/tasks/_", OTHER)) == 1
        assert [one.id for one in kept_forms.for_action(session, ME, "/a")] == [late]
        assert kept_forms.for_action(session, OTHER, "/a") == kept_forms.for_action(session, ME, "/none") == []


def test_the_same_drawing_is_replaced_and_another_stands_beside_it(county: County) -> None:
    with county.store.transaction() as session:
        first = put(session, form="f1", tab="t1")
        assert put(session, form="f1", content={"sent": []}, now=START + HOUR, typed=False) == first
        (one,) = kept_forms.at(session, ME, PAGE)
        assert (one.content, one.saved_at, one.typed, one.tab) == ({"sent": []}, START + HOUR, False, "t1")
        second = put(session, form="f2", now=START + 2 * HOUR)
        assert kept(session) == [first, second]
        assert put(session, form="f3", before=first) == first  # the drawing that was filled with it takes its place
        assert put(session, form="f1", now=START + DAY) not in {first, second}
        assert put(session, form="f2", by=OTHER) not in {first, second}
        places = {one.id: one.form for one in kept_forms.places(session, ME)}
        assert (places[first], places[second], len(places)) == ("f3", "f2", 3)


def test_a_form_without_a_drawing_is_one_per_page_and_address(county: County) -> None:
    with county.store.transaction() as session:
        first = put(session)
        assert put(session, content={"sent": [1]}) == first
        assert put(session, action="/other") != first
        assert put(session, page="/other") != first
        marked = put(session, form="f1")
        assert marked != first
        assert put(session) == first  # the one without a drawing
        mine = put(session, by=OTHER)
        assert put(session, before=mine) == first  # never somebody else's
        assert [one.content for one in kept_forms.at(session, OTHER, PAGE)] == [{"sent": [["name", "演示甲"]]}]


def test_places_and_what_waits_are_ones_own(county: County) -> None:
    with county.store.transaction() as session:
        one = put(session, form="f1", tab="t1")
        two = put(session, "/later", "/b", now=START + HOUR)
        three = put(session, "/page", "/c", typed=False, now=START + DAY)
        found = {p.id: (p.page, p.action, p.typed, p.form, p.tab) for p in kept_forms.places(session, ME)}
        assert found == {
            one: (PAGE, ACTION, True, "f1", "t1"),
            two: ("/later", "/b", True, "", ""),
            three: ("/page", "/c", False, "", ""),
        }
        assert kept_forms.waiting(session, ME) == [("/later", "", START + HOUR), (PAGE, "t1", START)]
        assert kept_forms.places(session, OTHER) == kept_forms.waiting(session, OTHER) == []


def test_the_oldest_form_makes_room_those_that_nobody_typed_first(county: County, monkeypatch: Any) -> None:
    monkeypatch.setattr(kept_forms, "MOST_FORMS", 3)
    with county.store.transaction() as session:
        old = put(session, "/1", "/1")
        drawn = put(session, "/2", "/2", typed=False, now=START + DAY)
        new = put(session, "/3", "/3", now=START + HOUR)
        theirs = put(session, "/1", "/1", by=OTHER)

        def left() -> list[int]:
            return sorted(place.id for place in kept_forms.places(session, ME))

        assert left() == [old, drawn, new]
        put(session, "/3", "/3", now=START + 2 * HOUR)  # one that is replaced needs none
        assert left() == [old, drawn, new]
        fourth = put(session, "/4", "/4", now=START + 2 * DAY)
        assert left() == [old, new, fourth]
        fifth = put(session, "/5", "/5", now=START + 2 * DAY)
        assert left() == [new, fourth, fifth]
        assert kept(session, "/1", OTHER) == [theirs]
        assert live_keys(session) == 3  # the keys of what went are destroyed


def test_a_file_comes_back_with_its_form_and_to_its_official_only(county: County) -> None:
    with county.store.transaction() as session:
        form, other = put(session), put(session, by=OTHER)
        first = kept_forms.add_file(session, form, "photo", "照片.jpg", "image/jpeg", b"one")
        second = kept_forms.add_file(session, form, "page", "p.png", "image/png", b"")
        theirs = kept_forms.add_file(session, other, "photo", "x.jpg", "image/jpeg", b"three")
        assert first is not None
        assert second is not None
        assert theirs is not None
        (one,) = kept_forms.at(session, ME, PAGE)
        told = [(f.id, f.field, f.name, f.media, f.size) for f in one.files]
        assert told == [(first, "photo", "照片.jpg", "image/jpeg", 3), (second, "page", "p.png", "image/png", 0)]
        put(session, content={"sent": []})
        assert kept_forms.at(session, ME, PAGE)[0].files == one.files  # its files stay
        found = kept_forms.contents(session, ME, [second, first, theirs])
        assert found == [(one.files[0], b"one"), (one.files[1], b"")]
        assert kept_forms.contents(session, ME, []) == []
        sealed = session.conn.execute(select(kept_files.c.content).where(kept_files.c.id == first)).scalar_one()
        assert b"one" not in bytes(sealed)
        kept_forms.drop_files(session, form, [second])
        assert [f.id for f in kept_forms.at(session, ME, PAGE)[0].files] == [second]
        kept_forms.drop_files(session, form)
        assert kept_forms.at(session, ME, PAGE)[0].files == ()
        assert kept_forms.contents(session, OTHER, [theirs])[0][1] == b"three"


def test_a_file_that_has_no_room_is_refused(county: County, monkeypatch: Any) -> None:
    monkeypatch.setattr(kept_forms, "MOST_BYTES", 10)
    with county.store.transaction() as session:
        form, another, other = put(session), put(session, "/more", "/more"), put(session, by=OTHER)
        assert kept_forms.add_file(session, form, "f", "n" * 300, "m", b"1234") is not None
        assert kept_forms.add_file(session, another, "f", "n", "m", b"1234567") is None  # of all forms together
        assert kept_forms.add_file(session, another, "f", "n", "m", b"123456") is not None
        assert kept_forms.add_file(session, form, "f", "n", "m", b"1") is None
        assert kept_forms.add_file(session, other, "f", "n", "m", b"1234567890") is not None
        assert [len(f.name) for f in kept_forms.at(session, ME, PAGE)[0].files] == [200]


@pytest.mark.parametrize("files_stay", [True, False])
def test_what_was_sent_goes_and_files_stay_where_a_draft_has_none(county: County, files_stay: bool) -> None:
    with county.store.transaction() as session:
        bare, full = put(session), put(session, "/full", "/b", form="f1", now=START + HOUR)
        other = put(session, "/other", "/c")
        file = kept_forms.add_file(session, full, "photo", "x.jpg", "image/jpeg", b"one")
        kept_forms.settle(session, [], files_stay, START + DAY)
        assert len(kept_forms.places(session, ME)) == 3
        kept_forms.settle(session, [bare, full], files_stay, START + DAY)
        assert kept(session) == []
        found = kept_forms.at(session, ME, "/full")
        if files_stay:
            (one,) = found
            assert (one.id, one.form, one.saved_at, [f.id for f in one.files]) == (full, "f1", START + HOUR, [file])
            assert one.content == {"sent": None, "said": [], "main": None}
        else:
            assert (found, files(session)) == ([], 0)
        assert kept(session, "/other") == [other]
        assert live_keys(session) == (2 if files_stay else 1)


def test_ones_own_forms_are_dropped_with_their_keys(county: County) -> None:
    with county.store.transaction() as session:
        one, two = put(session), put(session, "/two", "/two")
        theirs = put(session, by=OTHER)
        kept_forms.add_file(session, one, "f", "n", "m", b"1")
        kept_forms.drop_own(session, ME, [one, theirs], START)
        assert [place.id for place in kept_forms.places(session, ME)] == [two]
        assert kept(session, by=OTHER) == [theirs]
        assert (live_keys(session), live_keys(session, OTHER), files(session)) == (1, 1, 0)
        kept_forms.drop_own(session, ME, [], START)
        kept_forms.drop_own(session, ME, [one], START)
        assert kept(session, "/two") == [two]


def test_old_forms_go_and_tables_of_many_people_go_sooner(county: County) -> None:
    with county.store.transaction() as session:
        put(session)
        exact = put(session, "/exact", "/a", now=START + DAY)
        table, photo = put(session, "/table", "/b", now=START + DAY), put(session, "/photo", "/c", now=START + DAY)
        fresh = put(session, "/fresh", "/d", now=START + 3 * DAY)
        for form, field in ((table, "photo"), (table, "file"), (photo, "photo"), (fresh, "file")):
            kept_forms.add_file(session, form, field, "n", "m", b"1")
        assert kept_forms.drop_old(session, START, START) == 0
        assert kept_forms.drop_old(session, START + DAY, START + DAY) == 1
        assert sorted(place.id for place in kept_forms.places(session, ME)) == [exact, table, photo, fresh]
        assert kept_forms.drop_tables(session, "file", START + DAY, START) == 0
        assert kept_forms.drop_tables(session, "file", START + 2 * DAY, START) == 1
        assert sorted(place.id for place in kept_forms.places(session, ME)) == [exact, photo, fresh]
        assert (files(session), live_keys(session), kept(session)) == (2, 3, [])


def test_no_form_stays_that_names_who_is_erased(county: County) -> None:
    with county.store.transaction() as session:
        gone = [
            put(session, "/cases/7", "/a"),
            put(session, "/cases/7/papers?x=1", "/b"),
            put(session, "/elsewhere", "/cases/7/close"),
            put(session, "/rounds/2/visit/7", "/c"),
            put(session, "/1", "/d", content={"sent": [["household", "7"]]}),
            put(session, "/2", "/e", content={"sent": [], "main": "身份证 999999"}, by=OTHER),
        ]
        stay = [
            put(session, "/cases/71", "/a"),
            put(session, "/cases", "/b"),
            put(session, "/rounds/2/visit/17", "/c"),
            put(session, "/other/7", "/f"),
            put(session, "/3", "/g", content={"sent": [["household", "8"], ["other", "7"]]}),
            put(session, "/4", "/h", content={"sent": None}, by=OTHER),
        ]
        kept_forms.drop_naming(session, ["/cases/7"], ["\nhousehold=7", "999999"], "/7", START)
        left = [place.id for who in (ME, OTHER) for place in kept_forms.places(session, who)]
        assert sorted(left) == stay
        assert not set(gone) & set(left)
        kept_forms.drop_naming(session, [], [], "/none", START)
        assert len(kept_forms.places(session, ME)) == 5
