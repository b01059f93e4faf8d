"""Samples of lists, the register and its import."""

from datetime import date
from typing import Any

from app import forms
from tests.web.sample_pages.samples import CHOICES, HEADS, LONG_VILLAGE, NOW, TODAY, VILLAGES, base, o

SCHEMA = "hold_village_review"


def grid(form: Any, **more: Any) -> dict[str, Any]:
    """A meeting of seven, one of which cannot be."""
    shared = forms.Form(form.title, form.description, tuple(f for f in form.fields if f.batch == "once"), form.validator)
    own = forms.Form(form.title, form.description, tuple(f for f in form.fields if f.batch == "each"), form.validator)
    columns = [
        {"title": c.title, "number": f.widget == "votes"}
        for f in own.fields
        for c in (f.columns if f.widget == "votes" else (f,))
    ]
    rows = []
    for n, head in enumerate(HEADS):
        cells: list[Any] = []
        for cell in forms.draw(own, {}, {}, prefix=f"r-{n}-"):
            cells += list(cell.cells) if cell.cells else [cell]
        rows.append(
            o(
                task=n,
                version=1,
                case_id=n,
                head=head,
                village=LONG_VILLAGE if n == 2 else VILLAGES[n % 5],
                matter="纳入监测",
                category="边缘易致贫户",
                days_left=n - 1,
                due_on=TODAY,
                step_left=n if n % 2 else None,
                step_due=TODAY,
                last_day=TODAY if n % 2 else None,
                late=n == 1,
                cells=cells,
                listed=n != 3,
                barred=n == 5,
                waits="同去入户的人还没有确认核实内容。" if n == 4 else "",
                told=["票数合计 40 与应有的 25 不符。"] if n == 2 else [],
                out="票数要重新核对" if n == 3 else "",
            )
        )
    context: dict[str, Any] = dict(
        kind="meeting",
        title="民主评议会",
        ask=form.description,
        command="c",
        waiting=230,
        cells=forms.draw(shared, None, {}, choices=CHOICES),
        errors={},
        uploads=True,
        columns=columns,
        rows=rows,
        meeting=True,
        majority=">1/2",
        wrong=None,
        bad=1,
        good=6,
        gone=1,
        unticked=["演示·甲九"],
        papers=["notice_entry"],
        draft_at=None,
        absent="",
        towns=[
            o(code="440229100000", name="龙仙镇", n=5, current=True),
            o(code="440229104000", name="坝仔镇", n=2, current=False),
        ],
    )
    return base("/lists", **{**context, **more})


def rows_of(n: int) -> list[Any]:
    return [
        o(
            key=f"k{i}",
            label=label,
            value=value,
            source="演示·村干部甲，2021 年 9 月 3 日" if i % 2 else "",
            editable=i % 2 == 0,
            options=[o(code="a", name="普通劳动力")] if i == 2 else [],
        )
        for i, (label, value) in enumerate(
            [("联系电话", "13800000000"), ("村民小组", "第三组"), ("劳动能力", ""), ("户类型", "一般农户")][:n]
        )
    ]


def asked(kind: str, **more: Any) -> Any:
    context: dict[str, Any] = dict(
        id=4,
        household=7,
        kind=kind,
        member="m3",
        head="演示·甲一",
        village=LONG_VILLAGE,
        number="HN000007",
        data_on=TODAY,
        to="青山村委会",
        name="演示·甲3",
        other="",
        is_head=False,
        leaves=True,
        comes=False,
        left=False,
        taken=True,
        edit=False,
        mine=False,
        reason="户口簿上只有一个人",
    )
    return o(**{**context, **more})


