"""A month's re-screening on both databases: begun once, files compared, clues once each, duties and figures right."""

import csv
import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from app.policy.calendar import LOCAL
from app.services import audit
from app.services.context import context_of
from app.services.files import templates
from app.services.files.villages import Villages
from app.services.people import Refused
from app.services.people import county_on as county_of
from app.services.rescreening import department_files, extract
from app.services.rescreening import month as rescreening
from app.services.rights import erasure as keys
from app.services.work import timers
from app.store import cases as case_rows
from app.store import clues as clue_rows
from app.store import households as household_rows
from app.store import inbox, processes
from app.store import people as people_rows
from app.store import rescreening as rows
from app.store.tables import clues as clue_table
from app.store.tables import department_files as file_table
from app.store.tables import duties, extracts, findings, notifications
from tests.conftest import VILLAGE, County
from tests.walking import nobody

HEADER = {
    "medins": ["身份证号", "姓名", "所在村（居）", "本年累计自付金额（元）", "是否参保"],
    "hrss": ["身份证号", "姓名", "所在村（居）", "连续没有工作（月）", "是否返乡"],
    "housing": ["身份证号", "姓名", "所在村（居）", "房屋等级"],
}


def at(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return datetime(year, month, day, hour, tzinfo=LOCAL)


def household(county: County, *numbers: int, poor: bool = False) -> int:
    """A household of the register with these people."""
    with county.store.transaction() as session:
        ident, key = household_rows.add(
            session,
            village=VILLAGE,
            head_name=f"演示{numbers[0]}",
            pinyin="ys",
            household_type="former_poor" if poor else None,
            demo=True,
        )
        members = [
            {
                "key": f"m{n}",
                "name": f"演示{number}",
                "relation": "head" if n == 1 else "child",
                "status": "present",
                "id_number": nobody(number),
            }
            for n, number in enumerate(numbers, 1)
        ]
        content = {"household": {}, "members": members, "sources": {}}
        on = date(2021, 8, 1)
        household_rows.save_document(session, ident, key, content, plain={}, as_of=on, now=county.now, number=1)
    return ident


def sheet(template: str, *lines: list[str], encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER[template], *lines])
    return out.getvalue().encode(encoding)


def liaison(county: County, department: str) -> Any:
    name = f"liaison_{department}"
    if name not in county.ids:
        with county.store.transaction() as session:
            ident = people_rows.add_official(session, name=name, username=name, password_hash=None, demo=True)
            people_rows.assign(session, ident, "dept_liaison", f"440229-{department}", date(2021, 1, 1))
        county.ids[name] = ident
    return county.actor(name)


def send(county: County, template: str, content: bytes, month: str = "2021-09", data_on: date = date(2021, 8, 31)) -> Any:
    with county.store.reading() as session:
        place = county_of(session, county.now.date())
    made = department_files.template(place, template)
    prepared = department_files.prepare(content, made, place, data_on)
    return rescreening.take_in(county.store, liaison(county, made.department), month, prepared, data_on, county.now), prepared


def clues(county: County) -> list[Any]:
    with county.store.reading() as session:
        query = select(clue_table).where(clue_table.c.sign.is_not(None)).order_by(clue_table.c.id)
        return list(session.conn.execute(query))


def begun(county: County, month: str = "2021-09") -> Any:
    rescreening.begin_due(county.store, county.now)
    with county.store.reading() as session:
        return rows.run_of(session, month)


def tasks_of(county: County, run: Any) -> list[tuple[str, str | None]]:
    with county.store.reading() as session:
        runs = processes.instances_of_subject(session, "run", run.id)
        return sorted((t.element, t.item or "") for r in runs for t in inbox.open_of_instance(session, r.id))


def verified(county: County) -> None:
    with county.store.reading() as session:
        found = audit.verify(session)
    assert found.ok, found.findings


