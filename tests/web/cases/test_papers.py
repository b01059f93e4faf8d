"""Sheets, letters and minutes from the record; the public copy is masked and goes by itself."""

import io
import re
from typing import Any

import docx
import pypdf
import pytest
from sqlalchemy import update

from app.services.cases import applications
from app.services.context import context_of
from app.store import people as people_rows
from app.store.tables import households, notices
from tests.walking import Walk, command, nobody
from tests.web.conftest import Site

HEAD = "欧阳演示"


def real_names(site: Site) -> None:
    """Papers print only names that are names."""
    with site.county.store.transaction() as session:
        for number, ident in enumerate(site.county.ids.values()):
            people_rows.change_official(session, ident, name="演示" + "甲乙丙丁戊己庚辛壬癸"[number % 10])


def household(site: Site, to: str) -> Walk:
    real_names(site)
    walk = Walk(site.county, 1, head=HEAD).open()
    if to != "check_household":
        walk.to("check_household")
        members = [{**m, "name": HEAD} for m in walk.usual("check_household")["members"]]
        walk.do("village_1", "check_household", members=members)
    walk.to(to)
    site.pass_days(0)
    return walk


def text_of(content: bytes, form: str) -> str:
    if form == "pdf":
        return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    document = docx.Document(io.BytesIO(content))
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells)


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_every_paper_of_a_case_is_printed_from_its_record(site: Site, form: str) -> None:
    walk = household(site, "post_notice")
    person = site.person("village_1")

    def paper(kind: str) -> str:
        answer = person.get(f"/papers/{walk.case_id}/{kind}.{form}")
        assert answer.status_code == 200, answer.text
        assert HEAD not in answer.headers["Content-Disposition"]
        return re.sub(r"\s", "", text_of(answer.data, form))

    sheet = paper("notice_entry")
    for word in (HEAD, "一组", "1人", "边缘易致贫户", "12317", "岭头村委会"):
        assert word in sheet, word
    for word in (nobody(1), "13800000000", "因病", "慢性"):
        assert word not in sheet, word
    assert HEAD in paper("commitment") and "机动车" in paper("commitment")
    assert "情况属实" in paper("review_minutes")
    assert person.get(f"/papers/{walk.case_id}/decision_letter.{form}").status_code == 404  # nothing decided yet
    assert person.get(f"/papers/{walk.case_id}/zzz.{form}").status_code == 404
    task = walk.task("post_notice")
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    page = f"/papers/{walk.case_id}/notice_entry.{form}"
    assert f'formaction="{page}"' in person.get(f"/tasks/{task.id}").text  # with what stands in the form, before it is sent
    typed = person.post(page, {"posted_on": site.county.now.date().isoformat(), "objection_contact": "演示村干 0751-2861234"})
    shown = re.sub(r"\s", "", text_of(typed.data, form))
    assert "岭头村委会（演示村干）" in shown and "0751-2861234" in shown and "月日至" not in shown
    assert site.person("outsider_village").post(page).status_code == 404
    preview = person.get(f"/papers/{walk.case_id}/notice").text
    assert HEAD in preview and "还没有张贴" in preview


def test_a_refusal_makes_a_letter_with_the_figure_that_decided(site: Site) -> None:
    walk = household(site, "hold_village_review")
    walk.do(
        "village_3",
        "hold_village_review",
        votes={"for": 3, "against": 20, "abstained": 2},
        review_result="rejected",
        discussion="大家认为收入稳定",
    )
    person = site.person("village_1")
    page = person.get(f"/cases/{walk.case_id}").text
    assert "结果告知书" in page and "农户要求复核" in page and "没有认定" in page
    letter = re.sub(r"\s", "", text_of(person.get(f"/papers/{walk.case_id}/decision_letter.docx").data, "docx"))
    for word in ("不同意", "大家认为收入稳定", "8000", "9600", "龙仙镇", "复核"):
        assert word in letter, word
    sent = {"asked_on": site.county.now.date().isoformat(), "text": "收入算错了"}
    assert person.post(f"/cases/{walk.case_id}/reexam", sent).status_code == 302
    assert ("reexamine_in_town", None) in walk.open_tasks()


def online(site: Site, walk: Walk) -> str:
    token = "0123456789abcdef" * 2
    with site.county.store.transaction() as session:
        session.conn.execute(update(notices).values(web_token=token))
    assert walk.case_id
    return f"/public/notices/{token}"


