"""Sample contexts of the pages about one household: case, notice, registration."""

from datetime import date
from typing import Any

from app import forms
from app.services.cases.own import Offer
from tests.web.sample_pages.samples import (
    CHOICES,
    DIAGRAM,
    HEADS,
    MEMBERS,
    NOW,
    TODAY,
    base,
    finder,
    form_of,
    o,
    path,
    progress,
)


def case(**more: Any) -> dict[str, Any]:
    story = [
        o(
            on=date(2021, 9, 1),
            sentence="演示·甲一自己到村委会申报，网格员演示·网格员甲登记。",
            late_on=None,
            number=3,
            rests="《识别纳入》第 1 版；依据：翁乡振组〔2021〕25 号 4.1.3",
            kind="turn",
            rows=[],
            papers=[],
        ),
        o(
            on=date(2021, 9, 2),
            sentence="全家三名成年人签了承诺授权书。",
            late_on=None,
            number=3,
            rests="《识别纳入》第 1 版；依据：翁乡振组〔2021〕25 号 4.1.3",
            kind="",
            rows=[],
            papers=[o(id=3, name="承诺授权书")],
        ),
        o(
            on=date(2021, 9, 3),
            sentence="演示·村干部乙（村干部）入户核实，同行演示·网格员甲。",
            late_on=date(2021, 9, 5),
            number=3,
            rests="《识别纳入》第 1 版；依据：翁乡振组〔2021〕25 号 4.1.3",
            kind="",
            rows=[o(label="人均纯收入", value="8,120.00 元", note=None)],
            papers=[o(id=4, name="入户核查表")],
        ),
        o(
            on=date(2021, 9, 5),
            sentence="按判定表第 3 条，系统提出认定为边缘易致贫户。",
            late_on=None,
            number=3,
            rests="《识别纳入》第 1 版；依据：翁乡振组〔2021〕25 号 4.1.3",
            kind="turn",
            rows=[],
            papers=[],
        ),
        o(
            on=date(2021, 9, 6),
            sentence="镇里退回入户核实：医疗自付的票据少两张。",
            late_on=None,
            number=3,
            rests="《识别纳入》第 1 版；依据：翁乡振组〔2021〕25 号 4.1.3",
            kind="bad",
            rows=[],
            papers=[],
        ),
    ]
    lines = [
        ("务工收入", 3200000, ""),
        ("种养收入", 960000, ""),
        ("转移性收入", 148000, ""),
        ("生产经营支出", 460000, "minus"),
        ("全家纯收入", 3848000, "sum"),
        ("人均纯收入", 812000, "sum"),
        ("2021 年收入标准", 960000, "against"),
    ]
    context: dict[str, Any] = dict(
        case=o(id=21, number="2021-0021", open=True, clue_on=date(2021, 9, 1), earlier_id=None, own=None),
        household=o(
            id=11,
            head="演示·甲一",
            place="龙仙镇 青山村委会 第三组",
            size=9,
            type="一般农户",
            category="边缘易致贫户",
            status="识别中",
            risks=[o(name="因病", detail="大病住院"), o(name="缺劳动力", detail=None)],
            sensitive=True,
        ),
        erased=None,
        clues=[
            o(
                id=5,
                sign="家里有人生病、残疾，花钱多",
                channel="自主申报",
                found_on=date(2021, 9, 1),
                owed_until=date(2021, 9, 16),
            )
        ],
        about="由农户自主申报，村干部代填并读给本人听过。",
        progress=progress(),
        path=path(),
        next=[
            o(
                task_id=7,
                step="民主评议",
                unit="青山村委会",
                role="村干部",
                who="演示·村干部甲",
                days_left=2,
                due_on=date(2021, 9, 8),
                provisional=False,
            )
        ],
        outcome=None,
        holds=[o(sentence="县民政局还没有答复资产查询。", who="县局经办可以说明原因后解除。")],
        story=story,
        members=[
            o(
                name=m["name"],
                relation="户主" if i == 0 else "子女",
                age=46 - 4 * i,
                sex="男" if i % 2 else "女",
                facts=["普通劳动力", "已参加医保"] if i else ["大病", "部分丧失劳动力", "已参加医保"],
                gone=None,
            )
            for i, m in enumerate(MEMBERS)
        ],
        snapshots=[
            o(
                title="申请时",
                as_of=date(2021, 9, 3),
                provisional=False,
                lines=[o(label=a, fen=b, kind=c) for a, b, c in lines],
                result="边缘易致贫户",
                row="依据第 3 条",
                tipping="人均再多 1,480 元就超过标准。",
            )
        ],
        measures=[o(risk="因病", group="健康帮扶", lead="卫健局", planned="9 月底前办好慢病签约", done_on=None)],
        contacts=[
            o(level="村级", name="演示·村干部丙", role="村干部"),
            o(level="镇级", name="演示·镇经办甲", role="镇经办"),
        ],
        papers=[
            o(id=3, name="承诺授权书", on=date(2021, 9, 2), pages=2),
            o(id=4, name="入户核查表", on=date(2021, 9, 3), pages=None),
        ],
        diagrams=[o(title="监测对象识别", **vars(DIAGRAM))],
        readings=[
            o(who=f"演示·镇经办{n}", role="镇经办", at=NOW, what="", reason="核对上报名单" if n == "乙" else None)
            for n in "甲乙丙丁戊己庚"
        ],
        readings_total=7,
        offers=[Offer("kin", "走访亲属", None), Offer("relief", "临时救助", 4)],
        commands=lambda: "c" * 32,
        why_late=["镇级核查到今天晚了 4 天，还没有办", "撤下公示晚办了 1 天", "9 月 2 日退回过一次（镇级核查）"],
        asked=o(who="演示·镇经办甲", step="镇级核查", question="收入的来源看一看"),
        beside=o(
            may_note=True,
            readers=[o(id=4, name="演示·镇经办甲", unit="龙仙镇")],
            is_kin=False,
            kin=[o(id=5, name="演示·村干部丙")],
        ),
        acts=o(
            close=[o(code="withdrawn", name="农户撤回申请"), o(code="not_ours", name="不是本村的户")],
            objection=True,
            reexam=True,
            confirm=True,
            begin=o(why_not="帮扶措施还没有办完。"),
            withdraw=True,
            stop=True,
            contacts=[o(value="village:3", name="演示·村干部丙", level="村级")],
            forward=o(options=[], chosen="", finder=finder(), typed={}),
        ),
        command="c21",
    )
    return base("/cases", **{**context, **more})


