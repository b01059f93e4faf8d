"""Monthly incomes of former poor households on both databases: the grid, unchanged months, files, warnings, the province's file."""

import io
import uuid
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from app.policy.calendar import LOCAL
from app.services import audit, incomes
from app.services.context import Context
from app.services.people import Refused
from app.services.people import county_on as county_of
from app.services.rights import erasure as keys
from app.store import inbox, processes
from app.store import people as people_rows
from app.store import rescreening as runs
from app.store.processes import NotFound
from app.store.tables import clues, households, month_incomes
from tests.conftest import VILLAGE, County
from tests.services.rescreening.test_rescreening import household
from tests.walking import nobody, refused

MONTH = "2021-09"


@pytest.fixture
def collector(county: County) -> County:
    with county.store.transaction() as session:
        ident = people_rows.add_official(session, name="collector", username="collector", password_hash=None, demo=True)
        people_rows.assign(session, ident, "info_collector", "440229100000", date(2021, 1, 1))
    county.ids["collector"] = ident
    county.now = datetime(2021, 9, 20, 9, tzinfo=LOCAL)
    return county


def lines(county: County, month: str = MONTH) -> list[dict[str, Any]]:
    with county.store.reading() as session:
        return incomes.grid(session, county_of(session, county.now.date()), VILLAGE, month)


def save(county: County, who: str, given: dict[tuple[int, str], str], month: str = MONTH, **more: Any) -> incomes.Saved:
    with county.store.transaction() as session:
        place = county_of(session, county.now.date())
        command = more.pop("command", None) or uuid.uuid4().bytes
        return incomes.save(Context(session, county.actor(who), place, county.now), VILLAGE, month, given, command, **more)


def typed(
    county: County, who: str, given: dict[tuple[int, str], str], month: str = MONTH, done: bool = False
) -> tuple[int, int]:
    saved = save(county, who, given, month, all_done=done)
    assert not saved.wrong, saved.wrong
    return saved.kept, saved.warned


def all_of(ident: int, wages: str, costs: str = "0") -> dict[tuple[int, str], str]:
    return {(ident, "wages"): wages, (ident, "costs"): costs}


def open_steps(county: County, month: str = MONTH) -> list[str]:
    with county.store.reading() as session:
        run = runs.run_of(session, month, incomes.KIND)
        return [
            t.item or ""
            for r in processes.instances_of_subject(session, "run", run.id)
            for t in inbox.open_of_instance(session, r.id)
        ]


def verified(county: County) -> None:
    with county.store.reading() as session:
        found = audit.verify(session)
    assert found.ok, found.findings


def test_a_month_is_typed_once_and_the_next_only_where_it_changed(collector: County) -> None:
    county = collector
    one, two = household(county, 1, 2, poor=True), household(county, 3, poor=True)
    household(county, 4)
    assert incomes.tick(county.store, county.now) and not incomes.tick(county.store, county.now)
    assert open_steps(county) == [VILLAGE]
    assert [line["household"] for line in lines(county)] == [one, two]
    with pytest.raises(Refused, match="never_given"):
        typed(county, "collector", all_of(one, "3,000"), done=True)
    assert typed(county, "collector", all_of(one, "3,000") | all_of(two, "2500.50", "200"), done=True) == (2, 0)
    assert open_steps(county) == []
    with county.store.reading() as session:
        assert runs.run_of(session, MONTH, incomes.KIND).counts["entered"] == 2
    county.now = datetime(2021, 10, 20, 9, tzinfo=LOCAL)
    incomes.tick(county.store, county.now)
    assert [line["before"]["wages"] for line in lines(county, "2021-10")] == [300_000, 250_050]
    assert typed(county, "village_1", {(two, "wages"): "2600"}, "2021-10", done=True) == (2, 0)
    assert [(line["now"]["wages"], line["now"]["costs"]) for line in lines(county, "2021-10")] == [
        (300_000, 0),
        (260_000, 20_000),
    ]
    verified(county)


def test_who_may_and_what_is_refused(collector: County) -> None:
    county = collector
    one = household(county, 1, poor=True)
    incomes.tick(county.store, county.now)
    for stranger in ("outsider_village", "town_officer", "grid"):
        with pytest.raises(NotFound):
            typed(county, stranger, all_of(one, "1"))
    with pytest.raises(Refused, match="month_closed"):
        typed(county, "collector", all_of(one, "1"), "2021-05")
    wrong = save(county, "collector", {(one, "wages"): "三千", (one, "costs"): "-5", (one, "property"): "20"}).wrong
    assert set(wrong) == {(one, "wages"), (one, "costs")} and all(e.code == "incomes.bad_amount" for e in wrong.values())
    assert lines(county)[0]["now"] is None