def test_the_public_copy_is_masked_and_gone_after_the_period(site: Site) -> None:
    walk = household(site, "post_notice")
    walk.do("village_1", "post_notice")
    anybody, path = site.app.test_client(), online(site, walk)
    page = anybody.get(path)
    assert page.status_code == 200 and "欧阳*示" in page.text and "边缘易致贫户" in page.text
    for word in (HEAD, nobody(1), "13800000000", "因病"):
        assert word not in page.text, word
    assert "noindex" in page.headers["X-Robots-Tag"] and 'content="noindex' in page.text
    assert page.headers["Cache-Control"] == "no-store" and "Disallow: /" in anybody.get("/robots.txt").text
    for other in ("/public/notices/" + "f" * 32, "/public/notices/x", "/public/notices/" + "%" * 32):
        assert anybody.get(other).status_code == 404
    site.pass_days(5)
    assert anybody.get(path).status_code == 200  # the last day of the period
    site.pass_days(1)
    gone = anybody.get(path)
    assert gone.status_code == 404 and "公示已经结束" in gone.text and "欧阳" not in gone.text


def test_a_void_notice_leaves_the_web_at_once(site: Site) -> None:
    walk = household(site, "post_notice")
    walk.do("village_1", "post_notice")
    path = online(site, walk)
    sent = {"reason_code": "withdrawn", "text": "家里不愿再办"}
    assert site.person("village_1").post(f"/cases/{walk.case_id}/close", sent).status_code == 302
    assert site.app.test_client().get(path).status_code == 404
    assert "农户撤回申请" in site.person("village_1").get(f"/cases/{walk.case_id}").text


def test_a_household_of_another_village_is_forwarded(site: Site) -> None:
    walk = household(site, "check_household")
    sent: dict[str, Any] = {"reason_code": "not_ours", "text": "户口在坝仔", "forward_to": "440229104201"}
    assert site.person("grid").post(f"/cases/{walk.case_id}/close", sent).status_code == 422
    assert site.person("village_1").post(f"/cases/{walk.case_id}/close", {**sent, "forward_to": "x"}).status_code == 422
    answer = site.person("village_1").post(f"/cases/{walk.case_id}/close", sent)
    assert (answer.status_code, answer.location) == (302, "/")  # never to a page that is not there for them any more
    assert site.person("village_1").get(f"/cases/{walk.case_id}").status_code == 404  # now the other village's
    other = site.person("outsider_village")
    assert HEAD in other.get("/?tab=open").text and "登记申请" in other.get("/?tab=open").text
    walk.case_id += 1
    task = walk.task("register_application")
    other.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    values = {
        "head_name": HEAD,
        "head_id_number": nobody(1),
        "phone": "13800000000",
        "village": "440229104201",
        "risks": ["illness"],
        "situation": "演示",
        "helped": "no",
    }
    answer = other.post(
        f"/tasks/{task.id}/complete", {**site.strings("register_application", values), "_version": task.version + 1}
    )
    assert answer.status_code == 302 and ("sign_commitment", None) in walk.open_tasks()
    with site.county.store.reading() as session:
        assert session.conn.execute(households.select()).one().org_unit == "440229104201"


def test_a_closed_case_makes_a_letter_too(site: Site) -> None:
    walk = household(site, "check_household")
    with site.county.store.transaction() as session:
        actor = site.county.actor("village_1")
        applications.close(context_of(session, actor, site.county.now), walk.case_id, "withdrawn", "家里不愿再办", command())
    answer = site.person("village_1").get(f"/papers/{walk.case_id}/decision_letter.docx")
    letter = re.sub(r"\s", "", text_of(answer.data, "docx"))
    for word in ("没有作出认定", "农户撤回申请", "家里不愿再办"):
        assert word in letter, word


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_the_leaflet_carries_todays_numbers_and_no_household(site: Site, form: str) -> None:
    household(site, "post_notice")
    answer = site.person("grid").get(f"/leaflet.{form}")
    text = re.sub(r"\s", "", text_of(answer.data, form))
    for word in ("明白纸", "12317", "公示5天", "15天内", "至少2个人", "翁源县乡村振兴局", "因病"):
        assert word in text, (word, text)
    assert HEAD not in text and "年的收入标准是每人每年" in text
    assert site.person("outsider_dept").get(f"/leaflet.{form}").status_code == 404
    assert f"/leaflet.{form}" in site.person("grid").get("/applications/new").text