def household(**more: Any) -> dict[str, Any]:
    context: dict[str, Any] = dict(
        ident=7,
        head="演示·甲一",
        number="HN000007",
        place=f"龙仙镇 {LONG_VILLAGE}",
        status="监测中",
        category="边缘易致贫户",
        erased=False,
        groups=[o(title="基本情况", rows=rows_of(4)), o(title="身份和联系", rows=rows_of(2))],
        members=[
            o(
                key=f"m{i}",
                name=f"演示·甲{i}",
                gone=i == 3,
                gone_why="2021 年 8 月婚出" if i == 3 else "",
                rows=rows_of(3),
                head=i == 0,
                into="演示·甲1" if i == 3 else "",
                paper_owed=i == 2,
            )
            for i in range(4)
        ],
        history=[o(on=TODAY, at=NOW, label="联系电话", before="13700000000", after="13800000000", source="演示·村干部甲")],
        alike=[o(keep="m1", drop="m2", names=["演示·甲1", "演示·甲2"])],
        namesakes=[o(id=9, status="监测中")],
        questions=[asked("left", edit=True), asked("moved")],
        left_why=[o(code="died", name="去世")],
        today="2021-09-06",
        counted=3,
        papers_owed=["演示·甲2"],
        past=["健康帮扶"],
        cases=[
            o(id=21, on=date(2021, 9, 1), status="监测中", door=""),
            o(id=30, on=date(2022, 3, 1), status="办理中", door="临时救助"),
        ],
        offers=[o(door="relief", title="临时救助", running=30), o(door="aid", title="困难补助", running=None)],
        edit=True,
        command=lambda: "c",
        years=[2022, 2021],
        readings=[o(who="演示·镇经办甲", role="镇经办", at=NOW, what="在导出的名单里", reason="群众来电")],
    )
    return base("/cases", **{**context, **more})


def export(n: int, **more: Any) -> Any:
    context: dict[str, Any] = dict(
        id=n,
        of="岭头村委会、边缘易致贫户、因病",
        rows=2300 + n,
        asked_at=NOW,
        reason="核对十二月到期的户",
        status="allowed",
        by=None,
        decided_at=None,
        taken_at=None,
        until=NOW,
        ready=True,
        who="演示·镇经办甲",
        unit="龙仙镇",
        why="户数太多，按镇分开要",
    )
    return o(**{**context, **more})


def job(n: int) -> Any:
    return o(task=n, step="入户核实", head=HEADS[n], days_left=n - 2, due_on=TODAY)


def many(**more: Any) -> dict[str, Any]:
    form = _form("take_down_notice")
    context: dict[str, Any] = dict(
        step="撤下公示",
        ask=form.description,
        errors={},
        command="c",
        cells=forms.draw(form, None, {}, choices=CHOICES),
        rows=[o(pick=f"{n}:1", head=head, absent="") for n, head in enumerate(HEADS)],
        told=[],
    )
    return base("/", **{**context, **more})


