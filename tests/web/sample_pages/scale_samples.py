"""Samples of risks of a whole place: map and series, a study, the figures of a month."""

from datetime import date
from typing import Any

from tests.web.sample_pages.clue_samples import one
from tests.web.sample_pages.samples import NOW, base, o, way

TOWNS = ("龙仙镇", "坝仔镇", "江尾镇", "官渡镇", "周陂镇", "翁城镇", "新江镇", "铁龙镇")


def study_line(n: int, **more: Any) -> Any:
    return o(
        **{
            "id": n,
            "about": ("就业不稳定减收", "生猪出栏价", "2021 年第 3 季度例行研判")[n % 3],
            "place": "坝仔镇",
            "why": "出现信号",
            "opened_at": NOW,
            "open": n % 2 == 1,
            "outcome": "" if n % 2 else "没有规模性风险",
            "closed_at": None if n % 2 else NOW,
            **more,
        }
    )


def overview(**more: Any) -> dict[str, Any]:
    towns = [
        {
            "name": name,
            "n": (9 * at) % 17 or None,
            "marked": at == 1,
            "villages": [
                {"name": f"第{n}村", "n": (n * (at + 1)) % 5 if n % 7 else None, "marked": at == 1 and n == 3}
                for n in range(1, (40, 24, 27, 21, 20, 18, 20, 4)[at] + 1)
            ],
        }
        for at, name in enumerate(TOWNS)
    ]
    months = [f"{2020 + n // 12}-{n % 12 + 1:02d}" for n in range(24)]
    series = [
        {
            "key": "price_pig",
            "title": "生猪出栏价",
            "unit": "元/公斤",
            "decimals": 2,
            "months": months,
            "signals": 1,
            "lines": [
                {"name": "翁源县", "values": [3300 - 60 * n if n != 5 else None for n in range(24)], "marks": [months[-1]]}
            ],
        },
        {
            "key": "unemployed",
            "title": "农村劳动力失业返乡",
            "unit": "人",
            "decimals": 0,
            "months": months,
            "signals": 0,
            "lines": [
                {"name": name, "values": [(n * (at + 3)) % 40 for n in range(24)], "marks": []}
                for at, name in enumerate(TOWNS)
            ],
        },
    ]
    return base(
        "/scale",
        **{
            "studies": [study_line(n) for n in range(1, 4)],
            "families": [
                {"key": "employment", "title": "就业不稳定减收", "n": 31, "current": True},
                {"key": "water", "title": "新增饮水不安全", "n": 1, "current": False},
            ],
            "family": "就业不稳定减收",
            "spans": [{"n": n, "current": n == 3} for n in (1, 3, 12)],
            "towns": towns,
            "tiles": towns,
            "by_town": False,
            "town": "",
            "of": 8,
            "way": way(many=False),
            "series": series,
            "gives": True,
            **more,
        },
    )


def study(**more: Any) -> dict[str, Any]:
    return base(
        "/scale",
        **{
            "study": o(
                **{
                    **vars(study_line(1)),
                    "signals": [
                        {
                            "on": NOW,
                            "words": "坝仔镇从2021 年 8 月起有 16 户出现“就业不稳定减收”，照前几个月该有 3.2 户左右，明显偏多。",
                            "rule": "scan",
                        }
                    ],
                }
            ),
            "asked": [
                {"label": "研判情况", "value": "两家厂停工", "note": None},
                {"label": "人社局", "value": "开专场招聘（2021-10-20 前）", "note": None},
            ],
            "answers": [{"label": "人社局", "value": "办到位了：招聘会来了 12 家厂", "note": "2021-10-12"}],
            "duties": [{"town": "坝仔镇", "status": "按时排查", "due_on": date(2021, 10, 2)}],
            "story": one()["story"],
            **more,
        },
    )


def figures(**more: Any) -> dict[str, Any]:
    def place(n: int, wrong: str | None = None) -> dict[str, Any]:
        return {
            "code": f"44022910{n}000",
            "name": TOWNS[n],
            "now": "3",
            "before": "2" if n else "",
            "name_of": f"unemployed/{n}",
            "shown": "三" if wrong else "3",
            "wrong": wrong,
        }

    wrong = "“农村劳动力失业返乡”填了“三”，要填数，最多 0 位小数，如 12。"
    return base(
        "/scale",
        **{
            "cells": [
                {
                    "key": "unemployed",
                    "title": "农村劳动力失业返乡",
                    "unit": "人",
                    "places": [place(n, wrong if n == 2 else None) for n in range(8)],
                }
            ],
            "month": "2021-08",
            "months": ["2021-09", "2021-08", "2021-07"],
            "title": "2021 年 8 月",
            "before": "2021 年 7 月",
            "command": "c" * 32,
            "page": 1,
            "last": 1,
            "way": way(many=False),
            "wrong": None,
            "errors": 1,
            "changes": [],
            "again": {},
            "file": None,
            **more,
        },
    )


PAGES = {
    "scale": ("scale/scale.html", overview),
    "scale_by_town": ("scale/scale.html", lambda: overview(by_town=True, way=way(long=True))),
    "scale_empty": ("scale/scale.html", lambda: overview(studies=[], series=[], gives=False)),
    "study": ("scale/study.html", study),
    "study_new": ("scale/study.html", lambda: study(asked=[], answers=[], duties=[], story=[])),
    "indicators": ("scale/indicators.html", figures),
    "indicators_calm": ("scale/indicators.html", lambda: figures(errors=0)),
}
