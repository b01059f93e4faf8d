"""The monthly exchange on both databases, against a real HTTP server: made once, posted until it is taken, dead where it cannot be."""

import io
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from app.config import BadSetting, Peer, peer
from app.policy.calendar import LOCAL
from app.services import audit, people
from app.services.context import context_of
from app.services.exchange import connector, outbox
from app.services.exchange import content as exchange_content
from app.services.files import outside, sheets
from app.services.history import readings
from app.services.people import Refused
from app.store import cases as case_rows
from app.store import exchange as rows
from app.store import households as household_rows
from app.store.processes import NotFound
from app.store.tables import notifications
from tests.conftest import County
from tests.walking import Walk, nobody, refused


@dataclass
class Bureau:
    """The other side: what it answers, one after the other (the last for ever), and what it was sent."""

    url: str
    answers: list[tuple[int, bytes]] = field(default_factory=lambda: [(200, b'{"receipt": "HZ-1"}')])
    seen: list[tuple[dict[str, str], Any]] = field(default_factory=list)


@pytest.fixture
def bureau(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bureau]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.seen.append((dict(self.headers), json.loads(body)))
            status, text = made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            self.send_response(status)
            if status == 302:
                self.send_header("Location", made.url)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Bureau(f"http://127.0.0.1:{server.server_port}/receive")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SHOUWANG_TO_CIVIL_URL", made.url)
    monkeypatch.setenv("SHOUWANG_TO_CIVIL_TOKEN", "secret-of-the-test")
    yield made
    server.shutdown()
    server.server_close()


def monitored(county: County) -> None:
    Walk(county).open().to("register_in_province")


def on_the_25th(county: County) -> None:
    county.now = datetime(2021, 10, 25, 9, tzinfo=LOCAL)


def listed(county: County) -> dict[str, Any]:
    with county.store.reading() as session:
        return {r.kind: r for r in rows.page(session)}


def verified(county: County) -> None:
    with county.store.reading() as session:
        found = audit.verify(session)
    assert found.ok, found.findings


def test_a_month_is_made_once_and_posted_with_its_key(county: County, bureau: Bureau) -> None:
    monitored(county)
    on_the_25th(county)
    assert outbox.tick(county.store, county.now) == 1
    assert outbox.tick(county.store, county.now) == 0
    made = listed(county)
    assert (made["to_civil"].status, made["to_civil"].receipt, made["to_civil"].rows) == ("sent", "HZ-1", 1)
    assert made["to_province"].status == "waiting"  # no address: a person hands the file over
    ((headers, body),) = bureau.seen
    assert headers["Authorization"] == "Bearer secret-of-the-test" and headers["Idempotency-Key"] == made["to_civil"].token
    (household,) = body["households"]
    assert (body["month"], household["id_number"], household["status"]) == ("2021-10", nobody(1), "监测中")
    verified(county)


def test_a_passing_trouble_is_tried_again_later_under_the_same_key(county: County, bureau: Bureau) -> None:
    bureau.answers = [(503, b""), (429, b""), (200, b"taken")]
    on_the_25th(county)
    for minutes, status in ((0, "waiting"), (0, "waiting"), (1, "waiting"), (3, "waiting"), (7, "sent")):
        outbox.tick(county.store, county.now + timedelta(minutes=minutes))
        assert listed(county)["to_civil"].status == status, minutes
    assert len({headers["Idempotency-Key"] for headers, _ in bureau.seen}) == 1 and len(bureau.seen) == 3
    verified(county)


def test_what_is_refused_lies_dead_until_a_person_sends_it_again(county: County, bureau: Bureau) -> None:
    bureau.answers = [(422, b""), (200, b'{"receipt": "HZ-2"}')]
    on_the_25th(county)
    outbox.tick(county.store, county.now)
    row = listed(county)["to_civil"]
    assert (row.status, row.trouble, len(bureau.seen)) == ("dead", "http_422", 1)
    outbox.tick(county.store, county.now + timedelta(days=2))
    assert len(bureau.seen) == 1
    with county.store.transaction() as session:
        with pytest.raises(NotFound):
            outbox.again(context_of(session, county.actor("village_1"), county.now), row.id)
        outbox.again(context_of(session, county.actor("county_officer"), county.now), row.id)
    outbox.tick(county.store, county.now)
    assert listed(county)["to_civil"].receipt == "HZ-2"
    verified(county)


def test_tries_end(county: County, bureau: Bureau) -> None:
    bureau.answers = [(500, b"")]
    on_the_25th(county)
    now = county.now
    for _ in range(len(outbox.BACK_OFF) + 3):
        outbox.tick(county.store, now)
        now += timedelta(days=1, minutes=1)
    assert listed(county)["to_civil"].status == "dead" and len(bureau.seen) == len(outbox.BACK_OFF) + 1