PAGES: dict[str, tuple[str, Any]] = {
    "many": ("desk/many.html", lambda: many()),
    "many_told": ("desk/many.html", lambda: many(rows=[], told=[o(head=HEADS[0], cause="刚刚已由别人办结。")])),
    "many_wrong": ("desk/many.html", lambda: many(errors={"taken_down_on": ("forms.type", {"title": "撤下日期"})})),
    "start": ("demo/start.html", lambda: base("/start", doors=["village", "county", "designer", "auditor"])),
    "tour_village": (
        "demo/tour.html",
        lambda: base(
            "/tour", door="village", seen=o(three=[job(n) for n in range(3)], filled=job(1), meeting=8, notice=2, held=4)
        ),
    ),
    "tour_village_done": (
        "demo/tour.html",
        lambda: base("/tour", door="village", seen=o(three=[], filled=None, meeting=0, notice=0, held=None)),
    ),
    "tour_county": (
        "demo/tour.html",
        lambda: base(
            "/tour", door="county", seen=o(decision=5, late=o(case=1, village=LONG_VILLAGE, days_left=-3, due_on=TODAY))
        ),
    ),
    "tour_county_done": ("demo/tour.html", lambda: base("/tour", door="county", seen=o(decision=0, late=None))),
    "tour_designer": ("demo/tour.html", lambda: base("/tour", door="designer", seen=o())),
    "tour_auditor": ("demo/tour.html", lambda: base("/tour", door="auditor", seen=o(altered=False, case=1))),
    "tour_auditor_altered": ("demo/tour.html", lambda: base("/tour", door="auditor", seen=o(altered=True, case=1))),
    "exports": (
        "lists/exports.html",
        lambda: base(
            "/cases",
            waiting=[export(1), export(2, of="全部农户")],
            own=[
                export(3),
                export(4, status="asked", ready=False),
                export(5, status="refused", by="演示·镇长", decided_at=NOW, ready=False),
                export(6, by="演示·镇长", decided_at=NOW, taken_at=NOW),
                export(7, ready=False),
            ],
            all=[export(8), export(9, status="asked"), export(10, taken_at=NOW)],
        ),
    ),
    "exports_empty": ("lists/exports.html", lambda: base("/cases", waiting=[], own=[], all=[])),
    "lists": (
        "lists/lists.html",
        lambda: base(
            "/lists",
            waiting=[
                o(kind="meeting", title="民主评议会", n=6, last_day=TODAY, late=True),
                o(kind="notice", title="张贴公示", n=0, last_day=None, late=False),
            ],
            done=[o(id=3, title="民主评议会", on=TODAY, n=10, by="演示·村干部甲")],
        ),
    ),
    "list": ("lists/list.html", lambda: grid(_form())),
    "list_wrong": (
        "lists/list.html",
        lambda: grid(_form(), wrong="一户也没有勾选，请先勾选要列入的农户。", meeting=False, papers=[]),
    ),
    "list_empty": ("lists/list_empty.html", lambda: base("/lists", title="民主评议会")),
    "list_done": (
        "lists/list_done.html",
        lambda: base(
            "/lists",
            title="民主评议会",
            on=TODAY,
            at=NOW,
            by="演示·村干部甲",
            unit="青山村委会",
            told=[o(label="地点", value="村委会会议室", note=None)],
            households=[
                o(
                    case_id=n,
                    head=h,
                    village=VILLAGES[n % 5],
                    result="同意，赞成 22 票、反对 1 票、弃权 0 票",
                    papers=[o(name="补助告知书（PDF）", href="/papers/3/letter.pdf")] if n == 1 else [],
                )
                for n, h in enumerate(HEADS)
            ],
            left_out=[o(case_id=41, head="演示·甲九", why="还在等意见。")],
            next_list=o(href="/lists/notice", title="张贴公示", n="4"),
            papers=[o(name="民主评议记录（PDF）", href="/lists/done/3/review_minutes.pdf")],
            pages=[o(id=9, name="签到和会议记录")],
        ),
    ),
    "household": ("rights/household.html", lambda: household()),
    "household_erased": (
        "rights/household.html",
        lambda: household(erased=True, groups=[], members=[], history=[], edit=False, past=[]),
    ),
    "household_copy": (
        "rights/household_copy.html",
        lambda: household(
            lines=[o(title="近十二个月收入", columns=["项目", "金额", "依据"], rows=[["务工", "8000", "自述"]])],
            stories=[o(on=TODAY, lines=[o(on=TODAY, sentence="演示·村干部甲登记线索。", kind="turn")])],
        ),
    ),
    "register_questions": (
        "register/register_questions.html",
        lambda: base(
            "/cases",
            questions=[
                asked("left", edit=True),
                asked("moved"),
                asked("left", edit=True, is_head=True),
                asked("merge", edit=True, other="演示·甲1"),
            ],
            total=80,
            left_why=[o(code="died", name="去世")],
            today="2021-09-06",
            command=lambda: "c",
        ),
    ),
    "register_questions_empty": (
        "register/register_questions.html",
        lambda: base("/cases", questions=[], total=0, left_why=[], today="2021-09-06", command=lambda: "c"),
    ),
    "household_head": (
        "rights/household_head.html",
        lambda: base(
            "/cases",
            ident=7,
            head="演示·甲一",
            today="2021-09-06",
            command="c",
            wrong="请选这几个人和新户主是什么关系。",
            members=[
                o(key="m1", name="演示·甲一", relation="户主", head=True),
                o(key="m2", name="演示·乙二", relation="子女", head=False),
                o(key="m3", name="演示·丙三", relation="孙辈", head=False),
            ],
            relations=[o(code="child", name="子女")],
            why=[o(code="died", name="原户主去世")],
            open=["m3"],
            relations_of={"m1": "parent"},
            typed=o(member="m2", why="died", on="2021-09-01", reason=""),
        ),
    ),
    "import": (
        "register/import.html",
        lambda: base(
            "/cases",
            needed=["户编号", "行政村", "姓名"],
            command="c",
            today="2021-09-06",
            data_on="2021-08-31",
            wrong=None,
            running=o(done=500, total=50000),
            broke_off=False,
            errors_of=None,
            columns=[o(place=0, title="户编号", field="number"), o(place=1, title="备注", field="")],
            fields=[o(key="number", title="户编号")],
            preview=o(new=120, changed=3, same=8, left_out=2, rows=400, older=5),
            done=None,
            notes=[o(row=9, number="HN000009", why="演示·甲3 不在新名册中，先照旧计入。")],
            file=None,
            problems=[o(row=7, column="证件号码", value="999999199001010000", why="号码变成了数字，末几位已经丢失。")],
        ),
    ),
    "import_first": (
        "register/import.html",
        lambda: base(
            "/cases",
            needed=["户编号", "行政村"],
            command="c",
            today="2021-09-06",
            data_on="",
            wrong="表里没有内容。",
            running=None,
            broke_off=True,
            errors_of=NOW,
            columns=[],
            fields=[],
            preview=None,
            done=o(new=1, changed=0, same=0, left_out=0, rows=3, older=0),
            file=None,
            problems=[],
            notes=[],
        ),
    ),
    "notifications": (
        "desk/notifications.html",
        lambda: base(
            rows=[
                o(sentence="演示·镇经办甲催办“民主评议会”：演示·甲一", at=NOW, new=True, link="/tasks/3"),
                o(sentence="演示·镇经办甲答复了您反映的问题。", at=NOW, new=False, link=None),
            ],
            newest=9,
            older=3,
            later=False,
        ),
    ),
    "notifications_empty": ("desk/notifications.html", lambda: base(rows=[], newest=0, older=None, later=False)),
    "me": (
        "desk/me.html",
        lambda: base(
            posts=["青山村委会村干部"],
            colleagues=[o(id=2, name="演示·村干部乙", posts=["村干部"])],
            given=[],
            command="c",
            mail=False,
            email="",
            taken=[o(name="演示·网格员甲", post=f"{LONG_VILLAGE}网格员", since=TODAY, until=TODAY)],
        ),
    ),
    "me_mail": (
        "desk/me.html",
        lambda: base(
            posts=["青山村委会村干部"],
            colleagues=[o(id=2, name="演示·村干部乙", posts=["村干部"])],
            given=[],
            taken=[],
            command="c",
            mail=True,
            email="demo@example.org",
        ),
    ),
    "feedback": (
        "desk/feedback.html",
        lambda: base(
            page="/lists",
            text="",
            error=None,
            may_report=True,
            answers=True,
            reports=[
                o(
                    id=1,
                    who="演示·村干部甲",
                    page="/lists",
                    at=NOW,
                    text="名单太长时看不到列名。",
                    answer=None,
                    answered_at=None,
                ),
                o(id=2, who="演示·村干部乙", page="", at=NOW, text="字小。", answer="已加大字。", answered_at=NOW),
            ],
        ),
    ),
    "feedback_wrong": (
        "desk/feedback.html",
        lambda: base(page="", text="", error="请写清楚是什么问题。", may_report=True, answers=False, reports=[]),
    ),
}


def _form(step: str = SCHEMA) -> forms.Form:
    import json
    from pathlib import Path

    folder = Path(__file__).parents[3] / "forms"
    codes = json.loads((folder / "codes.json").read_text("utf-8"))
    return forms.load(json.loads((folder / "identify" / f"{step}.json").read_text("utf-8")), codes)
