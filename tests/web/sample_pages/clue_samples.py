"""Samples of clues and of the public pages on which households declare their trouble."""

import json
from datetime import date
from typing import Any

from app import forms
from app.config import ROOT
from tests.web.sample_pages.samples import NOW, TODAY, base, o, shown, way

FOLDER = ROOT / "forms" / "verify_clue"
PLACES = [
    ("440229100201", "青山村委会", "龙仙镇"),
    ("440229104201", "坝仔村委会", "坝仔镇"),
    ("440229100000", "龙仙镇（不清楚哪个村）", "龙仙镇"),
]


def form(name: str) -> forms.Form:
    codes = json.loads((ROOT / "forms" / "codes.json").read_text("utf-8"))
    return forms.load(json.loads((FOLDER / f"{name}.json").read_text("utf-8")), codes)


def line(n: int, **more: Any) -> Any:
    return o(
        **{
            "id": n,
            "sign": "住院自付超过门槛" if n % 2 else "没活干、收入少了很多",
            "name": f"演示·甲{n}",
            "grade": ("red", "orange", "yellow", None)[n % 4],
            "place": "龙仙镇 青山村委会",
            "channel": ("部门数据比对", "自主申报", "热线信访")[n % 3],
            "found_on": date(2021, 9, 1),
            "matched": n % 3 != 0,
            "times": n % 3 + 1,
            "status": "核实中",
            "case_id": None,
            "outcome": "",
            "watch_until": None,
            "days": n,
            **more,
        }
    )


def listed(**more: Any) -> dict[str, Any]:
    return base(
        "/clues",
        **{
            "tab": "open",
            "tabs": [
                o(code="open", count=7),
                o(code="watching", count=1200),
                o(code="done", count=3),
                o(code="sent", count=None),
            ],
            "clues": [line(n) for n in range(1, 8)],
            "grades": [o(code="red", count=2), o(code="yellow", count=5)],
            "grade": "",
            "previous": None,
            "next": "/clues?tab=open&page=2",
            "can_report": True,
            "can_give": True,
            "debts": [
                o(
                    clue=1,
                    case_id=3,
                    head="演示·甲一",
                    place="龙仙镇 青山村委会",
                    helped_on=date(2021, 9, 1),
                    due_on=date(2021, 9, 6),
                    days_left=-2,
                )
            ],
            **more,
        },
    )


def one(**more: Any) -> dict[str, Any]:
    return base(
        "/clues",
        **{
            "clue": o(**{**vars(line(3)), "joined": None, "open": True}),
            "facts": [
                o(label="来源", value="热线信访（信访）", note=None),
                o(label="怎么说的", value="户主九月摔伤，还在住院，" * 12, note=None),
            ],
            "answer": "",
            "area": True,
            "household": o(id=3, head="演示·甲三"),
            "task": 9,
            "story": [
                o(
                    on=TODAY,
                    late_on=date(2021, 9, 9),
                    sentence="演示·热线甲（热线信访员）收到线索（热线信访）。",
                    rows=[o(label="看到、问到什么", value="问过本人", note=None)],
                    rests="线索核实第 1 版",
                ),
                o(on=TODAY, late_on=None, sentence="按线索分级第 1 条，定为红色。", rows=[], rests=""),
            ],
            "debts": [o(helped_on=date(2021, 9, 1), due_on=date(2021, 9, 16), days_left=8)],
            **more,
        },
    )


def new(**more: Any) -> dict[str, Any]:
    made = form("report_clue")
    return base(
        "/clues",
        **{
            "command": "c",
            "channels": [
                o(code="visit", name="入户走访", current=True),
                o(code="grassroots", name="基层上报", current=False),
            ],
            "sources": [],
            "found_on": "2021-09-03",
            "earliest": "2021-07-05",
            "today": "2021-09-03",
            "form": made,
            "cells": forms.draw(made, None, {}, choices={"places": PLACES}),
            "errors": {},
            "page_errors": {},
            "can_search": True,
            **more,
        },
    )