def test_a_file_is_handed_over_with_a_receipt(county: County) -> None:
    monitored(county)
    on_the_25th(county)
    assert outbox.tick(county.store, county.now) == 0
    made = listed(county)
    with county.store.transaction() as session:
        content, name = outbox.file(context_of(session, county.actor("civil"), county.now), made["to_province"].id)
        with pytest.raises(NotFound):
            outbox.file(context_of(session, county.actor("county_officer"), county.now), made["to_province"].id)
        with pytest.raises(Refused, match="receipt_needed"):
            outbox.receipt(context_of(session, county.actor("civil"), county.now), made["to_province"].id, " ")
        outbox.receipt(context_of(session, county.actor("civil"), county.now), made["to_province"].id, "粤-2021-10")
        with pytest.raises(Refused, match="has_receipt"):
            outbox.receipt(context_of(session, county.actor("civil"), county.now), made["to_province"].id, "again")
    sheet = list(load_workbook(io.BytesIO(content)).worksheets[0].values)
    assert name == "to_province-2021-10.xlsx" and sheet[1][4] == nobody(1)
    assert (listed(county)["to_province"].status, listed(county)["to_province"].receipt) == ("sent", "粤-2021-10")
    verified(county)


def test_nobody_listens_and_nobody_is_led_elsewhere(bureau: Bureau) -> None:
    assert connector.post(Peer("http://127.0.0.1:9/x", "t"), b"{}", "k", 2).kind == "again"
    bureau.answers = [(302, b"")]
    assert connector.post(Peer(bureau.url, "t"), b"{}", "k", 2).trouble == "http_302" and len(bureau.seen) == 1


