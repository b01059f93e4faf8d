"""Samples of rounds of visits: all rounds, one with its list, one visit, the grids of a village."""

from datetime import date
from typing import Any

from app.services.cases.own import Offer
from tests.web.sample_pages.samples import LONG_VILLAGE, NOW, base, o, shown, way

CAMPAIGNS = [
    {"id": 3, "title": "汛前排查（2022 年 9 月 7 日开始）", "open": True, "steps": ["排查房屋 2 件"]},
    {"id": 1, "title": "汛前排查（2021 年 9 月 1 日开始）", "open": False, "steps": []},
]
SIGNS = [
    ("reported_illness_disability", "家里有人生病、残疾，花钱多"),
    ("reported_housing", "房子不安全"),
    ("reported_water", "喝水不安全、没有水"),
]


def listed(**more: Any) -> dict[str, Any]:
    rounds = [
        {
            "key": "lookback:2021",
            "title": "2021 年集中回头看",
            "status": "正在走访",
            "open": True,
            "begun": NOW,
            "done": 120,
            "all": 3000,
            "until": None,
        },
        {
            "key": "visits:2021-Q3",
            "title": "2021 年第 3 季度必访户",
            "status": "已汇总",
            "open": False,
            "begun": NOW,
            "done": 31,
            "all": 33,
            "until": date(2021, 9, 30),
        },
    ]
    return base(
        "/rounds",
        **{
            "rounds": rounds,
            "grids": True,
            "may_begin": True,
            "command": "c" * 32,
            "campaigns": CAMPAIGNS,
            "offers": [Offer("flood", "汛前排查", None), Offer("kin", "走访亲属", 3)],
            "commands": lambda: "c" * 32,
            **more,
        },
    )


def one(**more: Any) -> dict[str, Any]:
    village = {"done": 12, "all": 40, "signs": 2, "absent": 1, "left": 0, "opens": True, "current": False, "town": "龙仙镇"}
    return base(
        "/rounds",
        **{
            "round": {
                "key": "lookback:2021",
                "title": "2021 年集中回头看",
                "status": "正在走访",
                "open": True,
                "until": None,
            },
            "villages": [
                {"code": f"4402291002{n:02d}", "name": LONG_VILLAGE if n == 2 else f"第{n}村委会", **village}
                for n in range(1, 5)
            ],
            "village": {"code": "440229100201", "name": "青山村委会"},
            "status_now": "open",
            "grid": "",
            "grids": [
                {"id": 1, "name": "一网格", "who": "演示·网格员", "current": True},
                {"id": 2, "name": "二网格", "who": None, "current": False},
            ],
            "items": [
                {
                    "household": n,
                    "head": f"演示·甲{n}",
                    "groups": ["大病重病、负担重的慢性病", "主要靠不稳定的务工"] if n < 3 else [],
                    "grid": "一网格",
                    "on": None,
                    "result": "",
                }
                for n in range(1, 9)
            ],
            "more": True,
            "page": 1,
            "by_town": False,
            "more_towns": False,
            "town": None,
            "way": way(),
            "may_visit": True,
            "hides": False,
            "figures": [
                {"label": "走到", "value": "12 户", "note": None},
                {"label": "得了帮扶没有监测（体外循环）", "value": "1 户", "note": None},
            ],
            **more,
        },
    )


def visit(**more: Any) -> dict[str, Any]:
    return base(
        "/rounds",
        **{
            "round": {"key": "lookback:2021", "title": "2021 年集中回头看", "first": date(2021, 9, 1), "open": True},
            "head": "演示·甲一",
            "household": 3,
            "village": "440229100201",
            "place": "龙仙镇 青山村委会",
            "status": "已登记",
            "done": False,
            "groups": ["大病重病、负担重的慢性病"],
            "open_signs": [o(title="住院自付超过门槛", id=3)],
            "signs": SIGNS,
            "today": "2021-09-03",
            "command": "c" * 32,
            "wrong": "勾了情况，请写一两句看到、问到什么，核实的人要用。",
            "typed": {
                "result": "signs",
                "signs": ["reported_housing"],
                "outside": False,
                "words": "",
                "visited_on": "2021-09-03",
            },
            **more,
        },
    )


def grids(**more: Any) -> dict[str, Any]:
    return base(
        "/rounds",
        **{
            "village": {"code": "440229100201", "name": "青山村委会"},
            "way": way(),
            "grids": [
                {
                    "id": 1,
                    "name": "一网格",
                    "who": "演示·村干部乙",
                    "official": 2,
                    "since": date(2021, 9, 2),
                    "households": 31,
                    "before": [{"name": "演示·网格员", "from_on": date(2021, 8, 1), "until_on": date(2021, 9, 2)}],
                }
            ],
            "people": [{"id": 1, "name": "演示·网格员"}, {"id": 2, "name": "演示·村干部乙"}],
            "free": [{"id": n, "head": f"演示·甲{n}"} for n in range(4)],
            "may_manage": True,
            "command": "c" * 32,
            "wrong": None,
            "name": "",
            **more,
        },
    )