def public(**more: Any) -> dict[str, Any]:
    made = form("apply_online")
    return {
        "form": made,
        "cells": forms.draw(made, None, {}, choices={"places": PLACES}),
        "errors": {},
        "puzzle": "{}",
        "families": [option.title for option in made.by_name["family"].options],
        "line": "9,600",
        "hotline": "12317",
        "demo": o(today=TODAY, may_advance=False),
        **more,
    }


def wrong(made: forms.Form) -> dict[str, Any]:
    cleaned = forms.clean(made, {"phone": ["12"], "head_id_number": ["1"]}, None, choices={"places": PLACES})
    cells = forms.draw(made, cleaned.raw, cleaned.errors, choices={"places": PLACES})
    return {"cells": cells, "errors": cleaned.errors}


def status(**more: Any) -> dict[str, Any]:
    return {"demo": None, "hotline": "12317", "code": "", "error": None, "found": None, **more}


def told(**more: Any) -> Any:
    return o(**{"stage": 2, "on": TODAY, "outcome": "", "answer": "", "may_ask_again": False, "over": False, **more})


def given(**more: Any) -> dict[str, Any]:
    return base(
        "/clues",
        **{
            "village": o(code="440229100201", name="青山村委会"),
            "way": way(long=True, text="青"),
            "households": [o(id=n, head=f"演示·甲{n}", given_on=TODAY if n % 3 == 0 else None) for n in range(1, 8)],
            "given": 2,
            "total": 7,
            "may_give": True,
            "today": "2021-09-03",
            "previous": None,
            "next": "/leaflets?page=2",
            **more,
        },
    )


def month_line(**more: Any) -> dict[str, Any]:
    return {
        "period": "2021-09",
        "status": "open",
        "status_name": "等部门数据",
        "late": False,
        "started_at": NOW,
        "closed_at": None,
        "households": 3000,
        "missing": ["教育局", "水务局"],
        "as_of": TODAY,
        "duties": {"open": 3000},
        **more,
    }


def month(**more: Any) -> dict[str, Any]:
    cells = {"total": 12, "red": 3, "orange": "少于 3", "yellow": 7, "open": 5, "entered": 4, "watching": 3, "excluded": 0}
    return base(
        "/months",
        **{
            "run": o(**month_line()),
            "title": "翁源县2021 年 9 月防返贫数据比对通报",
            "files": 3,
            "compared": 1,
            "page": 1,
            "last": 1,
            "duties": [("正在办", 3000)],
            "figures": o(
                departments=[
                    o(
                        department="医保局",
                        title="医疗费用自付",
                        files=1,
                        read=300,
                        bad=2,
                        found=9,
                        fresh=7,
                        joined=2,
                        waiting=n == 1,
                        failed=n == 0,
                        nowhere=0,
                        missing=n == 2,
                    )
                    for n in range(3)
                ],
                towns=[o(town=t, **cells) for t in ("龙仙镇", "坝仔镇")],
                total=o(**{**cells, "orange": 4}),
                sums=o(read=900, bad=6, found=27, fresh=21, joined=6),
            ),
            **more,
        },
    )


def files(**more: Any) -> dict[str, Any]:
    return base(
        "/months",
        **{
            "department": "医保局",
            "months": ["2021-09", "2021-08"],
            "today": "2021-09-03",
            "chosen": "medins",
            "month": "2021-09",
            "data_on": "2021-08-31",
            "templates": [
                o(
                    key="medins",
                    title="医疗费用自付",
                    purpose="发现医疗负担过重、没有参保的人",
                    basis="方案三（三）",
                    catalogue="未编目",
                    until=date(2030, 12, 31),
                    usable=True,
                    columns=["本年累计自付金额（元）", "是否参保"],
                ),
                o(
                    key="x",
                    title="已停用的",
                    purpose="不再使用",
                    basis="",
                    catalogue="",
                    until=date(2020, 1, 1),
                    usable=False,
                    columns=["金额"],
                ),
            ],
            "sent": [
                o(
                    period="2021-08",
                    title="医疗费用自付",
                    at=NOW,
                    data_on=TODAY,
                    good=300,
                    bad=2,
                    found=9,
                    status="已比对",
                    waiting=False,
                    nowhere="第 3、17 行有迹象，但人不在户册里，村名也认不出，没有转给村里。请写清是哪个村，只交这几行。",
                )
            ],
            "preview": o(read=302, good=300, bad=2, places=2),
            "file": shown(),
            "columns": [],
            "fields": [],
            "problems": [o(row="3", column="身份证号", value="99999919900101123X", why="身份证号校验不对，有一位写错了。")],
            "wrong": None,
            "command": "c",
            **more,
        },
    )


