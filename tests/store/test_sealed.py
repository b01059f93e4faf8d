"""Everything that tables keep sealed is given with the key and the place by which it opens."""

from collections import Counter

from sqlalchemy import update

from app.crypto import Tampered
from app.store import cases, clues, exchange, exports, feedback, incomes, lists, readings, record, rescreening, scale, sealed
from app.store.sealed import Piece
from app.store.session import Session
from app.store.tables import clues as clue_table
from tests.conftest import START, TOWN, VILLAGE, County
from tests.walking import Walk

from . import planted
from .planted import LATER, TODAY

OF_A_CASE = {"version", "details", "snapshot", "paper", "clue", "message"}
OF_OTHERS = {"reading", "income", "batch", "file", "exchange", "export", "extract", "scale", "feedback"}


def opens(session: Session, piece: Piece, place: bytes | None = None) -> bool:
    key = record.opened_key(session, piece.row.key, piece.row.master, piece.row.wrapped, piece.row.suite)
    assert key.bytes is not None
    try:
        return key.suite.open(key.bytes, bytes(piece.row.sealed), place or piece.place) is not None
    except Tampered:
        return False


def objected(county: County, number: int = 1) -> Walk:
    """A case with a file, snapshots, signed pages and an objection that was lodged."""
    walk = Walk(county, number).open().to("post_notice")
    walk.do("village_1", "post_notice")
    walk.lodge("village_2")
    with county.store.transaction() as session:
        case = walk.case()
        key = record.data_key(session, case.data_key)
        seen = {"channel": "visit", "found_on": TODAY, "recorded_at": START, "household": case.household}
        clues.add(session, key, {"words": "演示"}, **seen, case_id=walk.case_id)
        cases.save_details(session, walk.case_id, key, {"words": "演示"})
    return walk


def everything_else(session: Session, household: int, case: int, task: int) -> None:
    """One of each of what hangs on no case."""
    key = record.data_key(session, cases.known(session, case).data_key)
    readings.add_reading(session, official=1, household=household, at=LATER, what="case", reason="核对信息")
    incomes.put(session, VILLAGE, "2021-09", {household: {"wages": 5}}, {household: key}, 1, LATER)
    lists.add(
        session,
        kind="review",
        unit=VILLAGE,
        happened_on=TODAY,
        by=1,
        shared={"place": "演示"},
        items=[(case, task)],
        now=LATER,
    )
    columns = {"kind": rescreening.KIND, "period": "2021-09", "as_of": TODAY, "started_at": START}
    run = rescreening.add_run(session, **columns, late=False, status="open", counts={})
    own = record.new_data_key(session, "file")
    rescreening.add_file(
        session,
        run=run,
        department="health",
        template="medical",
        file_hash=b"hash",
        data_on=TODAY,
        counts={},
        uploaded_at=START,
        status="kept",
        data_key=own.id,
        secret=own.suite.seal(own.bytes or b"", b"original", b"hash"),
    )
    sent = {"kind": "province", "period": "2021-09", "rows": 1, "digest": b"d", "token": "t", "status": "waiting"}
    exchange.add(session, b"content", **sent, next_at=START, made_at=START)
    exports.add(session, official=1, unit=TOWN, filters={}, rows=1, reason="汇报", now=LATER, waits=True)
    rescreening.save_extract(session, "people", "1/2", b"content", 1, LATER)
    study = {"why": "signal", "period": "2021-09", "about": "family:illness", "org_unit": TOWN, "opened_at": START}
    scale.add_risk(session, record.new_data_key(session, "scale"), {"said": "演示"}, **study, status="open")
    said = feedback.add(session, 1, "/", "演示", LATER)
    feedback.answer(session, feedback.get(session, said), "已处理", 2, LATER)


def test_every_sealed_thing_opens_at_its_own_place_and_at_no_other(county: County) -> None:
    walk = objected(county)
    task = walk.task("investigate_objection").id
    with county.store.transaction() as session:
        everything_else(session, cases.known(session, walk.case_id).household, walk.case_id, task)
        found = list(sealed.pieces(session))
        assert {piece.kind for piece in found} == OF_A_CASE | OF_OTHERS
        assert [piece for piece in found if not opens(session, piece)] == []
        assert [piece for piece in found if opens(session, piece, b"elsewhere")] == []
        of = {piece.kind: piece.of for piece in found}
        assert (of["version"], of["snapshot"], of["clue"], of["reading"], of["file"]) == (
            "household",
            "case",
            "clue",
            "household",
            "file",
        )
        assert Counter(piece.kind for piece in found)["feedback"] == 2  # what was said, and the answer
        assert {piece.ident for piece in found if piece.of == "case"} >= {walk.case_id}


def test_of_one_case_only_its_own_and_its_households_are_given(county: County) -> None:
    one, two = objected(county, 1), objected(county, 2)
    household_of = {walk.case_id: walk.case().household for walk in (one, two)}
    with county.store.reading() as session:
        for walk in (one, two):
            found = list(sealed.pieces(session, walk.case_id))
            assert {piece.kind for piece in found} == OF_A_CASE
            assert {piece.ident for piece in found if piece.of == "case"} == {walk.case_id}
            assert {piece.ident for piece in found if piece.of == "household"} == {household_of[walk.case_id]}
        each = [len(list(sealed.pieces(session, walk.case_id))) for walk in (one, two)]
        assert list(sealed.pieces(session, 10**6)) == []
        assert sum(each) == len([piece for piece in sealed.pieces(session) if piece.kind in OF_A_CASE and piece.ident])


def test_what_was_emptied_is_not_given_and_what_lost_its_key_is(county: County) -> None:
    with county.store.transaction() as session:
        assert list(sealed.pieces(session)) == []
        key = record.new_data_key(session, "clue")
        seen = {"channel": "visit", "found_on": TODAY, "recorded_at": START}
        kept, emptied, lost = (clues.add(session, key, {"words": "演示"}, **seen) for _ in range(3))
        planted.clue(session)  # said nothing
        session.conn.execute(update(clue_table).where(clue_table.c.id == emptied).values(secret=b""))
        session.conn.execute(update(clue_table).where(clue_table.c.id == lost).values(data_key=10**6))
        found = {piece.ident: piece for piece in sealed.pieces(session)}
        assert set(found) == {kept, lost}
        assert opens(session, found[kept])
        assert (found[lost].row.key, found[lost].row.wrapped, found[lost].row.suite) == (10**6, None, None)
        record.destroy_keys(session, [key.id], LATER)
        assert {piece.ident: piece.row.wrapped for piece in sealed.pieces(session)} == {kept: None, lost: None}
