"""收支采集 on the page: another's village, a closed month, two people at once, the same form twice."""

import io
import re
from typing import Any

from openpyxl import load_workbook

from app.services import incomes
from app.services.people import county as county_of
from app.store import households as household_rows
from tests.conftest import OTHER_VILLAGE, VILLAGE
from tests.services.test_rescreening import household
from tests.web.conftest import Site


def send(site: Site, who: str, given: dict[str, str], **more: str) -> Any:
    return site.person(who).post("/incomes", {"village": VILLAGE, "month": "2021-09", "act": "save"} | given | more)


def stands(site: Site) -> list[Any]:
    with site.county.store.reading() as session:
        place = county_of(session, site.county.now.date())
        return [line["now"] for line in incomes.grid(session, place, VILLAGE, "2021-09")]


def test_another_village_and_another_month_are_refused_not_replaced(site: Site) -> None:
    one = household(site.county, 1, poor=True)
    assert send(site, "village_1", {f"{one}/wages": "100"}, village=OTHER_VILLAGE).status_code == 404
    assert send(site, "village_1", {f"{one}/wages": "100"}, village="nowhere").status_code == 404
    closed = send(site, "village_1", {f"{one}/wages": "100"}, month="2021-03", act="done")
    assert closed.status_code == 422 and "不能再填" in closed.text and 'value="100"' in closed.text
    assert stands(site) == [None]


def test_what_is_saved_stands_in_grey_so_that_nobody_sends_it_back(site: Site) -> None:
    one = household(site.county, 1, poor=True)
    assert send(site, "village_1", {f"{one}/wages": "1,850.50"}).status_code == 302
    page = site.person("village_2").get("/incomes").text
    cell = re.search(rf'<input[^>]*name="{one}/wages"[^>]*>', page)
    assert cell is not None and 'value=""' in cell[0] and 'placeholder="1,850.50"' in cell[0]
    assert stands(site)[0]["wages"] == 185_050


def test_who_looks_at_a_villages_incomes_or_takes_them_away_is_told_to_the_households(site: Site) -> None:
    one = household(site.county, 1, poor=True)

    def seen() -> list[tuple[int, str]]:
        with site.county.store.reading() as session:
            return [(r.official, r.what) for r in household_rows.readings_of(session, one)]

    ids = site.county.ids
    site.person("village_1").get("/incomes")
    assert seen() == []
    site.person("town_officer").get(f"/incomes?village={VILLAGE}")
    site.person("village_1").get(f"/incomes/{VILLAGE}/2021-09.xlsx")
    assert seen() == [(ids["village_1"], "export"), (ids["town_officer"], "income")]


def test_the_same_form_twice_is_saved_once(site: Site) -> None:
    one = household(site.county, 1, poor=True)
    for _ in range(2):
        assert send(site, "village_1", {f"{one}/wages": "100"}, _command="c" * 32).status_code == 302
    assert stands(site)[0]["wages"] == 10_000


def test_a_grid_that_hides_a_row_is_asked_about_and_read_as_chosen(site: Site) -> None:
    for number in (1, 2):
        household(site.county, number, poor=True)
    book = load_workbook(io.BytesIO(site.person("village_1").get(f"/incomes/{VILLAGE}/2021-09.xlsx").data))
    for row in (2, 3):
        book.worksheets[0].cell(row, 3, 100)
    book.worksheets[0].row_dimensions[3].hidden = True
    book.save(out := io.BytesIO())

    def hand_in(**more: str) -> Any:
        sent = {"village": VILLAGE, "month": "2021-09", "file": (io.BytesIO(out.getvalue()), "表.xlsx"), **more}
        return site.person("village_1").post("/incomes", sent, content_type="multipart/form-data")

    asked = hand_in()
    assert asked.status_code == 422 and "有 1 行被隐藏（第 3 行）" in asked.text and 'name="hidden"' in asked.text
    assert stands(site) == [None, None]
    assert hand_in(hidden="leave").status_code == 302
    assert [line["wages"] if line else None for line in stands(site)] == [10_000, None]