def test_a_month_from_the_first_day_to_its_report(county: County) -> None:
    one, two = household(county, 1, 2), household(county, 3, poor=True)
    county.now = at(2021, 9, 1)
    run = begun(county)
    asked = [item for _, item in tasks_of(county, run)]
    assert len(asked) == 11 and run.late is False and run.as_of == date(2021, 9, 1)
    assert rescreening.begin_due(county.store, county.now) == 0
    county.now = at(2021, 9, 3)
    kept, prepared = send(
        county,
        "medins",
        sheet(
            "medins",
            [nobody(1), "演示1", "", "25000", "是"],
            [nobody(3), "演示3", "", "6000", "是"],
            [nobody(2), "演示2", "", "100", "否"],
            [nobody(4), "演示4", "岭头村委会", "50000", ""],
            ["123", "写错", "", "1", ""],
        ),
    )
    assert prepared.counts() == {"read": 5, "good": 4, "bad": 1} and not kept.again
    assert "medins" not in [item for _, item in tasks_of(county, run)]  # done by the upload itself
    assert rescreening.work(county.store, county.now) == 4
    assert rescreening.work(county.store, county.now) == 0
    found = {(c.household, c.sign): c for c in clues(county)}
    assert set(found) == {
        (one, "medins_self_paid"),
        (two, "medins_self_paid"),
        (one, "medins_uninsured"),
        (None, "medins_self_paid"),
    }
    with county.store.reading() as session:
        content = clue_rows.content(session, found[one, "medins_self_paid"])
    assert (content["value"], content["threshold"], content["unit"], content["severity"]) == (
        2500000,
        2000000,
        "fen",
        "medium",
    )
    row = found[two, "medins_self_paid"]
    assert (row.sender_unit, row.run, row.data_on, row.channel) == ("440229-medins", "2021-09", date(2021, 8, 31), "data")
    assert row.org_unit == VILLAGE and found[None, "medins_self_paid"].name == "演示4"
    for _ in range(3):
        county.now += timedelta(days=4)
        timers.fire_due(county.store, county.now)
        rescreening.work(county.store, county.now)
    with county.store.reading() as session:
        run = rows.run_of(session, "2021-09")
        counted = rows.duty_counts(session, "2021-09")
    assert run.status == "closed" and len(run.counts["missing"]) == 10 and "medins" not in run.counts["missing"]
    assert counted == {"done": 2}
    assert tasks_of(county, run) == [("publish_month_report", "")]
    verified(county)


def test_the_same_file_twice_changes_nothing_and_a_known_sign_is_joined(county: County) -> None:
    household(county, 1)
    county.now = at(2021, 9, 1)
    begun(county)
    content = sheet("hrss", [nobody(1), "演示1", "", "4", "否"])
    assert not send(county, "hrss", content)[0].again
    assert send(county, "hrss", content)[0].again
    assert not send(county, "hrss", sheet("hrss", [nobody(1), "演示1", "", "5", "否"]))[0].again
    assert rescreening.work(county.store, county.now) == 2
    listed = clues(county)
    assert [c.status for c in listed] == ["open", "joined"] and listed[0].times == 2
    with county.store.reading() as session:
        assert session.conn.execute(select(func.count()).select_from(file_table)).scalar() == 2


def test_everybody_sent_closes_the_month_at_once(county: County) -> None:
    county.now = at(2021, 9, 1)
    run = begun(county)
    from app.services.work import tasks
    from tests.walking import command

    for _, item in tasks_of(county, run):
        actor = liaison(county, item or "")
        with county.store.transaction() as session:
            task = next(
                t
                for r in processes.instances_of_subject(session, "run", run.id)
                for t in inbox.open_of_instance(session, r.id)
                if t.item == item
            )
            tasks.complete(
                context_of(session, actor, county.now),
                task.id,
                None,
                command(),
                None,
                values={"month_sent": "none", "sent_note": "本月没有"},
            )
    rescreening.work(county.store, county.now)
    with county.store.reading() as session:
        run = rows.run_of(session, "2021-09")
    assert (run.status, run.counts["missing"]) == ("closed", [])
    verified(county)


def test_after_three_weeks_of_downtime_over_a_month_end_the_months_are_caught_up(county: County) -> None:
    county.now = at(2021, 9, 20)
    household(county, 1)
    assert begun(county).late is True  # a county that begins in the middle of a month
    county.now = at(2021, 11, 22)
    assert rescreening.begin_due(county.store, county.now) == 2
    assert rescreening.begin_due(county.store, county.now) == 0
    with county.store.reading() as session:
        runs = {r.period: (r.late, r.as_of) for r in rows.listed(session)}
    assert runs == {
        "2021-09": (True, date(2021, 9, 1)),
        "2021-10": (True, date(2021, 10, 1)),
        "2021-11": (True, date(2021, 11, 1)),
    }
    county.now += timedelta(days=12)
    while timers.fire_due(county.store, county.now):
        pass
    rescreening.work(county.store, county.now)
    with county.store.reading() as session:
        assert rows.duty_counts(session, "2021-10") == {"caught_up": 1}
        assert [(d.period, d.status) for d in rows.duties_of(session, 1)] == [
            ("2021-11", "caught_up"),
            ("2021-10", "caught_up"),
            ("2021-09", "caught_up"),
        ]


