"""Lists as files: with a reason, by those who may, long ones with a second person, marked, and seen by whom they name."""

import io
import json
from datetime import date

import openpyxl
from sqlalchemy import select

from app.policy.model import Entry
from app.store import dated
from app.store.tables import events, households, readings
from tests.conftest import VILLAGE
from tests.web.conftest import Site


def most(site: Site, rows: int) -> None:
    with site.county.store.transaction() as session:
        entry = Entry(None, "parameter", "export_rows", date(2021, 8, 10), None, {"value": rows, "unit": "count"}, "test")
        dated.add_entries(session, [entry], None)


def taken(site: Site, who: str, ident: int = 1) -> openpyxl.Workbook:
    answer = site.person(who).post(f"/exports/{ident}/file")
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.data))


def recorded(site: Site) -> list[str]:
    with site.county.store.reading() as session:
        rows = session.conn.execute(select(events.c.kind).where(events.c.kind.like("export_%")).order_by(events.c.number))
        return list(rows.scalars())


def test_a_short_list_comes_at_once_and_is_marked(both_sites: Site) -> None:
    site = both_sites
    site.walk(1)
    site.walk(2)
    with site.county.store.transaction() as session:
        session.conn.execute(households.update().where(households.c.id == 2).values(head_name="=1+1"))
    who = site.person("village_1")
    assert "导出这份名单" in who.get("/cases").text
    assert who.post("/exports", {"reason": "看"}).status_code == 422
    assert "没有农户" in who.post("/exports", {"reason": "核对到期的户", "status": "eliminated"}).text
    assert who.post("/exports", {"reason": "核对到期的户"}).location == "/exports"
    assert "核对到期的户" in who.get("/exports").text
    book = taken(site, "village_1")
    sheet = book.active
    lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert "village_1" in lines[0][0] and "岭头村委会" in lines[0][0] and "导出，1号" in lines[0][0]
    assert "核对到期的户" in lines[1][0] and "导出，1号" in sheet.oddHeader.center.text
    assert (
        len(lines) == 5
        and {row[3] for row in lines[3:]} == {"演示1", "=1+1"}
        and {row[9] for row in lines[3:]} == {"导出1号"}
    )
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)  # a name is never a formula
    assert not any("1380000" in str(cell) for row in lines for cell in row)
    with site.county.store.reading() as session:
        seen = session.conn.execute(select(readings.c.household, readings.c.what)).all()
        body = json.loads(
            bytes(session.conn.execute(select(events.c.body).where(events.c.kind == "export_taken")).scalar_one())
        )
    assert sorted(tuple(row) for row in seen) == [(1, "export"), (2, "export")]
    assert body["rows"] == 2 and len(body["file"]) == 64
    assert recorded(site) == ["export_asked", "export_taken"]


def test_a_long_list_waits_for_a_second_person_above(both_sites: Site) -> None:
    site = both_sites
    site.walk(1)
    site.walk(2)
    most(site, 1)
    town, leader = site.person("town_officer"), site.person("town_leader")
    town.post("/exports", {"reason": "核对全镇户册"})
    assert "等另一个人同意" in town.get("/exports").text
    assert "还没有人同意" in town.post("/exports/1/file").text
    assert town.post("/exports/1/decide", {"act": "allow"}).status_code == 422
    for stranger in ("village_1", "outsider_town"):
        assert site.person(stranger).post("/exports/1/decide", {"act": "allow"}).status_code == 404
        assert site.person(stranger).post("/exports/1/file").status_code == 404
        assert "核对全镇户册" not in site.person(stranger).get("/exports").text
    assert "等您同意" in leader.get("/notifications").text and "核对全镇户册" in leader.get("/exports").text
    assert leader.post("/exports/1/decide", {"act": "allow"}).status_code == 302
    assert (
        "已经有人答复过" in leader.post("/exports/1/decide", {"act": "allow"}).text
    )  # pressed twice, or a colleague was faster
    assert leader.post("/exports/1/file").status_code == 404  # allowed is not asked
    assert "同意了您要的名单" in town.get("/notifications").text
    assert len(list(taken(site, "town_officer").active.iter_rows())) == 5
    site.walk(3)  # more than the second person saw
    assert "户数比同意时多了" in town.post("/exports/1/file").text
    site.pass_days(8)
    assert "过了下载的日子" in town.post("/exports/1/file").text
    assert "已过期" in town.get("/exports").text
    assert recorded(site) == ["export_asked", "export_allowed", "export_taken"]
    # the leader's own waits for the county
    leader.post("/exports", {"reason": "镇里汇总"})
    assert leader.post("/exports/2/decide", {"act": "allow"}).status_code == 422
    assert site.person("county_leader").post("/exports/2/decide", {"act": "refuse"}).status_code == 422
    county = site.person("county_leader")
    assert county.post("/exports/2/decide", {}).status_code == 422
    assert county.post("/exports/2/decide", {"act": "refuse", "why": "按村分开要"}).status_code == 302
    assert "没有同意：按村分开要" in leader.get("/exports").text
    assert "没有同意导出" in leader.post("/exports/2/file").text


def test_who_may_not_take_lists_out_has_no_page_for_it(site: Site) -> None:
    site.walk(1)
    for name in ("grid", "window", "finance", "designer", "admin"):
        assert site.person(name).get("/exports").status_code == 404, name
    assert "导出这份名单" not in site.person("grid").get("/cases").text
    assert site.person("grid").post("/exports", {"reason": "核对到期的户"}).status_code == 404


def test_a_long_list_in_pieces_is_a_long_list_and_an_auditor_sees_every_one(site: Site) -> None:
    site.walk(1)
    most(site, 1)
    officer, command = site.person("county_officer"), "c" * 32
    officer.post("/exports", {"reason": "核对一个村", "village": VILLAGE}, command=command)
    assert taken(site, "county_officer")
    officer.post("/exports", {"reason": "再核对一次", "village": VILLAGE}, command="d" * 32)
    page = officer.post(
        "/exports", {"reason": "再核对一次", "village": VILLAGE}, command="d" * 32, follow_redirects=True
    ).text
    assert "等另一个人同意" in page and page.count("再核对一次") == 1 and "已请另一个人同意" in page
    auditor = site.person("auditor").get("/exports").text
    assert "导出1号" in auditor and "核对一个村" in auditor and "county_officer" in auditor
    assert "在导出的名单里" in site.person("village_1").get("/cases/1").text


def test_a_list_ends_at_todays_area(site: Site) -> None:
    from app.store import people as people_rows

    site.walk(1)
    site.person("village_1").post("/exports", {"reason": "核对到期的户"})
    with site.county.store.transaction() as session:
        people_rows.end_assignments(session, site.county.ids["village_1"], site.county.now.date())
    assert site.person("village_1").post("/exports/1/file").status_code == 404
