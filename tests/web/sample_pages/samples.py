"""Sample contexts of inbox and task. All people are invented and say so (演示·…)."""

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
STEPS = [
    "登记申报",
    "签承诺授权书",
    "入户核实",
    "民主评议",
    "张贴公示",
    "撤下公示",
    "镇级核实",
    "镇政府上报",
    "县级审核",
    "县级审批",
]
VILLAGES = ["岭头村委会", "青山村委会", "李洞村委会", "罗坑水村委会", "城东区居委会"]
HEADS = ["演示·甲一", "演示·乙二", "演示·丙三", "演示·丁四", "演示·戊五", "演示·己六", "演示·庚七"]


class Obj(SimpleNamespace):
    """A value with attributes that can also be read like a mapping."""

    def get(self, name: str, default: Any = None) -> Any:
        return getattr(self, name, default)


def o(**values: Any) -> Obj:
    return Obj(**values)


def way(long: bool = False, text: str = "", many: bool = True) -> Obj:
    """To another village: a short list, or what was found by typing."""
    places = [o(code=f"44022910020{n}", name=name, town="龙仙镇", current=n == 1) for n, name in enumerate(VILLAGES[:3])]
    return o(long=long, url="/places?of=seen", go="/leaflets?village=", text=text, found=3, places=places, many=many)


def finder(text: str = "") -> Obj:
    return o(url="/places?of=unit", text=text, group="", groups=("龙仙镇", "坝仔镇"), found=2 if text else 0, chosen="")


def base(current: str = "/", **more: Any) -> dict[str, Any]:
    items = [
        ("/", "待办", "inbox", 12),
        ("/cases", "户册", "people", None),
        ("/applications/new", "新的申请", "plus-lg", None),
        ("/diagrams", "流程", "diagram-3", None),
        ("/audit", "防篡改校验", "shield-check", None),
    ]
    return {
        "me": o(
            name="演示·村干部甲",
            role="村干部",
            place="青山村委会",
            assignments=[
                o(id=1, label="青山村委会 村干部", current=True),
                o(id=2, label="青山村委会 网格员", current=False),
            ],
        ),
        "nav": [o(href=h, label=w, icon=i, count=c, current=h == current) for h, w, i, c in items],
        "demo": o(today=TODAY, may_advance=True),
        "feedback_url": "/feedback",
        "unread": 3,
        "large": False,
        "now": NOW,
        **more,
    }


def shown(*asks: str) -> Obj:
    """A workbook as it was found, two sheets of it; `asks`: what the officer must choose."""
    sheets = [
        o(
            place=n,
            name=name,
            state="visible" if n == 0 else "hidden",
            state_name="" if n == 0 else "，隐藏的",
            filled=31,
            rows=30,
            header=[2, 3],
            titles=["户编号", "姓名"],
            sample=[(4, ["HN000007", "演示·甲一"])],
            hidden=n,
            hidden_columns=0,
            above=[1] if n == 0 else [],
            taken=n == 0,
            like=True,
        )
        for n, name in enumerate(("岭头", "青山"))
    ]
    told = ["有 1 张隐藏的表，30 行。"] if asks else []
    return o(
        sheets=sheets,
        first=sheets[0],
        choices=sheets,
        asks=list(asks),
        told=told,
        wanted=o(sheets=None, hidden=None, header=None),
    )


def job(number: int, **more: Any) -> Obj:
    left = number // 3 - 2
    values = dict(
        id=number,
        version=1,
        step=STEPS[number % 9],
        process="监测对象识别",
        head=HEADS[number % 7],
        village=VILLAGES[number % 5],
        town=None,
        from_who="演示·镇经办甲" if number % 3 else None,
        sent_on=date(2021, 9, 3),
        days_left=left,
        due_on=date(2021, 9, 8),
        provisional=False,
        mark="退回" if number == 4 else None,
        again_on=date(2021, 9, 9) if number == 5 else None,
        can_claim=False,
        barred=number == 8,
        done_on=None,
        done_by=None,
        note="部门数据：住院自付超过门槛" if number == 6 else "",
        absent="演示·村干部丁" if number == 7 else "",
        grade="red" if number == 6 else None,
    )
    return o(**{**values, **more})


