"""Counter-signing: the step waits for everybody who was asked; what they said stands in the story."""

import re

from app.services import audit
from tests.web import browsing
from tests.web.conftest import Site
from tests.web.desk.test_desk import kinds


def asked(site: Site, to: list[str]) -> tuple[str, str]:
    """(task's path, case's path): village_1 holds the village review and asks these people."""
    walk = site.walk(to="hold_village_review")
    task = walk.task("hold_village_review")
    person = site.person("village_3")
    path = f"/tasks/{task.id}"
    early = person.post(f"{path}/ask", {"to": [site.county.ids["town_officer"]], "text": "请看收入"})
    assert "先签收" in early.text
    person.post(f"{path}/claim", {"_version": task.version})
    assert "请人会签" in person.get(path).text
    answer = person.post(f"{path}/ask", {"to": [site.county.ids[name] for name in to], "text": "请看收入"})
    assert answer.status_code == 302, answer.text
    return path, f"/cases/{walk.case_id}"


def test_a_step_waits_until_all_who_were_asked_have_signed(both_sites: Site) -> None:
    site = both_sites
    path, case = asked(site, ["town_officer", "village_2"])
    holder, town, village = site.person("village_3"), site.person("town_officer"), site.person("village_2")
    page = holder.get(path).text
    assert "请了同事会签，还没有签完" in page and "不再等会签" in page
    refused = holder.post(f"{path}/complete", {"_version": "2"})
    assert refused.status_code == 422
    assert "village_3请您签意见：演示1" in town.get("/notifications").text
    opened = town.get(case).text  # who was asked need not say why they look
    assert "请您签意见" in opened and "请看收入" in opened and "为什么要看" not in opened
    assert "请您签意见" not in site.person("village_1").get(case).text
    assert town.post(f"{case}/opinion", {"verdict": "disagree"}).status_code == 422
    assert town.post(f"{case}/opinion", {"verdict": "x", "text": "x"}).status_code == 422
    assert site.person("village_1").post(f"{case}/opinion", {"verdict": "agree"}).status_code == 422
    assert site.person("outsider_town").post(f"{case}/opinion", {"verdict": "agree"}).status_code == 404
    assert town.post(f"{case}/opinion", {"verdict": "disagree", "text": "务工收入漏了一项"}).status_code == 302
    assert "还没有签完" in holder.get(path).text
    village.post(f"{case}/opinion", {"verdict": "agree"})
    assert "还没有签完" not in holder.get(path).text
    assert "town_officer签了意见" in holder.get("/notifications").text
    story = holder.get(case).text
    assert "前请village_2、town_officer签意见：请看收入" in story.replace(
        "town_officer、village_2", "village_2、town_officer"
    )
    assert "签了意见：不同意。务工收入漏了一项" in story
    assert "务工收入漏了一项" not in site.person("grid").get(case).text
    with site.county.store.reading() as session:
        assert audit.verify(session, None).findings == []


def test_the_holder_may_stop_waiting_and_a_return_lifts_what_was_asked(site: Site) -> None:
    path, case = asked(site, ["village_2"])
    holder = site.person("village_3")
    for to in (["outsider_town"], ["village_3"], []):
        sent = {"to": [site.county.ids[name] for name in to], "text": "请看收入"}
        assert holder.post(f"{path}/ask", sent).status_code == 422, to
    site.person("grid").post(f"{case}/kinship")
    kin = {"to": [site.county.ids["grid"]], "text": "请看收入"}
    assert holder.post(f"{path}/ask", kin).status_code == 422  # who stepped aside is not asked
    assert site.person("village_1").post(f"{path}/ask/withdraw").status_code == 422
    assert holder.post(f"{path}/ask/withdraw").status_code == 302
    assert "还没有签完" not in holder.get(path).text
    assert "没有等您签的意见" in site.person("village_2").post(f"{case}/opinion", {"verdict": "agree"}).text
    holder.post(f"{path}/ask", {"to": [site.county.ids["village_2"]], "text": "再看一次"})
    sent_back = holder.post(f"{path}/return", {"_version": "2", "target": "check_household", "reason": "补材料"})
    assert sent_back.status_code == 302
    assert "请您签意见" not in site.person("village_2").get(case).text
    assert kinds(site).count("opinion_asked") == 2
    with site.county.store.reading() as session:
        assert audit.verify(session, None).findings == []


def test_many_are_handed_on_at_once_with_a_result_each(site: Site) -> None:
    walks = [site.walk(n, to="hold_village_review") for n in (1, 2, 3)]
    holder, tasks = site.person("village_3"), [w.task("hold_village_review") for w in walks]
    for task in tasks[:2]:
        holder.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    assert "转办选中的" in holder.get("/").text
    chosen = [f"{t.id}:{2 if n < 2 else 9}" for n, t in enumerate(tasks)]
    to = {"act": "transfer", "official": site.county.ids["village_2"], "task": chosen}
    assert "请写明" in holder.post("/inbox", {**to, "reason": ""}, follow_redirects=True).text
    form = browsing.form(holder.get("/").text, "/inbox")
    sent = [(n, "下乡" if n == "reason" else v) for n, v in form.sent]
    back = browsing.send(holder.client, "/inbox", [*sent, ("act", "transfer"), ("task", chosen[0])]).text
    assert "请选择转给谁" in back and 'value="下乡"' in back and len(re.findall(r'name="task"[^>]*checked', back)) == 1
    page = holder.post("/inbox", {**to, "reason": "下乡"}, follow_redirects=True).text
    assert "已转办 2 件" in page and "没有办成" in page
    assert "village_3把" in site.person("village_2").get("/notifications").text