def incomes(**more: Any) -> dict[str, Any]:
    titles = ("工资性", "经营性", "财产性", "转移性", "经营支出")

    def line(n: int) -> dict[str, Any]:
        cells = [
            {
                "name": f"{n}/{at}",
                "title": t,
                "shown": "3,200.50" if n == 1 else "三千" if n == 2 and at == 0 else "",
                "before": f"{at * 120:,}" if n < 6 else "",
                "wrong": "请填金额（元），最多两位小数，例如 1850 或 1,850.50。" if n == 2 and at == 0 else None,
            }
            for at, t in enumerate(titles)
        ]
        return {"household": n, "head": f"演示·甲{n}", "entered": n == 1, "cells": cells}

    return base(
        "/incomes",
        **{
            "village": {"code": "440229100201", "name": "青山村委会"},
            "month": "2021-09",
            "months": ["2021-09", "2021-08", "2021-07"],
            "way": way(),
            "columns": titles,
            "lines": [line(n) for n in range(1, 8)],
            "may_type": True,
            "may_export": True,
            "command": "c" * 32,
            "wrong": None,
            "errors": 1,
            "asked": None,
            "file": None,
            **more,
        },
    )


def exchanges(**more: Any) -> dict[str, Any]:
    def one(n: int, status: str, name: str, **also: Any) -> dict[str, Any]:
        return {
            "id": n,
            "kind": "推送民政局" if n % 2 else "反馈省平台",
            "period": "2021-09",
            "rows": 31,
            "made_at": NOW,
            "status": status,
            "status_name": name,
            "tries": 0,
            "receipt": None,
            "trouble": "",
            "digest": "9f3a" * 4,
            "closed_at": None,
            "by_hand": n % 2 == 0,
            "may": True,
            "readable": True,
            "basis": "方案 6.2.2",
            "returned": [{"id": 7, "number": "HN000007", "why": "身份证号和公安登记的不一样"}] if n == 3 else [],
            **also,
        }

    return base(
        "/exchange",
        **{
            "exchanges": [
                one(1, "dead", "没有送达", tries=7, trouble="对方没有及时应答"),
                one(2, "waiting", "等送达"),
                one(3, "sent", "已送达", receipt="HZ-2021-09-001", closed_at=NOW),
            ],
            "command": "c" * 32,
            "wrong": "请写对方给的回执号。",
            "file": None,
            **more,
        },
    )


def campaign(**more: Any) -> dict[str, Any]:
    told = {
        "on": date(2022, 9, 7),
        "late_on": None,
        "sentence": "开始办理汛前排查。",
        "kind": "turn",
        "papers": [],
        "rows": [{"label": "哪些镇", "value": "江尾镇", "note": None}],
    }
    waiting = [{"step": "排查房屋", "unit": "江尾镇", "days_left": 3, "due_on": date(2022, 9, 10)}]
    title = "汛前排查（2022 年 9 月 7 日开始）"
    return base(
        "/rounds", **{"title": title, "open": True, "steps": ["排查房屋"], "waiting": waiting, "story": [told], **more}
    )


PAGES = {
    "exchange": ("exchange/exchange.html", exchanges),
    "exchange_empty": ("exchange/exchange.html", lambda: exchanges(exchanges=[], wrong=None)),
    "incomes": ("incomes/incomes.html", incomes),
    "incomes_empty": (
        "incomes/incomes.html",
        lambda: incomes(lines=[], errors=0, way=way(many=False), wrong="2021-05 不能再填。只能填这个月和前两个月的。"),
    ),
    "incomes_asked": (
        "incomes/incomes.html",
        lambda: incomes(
            errors=0, asked={"mark": "m", "lines": [{"head": "演示·甲四", "figures": ["3,200", "0", "0", "600", "0"]}]}
        ),
    ),
    "incomes_file": ("incomes/incomes.html", lambda: incomes(errors=0, file=shown("sheets"))),
    "exchange_file": ("exchange/exchange.html", lambda: exchanges(file=o(of=3, **vars(shown("hidden"))))),
    "incomes_read": ("incomes/incomes.html", lambda: incomes(may_type=False, errors=0)),
    "rounds": ("visits/rounds.html", listed),
    "rounds_empty": ("visits/rounds.html", lambda: listed(rounds=[], may_begin=False, campaigns=[], offers=[])),
    "campaign": ("visits/campaign.html", campaign),
    "campaign_over": ("visits/campaign.html", lambda: campaign(open=False, waiting=[])),
    "round": ("visits/round.html", one),
    "round_towns": (
        "visits/round.html",
        lambda: one(village=None, items=[], grids=[], by_town=True, more_towns=True, way=way(long=True)),
    ),
    "round_planned": (
        "visits/round.html",
        lambda: one(village=None, villages=[], items=[], grids=[], figures=[], more=False),
    ),
    "visit": ("visits/visit.html", visit),
    "visit_done": ("visits/visit.html", lambda: visit(done=True, wrong=None, open_signs=[], groups=[])),
    "grids": ("visits/grids.html", grids),
    "grids_empty": ("visits/grids.html", lambda: grids(grids=[], wrong="请写网格名称，例如“一网格”。")),
}