def chips(current: str = "") -> list[Obj]:
    def options(pairs: list[tuple[str, int]]) -> list[Obj]:
        return [o(label=word, count=n, href="/?x=1", current=word == current) for word, n in pairs]

    return [
        o(name="due", label="期限", options=options([("已逾期", 2), ("2 天内", 4), ("以后", 6)])),
        o(name="step", label="步骤", options=options([(step, 9 - i) for i, step in enumerate(STEPS[:9])])),
        o(
            name="village",
            label="村",
            options=options([(village, 5 - i) for i, village in enumerate(VILLAGES)]),
        ),
    ]


def inbox(**more: Any) -> dict[str, Any]:
    values: dict[str, Any] = dict(
        today=o(due=12, least_left=2, overdue=0),
        next_due=None,
        tab="mine",
        counts=dict(mine=12, open=5, done=1200),
        filters=chips(),
        jobs=[job(n, days_left=n // 2 + 2) for n in range(12)],
        stuck=[
            o(
                process="纳入监测",
                step="计算收入和四项判断",
                unit="岭头村委会",
                cause="农户信息里没有“饮水安全”，算不下去。",
                needs=None,
                since=NOW,
                head="演示·甲一",
                href="/cases/3",
            )
        ],
        stuck_more=1,
        below_of=73,
        below=[
            o(unit="岭头村委会", href="/cases/3", step="入户核实", head="演示·甲一", days_left=-2, due_on=date(2021, 9, 5)),
            o(unit="岭头村委会", href=None, step="报送本月数据", head="", days_left=-1, due_on=date(2021, 9, 6)),
        ],
        pages=o(previous=None, next="/?page=2", said="第 1–12 件，共 12 件"),
        can_search=True,
        colleagues=[o(id=3, name="演示·村干部乙")],
        kept=[o(id=1, name="岭头的评议", href="/?step=x")],
        chosen="tab=mine&due=soon",
        command=lambda: "c1",
    )
    return base("/", **{**values, **more})


def progress(day: int = 6) -> Obj:
    return o(
        title="全程",
        limit=15,
        day=day,
        days_left=15 - day,
        started_on=date(2021, 9, 1),
        ends_on=date(2021, 9, 16),
        provisional=False,
    )


def path(at: int = 3) -> list[Obj]:
    return [
        o(
            name=name,
            state="done" if i < at else "current" if i == at else "future",
            on=date(2021, 9, 1 + i) if i < at else None,
        )
        for i, name in enumerate(STEPS)
    ]


KNOWN = [
    o(
        title="这一户",
        open=True,
        note="3 项",
        table=None,
        rows=[
            o(label="户主", value="演示·甲一", note=None),
            o(label="住址", value="青山村委会 第三组", note=None),
            o(label="户类型", value="一般农户", note="9 月 1 日登记"),
        ],
    ),
    o(
        title="家庭成员",
        open=False,
        note="9 人",
        rows=[],
        table=o(
            columns=["姓名", "关系", "年龄", "情况"],
            rows=[
                [f"演示·甲{n}", "户主" if n == "一" else "子女", str(40 + i), "健康，普通劳动力"]
                for i, n in enumerate("一二三四五六七八九")
            ],
        ),
    ),
    o(
        title="收入",
        open=False,
        note="人均 8,120 元",
        table=None,
        rows=[
            o(label="务工", value="32,000 元", note="工资条"),
            o(label="种养", value="9,600 元", note="自述"),
        ],
    ),
]

SAID = [
    o(
        step="登记申报",
        by="演示·网格员甲（青山村委会网格员）",
        on=date(2021, 9, 1),
        late_on=None,
        sentence="农户自己来申报，因病住院三个月。",
        rows=[o(label="风险类型", value="因病、缺劳动力", note=None)],
        papers=[],
    ),
    o(
        step="签承诺授权书",
        by="演示·村干部乙（青山村委会村干部）",
        on=date(2021, 9, 2),
        late_on=None,
        sentence=None,
        rows=[],
        papers=[o(id=3, name="承诺授权书（已签名）")],
    ),
    o(
        step="入户核实",
        by="演示·村干部乙、演示·网格员甲",
        on=date(2021, 9, 3),
        late_on=date(2021, 9, 5),
        sentence=None,
        rows=[o(label="人均纯收入", value="8,120.00 元", note="由系统计算")],
        papers=[o(id=4, name="入户核查表")],
    ),
]


def form_of(process: str, task: str) -> forms.Form:
    folder = ROOT / "forms"
    return forms.load(
        json.loads((folder / process / f"{task}.json").read_text("utf-8")),
        json.loads((folder / "codes.json").read_text("utf-8")),
    )


OFFICIALS = [("1", "演示·村干部甲"), ("2", "演示·村干部丙"), ("3", "演示·网格员甲")]
CHOICES = {
    "officials": OFFICIALS,
    "villages": [(f"44022910020{n}", f"龙仙镇 {VILLAGES[n % 5]}") for n in range(40)],
}
DIAGRAM = o(
    xml_url="/identify.bpmn",
    state_url="/state.json",
    text_open=False,
    elements=[
        o(
            name=s,
            who="村级 村干部",
            said="9 月 3 日办结" if i < 3 else "正在办" if i == 3 else "还没到",
            due="2 天",
            rests=[o(mark="翁乡振组〔2021〕25 号 4.1.3", text="村级民主评议")],
        )
        for i, s in enumerate(STEPS)
    ],
)


def task(
    process: str = "identify",
    name: str = "hold_village_review",
    submitted: dict[str, Any] | None = None,
    values: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    form = form_of(process, name)
    errors: dict[str, Any] = {}
    raw = None
    if submitted is not None:
        cleaned = forms.clean(form, submitted, values, choices=CHOICES, today=TODAY)
        errors, raw = cleaned.errors, cleaned.raw
    context: dict[str, Any] = dict(
        task=o(
            id=7,
            version=3,
            step=form.title,
            process="监测对象识别",
            item=None,
            absent="",
            unit="青山村委会",
            role="村干部",
            assignee="演示·村干部甲",
            mine=True,
            claimed_on=TODAY,
            days_left=2,
            due_on=date(2021, 9, 8),
            provisional=False,
        ),
        command="c7",
        run=None,
        household=o(head="演示·甲一", place="龙仙镇 青山村委会 第三组", case_id=21, size=9),
        ask=form.description,
        clause=[o(mark="翁乡振组〔2021〕25 号 4.1.3", text="村级组织召开民主评议会，对拟纳入监测的农户进行评议。")],
        default_source=None,
        progress=progress(),
        path=path(),
        returned=None,
        holds=[],
        reasons=[],
        differences=[],
        known=KNOWN,
        said=SAID,
        form=form,
        cells=forms.draw(form, raw, errors, known=values, choices=CHOICES),
        errors=errors,
        draft_at=NOW,
        can=o(complete=True, draft=True, claim=False, release=True, send_back=True, transfer=True, follow=True, ask=True),
        askable=[o(id=4, name="演示·镇经办甲", unit="龙仙镇"), o(id=5, name="演示·县局经办甲", unit="翁源县")],
        waits_for_opinions=True,
        again_on=date(2021, 9, 9),
        back_to=[
            o(value="check_household#1", name="入户核实", who="演示·村干部乙"),
            o(value="register#1", name="登记申报", who=None),
        ],
        colleagues=[o(id=2, name="演示·村干部丙", role="村干部")],
        diagram=DIAGRAM,
        papers=[o(id=9, name="评议记录空表", typed=True)],
    )
    return base("/", **{**context, **more})


MEMBERS = [
    {"key": f"m{i}", "name": f"演示·甲{n}", "relation": "head" if i == 0 else "child", "health": "healthy"}
    for i, n in enumerate("一二三四五六七八九")
]
