"""收支采集 on the page: another's village, a closed month, two people at once, the same form twice."""

import io
import re
from typing import Any

from openpyxl import load_workbook

from app.services import incomes
from app.services.people import county_on as county_of
from app.store import households as household_rows
from app.store import readings
from tests.conftest import OTHER_VILLAGE, VILLAGE
from tests.services.rescreening.test_rescreening import household
from tests.web import browsing
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
            return [(r.official, r.what) for r in readings.readings_of(session, one, 100)]

    ids = site.county.ids
    site.person("village_1").get("/incomes")
    assert seen() == []
    page, who = f"/incomes?village={VILLAGE}", site.person("town_officer")
    for person in (who, site.person("county_officer")):
        asked = person.get(page).text  # as before the file of one of them
        assert "为什么要看这些户" in asked and "演示1" not in asked
    assert seen() == []
    why = f"/incomes/{VILLAGE}/reason?month=2021-09"
    assert "请写明" in who.post(why, {"reason": " x"}).text and "演示1" not in who.get(page).text
    assert who.post(why, {"reason": "核对本月采集"}).location == f"{page}&month=2021-09"
    assert "演示1" in who.get(page).text and "核对本月采集" in site.person("village_1").get(f"/households/{one}").text
    site.person("village_1").get(f"/incomes/{VILLAGE}/2021-09.xlsx")
    town = ids["town_officer"]
    assert seen()[-2:] == [(town, "income"), (town, "reason")] and (ids["village_1"], "export") in seen()
    for stranger in ("outsider_town", "outsider_village", "health"):
        assert site.person(stranger).post(why, {"reason": "看看"}).status_code == 404


def test_a_task_on_every_household_is_reason_enough_to_look_at_incomes(site: Site) -> None:
    walk = site.walk(to="verify_in_town")
    with site.county.store.transaction() as session:
        household_rows.change(session, walk.case().household, "", household_type="former_poor")
    assert "为什么要看" not in site.person("town_officer").get(f"/incomes?village={VILLAGE}").text


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


def test_figures_above_the_titles_are_named_before_anything_is_taken(site: Site) -> None:
    for number in (1, 2):
        household(site.county, number, poor=True)
    book = load_workbook(io.BytesIO(site.person("village_1").get(f"/incomes/{VILLAGE}/2021-09.xlsx").data))
    titles, one, two = ([cell.value for cell in row] for row in book.worksheets[0].iter_rows())
    one[2], two[2] = 5555, 100
    content = "\n".join(",".join("" if c is None else str(c) for c in row) for row in (one, titles, two)).encode()

    def hand_in(**more: str) -> Any:
        sent = {"village": VILLAGE, "month": "2021-09", "file": (io.BytesIO(content), "表.csv"), **more}
        return site.person("village_1").post("/incomes", sent, content_type="multipart/form-data")

    asked = hand_in()
    assert asked.status_code == 422 and "第 1 行在列名（第 2 行）上面" in asked.text and stands(site) == [None, None]
    assert hand_in(above="2").status_code == 302 and stands(site)[0] is None and stands(site)[1]["wages"] == 10_000


def test_whoever_was_not_typed_is_named_with_figures_and_asked_about_once(site: Site) -> None:
    one, two, three = (household(site.county, n, poor=True) for n in (1, 2, 3))
    for who in (two, three):
        assert send(site, "village_1", {f"{who}/wages": "2000"}, month="2021-08").status_code == 302
    person = site.person("village_1")

    def press(text: str, **typed: str) -> Any:
        form = browsing.form(text, "/incomes")
        return browsing.send(person.client, "/incomes", [(n, typed.get(n, v)) for n, v in form.sent] + [("act", "done")])

    first = press(person.get("/incomes").text, **{f"{two}/wages": "x"})
    assert "从来没有填过" in first.text and "请填金额" in first.text  # both at once
    asked = press(first.text, **{f"{one}/wages": "1500", f"{two}/wages": "1800"})
    assert "这 1 户算" in asked.text and asked.text.count("2,000.00") >= 1 and 'value="1500"' in asked.text
    assert "下面是您填过" not in asked.text  # the pressed button is no leftover word
    assert stands(site) == [None, None, None]
    assert "这 1 户算" in person.get("/incomes").text  # a reload asks again and records nothing
    done = press(asked.text)
    assert "都填好了" in done.text and [line["wages"] for line in stands(site)] == [150_000, 180_000, 200_000]
    assert "没有交上" not in done.text


def test_what_was_agreed_to_is_asked_again_when_it_has_changed(site: Site) -> None:
    one, two = (household(site.county, n, poor=True) for n in (1, 2))
    for who in (one, two):
        send(site, "village_1", {f"{who}/wages": "2000"}, month="2021-08")
    asked = send(site, "village_1", {}, act="done")
    mark = re.search(r'name="_rest" value="(\w+)"', asked.text)
    assert mark and "这 2 户算" in asked.text
    assert send(site, "village_2", {f"{one}/wages": "900"}).status_code == 302
    assert "这 1 户算" in send(site, "village_1", {}, act="done", _rest=mark[1]).text
    assert stands(site)[1] is None