def test_an_answer_without_end_is_read_no_further_than_the_limit(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    said = b'{"receipt": "HZ-1", "more": "' + b"x" * 1_000 + b'"}'
    for limit, receipt in ((len(said), "HZ-1"), (len(said) - 1, "")):
        monkeypatch.setattr(connector, "LARGEST", limit)
        bureau.answers = [(200, said)]
        assert connector.post(Peer(bureau.url, "t"), b"{}", "k", 2) == connector.Answer("sent", receipt)


def test_who_is_silent_is_asked_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        assert connector.post(Peer(url, "t"), b"{}", "k", 0.2) == connector.Answer("again", trouble="timeout")


def test_it_goes_through_the_proxy_of_the_environment(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", bureau.url.removesuffix("/receive"))
    assert connector.post(Peer("http://bureau.invalid/receive", "t"), b"{}", "k", 2).receipt == "HZ-1"
    monkeypatch.setenv("no_proxy", "bureau.invalid")
    assert connector.post(Peer("http://bureau.invalid/receive", "t"), b"{}", "k", 2).trouble == "unreachable"


def test_a_secret_goes_over_https_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOUWANG_TO_PROVINCE_URL", "http://example.gov.cn/in")
    with pytest.raises(BadSetting, match="SHOUWANG_TO_PROVINCE_URL"):
        peer("to_province")


def test_what_was_delivered_is_forgotten_after_its_days(county: County, bureau: Bureau) -> None:
    monitored(county)
    on_the_25th(county)
    outbox.tick(county.store, county.now)
    made = listed(county)
    with county.store.transaction() as session:
        assert outbox.forget(session, county.now) == 0
        assert outbox.forget(session, county.now + timedelta(days=31)) == 1
        assert rows.content(session, made["to_civil"].id) is None
        assert rows.content(session, made["to_province"].id) is not None


def test_an_erasure_takes_the_household_out_and_loses_no_exchange(county: County, bureau: Bureau) -> None:
    """Delivered: it goes. Not delivered: the county's month stays, without the household."""
    monitored(county)
    Walk(county, 2).open().to("register_in_province")
    on_the_25th(county)
    outbox.tick(county.store, county.now)
    made = listed(county)
    with county.store.transaction() as session:
        ident = json.loads(rows.content(session, made["to_province"].id))["households"][0]["id"]
        outbox.without(session, ident, county.now)
        assert rows.content(session, made["to_civil"].id) is None
        content, _ = outbox.file(context_of(session, county.actor("civil"), county.now), made["to_province"].id)
    told = str(list(load_workbook(io.BytesIO(content)).worksheets[0].values))
    assert nobody(1) not in told and nobody(2) in told
    kept = listed(county)["to_province"]
    assert kept.rows == 1 and kept.status == "waiting" and kept.token != made["to_province"].token
    verified(county)


def test_only_the_three_categories_are_handed_on_and_no_month_is_left_out(county: County) -> None:
    monitored(county)
    on_the_25th(county)
    outbox.tick(county.store, county.now)
    with county.store.transaction() as session:
        household_rows.change(session, one_of(session), "", category="other_low_income")
        session.unrecorded.clear()  # past the record
    Walk(county, 2).open().to("register_in_province")
    with county.store.transaction() as session:
        case = max(r.case_id for r in rows.listed(session, outbox.CATEGORIES))
        case_rows.change(session, case, decided_at=datetime(2021, 12, 15, tzinfo=LOCAL))
    county.now = datetime(2022, 1, 3, 9, tzinfo=LOCAL)  # from the end of October on nothing ran
    outbox.tick(county.store, county.now)
    with county.store.reading() as session:
        made = {
            r.period: (r.rows, json.loads(rows.content(session, r.id))["as_of"])
            for r in rows.page(session)
            if r.kind == "to_civil"
        }
    assert made == {"2021-10": (1, "2021-10-25"), "2021-11": (0, "2022-01-03"), "2021-12": (1, "2022-01-03")}


def one_of(session: Any) -> int:
    (row,) = rows.listed(session, outbox.CATEGORIES)
    return int(row.id)


def returned(county: County) -> list[dict[str, Any]]:
    with county.store.reading() as session:
        return outbox.returned(session, listed(county)["to_civil"].id)


def test_what_the_other_side_gives_back_comes_in_with_its_answer_or_as_a_file(county: County, bureau: Bureau) -> None:
    monitored(county)
    Walk(county, 2).open().to("register_in_province")
    on_the_25th(county)
    with county.store.reading() as session:
        ident, other = (r.id for r in rows.listed(session, outbox.CATEGORIES))
    number = "粤440201"
    with county.store.transaction() as session:
        household_rows.change(session, ident, "", number=number)
    bureau.answers = [
        (200, json.dumps({"receipt": "HZ-1", "returned": [{"number": number, "why": "号码不符"}, {"number": 99}]}).encode())
    ]
    outbox.tick(county.store, county.now)
    assert returned(county) == [{"id": ident, "number": number, "why": "号码不符"}]
    row = listed(county)["to_civil"]

    def taken(*lines: list[Any], who: str = "county_officer") -> int:
        with county.store.transaction() as session:
            content = sheets.book([["户号", "原因"], *lines])
            return outbox.feedback(context_of(session, county.actor(who), county.now), row.id, outbox.read_feedback(content))

    for wrong, code in (
        ([["", "不符"]], "bad_row"),
        ([["99", "不符"]], "not_of_it"),
        ([[number, ""]], "bad_row"),
        ([[number, "甲"], [number, "乙"]], "row_twice"),
        ([["", "甲"], ["1", ""]], "第 2 行.*第 3 行"),
    ):
        with refused(code):
            taken(*wrong)
    with pytest.raises(NotFound):
        taken([number, "不符"], who="village_1")
    assert returned(county) == [{"id": ident, "number": number, "why": "号码不符"}]
    assert taken([" 粤4402０1 ", "住址不符"]) == 1  # however a spreadsheet wrote it
    assert returned(county) == [{"id": ident, "number": number, "why": "住址不符"}]
    with county.store.reading() as session:
        mark = outside.number(session, other, None)
    assert taken([mark.lower(), "重复"]) == 1 and [r["id"] for r in returned(county)] == [ident, other]
    for lines in (  # however the other side lays it out
        [["2021年9月退回名单"], ["序号", "户号", "户主", "退回原因"], [1, number, "演示1", "已迁出"]],
        [["原因", "户编号"], ["已迁出", number]],
    ):
        assert outbox.read_feedback(sheets.book(lines)) == {number: "已迁出"}
    with pytest.raises(Refused, match="exchange.columns"):
        outbox.read_feedback(sheets.book([["户号", "户主"], [number, "演示1"]]))
    with county.store.reading() as session:
        told = session.conn.execute(select(notifications).where(notifications.c.kind == "exchange_returned")).all()
    assert county.ids["county_officer"] in {t.official for t in told}
    verified(county)


def test_an_answer_for_content_that_was_made_anew_meanwhile_delivers_nothing(county: County, bureau: Bureau) -> None:
    """The household is erased while the post is under way."""
    monitored(county)
    on_the_25th(county)
    post = connector.post

    def slow(*args: Any) -> connector.Answer:
        answer = post(*args)
        with county.store.transaction() as session:
            outbox.without(session, one_of(session), county.now)
        return answer

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(connector, "post", slow)
        assert outbox.tick(county.store, county.now) == 0
    assert listed(county)["to_civil"].status == "waiting"
    assert outbox.tick(county.store, county.now + timedelta(minutes=3)) == 1
    assert [len(body["households"]) for _, body in bureau.seen] == [1, 0]
    verified(county)


def test_a_name_is_never_a_formula(county: County) -> None:
    made = load_workbook(io.BytesIO(sheets.book([["户主"], ["=1+1"], [12]]))).worksheets[0]
    assert (made["A2"].data_type, made["A2"].value, made["A3"].value) == ("s", "=1+1", 12)


def test_what_leaves_speaks_words_and_the_provinces_number_and_carries_what_the_plan_asks(
    sqlite_county: County, bureau: Bureau
) -> None:
    """Risk, income, measures, contact; no code, no row id of ours; the receiver's copy and the sheet say the same."""
    county = sqlite_county
    Walk(county).open().monitored()
    with county.store.transaction() as session:
        household_rows.change(session, one_of(session), "", number="粤440201")
    county.now = datetime(2022, 3, 25, 9, tzinfo=LOCAL)
    outbox.tick(county.store, county.now)
    body = bureau.seen[-1][1]
    (household,) = body["households"]
    assert household["number"] == "粤440201" and "6.2.2" in body["basis"] and not {"id", "province"} & set(household)
    text = json.dumps(body["households"], ensure_ascii=False)
    for code in ("marginal", "unstable", "sudden", "monitored", "illness", "employment", '"rural"', '"industry"', "skills"):
        assert code not in text, code
    assert household["risks"] and household["net_income"] and household["measures"] and household["contacts"]
    made = listed(county)["to_civil"]
    with county.store.transaction() as session:
        content, _ = outbox.file(context_of(session, county.actor("county_officer"), county.now), made.id, "送民政局核对")
    header, line = list(load_workbook(io.BytesIO(content)).worksheets[0].values)
    told = dict(zip(header, line, strict=True))
    assert told["户号"] == "粤440201" and told["类别"] == household["category"]
    assert told["监测联系人"] == "、".join(household["contacts"]) and told["风险类型"] == "、".join(household["risks"])
    assert told["人均纯收入（元）"] == household["net_income"] and household["measures"][0]["lead"] in told["帮扶措施"]


def test_who_fetches_says_why_and_what_the_timer_sends_says_on_which_basis(county: County, bureau: Bureau) -> None:
    monitored(county)
    on_the_25th(county)
    outbox.tick(county.store, county.now)
    made = listed(county)
    with county.store.transaction() as session, pytest.raises(Refused, match="reason_needed"):
        outbox.file(context_of(session, county.actor("civil"), county.now), made["to_province"].id, " ")
    with county.store.transaction() as session:
        outbox.file(context_of(session, county.actor("civil"), county.now), made["to_province"].id, "按月报省平台")
    with county.store.reading() as session:
        place = people.county_on(session, county.now.date())
        told = [(r["who"], r["reason"]) for r in readings.listed(session, one_of(session), place, {"basic", "risk"})]
        kinds = {e.kind: json.loads(bytes(e.body)) for e in case_rows.events_in(session, f"exchange:{made['to_civil'].id}")}
    assert ("civil", "按月报省平台") in told
    sent = [reason for who, reason in told if who == "推送民政局"]
    assert len(sent) == 1 and "6.2.2" in sent[0]  # the province's file was fetched, not sent by itself
    assert kinds["exchange_made"]["basis"] == kinds["exchange_sent"]["basis"] == "wx2021-25#6.2.2"
    verified(county)


def test_what_an_earlier_release_made_is_understood_and_leaves_in_words(sqlite_county: County, bureau: Bureau) -> None:
    """Codes and our row's number stood in it; what comes back by that number still finds its household."""
    county = sqlite_county
    bureau.answers = [(503, b""), (200, b'{"receipt": "HZ-9"}')]
    monitored(county)
    on_the_25th(county)
    outbox.tick(county.store, county.now)
    with county.store.transaction() as session:
        ident, row = one_of(session), listed(county)["to_civil"]
        made = json.loads(rows.content(session, row.id) or b"")
        old = {
            "number": ident,
            "town": "",
            "village": "",
            "head": "演示1",
            "id_number": nobody(1),
            "category": "marginal",
            "status": "monitored",
            "decided_on": "2021-10-01",
            "measures": [{"group": "industry", "lead": "rural", "done_on": None}],
        }
        rows.replace(session, row.id, exchange_content.as_json({**made, "households": [old]}))
    outbox.tick(county.store, county.now + timedelta(minutes=2))
    (household,) = bureau.seen[-1][1]["households"]
    assert household["number"].startswith("本县") and household["category"] == "边缘易致贫户" and "id" not in household
    with county.store.transaction() as session:
        content = sheets.book([["户号", "原因"], [ident, "号码不符"]])
        assert (
            outbox.feedback(
                context_of(session, county.actor("county_officer"), county.now), row.id, outbox.read_feedback(content)
            )
            == 1
        )
    assert [r["id"] for r in returned(county)] == [ident]