CODE = "0ABCD-1EFGH-2JKMN-3PQRS-4TVWX-5"
PAGES: dict[str, tuple[str, Any]] = {
    "clues": ("clues/clues.html", lambda: listed()),
    "clues_empty": ("clues/clues.html", lambda: listed(clues=[], grades=[], debts=[], next=None)),
    "clues_sent": (
        "clues/clues.html",
        lambda: listed(
            tab="sent", debts=[], clues=[line(n, outcome="排除：部门的数据有误", grade=None) for n in range(1, 4)]
        ),
    ),
    "months": (
        "rescreening/months.html",
        lambda: base(
            "/months",
            runs=[
                month_line(),
                month_line(period="2021-08", status="closed", status_name="已出结果", late=True, closed_at=NOW),
            ],
            reads=True,
            exchanges=True,
            department="医保局",
        ),
    ),
    "months_empty": (
        "rescreening/months.html",
        lambda: base("/months", runs=[], reads=True, exchanges=False, department=None),
    ),
    "month": ("rescreening/month.html", lambda: month()),
    "month_closed": (
        "rescreening/month.html",
        lambda: month(run=o(**month_line(status="closed", status_name="已出结果", late=True, missing=[]))),
    ),
    "department_files": ("rescreening/department_files.html", lambda: files()),
    "department_files_wrong": (
        "rescreening/department_files.html",
        lambda: files(
            preview=None, file=None, problems=[], wrong="这像是“失业和返乡”的文件，不是本部门的。", months=[], sent=[]
        ),
    ),
    "department_files_asks": (
        "rescreening/department_files.html",
        lambda: files(
            file=shown("sheets", "hidden"),
            columns=[o(place=0, title="证件号", field="id_number")],
            fields=[o(key="id_number", title="身份证号")],
        ),
    ),
    "leaflets": ("clues/leaflets.html", lambda: given()),
    "leaflets_empty": (
        "clues/leaflets.html",
        lambda: given(households=[], given=0, total=0, next=None, way=way(many=False), may_give=False),
    ),
    "clue": ("clues/clue.html", lambda: one()),
    "clue_answered": (
        "clues/clue.html",
        lambda: one(
            clue=o(
                **{**vars(line(3, outcome="持续关注，到日子再看", watch_until=date(2021, 12, 1))), "joined": 2, "open": False}
            ),
            answer="家里有存款，能应付；下月再看。",
            area=False,
            household=None,
            task=None,
            story=[],
            debts=[],
        ),
    ),
    "clue_new": ("clues/clue_new.html", lambda: new()),
    "clue_new_wrong": (
        "clues/clue_new.html",
        lambda: new(
            **wrong(form("report_clue")),
            page_errors={"found_on": "不能晚于今天。"},
            channels=[o(code="hotline", name="热线信访", current=True)],
            sources=[o(code="petition", name="信访", current=False), o(code="media", name="媒体报道", current=True)],
        ),
    ),
    "apply": ("clues/apply.html", lambda: public()),
    "apply_wrong": ("clues/apply.html", lambda: public(**wrong(form("apply_online")))),
    "apply_done": (
        "clues/apply_done.html",
        lambda: {"code": CODE, "hotline": "12317", "demo": o(today=TODAY, may_advance=False)},
    ),
    "apply_status": ("clues/apply_status.html", lambda: status()),
    "apply_status_unknown": (
        "clues/apply_status.html",
        lambda: status(code="X", error="没有这个查询码。请对照抄下来的再输一次。"),
    ),
    "apply_status_checking": ("clues/apply_status.html", lambda: status(code=CODE, found=told())),
    "apply_status_refused": (
        "clues/apply_status.html",
        lambda: status(
            code=CODE,
            found=told(
                stage=3, outcome="核实过了，没有纳入：有困难，但家里能够应付。", answer="情况变了再来。", may_ask_again=True
            ),
        ),
    ),
}