def test_a_caught_up_month_is_matched_against_the_files_of_its_own_day(county: County) -> None:
    old = household(county, 1)
    county.now = at(2021, 11, 22)
    with county.store.transaction() as session:  # moved into another household since
        row = household_rows.get(session, old)
        from app.store import record

        key = record.data_key(session, row.data_key)
        document, number = household_rows.document(session, old, key)
        assert document is not None
        document["members"][0]["status"] = "gone"
        household_rows.save_document(
            session, old, key, document, plain={}, as_of=date(2021, 11, 5), now=county.now, number=number + 1
        )
    people, _ = extract.people(county.store, county.now, date(2021, 10, 1))
    now, _ = extract.people(county.store, county.now)
    assert people.column("household").to_pylist() == [old] and now.num_rows == 0


def test_a_household_that_cannot_be_read_is_missed_and_the_others_go_on(county: County) -> None:
    broken, fine = household(county, 1), household(county, 2)
    with county.store.transaction() as session:
        from app.store.tables import household_versions

        session.conn.execute(
            household_versions.update().where(household_versions.c.household == broken).values(secret=b"x" * 40)
        )
    county.now = at(2021, 9, 1)
    begun(county)
    send(county, "hrss", sheet("hrss", [nobody(1), "演示1", "", "4", "否"], [nobody(2), "演示2", "", "4", "否"]))
    rescreening.work(county.store, county.now)
    county.now += timedelta(days=11)
    timers.fire_due(county.store, county.now)
    rescreening.work(county.store, county.now)
    with county.store.reading() as session:
        assert rows.duty_counts(session, "2021-09") == {"missed": 1, "done": 1}
    assert [c.household for c in clues(county)] == [fine]
    assert extract.people(county.store, county.now)[1] == [broken]  # the kept extract says so to the next run as well


@pytest.mark.parametrize("again", ["", "in time", "late"])
def test_a_file_that_never_compares_is_set_aside_and_the_month_goes_on(
    county: County, monkeypatch: pytest.MonkeyPatch, again: str
) -> None:
    one = household(county, 1)
    county.now = at(2021, 9, 1)
    begun(county)
    content = sheet("hrss", [nobody(1), "演示1", "", "4", "否"])
    send(county, "hrss", content)

    def fails(*args: Any, **more: Any) -> Any:
        raise RuntimeError

    def status() -> str:
        with county.store.reading() as session:
            return str(rows.files_of(session, rows.run_of(session, "2021-09").id)[0].status)

    with monkeypatch.context() as patched:
        patched.setattr(extract, "people", fails)
        for tries in range(1, rescreening.TRIES + 1):
            assert status() == "kept"
            for _ in range(3):  # a tick that comes too early does not count
                rescreening.work(county.store, county.now)
            with county.store.reading() as session:
                assert rows.files_of(session, rows.run_of(session, "2021-09").id)[0].counts["tries"] == tries
            county.now += min(timedelta(minutes=2**tries), rescreening.LONGEST_WAIT)
        assert status() == "failed"
    with county.store.reading() as session:
        told = {r.official for r in session.conn.execute(select(notifications).where(notifications.c.kind == "file_failed"))}
    assert told >= {county.ids["liaison_hrss"], county.ids["county_officer"]}
    if again == "in time":  # the same file handed in once more is tried once more
        send(county, "hrss", content)
    rescreening.work(county.store, county.now)
    county.now += timedelta(days=11)
    timers.fire_due(county.store, county.now)
    rescreening.work(county.store, county.now)
    if again == "late":  # after the original was deleted too
        county.now += timedelta(days=60)
        with county.store.transaction() as session:
            department_files.forget(session, county.now)
        send(county, "hrss", content)
        rescreening.work(county.store, county.now)
        with pytest.raises(Refused, match="month_over"):
            send(county, "hrss", content + b"\r\n")
    with county.store.reading() as session:
        assert rows.run_of(session, "2021-09").status == "closed"
    assert [c.household for c in clues(county)] == ([one] if again else [])
    verified(county)


