"""Contexts for every page: ordinary, empty, longest, with errors. All people are invented and say so (演示·…)."""

import json
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from app import forms

ROOT = Path(__file__).parents[3]
TODAY = date(2021, 9, 6)
NOW = datetime(2021, 9, 6, 14, 5)
LONG_VILLAGE = "龙仙镇演示用名字特别长的村民委员会以便检查三十个字会不会撑破页面"[:30]
LONG_STEP = "演示用名字特别长的步骤以便检查三十个字的步骤名会不会撑破页面"[:30]
STEPS = ["登记申报", "签承诺授权书", "入户核实", "民主评议", "张贴公示", "撤下公示", "镇级核实", "镇政府上报", "县级审核", "县级审批"]
VILLAGES = ["岭头村委会", "青山村委会", "李洞村委会", "罗坑水村委会", "城东区居委会"]
HEADS = ["演示·甲一", "演示·乙二", "演示·丙三", "演示·丁四", "演示·戊五", "演示·己六", "演示·庚七"]


class Obj(SimpleNamespace):
    """A value with attributes that can also be read like a mapping."""

    def get(self, name: str, default: Any = None) -> Any:
        return getattr(self, name, default)


def o(**values: Any) -> Obj:
    return Obj(**values)


def base(current: str = "/", **more: Any) -> dict[str, Any]:
    items = [
        ("/", "待办", "inbox", 12), ("/cases", "户册", "people", None), ("/applications/new", "新的申请", "plus-lg", None),
        ("/diagrams", "流程", "diagram-3", None), ("/audit", "防篡改校验", "shield-check", None),
    ]  # fmt: skip
    return {
        "me": o(name="演示·村干部甲", role="村干部", place="青山村委会", assignments=[
            o(id=1, label="青山村委会 村干部", current=True), o(id=2, label="青山村委会 网格员", current=False)]),
        "nav": [o(href=h, label=w, icon=i, count=c, current=h == current) for h, w, i, c in items],
        "demo": o(today=TODAY, may_advance=True),
        "feedback_url": "/feedback",
        "now": NOW,
        **more,
    }  # fmt: skip


def job(number: int, **more: Any) -> Obj:
    left = number // 3 - 2
    values = dict(
        id=number, version=1, step=STEPS[number % 9], process="监测对象识别", head=HEADS[number % 7],
        village=VILLAGES[number % 5], town=None, from_who="演示·镇经办甲" if number % 3 else None,
        sent_on=date(2021, 9, 3), days_left=left, due_on=date(2021, 9, 8), provisional=False, mark="退回" if number == 4 else None,
        can_claim=False, done_on=None, done_by=None,
    )  # fmt: skip
    return o(**{**values, **more})


def chips(current: str = "") -> list[Obj]:
    def options(pairs: list[tuple[str, int]]) -> list[Obj]:
        return [o(label=word, count=n, href="/?x=1", current=word == current) for word, n in pairs]

    return [
        o(name="due", label="期限", options=options([("已逾期", 2), ("2 天内", 4), ("以后", 6)])),
        o(name="step", label="步骤", options=options([(step, 9 - i) for i, step in enumerate(STEPS[:9])])),
        o(name="village", label="村", options=options([(village, 5 - i) for i, village in enumerate(VILLAGES)])),
    ]


