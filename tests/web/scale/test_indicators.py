"""行情 on the page: what cannot be is refused beside its field; what would be written over is shown and asked about."""

import io
import re
from datetime import date
from typing import Any

import pytest

from app.store import people as people_rows
from app.store import scale as rows
from tests.conftest import COUNTY
from tests.web.conftest import Site

FIELD = f"price_pig/{COUNTY}"


@pytest.fixture
def agri(site: Site) -> Any:
    with site.county.store.transaction() as session:
        ident = people_rows.add_official(session, name="agri", username="agri", password_hash=None, demo=True)
        people_rows.assign(session, ident, "dept_liaison", "440229-agri", date(2021, 1, 1))
    site.county.ids["agri"] = ident
    return site.person("agri")


def send(agri: Any, rows: str, **more: str) -> Any:
    content = ("指标,地区,月份,数值\n" + rows).encode()
    return agri.post(
        "/indicators",
        {"month": "2021-08", "file": (io.BytesIO(content), "行情.csv"), **more},
        content_type="multipart/form-data",
    )


def stands(site: Site) -> int:
    with site.county.store.reading() as session:
        return rows.values_of(session, "price_pig", COUNTY)["2021-08"]


def test_an_old_figure_is_shown_beside_the_new_and_changed_with_a_reason(agri: Any, site: Site) -> None:
    refused = agri.post("/indicators", {"month": "2021-08", FIELD: "-1"})
    assert refused.status_code == 422 and "应当在 1.00 到 200.00 之间" in refused.text and 'value="-1"' in refused.text
    assert agri.post("/indicators", {"month": "2021-08", FIELD: "20"}).status_code == 302
    asked = agri.post("/indicators", {"month": "2021-08", FIELD: "2.1"})
    assert (
        asked.status_code == 422
        and re.search(r"20\.00</td>.*<b>2\.10</b>", asked.text)
        and 'name="change_reason"' in asked.text
    )
    assert stands(site) == 2000
    assert agri.post("/indicators", {"month": "2021-08", FIELD: "2.1", "change_reason": "单位写错"}).status_code == 302
    assert stands(site) == 210


def test_a_files_figures_are_confirmed_without_the_file(agri: Any, site: Site) -> None:
    name = "翁源县"
    assert send(agri, f"生猪出栏价,{name},2021-07,20\n").status_code == 302
    wrong = send(agri, f"生猪出栏价,{name},2021-07,x\n牛,{name},2021-07,1\n生猪出栏价,{name},2021-06,900\n").text
    assert all(f"第 {row} 行" in wrong for row in (2, 3, 4))  # all at once
    asked = send(agri, f"生猪出栏价,{name},2021-07,21\n生猪出栏价,{name},2021-06,19\n")
    assert asked.status_code == 422 and "按表格改" in asked.text
    again = dict(re.findall(r'<input type="hidden" name="([^"]+/[^"]+/[^"]+)" value="([^"]+)">', asked.text))
    assert again == {f"2021-07/{FIELD}": "21.00", f"2021-06/{FIELD}": "19.00"}
    assert agri.post("/indicators", {"month": "2021-08", "change_reason": "补正", **again}).status_code == 302
    assert 'value="21.00"' in agri.get("/indicators?month=2021-07").text


def test_a_month_that_cannot_be_is_named_with_its_row_and_a_place_needs_no_ending(agri: Any, site: Site) -> None:
    wrong = send(agri, "生猪出栏价,翁源县,2099-01,20\n生猪出栏价,翁源县,1999-12,20\n生猪出栏价,翁源县,2021-06,两块\n")
    assert wrong.status_code == 422
    assert all(word in wrong.text for word in ("第 2 行", "还没有到", "第 3 行", "不能早于 2014", "第 4 行", "“两块”"))
    assert agri.post("/indicators", {"month": "0001-01", FIELD: "20"}).status_code == 422
    assert send(agri, " 生猪出栏价 ,翁源,2021-08,20\n").status_code == 302 and stands(site) == 2000


def test_a_figure_above_the_titles_is_named_before_anything_is_taken(agri: Any) -> None:
    content = "生猪出栏价,翁源县,2021-08,20\n指标,地区,月份,数值\n生猪出栏价,翁源县,2021-07,20\n".encode()
    sent = {"month": "2021-08", "file": (io.BytesIO(content), "行情.csv")}
    refused = agri.post("/indicators", sent, content_type="multipart/form-data")
    assert refused.status_code == 422 and "第 1 行在列名（第 2 行）上面" in refused.text and 'name="above"' in refused.text


def test_everything_that_is_wrong_with_a_row_is_told_at_once_and_a_column_twice_is_refused(agri: Any) -> None:
    wrong = send(agri, "牛,翁源县,2099-01,20\n生猪出栏价,月球,1999-12,#N/A\n生猪出栏价,翁源县,2021-13,9999\n")
    assert wrong.status_code == 422
    assert all(
        word in wrong.text
        for word in ("“牛”", "还没有到", "月球", "不能早于 2014", "（#N/A）", "2021-13", "应当在 1.00 到 200.00 之间")
    )
    content = "指标,地区,月份,数值,数值\n生猪出栏价,翁源县,2021-08,20,30\n".encode()
    sent = {"month": "2021-08", "file": (io.BytesIO(content), "行情.csv")}
    refused = agri.post("/indicators", sent, content_type="multipart/form-data")
    assert refused.status_code == 422 and "几列都叫“数值”" in refused.text