def test_a_sign_of_nobody_known_needs_a_village_and_what_has_none_is_told(county: County) -> None:
    county.now = at(2021, 9, 1)
    begun(county)
    with county.store.reading() as session:
        name = county_of(session, county.now.date()).units[VILLAGE].name
    stem = name.removesuffix("村委会").removesuffix("居委会")
    kept, _ = send(
        county,
        "hrss",
        sheet(
            "hrss",
            [nobody(1), "演示1", name, "4", "否"],
            [nobody(2), "演示2", stem, "4", "否"],
            [nobody(3), "演示3", "没有的村", "4", "否"],
            [nobody(4), "演示4", "", "4", "否"],
            [nobody(5), "演示5", "", "0", "否"],
        ),
    )
    rescreening.work(county.store, county.now)
    with county.store.reading() as session:
        row = next(f for f in rows.files_of(session, rows.run_of(session, "2021-09").id) if f.id == kept.ident)
        told = {r.official for r in session.conn.execute(select(notifications).where(notifications.c.kind == "file_nowhere"))}
    assert row.counts["nowhere"] == ["4", "5"] and row.counts["found"] == 2 and told == {county.ids["liaison_hrss"]}
    assert [c.org_unit for c in clues(county)] == [VILLAGE, VILLAGE]
    county.now += timedelta(days=12)
    timers.fire_due(county.store, county.now)
    rescreening.work(county.store, county.now)
    with county.store.reading() as session:
        assert rows.run_of(session, "2021-09").status == "closed"
    send(county, "hrss", sheet("hrss", [nobody(3), "演示3", name, "4", "否"]))  # what led nowhere may still be put right
    rescreening.work(county.store, county.now)
    assert [c.org_unit for c in clues(county)] == [VILLAGE] * 3
    with pytest.raises(Refused, match="month_over"):
        send(county, "housing", sheet("housing", [nobody(4), "演示4", name, "D级"]))
    verified(county)


def test_a_short_name_that_two_villages_share_names_neither(sqlite_county: County) -> None:
    with sqlite_county.store.reading() as session:
        place = county_of(session, sqlite_county.now.date())
    known = Villages(place)
    names = [u.name for u in place.units.values() if u.level == "village"]
    assert "官渡村委会" in names and len([n for n in names if n.startswith("官渡")]) > 1
    assert known.code("官渡村委会") and known.code("官渡") is None and known.code("没有的村") is None


def test_a_month_left_out_is_begun_though_a_later_one_was(county: County) -> None:
    household(county, 1)
    county.now = at(2021, 9, 1)
    rescreening.begin_due(county.store, county.now)
    county.now = at(2021, 11, 25)
    assert rescreening.begin(county.store, "2021-11", county.now)  # by hand, after a standstill
    assert rescreening.begin_due(county.store, county.now) == 1
    with county.store.reading() as session:
        assert sorted(rows.periods(session)) == ["2021-09", "2021-10", "2021-11"]
    county.now = at(2024, 6, 2)
    rescreening.begin_due(county.store, county.now)
    with county.store.reading() as session:
        assert sorted(rows.periods(session))[3:5] == ["2022-06", "2022-07"]  # two years back and no further


def test_a_caught_up_month_asks_who_was_identified_then(county: County) -> None:
    early, later = household(county, 1), household(county, 2)
    with county.store.transaction() as session:
        for ident, decided in ((early, at(2021, 9, 3)), (later, at(2021, 10, 20))):
            case = case_rows.add_case(
                session, household=ident, clue_on=date(2021, 8, 20), limit_at=decided, now=at(2021, 8, 20)
            )
            case_rows.change(session, case, category="marginal", decided_at=decided)
            household_rows.change(session, ident, "", status="monitored")
        session.unrecorded.clear()  # past the record
    table, _ = extract.people(county.store, county.now, date(2021, 10, 1))
    then = dict(zip(table.column("household").to_pylist(), table.column("former_poor").to_pylist(), strict=True))
    table, _ = extract.people(county.store, county.now)
    now = dict(zip(table.column("household").to_pylist(), table.column("former_poor").to_pylist(), strict=True))
    assert then == {early: True, later: False} and now == {early: True, later: True}