def inbox(**more: Any) -> dict[str, Any]:
    values: dict[str, Any] = dict(
        today=o(due=12, least_left=2, overdue=0), next_due=None, tab="mine", counts=dict(mine=12, open=5, done=1200),
        filters=chips(), jobs=[job(n, days_left=n // 2 + 2) for n in range(12)],
        pages=o(previous=None, next="/?page=2", said="第 1–12 件，共 12 件"), can_search=True, command=lambda: "c1",
    )  # fmt: skip
    return base("/", **{**values, **more})


def progress(day: int = 6) -> Obj:
    return o(title="全程", limit=15, day=day, days_left=15 - day, started_on=date(2021, 9, 1), ends_on=date(2021, 9, 16),
             provisional=False)  # fmt: skip


def path(at: int = 3) -> list[Obj]:
    return [
        o(name=name, state="done" if i < at else "current" if i == at else "future",
          on=date(2021, 9, 1 + i) if i < at else None)
        for i, name in enumerate(STEPS)
    ]  # fmt: skip


KNOWN = [
    o(title="这一户", open=True, note="3 项", table=None, rows=[
        o(label="户主", value="演示·甲一", note=None), o(label="住址", value="青山村委会 第三组", note=None),
        o(label="户类型", value="一般农户", note="9 月 1 日登记")]),
    o(title="家庭成员", open=False, note="9 人", rows=[], table=o(columns=["姓名", "关系", "年龄", "情况"], rows=[
        [f"演示·甲{n}", "户主" if n == "一" else "子女", str(40 + i), "健康，普通劳动力"]
        for i, n in enumerate("一二三四五六七八九")])),
    o(title="收入", open=False, note="人均 8,120 元", table=None, rows=[
        o(label="务工", value="32,000 元", note="工资条"), o(label="种养", value="9,600 元", note="自述")]),
]  # fmt: skip

SAID = [
    o(step="登记申报", by="演示·网格员甲（青山村委会网格员）", on=date(2021, 9, 1), late_on=None, sentence="农户自己来申报，因病住院三个月。",
      rows=[o(label="风险类型", value="因病、缺劳动力", note=None)], papers=[]),
    o(step="签承诺授权书", by="演示·村干部乙（青山村委会村干部）", on=date(2021, 9, 2), late_on=None, sentence=None, rows=[],
      papers=[o(id=3, name="承诺授权书（已签名）")]),
    o(step="入户核实", by="演示·村干部乙、演示·网格员甲", on=date(2021, 9, 3), late_on=date(2021, 9, 5), sentence=None,
      rows=[o(label="人均纯收入", value="8,120.00 元", note="由系统计算")], papers=[o(id=4, name="入户核查表")]),
]  # fmt: skip


def form_of(process: str, task: str) -> forms.Form:
    folder = ROOT / "forms"
    return forms.load(
        json.loads((folder / process / f"{task}.json").read_text("utf-8")),
        json.loads((folder / "codes.json").read_text("utf-8")),
    )


OFFICIALS = [("1", "演示·村干部甲"), ("2", "演示·村干部丙"), ("3", "演示·网格员甲")]
CHOICES = {"officials": OFFICIALS, "villages": [(f"44022910020{n}", f"龙仙镇 {VILLAGES[n % 5]}") for n in range(40)]}
DIAGRAM = o(
    xml_url="/identify.bpmn", state_url="/state.json", text_open=False,
    elements=[o(name=s, who="村级 村干部", said="9 月 3 日办结" if i < 3 else "正在办" if i == 3 else "还没到",
                clause="4.1.3") for i, s in enumerate(STEPS)],
)  # fmt: skip


def task(process: str = "identify", name: str = "hold_village_review", submitted: dict[str, Any] | None = None,
         values: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:  # fmt: skip
    form = form_of(process, name)
    errors: dict[str, Any] = {}
    raw = None
    if submitted is not None:
        cleaned = forms.clean(form, submitted, values, choices=CHOICES, today=TODAY)
        errors, raw = cleaned.errors, cleaned.raw
    context: dict[str, Any] = dict(
        task=o(id=7, version=3, step=form.title, process="监测对象识别", item=None, unit="青山村委会", role="村干部",
               assignee="演示·村干部甲", mine=True, claimed_on=TODAY, days_left=2, due_on=date(2021, 9, 8), provisional=False),
        command="c7", household=o(head="演示·甲一", place="龙仙镇 青山村委会 第三组", case_id=21, size=9), ask=form.description,
        clause=[o(mark="翁乡振组〔2021〕25 号 4.1.3", text="村级组织召开民主评议会，对拟纳入监测的农户进行评议。")], default_source=None,
        progress=progress(), path=path(), returned=None, holds=[], reasons=[], differences=[], known=KNOWN, said=SAID,
        form=form, cells=forms.draw(form, raw, errors, known=values, choices=CHOICES), errors=errors,
        draft_at=NOW, can=o(complete=True, draft=True, claim=False, release=True, send_back=True, transfer=True),
        back_to=[o(value="check_household#1", name="入户核实", who="演示·村干部乙"), o(value="register#1", name="登记申报", who=None)],
        colleagues=[o(id=2, name="演示·村干部丙", role="村干部")], diagram=DIAGRAM, papers=[o(id=9, name="评议记录空表")],
    )  # fmt: skip
    return base("/", **{**context, **more})


MEMBERS = [
    {"key": f"m{i}", "name": f"演示·甲{n}", "relation": "head" if i == 0 else "child", "health": "healthy"}
    for i, n in enumerate("一二三四五六七八九")
]


def case(**more: Any) -> dict[str, Any]:
    story = [
        o(on=date(2021, 9, 1), sentence="演示·甲一自己到村委会申报，网格员演示·网格员甲登记。", late_on=None, kind="turn", rows=[], papers=[]),
        o(on=date(2021, 9, 2), sentence="全家三名成年人签了承诺授权书。", late_on=None, kind="", rows=[], papers=[o(id=3, name="承诺授权书")]),
        o(on=date(2021, 9, 3), sentence="演示·村干部乙（村干部）入户核实，同行演示·网格员甲。", late_on=date(2021, 9, 5), kind="",
          rows=[o(label="人均纯收入", value="8,120.00 元", note=None)], papers=[o(id=4, name="入户核查表")]),
        o(on=date(2021, 9, 5), sentence="按判定表第 3 条，系统提出认定为边缘易致贫户。", late_on=None, kind="turn", rows=[], papers=[]),
        o(on=date(2021, 9, 6), sentence="镇里退回入户核实：医疗自付的票据少两张。", late_on=None, kind="bad", rows=[], papers=[]),
    ]  # fmt: skip
    lines = [("务工收入", 3200000, ""), ("种养收入", 960000, ""), ("转移性收入", 148000, ""), ("生产经营支出", 460000, "minus"),
             ("全家纯收入", 3848000, "sum"), ("人均纯收入", 812000, "sum"), ("2021 年收入标准", 960000, "against")]  # fmt: skip
    context: dict[str, Any] = dict(
        case=o(id=21, number="2021-0021", open=True, clue_on=date(2021, 9, 1), earlier_id=None),
        household=o(head="演示·甲一", place="龙仙镇 青山村委会 第三组", size=9, type="一般农户", category="边缘易致贫户", status="识别中",
                    risks=[o(name="因病", detail="大病住院"), o(name="缺劳动力", detail=None)], sensitive=True),
        erased=None, about="由农户自主申报，村干部代填并读给本人听过。", progress=progress(), path=path(),
        next=[o(task_id=7, step="民主评议", unit="青山村委会", role="村干部", who="演示·村干部甲", days_left=2, due_on=date(2021, 9, 8), provisional=False)],
        outcome=None, holds=[o(sentence="县民政局还没有答复资产查询。", who="县局经办可以说明原因后解除。")], story=story,
        members=[o(name=m["name"], relation="户主" if i == 0 else "子女", age=46 - 4 * i, sex="男" if i % 2 else "女",
                   facts=["普通劳动力", "已参加医保"] if i else ["大病", "部分丧失劳动力", "已参加医保"], gone=None) for i, m in enumerate(MEMBERS)],
        snapshots=[o(title="申请时", as_of=date(2021, 9, 3), provisional=False, lines=[o(label=a, fen=b, kind=c) for a, b, c in lines],
                     result="边缘易致贫户", row="依据第 3 条", tipping="人均再多 1,480 元就超过标准。")],
        measures=[o(risk="因病", group="健康帮扶", lead="卫健局", planned="9 月底前办好慢病签约", done_on=None)],
        contacts=[o(level="村级", name="演示·村干部丙", role="村干部"), o(level="镇级", name="演示·镇经办甲", role="镇经办")],
        papers=[o(id=3, name="承诺授权书", on=date(2021, 9, 2), pages=2), o(id=4, name="入户核查表", on=date(2021, 9, 3), pages=None)],
        diagram=DIAGRAM, readings=[o(who=f"演示·镇经办{n}", role="镇经办", at=NOW, reason="核对上报名单" if n == "乙" else None) for n in "甲乙丙丁戊己庚"],
        readings_total=7, acts=o(close=[o(code="withdrawn", name="农户撤回申请"), o(code="not_ours", name="不是本村的户")], objection=True, reexam=True,
                                 villages=[o(code=c, name=w.split()[1], town="龙仙镇") for c, w in CHOICES["villages"]]),
        command="c21",
    )  # fmt: skip
    return base("/cases", **{**context, **more})


NOTICE = o(id=5, title="青山村防止返贫监测对象拟认定公示", village="青山村委会", town="龙仙镇", reviewed_on=TODAY, posted_on=date(2021, 9, 7), ends_on=date(2021, 9, 12),
           days=5, void=None, objections_to="青山村民委员会或龙仙镇人民政府", phone="演示电话", seal="青山村民委员会（盖章）")  # fmt: skip


def notice(**more: Any) -> dict[str, Any]:
    return base("/", **{**dict(
        notice=NOTICE, households=[o(head=h, group=f"第{n}组", size=4, category="边缘易致贫户") for h, n in zip(HEADS, "一二三四五六七", strict=True)],
        opening="经农户申请、入户核实和村民评议，下列农户拟认定为防止返贫监测对象，现予公示。", task_id=7,
        downloads=[o(name="PDF", href="/papers/5"), o(name="DOCX", href="/papers/6")], web=None), **more})  # fmt: skip


def registration(**more: Any) -> dict[str, Any]:
    form = form_of("identify", "register_application")
    return base("/applications/new", **{**dict(
        command="c0", channels=[o(code="visit", name="入户走访", current=True), o(code="self", name="自主申报", current=False), o(code="grassroots", name="基层上报", current=False)],
        clue_on="2021-09-06", clue_earliest="2021-08-07", today="2021-09-06", form=form, cells=forms.draw(form, choices=CHOICES), errors={}, page_errors={},
        limit_days=15, twin=None), **more})  # fmt: skip


VOTE_FAULTS = {"held_on": ["2021-09-31"], "place": ["青山村委会会议室"], "entitled": ["三十"], "attended": ["24"], "votes-for": ["-1"],
               "votes-against": ["2"], "votes-abstained": ["0"], "discussion": ["大家同意。"]}  # fmt: skip

PAGES: dict[str, tuple[str, Any]] = {
    "inbox": ("inbox.html", lambda: inbox()),
    "inbox_over": ("inbox.html", lambda: inbox(today=o(due=40, least_left=-3, overdue=7), jobs=[job(n) for n in range(12)], filters=chips("已逾期"))),
    "inbox_open": ("inbox.html", lambda: inbox(tab="open", jobs=[job(n, can_claim=True) for n in range(5)])),
    "inbox_done": ("inbox.html", lambda: inbox(tab="done", jobs=[job(n, done_on=TODAY, done_by="演示·村干部甲") for n in range(5)])),
    "inbox_empty": ("inbox.html", lambda: inbox(today=o(due=0, least_left=None, overdue=0), next_due=o(on=date(2021, 9, 14), step="入户核实"),
                    jobs=[], filters=[], counts=dict(mine=0, open=0, done=3))),
    "inbox_longest": ("inbox.html", lambda: inbox(today=o(due=1200, least_left=0, overdue=40), counts=dict(mine=1200, open=1000, done=99),
                      jobs=[job(n, step=LONG_STEP, village=LONG_VILLAGE, town="坝仔镇", mark="退回" if n % 9 == 0 else None, can_claim=n % 2 == 0) for n in range(40)])),
    "task": ("task.html", lambda: task()),
    "task_errors": ("task.html", lambda: task(submitted=VOTE_FAULTS, draft_at=None)),
    "task_long": ("task.html", lambda: task(name="check_household", values={"members": MEMBERS, "group": "第三组"},
                  returned=o(by="演示·镇经办甲（龙仙镇镇经办）", on=TODAY, reason="医疗自付的票据少两张，请补。"))),
    "task_verify": ("task.html", lambda: task(name="verify_in_town", progress=progress(17), path=path(6),
                    holds=[o(sentence="县民政局还没有答复资产查询。", who="县局经办可以说明原因后解除。")],
                    reasons=[o(title="拟认定：边缘易致贫户", sentence="依据判定表第 3 条：一般农户，人均低于标准，有返贫致贫风险。",
                               rows=[o(label="扣除刚性支出后收入", value="8,120.00 元", note="标准 9,600.00 元")])],
                    differences=[o(label="家庭人口", village="9", other="9", source="户籍", differs=False),
                                 o(label="车辆", village="没有", other="有出入：问摩托车", source="公安局", differs=True)])),
    "task_claim": ("task.html", lambda: task(form=None, cells=(), can=o(complete=False, draft=False, claim=True, release=False, send_back=False, transfer=False), diagram=None)),
    "task_done": ("task_done.html", lambda: base("/", task=o(id=7, step="民主评议", process="监测对象识别", item=None), household=o(head="演示·甲一", place="青山村委会", case_id=21),
                  outcome="completed", by="演示·村干部丙（青山村委会村干部）", at=NOW, reason=None, said=o(rows=[o(label="评议结果", value="同意", note=None)], papers=[]),
                  path=path(4), next=o(id=8, step="张贴公示", head="演示·乙二"))),
    "case": ("case.html", lambda: case()),
    "case_erased": ("case.html", lambda: case(erased=date(2021, 12, 1), next=[], progress=None, members=[], papers=[], readings=[], readings_total=0)),
    "case_reason": ("case_reason.html", lambda: base("/", case_id=21, place="龙仙镇青山村委会", error="请写明事由。", text="", common=["核对上报名单", "接到来电"])),
    "cases": ("cases.html", lambda: base("/cases", query="甲", place="青山村委会", more=False, pages=None, can_apply=True, households=[
        o(case_id=n, head=h, size=4, village=LONG_VILLAGE if n == 2 else VILLAGES[n % 5], town="龙仙镇", category="边缘易致贫户" if n % 2 else None, status="识别中",
          step=STEPS[n], days_left=n - 1, due_on=TODAY, clue_on=TODAY) for n, h in enumerate(HEADS)])),
    "cases_empty": ("cases.html", lambda: base("/cases", query="演示·辛八", place="青山村委会", more=False, pages=None, can_apply=True, households=[])),
    "new_application": ("new_application.html", lambda: registration()),
    "notice": ("notice.html", lambda: notice()),
    "web_notice": ("web_notice.html", lambda: base(gone=False, notice=NOTICE, households=[o(masked="演＊＊", group="第一组", size=4, category="边缘易致贫户")])),
    "incidents": ("incidents.html", lambda: base("/", command=lambda: "c", closed=[], incidents=[
        o(id=1, version=1, case_number="2021-0021", process="监测对象识别", element="测算收入", element_id="compute_facts", opened_at=NOW,
          cause="缺 2023 年的收入标准，自动办理没有做完。", codes=["policy.line.missing"], tries=2, retry=True, needs="先由流程设计员补上标准。")])),
    "diagram": ("diagram.html", lambda: base("/diagrams", processes=[o(id="identify", name="监测对象识别", version=2, deployed_on=TODAY, author="演示·设计员", approver="演示·审批人", current=True),
                o(id="query_assets", name="资产信息查询", version=1, deployed_on=TODAY, author="演示·设计员", approver=None, current=False)],
                process=o(id="identify", name="监测对象识别", version=2, deployed_on=TODAY, author="演示·设计员", approver="演示·审批人", reason="照方案 4.1 修订。", running=132),
                diagram=o(xml_url="/identify.bpmn", state_url=None, text_open=True, elements=DIAGRAM.elements), warnings=["最长要 16 天，比时限多 1 天。"], xml_download="/identify.bpmn")),
    "officials": ("officials.html", lambda: base("/", officials=[o(id=n, name=f"演示·村干部{w}", username=f"demo{n}" if n else None, active=n != 3, locked_until=NOW if n == 2 else None,
                  last_seen=TODAY, posts=[o(id=n, role="村干部", place=LONG_VILLAGE if n == 1 else "青山村委会", since=TODAY, until=None)]) for n, w in enumerate("甲乙丙丁")],
                  query="", pages=None, roles=[o(code="village_officer", name="村干部", levels=["village"])],
                  units=[o(code=c, name=w, group="龙仙镇") for c, w in CHOICES["villages"]], values={}, errors={"username": "账号“demo1”已经有人用了。"},
                  fresh=o(name="演示·村干部戊", username="demo9", password="演示口令"))),
    "audit": ("audit.html", lambda: base("/audit", running=False, result=o(ok=True, at=NOW, seconds=3.2, cases=120, events=4810, streams=133, replayed=120, erased=1, suite="国密 SM3 / SM4"),
              findings=[], seals=[o(day=TODAY, streams=133, digest="9f2c" * 16, ok=True)])),
    "audit_bad": ("audit.html", lambda: base("/audit", running=False, result=o(ok=False, at=NOW, seconds=3.2, cases=120, events=4810, streams=133, replayed=120, erased=0, suite="SHA-256 / AES-256"),
                  findings=[o(where="办件 2021-0021 第 14 条", kind="内容被改", sentence="这一条的校验码与内容对不上。", case_id=21)], seals=[])),
    "login": ("login.html", lambda: dict(username="", error="账号或密码不对。", next="/", demo=base()["demo"], demo_password="demo", demo_accounts=[o(username="demo1", label="青山村委会 村干部")])),
    "change_password": ("change_password.html", lambda: base("/", forced=True, minimum=10, errors={"new": "新密码至少要 10 个字。"})),
    "error_409": ("error.html", lambda: base("/", status=409, sentence="演示·村干部丙已于 9 月 6 日 14:05 办结这一件。", back="/tasks/7", trace=None)),
    "error_500": ("error.html", lambda: base("/", me=None, status=500, sentence=None, back=None, trace="7f3a91")),
}  # fmt: skip
