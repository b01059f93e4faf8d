"""What officials report about the system, and the county's answers: sealed, and shown to whom they concern."""

from sqlalchemy import select

from app.store import feedback, record
from app.store.tables import data_keys
from app.store.tables import feedback as table
from tests.conftest import START, County
from tests.store.making import LATER


def test_a_report_is_sealed_and_listed_opened(county: County) -> None:
    who = county.ids["village_1"]
    with county.store.transaction() as session:
        ident = feedback.add(session, who, "/inbox", "演示：太慢", START)
        row = feedback.get(session, ident)
        assert row is not None
        assert (row.official, row.page, row.at) == (who, "/inbox", START)
        assert (row.answer, row.answered_by, row.answered_at) == (None, None, None)
        assert "演示".encode() not in bytes(row.secret)
        assert feedback.get(session, 999) is None
        assert feedback.listed(session, who, 10) == [
            {
                "id": ident,
                "who": "village_1",
                "page": "/inbox",
                "at": START,
                "text": "演示：太慢",
                "answer": None,
                "answered_at": None,
            }
        ]


def test_an_answer_belongs_to_one_report_and_a_second_takes_its_place(county: County) -> None:
    who, by, other = (county.ids[name] for name in ("village_1", "admin", "county_leader"))
    with county.store.transaction() as session:
        one, two = feedback.add(session, who, "/", "演示一", START), feedback.add(session, who, "/", "演示二", START)
        feedback.answer(session, feedback.get(session, one), "演示答", by, LATER)
        row = feedback.get(session, one)
        assert row is not None
        assert (row.answered_by, row.answered_at) == (by, LATER)
        assert "演示".encode() not in bytes(row.answer)
        assert {f["id"]: (f["text"], f["answer"], f["answered_at"]) for f in feedback.listed(session, who, 10)} == {
            one: ("演示一", "演示答", LATER),
            two: ("演示二", None, None),
        }
        feedback.answer(session, row, "演示改", other, START)
        again = feedback.get(session, one)
        assert again is not None
        assert (again.answered_by, again.answered_at) == (other, START)
        assert feedback.listed(session, who, 10)[1]["answer"] == "演示改"


def test_the_newest_reports_are_listed_of_one_or_of_everybody(county: County) -> None:
    who, other = county.ids["village_1"], county.ids["village_2"]
    with county.store.transaction() as session:
        assert feedback.listed(session, None, 10) == []
        one, two, three = (feedback.add(session, official, "/", "演示", START) for official in (who, other, who))
        assert [(f["id"], f["who"]) for f in feedback.listed(session, None, 10)] == [
            (three, "village_1"),
            (two, "village_2"),
            (one, "village_1"),
        ]
        assert [f["id"] for f in feedback.listed(session, None, 2)] == [three, two]
        assert [f["id"] for f in feedback.listed(session, who, 10)] == [three, one]
        assert [f["id"] for f in feedback.listed(session, who, 1)] == [three]
        assert feedback.listed(session, county.ids["grid"], 10) == []


def test_words_whose_key_was_destroyed_are_empty(county: County) -> None:
    with county.store.transaction() as session:
        ident = feedback.add(session, county.ids["village_1"], "/", "演示一", START)
        feedback.answer(session, feedback.get(session, ident), "演示答", county.ids["admin"], LATER)
        keys = session.conn.execute(select(table.c.data_key)).scalars().all()
        assert session.conn.execute(select(data_keys.c.owner).where(data_keys.c.id.in_(keys))).scalars().all() == [
            f"feedback:{county.ids['village_1']}"
        ]
        record.destroy_keys(session, keys, LATER)
        (left,) = feedback.listed(session, None, 10)
        assert (left["id"], left["text"], left["answer"], left["answered_at"]) == (ident, "", None, LATER)