def test_what_may_no_longer_be_asked_is_not_taken_whatever_day_the_data_has(county: County) -> None:
    county.now = at(2021, 9, 1)
    begun(county)
    with county.store.reading() as session:
        place = county_of(session, county.now.date())
    made = replace(department_files.template(place, "hrss"), until=date(2021, 8, 31))
    content, data_on = sheet("hrss", [nobody(1), "演示1", "", "4", "否"]), date(2021, 8, 20)
    prepared = department_files.prepare(content, made, place, data_on)
    with pytest.raises(Refused, match="no_basis"):
        rescreening.take_in(county.store, liaison(county, "hrss"), "2021-09", prepared, data_on, county.now)


def test_the_extract_is_encrypted_kept_while_nothing_changes_and_gone_with_an_erasure(county: County) -> None:
    one, two = household(county, 1), household(county, 2)
    extract.people(county.store, county.now)
    with county.store.reading() as session:
        first = session.conn.execute(select(extracts)).one()
    assert nobody(1)[:17].encode() not in bytes(first.secret) and int(nobody(1)[:17]).to_bytes(8, "little") not in bytes(
        first.secret
    )
    extract.people(county.store, county.now)
    with county.store.reading() as session:
        assert bytes(session.conn.execute(select(extracts.c.secret)).scalar_one()) == bytes(first.secret)
    household(county, 3)
    assert extract.people(county.store, county.now)[0].num_rows == 3
    with county.store.transaction() as session:
        keys.erase_household(session, one, basis="本人申请", approvers=("甲", "乙"), now=county.now)
        assert session.conn.execute(select(extracts)).first() is None
        assert rows.open_extract(session, first) is None
    assert extract.people(county.store, county.now)[0].column("household").to_pylist() == [two, two + 1]


def test_originals_go_after_their_days_and_findings_stay(county: County) -> None:
    household(county, 1)
    county.now = at(2021, 9, 1)
    begun(county)
    send(county, "hrss", sheet("hrss", [nobody(1), "演示1", "", "4", "否"]))
    rescreening.work(county.store, county.now)
    with county.store.transaction() as session:
        assert department_files.forget(session, county.now + timedelta(days=30)) == 0
        assert department_files.forget(session, county.now + timedelta(days=31)) == 1
        row = session.conn.execute(select(file_table)).one()
        assert bytes(row.secret) == b"" and bytes(row.file_hash) and row.counts["found"] == 1
        with pytest.raises(Refused):
            department_files.content(session, row)
        assert session.conn.execute(select(func.count()).select_from(findings)).scalar() == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_files_in_four_encodings_say_the_same(sqlite_county: County, encoding: str) -> None:
    place = _place(sqlite_county)
    content = sheet("housing", [nobody(1), "演示㐂𠮷" if encoding != "gb18030" else "演示㐂", "", "D级"], encoding=encoding)
    prepared = department_files.prepare(content, department_files.template(place, "housing"), place, date(2021, 8, 31))
    assert prepared.checked.rows.column("house_grade").to_pylist() == ["D"] and prepared.problems == []


def _place(county: County) -> Any:
    with county.store.reading() as session:
        return county_of(session, county.now.date())


