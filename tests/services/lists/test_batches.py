"""Work by lists, on both databases: all or none, who cannot is named, once is once, and the record names the list."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from app.services import audit, people
from app.services.cases import applications
from app.services.context import Context, context_of
from app.services.lists import batches
from app.services.lists import papers as list_papers
from app.services.lists.batches import BatchRefused, Sheet
from app.services.people import Refused
from app.store import cases as case_rows
from app.store import lists as rows
from app.store import people as people_rows
from app.store.processes import NotFound
from app.store.tables import events
from tests.conftest import County
from tests.services.work.test_eliminate import publish
from tests.walking import Walk, command


def walks(county: County, many: int, to: str) -> list[Walk]:
    """Households and officials with names that papers can print."""
    with county.store.transaction() as session:
        for number, ident in enumerate(county.ids.values()):
            people_rows.change_official(session, ident, name="演示" + "甲乙丙丁戊己庚辛壬癸"[number % 10])
    return [Walk(county, n + 1, head="演示户" + "一二三四五六七八九十"[n]).open().to(to) for n in range(many)]


def agenda(county: County, who: str, kind: str) -> list[batches.Item]:
    with county.store.reading() as session:
        place = people.county_on(session, county.now.date())
        return batches.agenda(Context(session, county.actor(who), place, county.now), kind)


def sheet(items: list[batches.Item], shared: dict[str, Any], own: Any, out: dict[int, str] | None = None) -> Sheet:
    """`own`: answers of every household, or a function of the item."""
    made = {item.task: own(item) if callable(own) else own for item in items}
    return Sheet(
        {name: value if isinstance(value, list) else [str(value)] for name, value in shared.items()},
        {
            task: {name: value if isinstance(value, list) else [str(value)] for name, value in one.items()}
            for task, one in made.items()
        },
        {item.task: item.version for item in items},
        out or {},
    )


def meeting_of(county: County, **more: Any) -> dict[str, Any]:
    ids = county.ids
    return {
        "held_on": county.now.date().isoformat(),
        "place": "村委会会议室",
        "meeting_form": "representatives",
        "chair": ids["village_3"],
        "recorder": ids["village_2"],
        "entitled": 30,
        "attended": 25,
        **more,
    }


def carry_out(county: County, who: str, kind: str, made: Sheet, ident: bytes | None = None) -> batches.BatchCompleted:
    with county.store.transaction() as session:
        return batches.complete(context_of(session, county.actor(who), county.now), kind, made, ident or command())


def verified(county: County) -> None:
    with county.store.reading() as session:
        assert audit.verify(session).findings == []


VOTES = {"votes-for": 20, "votes-against": 3, "discussion": "有人认为收入不低"}


def test_one_meeting_reviews_ten_households_entry_and_exit_mixed(county: County) -> None:
    publish(county, 2022)
    leaving = [Walk(county, n).open().monitored() for n in (1, 2)]
    for walk in leaving:
        walk.exit().exit_to("hold_village_review")
    coming = [Walk(county, n).open().to("hold_village_review") for n in range(3, 11)]
    items = agenda(county, "village_3", "meeting")
    assert len(items) == 10 and {i.process for i in items} == {"identify", "eliminate"}
    limits = [i.limit_at or i.due for i in items]
    assert limits == sorted(limits)
    assert all((i.last_day is not None) == (i.process == "identify") for i in items)
    done = carry_out(county, "village_3", "meeting", sheet(items, meeting_of(county), VOTES))
    assert done.households == 10
    for walk in (*leaving, *coming):
        assert "post_notice" in dict(walk.open_tasks())
    with county.store.reading() as session:
        head = session.conn.execute(select(events.c.body).where(events.c.kind == "batch_completed")).scalar_one()
        assert sorted(json.loads(head)["cases"]) == sorted(w.case_id for w in (*leaving, *coming))
        named = [
            json.loads(b).get("batch")
            for b in session.conn.execute(
                select(events.c.body).where(events.c.kind == "task_completed").order_by(events.c.case_id, events.c.number)
            ).scalars()
        ]
        assert sorted(one for one in named if one) == [[done.batch, row] for row in range(1, 11)]
    verified(county)


def test_attendance_is_asked_once_and_three_inputs_for_each_household(sqlite_county: County) -> None:
    walks(sqlite_county, 1, "hold_village_review")
    items = agenda(sqlite_county, "village_3", "meeting")
    with sqlite_county.store.reading() as session:
        form = batches.form_of(session, items)
    once = {f.name for f in batches.shared_part(form).fields}
    assert {"held_on", "place", "chair", "recorder", "entitled", "attended", "pages"} <= once
    own = batches.own_part(form).fields
    inputs = [c.name for f in own for c in (f.columns or (f,)) if f.name != "recusals" and c.name != "abstained"]
    assert inputs == ["for", "against", "discussion"]  # abstentions and the result follow from them


def test_who_cannot_be_done_is_named_and_nothing_is_saved(county: County) -> None:
    three = walks(county, 3, "hold_village_review")
    items = agenda(county, "village_3", "meeting")
    with county.store.transaction() as session:  # withdrawn a second ago
        applications.close(
            context_of(session, county.actor("village_1"), county.now), three[1].case_id, "withdrawn", "不办了", command()
        )
    by_case = {item.case_id: item.task for item in items}
    own = {item.task: dict(VOTES) for item in items}
    own[by_case[three[2].case_id]]["votes-for"] = 40  # more votes than people
    made = sheet(items, meeting_of(county), lambda item: own[item.task])
    with pytest.raises(BatchRefused) as refused:
        carry_out(county, "village_3", "meeting", made)
    assert set(refused.value.problems) == {by_case[three[1].case_id], by_case[three[2].case_id]}
    assert refused.value.good == (by_case[three[0].case_id],)
    assert refused.value.problems[by_case[three[1].case_id]][""][0] == "tasks.void"
    assert "votes" in refused.value.problems[by_case[three[2].case_id]]
    assert "hold_village_review" in dict(three[0].open_tasks())
    rest = Sheet(made.shared, {t: made.own[t] for t in refused.value.good}, made.versions, {})
    assert carry_out(county, "village_3", "meeting", rest).households == 1
    assert "post_notice" in dict(three[0].open_tasks())
    verified(county)


BAD_MEETINGS: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    ({"attended": 10}, VOTES, "attended", "steps.no_quorum"),
    ({}, {**VOTES, "votes-for": 24}, "votes", "steps.votes_differ"),
    ({}, {**VOTES, "votes-abstained": 5}, "votes", "steps.votes_differ"),
    ({}, {"votes-for": 20, "votes-against": 3}, "discussion", "steps.why_against"),
    ({}, {**VOTES, "recusals": "张甲、李乙", "votes-abstained": 2}, "votes", "steps.votes_differ"),
    ({"recorder": "chair"}, VOTES, "recorder", "steps.chair_is_recorder"),
]


@pytest.mark.parametrize(
    ("shared", "own", "field", "code"), BAD_MEETINGS, ids=[f"{b[2]}-{b[3]}-{n}" for n, b in enumerate(BAD_MEETINGS)]
)
def test_a_meeting_that_cannot_be_is_told_in_its_row(
    sqlite_county: County, shared: dict[str, Any], own: dict[str, Any], field: str, code: str
) -> None:
    walks(sqlite_county, 1, "hold_village_review")
    items = agenda(sqlite_county, "village_3", "meeting")
    if shared.get("recorder") == "chair":
        shared = {"recorder": sqlite_county.ids["village_3"]}
    with pytest.raises(BatchRefused) as refused:
        carry_out(sqlite_county, "village_3", "meeting", sheet(items, meeting_of(sqlite_county, **shared), own))
    assert refused.value.problems[items[0].task][field][0] == code


def test_recused_people_do_not_vote_and_abstentions_are_who_is_left(sqlite_county: County) -> None:
    (walk,) = walks(sqlite_county, 1, "hold_village_review")
    items = agenda(sqlite_county, "village_3", "meeting")
    own = {"votes-for": 20, "votes-against": 0, "recusals": "张甲、李乙"}
    carry_out(sqlite_county, "village_3", "meeting", sheet(items, meeting_of(sqlite_county), own))
    with sqlite_county.store.reading() as session:
        kept = batches.kept(context_of(session, sqlite_county.actor("village_1"), sqlite_county.now), 1)
        content = list_papers.render(
            Context(
                session,
                sqlite_county.actor("village_1"),
                people.county_on(session, sqlite_county.now.date()),
                sqlite_county.now,
            ),
            kept,
            "review_minutes",
            "docx",
        )
    assert content and "post_notice" in dict(walk.open_tasks())


def test_the_same_list_sent_twice_is_one_list(county: County) -> None:
    walks(county, 2, "hold_village_review")
    items = agenda(county, "village_3", "meeting")
    made, ident = sheet(items, meeting_of(county), VOTES), command()
    first = carry_out(county, "village_3", "meeting", made, ident)
    again = carry_out(county, "village_3", "meeting", made, ident)
    assert again.again and again.batch == first.batch


def test_two_people_with_the_same_list_one_is_told(county: County) -> None:
    walks(county, 3, "hold_village_review")
    items = agenda(county, "village_3", "meeting")
    made = sheet(items, meeting_of(county), VOTES)

    def send(who: str) -> str:
        try:
            carry_out(county, who, "meeting", made)
        except BatchRefused as error:
            return next(iter(error.problems.values()))[""][0]
        return "done"

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(send, ("village_2", "village_3")))
    assert told == ["done", "tasks.done_by_other"]
    verified(county)


def test_a_whole_month_by_lists(county: County) -> None:
    """Meeting, sheet, report, decision, receipts: each once for three households."""
    three = walks(county, 3, "hold_village_review")
    today = county.now.date().isoformat
    carry_out(county, "village_3", "meeting", sheet(agenda(county, "village_3", "meeting"), meeting_of(county), VOTES))
    posted = {
        "posted_on": today(),
        "places": "村委会公告栏",
        "posted_by": county.ids["village_1"],
        "objection_contact": "村委会",
    }
    carry_out(county, "village_1", "notice", sheet(agenda(county, "village_1", "notice"), posted, {}))
    three[0].wait(days=6)
    for walk in three:
        walk.do("village_1", "take_down_notice")
        walk.do("town_officer", "verify_in_town")
    report = {
        "report_number": "龙府〔2021〕12号",
        "signer": county.ids["town_leader"],
        "signed_on": county.now.date().isoformat(),
    }
    carry_out(county, "town_leader", "town_report", sheet(agenda(county, "town_leader", "town_report"), report, {}))
    for walk in three:
        walk.do("county_officer", "review_in_county")
    items = agenda(county, "county_leader", "county_decision")
    assert {i.category for i in items} == {"marginal"}

    def decide(item: batches.Item) -> dict[str, Any]:
        if item.case_id == three[2].case_id:
            return {"category": item.category, "decision": "refused", "reason": "收入刚过线"}
        return {"category": item.category, "decision": "approved"}

    done = carry_out(
        county, "county_leader", "county_decision", sheet(items, {"approval_number": "翁乡振复〔2021〕8号"}, decide)
    )
    assert [walk.case().status for walk in three] == ["monitored", "monitored", "refused"]
    entered = {"entered_on": county.now.date().isoformat()}
    receipts = agenda(county, "town_officer", "receipts")
    assert len(receipts) == 2
    carry_out(
        county, "town_officer", "receipts", sheet(receipts, entered, lambda item: {"receipt_number": f"YS{item.case_id}"})
    )
    with county.store.reading() as session:
        for batch in rows.listed(session, ["440229100201", "440229100000", "440229000000"]):
            who = {"meeting": "village_1", "notice": "village_1"}.get(batch.kind, "town_leader")
            kept = batches.kept(context_of(session, county.actor(who), county.now), batch.id)
            place = people.county_on(session, county.now.date())
            for kind in list_papers.kinds_of(Context(session, county.actor(who), place, county.now), kept):
                assert list_papers.render(Context(session, county.actor(who), place, county.now), kept, kind, "docx")
        assert rows.of_case(session, three[0].case_id)[-1].kind == "receipts"
        with pytest.raises(NotFound):
            batches.kept(context_of(session, county.actor("outsider_town"), county.now), done.batch)
    verified(county)


def test_the_outsider_can_neither_list_nor_complete(county: County) -> None:
    walks(county, 1, "hold_village_review")
    items = agenda(county, "village_3", "meeting")
    made = sheet(items, meeting_of(county), VOTES)
    for who in ("outsider_village", "town_leader", "county_leader", "grid"):
        with pytest.raises(NotFound):
            carry_out(county, who, "meeting", made)
    assert agenda(county, "outsider_village", "meeting") == []
    with pytest.raises(NotFound):
        agenda(county, "grid", "meeting")
    with pytest.raises(NotFound):  # a task of another kind does not go through this door
        carry_out(county, "village_3", "notice", made)
    with pytest.raises(Refused, match="nobody"):
        carry_out(county, "village_3", "meeting", Sheet({}, {}, {}, {}))


def test_shared_pages_are_bound_to_the_list_and_named_at_erasure(county: County) -> None:
    two = walks(county, 2, "hold_village_review")
    page = two[0].page("hold_village_review")
    items = agenda(county, "village_3", "meeting")
    done = carry_out(county, "village_3", "meeting", sheet(items, meeting_of(county, pages=[str(page)]), VOTES))
    with county.store.reading() as session:
        assert [p.id for p in case_rows.papers_of_batch(session, done.batch)] == [page]
        assert rows.pages_naming(session, [two[1].case_id]) == [page]
        kept = batches.kept(context_of(session, county.actor("village_1"), county.now), done.batch)
        place = people.county_on(session, county.now.date())
        assert [p["id"] for p in list_papers.pages(Context(session, county.actor("village_1"), place, county.now), kept)] == [
            page
        ]
        assert list_papers.pages(Context(session, county.actor("grid"), place, county.now), kept) == []
    verified(county)


def test_who_checked_may_not_chair_any_household_of_the_list(sqlite_county: County) -> None:
    walks(sqlite_county, 1, "hold_village_review")
    items = agenda(sqlite_county, "village_3", "meeting")
    made = sheet(items, meeting_of(sqlite_county, chair=sqlite_county.ids["village_1"]), VOTES)
    with pytest.raises(BatchRefused) as refused:
        carry_out(sqlite_county, "village_3", "meeting", made)
    assert refused.value.problems[items[0].task][""][0] == "tasks.not_apart"