NOTICE = o(
    id=5,
    title="青山村防止返贫监测对象拟认定公示",
    village="青山村委会",
    town="龙仙镇",
    reviewed_on=TODAY,
    posted_on=date(2021, 9, 7),
    ends_on=date(2021, 9, 12),
    days=5,
    void=None,
    objections_to="青山村民委员会或龙仙镇人民政府",
    phone="演示电话",
    seal="青山村民委员会（盖章）",
)


def notice(**more: Any) -> dict[str, Any]:
    return base(
        "/",
        **{
            **dict(
                notice=NOTICE,
                households=[
                    o(head=h, group=f"第{n}组", size=4, category="边缘易致贫户")
                    for h, n in zip(HEADS, "一二三四五六七", strict=True)
                ],
                opening="经农户申请、入户核实和村民评议，下列农户拟认定为防止返贫监测对象，现予公示。",
                task_id=7,
                downloads=[o(name="PDF", href="/papers/5"), o(name="DOCX", href="/papers/6")],
                web=None,
            ),
            **more,
        },
    )


def registration(**more: Any) -> dict[str, Any]:
    form = form_of("identify", "register_application")
    return base(
        "/applications/new",
        **{
            **dict(
                command="c0",
                channels=[
                    o(code="visit", name="入户走访", current=True),
                    o(code="self", name="自主申报", current=False),
                    o(code="grassroots", name="基层上报", current=False),
                ],
                clue_on="2021-09-06",
                clue_earliest="2021-08-07",
                today="2021-09-06",
                form=form,
                cells=forms.draw(form, choices=CHOICES),
                errors={},
                page_errors={},
                limit_days=15,
                twin=None,
            ),
            **more,
        },
    )


VOTE_FAULTS = {
    "held_on": ["2021-09-31"],
    "place": ["青山村委会会议室"],
    "entitled": ["三十"],
    "attended": ["24"],
    "votes-for": ["-1"],
    "votes-against": ["2"],
    "votes-abstained": ["0"],
    "discussion": ["大家同意。"],
}