def xlsx(*lines: list[Any], change: Any = None) -> bytes:
    book = Workbook()
    ws = book.active
    for line in lines:
        ws.append(line)
    if change:
        change(ws)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_what_a_spreadsheet_hides_is_told_by_row(sqlite_county: County) -> None:
    place = _place(sqlite_county)

    def change(ws: Any) -> None:
        ws["D3"] = "=1+1"
        ws.merge_cells("B4:B5")

    content = xlsx(
        ["医保局 2021 年 8 月"],
        HEADER["medins"],
        [nobody(1), "演示1", "", "=1", "是"],
        [nobody(2), "演示2", "", 9, "是"],
        [nobody(3), "演示3", "", 9, "是"],
        [float(nobody(4)[:17]) * 10, "演示4", "", 9, "是"],
        [nobody(5), "演示5", "", 5000.5, "是"],
        change=change,
    )
    prepared = department_files.prepare(content, department_files.template(place, "medins"), place, date(2021, 8, 31))
    codes = {(p.row, p.code) for p in prepared.problems}
    assert (3, "tables.formula") in codes and codes & {(6, "tables.damaged"), (6, "comparison.id_as_number")}
    assert {r for r, _ in codes} == {3, 4, 5, 6}
    assert prepared.checked.rows.column("self_paid").to_pylist() == [500050]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "tables.empty"),
        (b"\n\n", "tables.empty"),
        ("身份证号,姓名\n1,2\n".encode(), "register.columns_missing"),
        (sheet("hrss", [nobody(1), "甲", "", "4", "否"]), "comparison.other_department"),
        (b"\x00" * 100, "tables.no_table"),
        (b"x" * 64_000_001, "tables.too_large"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 100, "tables.old_excel"),
        (b"PK\x03\x04broken", "tables.unreadable"),
    ],
)
def test_what_is_no_file_of_this_department_is_refused_in_words(sqlite_county: County, content: bytes, code: str) -> None:
    place = _place(sqlite_county)
    with pytest.raises(Refused) as refused:
        department_files.prepare(content, department_files.template(place, "medins"), place, date(2021, 8, 31))
    assert refused.value.code == code


def test_a_zip_bomb_is_refused_before_it_is_unpacked(sqlite_county: County) -> None:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(7):
            archive.writestr(f"xl/worksheets/sheet{n}.xml", b"0" * 100_000_000)
    place = _place(sqlite_county)
    with pytest.raises(Refused) as refused:
        department_files.prepare(out.getvalue(), department_files.template(place, "medins"), place, date(2021, 8, 31))
    assert refused.value.code == "tables.too_much_inside"


def test_no_basis_no_upload_and_data_of_the_future_is_refused(county: County) -> None:
    county.now = at(2021, 9, 1)
    begun(county)
    with pytest.raises(Refused) as refused:
        send(county, "hrss", sheet("hrss", [nobody(1), "甲", "", "4", "否"]), data_on=date(2021, 9, 2))
    assert refused.value.code == "comparison.data_in_future"
    place = _place(county)
    from dataclasses import replace

    made = department_files.template(place, "hrss")
    for template in (replace(made, basis=" "), replace(made, until=date(2021, 8, 1))):
        with pytest.raises(Refused) as refused:
            department_files.prepare(sheet("hrss", [nobody(1), "甲", "", "4", "否"]), template, place, date(2021, 8, 31))
        assert refused.value.code == "comparison.no_basis"
    with pytest.raises(Refused):
        rescreening.begin(county.store, "2021-10", county.now)
    for word in ("2021-13", "x", "2021"):
        with pytest.raises(Refused):
            rescreening.begin(county.store, word, county.now)


def test_a_template_can_be_filled_in_and_sent_back(sqlite_county: County) -> None:
    place = _place(sqlite_county)
    for made in templates.templates(place):
        book = load_workbook(io.BytesIO(department_files.workbook(made, place)))
        ws = book["数据"]
        ws.append(
            [
                nobody(1),
                "演示1",
                "",
                *[("1" if c.kind in ("money", "integer") else next(iter(c.words))) for c in made.columns],
            ]
        )
        out = io.BytesIO()
        book.save(out)
        prepared = department_files.prepare(out.getvalue(), made, place, date(2021, 8, 31))
        assert prepared.problems == [] and prepared.good == 1, made.key
        assert "政务数据共享条例" in str([c.value for c in book["说明"]["B"]])


def test_a_household_merged_since_is_found_by_who_is_counted_now(county: County) -> None:
    first = household(county, 1, 2)
    with county.store.transaction() as session:
        from app.store import record

        row = household_rows.get(session, first)
        key = record.data_key(session, row.data_key)
        document, number = household_rows.document(session, first, key)
        assert document is not None
        document["members"][1]["status"] = "gone"
        household_rows.save_document(
            session, first, key, document, plain={}, as_of=date(2021, 8, 20), now=county.now, number=number + 1
        )
    second = household(county, 2)
    county.now = at(2021, 9, 1)
    begun(county)
    send(county, "hrss", sheet("hrss", [nobody(2), "演示2", "", "4", "否"]))
    rescreening.work(county.store, county.now)
    assert [c.household for c in clues(county)] == [second]
    with county.store.reading() as session:
        assert session.conn.execute(select(func.count()).select_from(duties)).scalar() == 2