def test_a_colleagues_correction_stays_and_the_same_command_counts_once(collector: County) -> None:
    """Two have the page open: each types over what stands when it arrives, and a form sent twice is saved once."""
    county = collector
    one = household(county, 1, poor=True)
    typed(county, "collector", all_of(one, "1000", "300"))
    typed(county, "village_1", {(one, "wages"): "1200"})
    command = uuid.uuid4().bytes
    first = save(county, "collector", {(one, "costs"): "250"}, command=command)
    again = save(county, "collector", {(one, "costs"): "250"}, command=command)
    assert first.kept == again.kept == 1
    assert lines(county)[0]["now"] | {"property": 0} == {
        "wages": 120_000,
        "business": 0,
        "property": 0,
        "transfer": 0,
        "costs": 25_000,
    }
    verified(county)


def test_the_right_to_export_ends_at_the_posts_area(collector: County) -> None:
    """Village officer in one village and in the town's team: sees all villages of the town, exports the own one only."""
    county = collector
    with county.store.transaction() as session:
        people_rows.assign(session, county.ids["village_1"], "resident_team", "440229100000", date(2021, 1, 1))
        place, actor = county_of(session, county.now.date()), county.actor("village_1")
        other = next(v.code for v in place.children("440229100000") if v.code != VILLAGE)
        assert incomes.may_export(actor, VILLAGE, place) and not incomes.may_export(actor, other, place)
        with pytest.raises(NotFound):
            incomes.province_file(Context(session, actor, place, county.now), other, MONTH)


def test_the_file_comes_back_and_a_slipped_row_is_refused(collector: County) -> None:
    county = collector
    one, two = household(county, 1, poor=True), household(county, 2, poor=True)
    typed(county, "collector", all_of(one, "100") | all_of(two, "200"))
    book = load_workbook(io.BytesIO(incomes.workbook(lines(county))))
    sheet = book.worksheets[0]
    assert sheet["A2"].value.startswith("本县")  # never our row's number
    sheet["C2"] = 150.5
    out = io.BytesIO()
    book.save(out)
    given = incomes.read(out.getvalue(), lines(county))
    assert typed(county, "collector", given) == (1, 0)
    assert [line["now"]["wages"] for line in lines(county)] == [15_050, 20_000]
    sheet["A2"], sheet["A3"] = sheet["A3"].value, sheet["A2"].value
    out = io.BytesIO()
    book.save(out)
    with refused("第 2 行的户号和户主对不上.* 第 3 行的户号和户主对不上"):  # both at once
        incomes.read(out.getvalue(), lines(county))


def test_a_grid_speaks_the_provinces_number_and_one_taken_out_before_still_comes_in(collector: County) -> None:
    county = collector
    one = household(county, 1, poor=True)
    with county.store.transaction() as session:
        session.conn.execute(households.update().where(households.c.id == one).values(number="4402290001"))
    typed(county, "collector", all_of(one, "100"))
    book = load_workbook(io.BytesIO(incomes.workbook(lines(county))))
    sheet = book.worksheets[0]
    assert sheet["A2"].value == "4402290001"
    sheet["A2"], sheet["C2"] = one, 175
    out = io.BytesIO()
    book.save(out)
    assert typed(county, "collector", incomes.read(out.getvalue(), lines(county))) == (1, 0)
    assert [line["now"]["wages"] for line in lines(county)] == [17_500]


@pytest.mark.parametrize("hidden", ["merged", "formula", "formula below", "twice"])
def test_a_file_that_hides_what_was_meant_is_refused_whole(collector: County, hidden: str) -> None:
    """Two households under one merged figure would leave the second as it was last month, unsaid."""
    county = collector
    for number in (1, 2):
        household(county, number, poor=True)
    book = load_workbook(io.BytesIO(incomes.workbook(lines(county))))
    sheet = book.worksheets[0]
    if hidden == "merged":
        sheet["C2"] = 300
        sheet.merge_cells("C2:C3")
    elif hidden == "formula":
        sheet["C3"] = "=C2*2"
    elif hidden == "formula below":
        sheet["C4"] = "=SUM(C2:C3)"
    else:
        for column in "AB":
            sheet[f"{column}3"] = sheet[f"{column}2"].value
    book.save(out := io.BytesIO())
    if hidden == "formula below":  # a sum that nobody calculated stands in no row
        assert incomes.read(out.getvalue(), lines(county)) == {}
        return
    with refused({"merged": "300.*合并单元格.*第 3 行", "formula": "公式", "twice": "row_twice"}[hidden]):
        incomes.read(out.getvalue(), lines(county))


