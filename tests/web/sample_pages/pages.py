"""Every page with its samples: ordinary, empty, the longest real one, with errors."""

from datetime import date
from typing import Any

from tests.web.sample_pages.clue_samples import PAGES as CLUE_PAGES
from tests.web.sample_pages.household_samples import (
    NOTICE,
    VOTE_FAULTS,
    case,
    notice,
    registration,
)
from tests.web.sample_pages.list_samples import PAGES as LIST_PAGES
from tests.web.sample_pages.round_samples import PAGES as ROUND_PAGES
from tests.web.sample_pages.samples import (
    CHOICES,
    DIAGRAM,
    HEADS,
    LONG_STEP,
    LONG_VILLAGE,
    MEMBERS,
    NOW,
    STEPS,
    TODAY,
    VILLAGES,
    base,
    chips,
    finder,
    inbox,
    job,
    o,
    path,
    progress,
    task,
    way,
)
from tests.web.sample_pages.scale_samples import PAGES as SCALE_PAGES

PAGES: dict[str, tuple[str, Any]] = {
    "inbox": ("desk/inbox.html", lambda: inbox()),
    "inbox_over": (
        "desk/inbox.html",
        lambda: inbox(
            today=o(due=40, least_left=-3, overdue=7),
            jobs=[job(n) for n in range(12)],
            filters=chips("已逾期"),
        ),
    ),
    "inbox_open": ("desk/inbox.html", lambda: inbox(tab="open", jobs=[job(n, can_claim=True) for n in range(5)])),
    "inbox_done": (
        "desk/inbox.html",
        lambda: inbox(tab="done", jobs=[job(n, done_on=TODAY, done_by="演示·村干部甲") for n in range(5)]),
    ),
    "inbox_empty": (
        "desk/inbox.html",
        lambda: inbox(
            today=o(due=0, least_left=None, overdue=0),
            next_due=o(on=date(2021, 9, 14), step="入户核实"),
            jobs=[],
            filters=[],
            way=way(),
            counts=dict(mine=0, open=0, done=3),
        ),
    ),
    "inbox_longest": (
        "desk/inbox.html",
        lambda: inbox(
            today=o(due=1200, least_left=0, overdue=40),
            counts=dict(mine=1200, open=1000, done=99),
            jobs=[
                job(
                    n,
                    step=LONG_STEP,
                    village=LONG_VILLAGE,
                    town="坝仔镇",
                    mark="退回" if n % 9 == 0 else None,
                    can_claim=n % 2 == 0,
                )
                for n in range(40)
            ],
        ),
    ),
    "task": ("desk/task.html", lambda: task()),
    "task_errors": ("desk/task.html", lambda: task(submitted=VOTE_FAULTS, draft_at=None)),
    "task_long": (
        "desk/task.html",
        lambda: task(
            name="check_household",
            values={"members": MEMBERS, "group": "第三组"},
            returned=o(by="演示·镇经办甲（龙仙镇镇经办）", on=TODAY, reason="医疗自付的票据少两张，请补。"),
        ),
    ),
    "task_verify": (
        "desk/task.html",
        lambda: task(
            name="verify_in_town",
            progress=progress(17),
            path=path(6),
            holds=[o(sentence="县民政局还没有答复资产查询。", who="县局经办可以说明原因后解除。")],
            reasons=[
                o(
                    title="拟认定：边缘易致贫户",
                    sentence="依据判定表第 3 条：一般农户，人均低于标准，有返贫致贫风险。",
                    rows=[o(label="扣除刚性支出后收入", value="8,120.00 元", note="标准 9,600.00 元")],
                )
            ],
            differences=[
                o(label="家庭人口", village="9", other="9", source="户籍", differs=False),
                o(label="车辆", village="没有", other="有出入：问摩托车", source="公安局", differs=True),
            ],
        ),
    ),
    "task_claim": (
        "desk/task.html",
        lambda: task(
            form=None,
            cells=(),
            can=o(
                complete=False,
                draft=False,
                claim=True,
                release=False,
                send_back=False,
                transfer=False,
                follow=False,
                ask=False,
            ),
            askable=[],
            waits_for_opinions=False,
            diagram=None,
        ),
    ),
    "task_done": (
        "desk/task_done.html",
        lambda: base(
            "/",
            task=o(id=7, step="民主评议", process="监测对象识别", item=None),
            household=o(head="演示·甲一", place="青山村委会", case_id=21),
            outcome="completed",
            by="演示·村干部丙（青山村委会村干部）",
            at=NOW,
            reason=None,
            said=o(rows=[o(label="评议结果", value="同意", note=None)], papers=[]),
            path=path(4),
            next=o(id=8, step="张贴公示", head="演示·乙二"),
        ),
    ),
    "case": ("cases/case.html", lambda: case()),
    "case_erased": (
        "cases/case.html",
        lambda: case(
            erased=date(2021, 12, 1),
            next=[],
            progress=None,
            members=[],
            papers=[],
            readings=[],
            readings_total=0,
        ),
    ),
    "case_reason": (
        "cases/case_reason.html",
        lambda: base(
            "/",
            action="/cases/21/reason",
            many=False,
            place="龙仙镇青山村委会",
            error="请写明事由。",
            text="",
            common=["核对上报名单", "接到来电"],
        ),
    ),
    "cases": (
        "cases/cases.html",
        lambda: base(
            "/cases",
            query="甲",
            place="青山村委会",
            more=False,
            pages=None,
            can_apply=True,
            can_import=True,
            questions=3,
            filters=[],
            way=way(),
            export={"category": "edge"},
            may_list=True,
            exports_waiting=1,
            filtered=False,
            total=3,
            command=lambda: "c",
            households=[
                o(
                    id=n,
                    contacts=["演示·村干部甲"],
                    case_id=n,
                    head=h,
                    size=4,
                    village=LONG_VILLAGE if n == 2 else VILLAGES[n % 5],
                    town="龙仙镇",
                    category="边缘易致贫户" if n % 2 else None,
                    status="识别中",
                    step=STEPS[n],
                    days_left=n - 1,
                    due_on=TODAY,
                    clue_on=TODAY,
                )
                for n, h in enumerate(HEADS)
            ],
        ),
    ),
    "cases_empty": (
        "cases/cases.html",
        lambda: base(
            "/cases",
            query="演示·辛八",
            place="青山村委会",
            more=False,
            pages=None,
            can_apply=True,
            can_import=False,
            questions=0,
            export=None,
            may_list=True,
            exports_waiting=1,
            filtered=True,
            total=3,
            command=lambda: "c",
            way=way(long=True),
            filters=[o(name="status", label="状态", options=[o(code="monitored", name="监测中", current=True)])],
            households=[],
        ),
    ),
    "new_application": ("cases/new_application.html", lambda: registration()),
    "notice": ("cases/notice.html", lambda: notice()),
    "web_notice": (
        "cases/web_notice.html",
        lambda: base(
            gone=False,
            notice=NOTICE,
            households=[o(masked="演＊＊", group="第一组", size=4, category="边缘易致贫户")],
        ),
    ),
    "incidents": (
        "office/incidents.html",
        lambda: base(
            "/",
            command=lambda: "c",
            closed=[],
            incidents=[
                o(
                    id=1,
                    version=1,
                    case_number="2021-0021",
                    process="监测对象识别",
                    element="测算收入",
                    element_id="compute_facts",
                    opened_at=NOW,
                    cause="缺 2023 年的收入标准，自动办理没有做完。",
                    codes=["policy.line.missing"],
                    tries=2,
                    retry=True,
                    needs="先由流程设计员补上标准。",
                )
            ],
        ),
    ),
    "diagram": (
        "office/diagram.html",
        lambda: base(
            "/diagrams",
            processes=[
                o(
                    id="identify",
                    name="监测对象识别",
                    version=2,
                    deployed_on=TODAY,
                    author="演示·设计员",
                    approver="演示·审批人",
                    current=True,
                ),
                o(
                    id="query_assets",
                    name="资产信息查询",
                    version=1,
                    deployed_on=TODAY,
                    author="演示·设计员",
                    approver=None,
                    current=False,
                ),
            ],
            process=o(
                id="identify",
                name="监测对象识别",
                version=2,
                deployed_on=TODAY,
                author="演示·设计员",
                approver="演示·审批人",
                reason="照方案 4.1 修订。",
                running=132,
            ),
            diagram=o(xml_url="/identify.bpmn", state_url=None, text_open=True, elements=DIAGRAM.elements),
            warnings=["最长要 16 天，比时限多 1 天。"],
            xml_download="/identify.bpmn",
        ),
    ),
    "diagram_words": (
        "office/diagram_words.html",
        lambda: base(
            "/diagrams/words",
            kinds=[
                (
                    "步骤类型（type）",
                    [
                        o(
                            key="village_review",
                            sentence="民主评议。核对到会人数、票数和结果。",
                            more=("表单要问：votes", "可以换的参数：quorum"),
                        )
                    ],
                ),
                ("要等的事项（waits_for）", [o(key="late_objection", sentence="公示期满以后提出的异议", more=())]),
            ],
        ),
    ),
    "officials": (
        "office/officials.html",
        lambda: base(
            "/",
            officials=[
                o(
                    id=n,
                    name=f"演示·村干部{w}",
                    username=f"demo{n}" if n else None,
                    active=n != 3,
                    locked_until=NOW if n == 2 else None,
                    last_seen=TODAY,
                    posts=[
                        o(
                            id=n,
                            role="村干部",
                            place=LONG_VILLAGE if n == 1 else "青山村委会",
                            since=TODAY,
                            until=None,
                        )
                    ],
                )
                for n, w in enumerate("甲乙丙丁")
            ],
            query="",
            pages=None,
            roles=[o(code="village_officer", name="村干部", levels=["village"])],
            units=o(
                options=[o(code=c, title=w, group="龙仙镇") for c, w in CHOICES["villages"][:3]],
                chosen="",
                finder=finder("岭"),
                blank=finder(),
            ),
            adding=None,
            values={},
            errors={"username": "账号“demo1”已经有人用了。"},
            fresh=o(name="演示·村干部戊", username="demo9", password="演示口令", days=3),
            command="c",
        ),
    ),
    "powers": (
        "office/powers.html",
        lambda: base(
            "/powers",
            confirms=True,
            fresh=o(name="演示·县领导", username="demo9", password="演示口令", days=3),
            powers=[
                o(
                    id=n,
                    name="演示·县领导",
                    what="重设密码",
                    by="演示·账号管理员",
                    second="演示·授权管理员" if n == 3 else None,
                    status="已同意" if n == 3 else "等另一位管理员确认",
                    asked_at=NOW,
                    decided_at=NOW if n == 3 else None,
                    waits=n < 3,
                    may=n == 1,
                    mine=n == 2,
                )
                for n in range(1, 4)
            ],
        ),
    ),
    "powers_empty": ("office/powers.html", lambda: base("/powers", confirms=False, fresh=None, powers=[])),
    "audit": (
        "office/audit.html",
        lambda: base(
            "/audit",
            running=False,
            result=o(
                ok=True,
                at=NOW,
                seconds=3.2,
                cases=120,
                events=4810,
                streams=133,
                replayed=120,
                erased=1,
                suite="国密 SM3 / SM4",
            ),
            findings=[],
            seals=[o(day=TODAY, streams=133, digest="9f2c" * 16, ok=True)],
        ),
    ),
    "audit_bad": (
        "office/audit.html",
        lambda: base(
            "/audit",
            running=False,
            result=o(
                ok=False,
                at=NOW,
                seconds=3.2,
                cases=120,
                events=4810,
                streams=133,
                replayed=120,
                erased=0,
                suite="SHA-256 / AES-256",
            ),
            findings=[
                o(
                    number=7,
                    where="办件 2021-0021 第 14 条",
                    sentence="这一条的校验码与内容对不上。",
                    case_id=21,
                )
            ],
            seals=[],
        ),
    ),
    "login": (
        "desk/login.html",
        lambda: dict(
            username="",
            error="账号或密码不对。",
            next="/",
            demo=base()["demo"],
            demo_password="demo",
            demo_accounts=[o(username="demo1", label="青山村委会 村干部")],
        ),
    ),
    "change_password": (
        "desk/change_password.html",
        lambda: base("/", forced=True, minimum=10, errors={"new": "新密码至少要 10 个字。"}),
    ),
    "error_409": (
        "shell/error.html",
        lambda: base(
            "/",
            status=409,
            sentence="演示·村干部丙已于 9 月 6 日 14:05 办结这一件。",
            back="/tasks/7",
            trace=None,
        ),
    ),
    "error_500": (
        "shell/error.html",
        lambda: base("/", me=None, status=500, sentence=None, back=None, trace="7f3a91"),
    ),
}

PAGES.update(LIST_PAGES)
PAGES.update(CLUE_PAGES)
PAGES.update(SCALE_PAGES)
PAGES.update(ROUND_PAGES)