def test_every_cell_of_a_file_that_is_no_figure_is_told_at_once(collector: County) -> None:
    county = collector
    for number in (1, 2):
        household(county, number, poor=True)
    book = load_workbook(io.BytesIO(incomes.workbook(lines(county))))
    sheet = book.worksheets[0]
    sheet["D2"], sheet["E2"], sheet["F2"], sheet["C3"], sheet["D3"], sheet["E3"] = "=1+1", -5, "12,34.5", "#N/A", 0.5, 3
    sheet["D3"].number_format, sheet["E3"].number_format = "0%", '0"千"'
    sheet.append(["本县999", "无此人", 5])
    book.save(out := io.BytesIO())
    with pytest.raises(Refused) as refused:
        incomes.read(out.getvalue(), lines(county))
    sentences = str(refused.value.details["sentences"])
    assert refused.value.details["n"] == 7 and "第 2 行“经营性”：这一格是公式" in sentences
    for said in (
        "第 3 行“工资性”（#N/A）",
        "第 2 行“财产性”（-5）",
        "第 2 行“转移性”（12,34.5）",
        "第 3 行“经营性”（50%）",
        "第 3 行“财产性”（3千）",
        "第 4 行的户号",
    ):
        assert said in sentences


def test_a_figure_shown_in_ten_thousands_is_read_so(collector: County) -> None:
    one = household(collector, 1, poor=True)
    book = load_workbook(io.BytesIO(incomes.workbook(lines(collector))))
    sheet = book.worksheets[0]
    sheet["C2"], sheet["D2"] = 3, 20
    sheet["C2"].number_format, sheet["D2"].number_format = '0"万"', '0"元"'
    book.save(out := io.BytesIO())
    given = incomes.read(out.getvalue(), lines(collector))
    assert {column: incomes.fen(words) for (_, column), words in given.items()} == {"wages": 3_000_000, "business": 2000}
    assert {ident for ident, _ in given} == {one}


def test_a_column_that_stands_there_twice_is_named_and_nothing_taken(collector: County) -> None:
    household(collector, 1, poor=True)
    book = load_workbook(io.BytesIO(incomes.workbook(lines(collector))))
    book.worksheets[0]["H1"], book.worksheets[0]["H2"] = " 工资性 ", 777
    book.save(out := io.BytesIO())
    with refused("title_twice.*工资性"):
        incomes.read(out.getvalue(), lines(collector))


def test_a_month_that_a_standstill_kept_from_beginning_is_begun_while_it_may_be_typed(collector: County) -> None:
    county = collector
    household(county, 1, poor=True)
    incomes.tick(county.store, county.now)
    county.now = datetime(2022, 1, 5, 9, tzinfo=LOCAL)
    assert incomes.tick(county.store, county.now) and not incomes.tick(county.store, county.now)
    with county.store.reading() as session:
        assert sorted(runs.periods(session, incomes.KIND)) == ["2021-09", "2021-11", "2021-12"]


def test_our_own_warnings_become_clues_once(collector: County) -> None:
    county = collector
    one = household(county, 1, poor=True)
    for month, wages in (("2021-09", "900"), ("2021-10", "700"), ("2021-11", "100")):
        county.now = datetime(2021, int(month[5:]), 20, 9, tzinfo=LOCAL)
        typed(county, "collector", all_of(one, wages), month)
    with county.store.reading() as session:
        found = session.conn.execute(select(clues).where(clues.c.household == one)).all()
    assert [(c.sign, c.channel, c.run) for c in found if c.status != "joined"] == [
        ("income_fell", "platform", "income:2021-11")
    ]
    verified(county)


def test_three_months_below_the_line_and_last_years_month() -> None:
    def month(wages: int) -> dict[str, int]:
        return {"wages": wages, "business": 0, "property": 0, "transfer": 0, "costs": 0}

    low = {m: month(50_000) for m in ("2021-07", "2021-08", "2021-09")}
    assert incomes.figures_of(low, "2021-09", 1, 80_000)["months_low"] == 3
    assert incomes.figures_of(low | {"2021-08": month(90_000)}, "2021-09", 1, 80_000)["months_low"] == 1
    fallen = incomes.figures_of({"2020-09": month(200_000), "2021-09": month(90_000)}, "2021-09", 1, 80_000)
    assert fallen == {"net": 90_000, "drop_percent": 0, "year_drop_percent": 55, "months_low": 0}
    assert incomes.figures_of({"2021-09": month(0)}, "2021-09", 2, 0)["year_drop_percent"] == 0


def test_the_provinces_file_is_on_record_and_erasure_takes_the_figures(collector: County) -> None:
    county = collector
    one = household(county, 1, poor=True)
    typed(county, "collector", all_of(one, "1000", "300"))
    with county.store.transaction() as session:
        place = county_of(session, county.now.date())
        content = incomes.province_file(Context(session, county.actor("collector"), place, county.now), VILLAGE, MONTH)
        with pytest.raises(NotFound):
            incomes.province_file(Context(session, county.actor("outsider_village"), place, county.now), VILLAGE, MONTH)
    rows = list(load_workbook(io.BytesIO(content)).worksheets[0].values)
    assert rows[1][2:5] == ("演示1", nobody(1), MONTH) and rows[1][-1] == 700
    with county.store.transaction() as session:
        keys.erase_household(session, one, basis="本人要求", approvers=("甲", "乙"), now=county.now)
        assert session.conn.execute(select(month_incomes)).all() == []
    verified(county)
