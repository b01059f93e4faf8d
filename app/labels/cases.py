"""Cases from application to end: refusals and what was done."""

TEXT: dict[str, str] = {
    "cases.runs_already": "这一件旁边已经有一个在办，办完以后才能再开始一个。",
    "cases.run_already": "这一项正在办，或今天已经开始过一次。请在“走访”页打开看。",
    "cases.run": "{title}（{on}开始）",
    "cases.waiting": "{step} {n} 件",
    "cases.open_already": "这一户已经有一件在办，办完以后才能再办一件。",
    "cases.nothing_to_confirm": "没有等您确认的入户核实。",
    "cases.clue_before_plan": "发现日期早于县方案开始施行的那一天，请核对年份。",
    "cases.no_entry": (
        "系统里没有 {on} 适用的规定（数字、期限或标准），这一步先不能办。请核对日期；日期没有错，请告诉县局补上那一天的规定。"
    ),
    "cases.day_unreadable": "看不懂提出的日期，请写成 2021-09-03。",
    "cases.day_not_possible": "提出的日期应在 {since} 到 {today} 之间，请核对。",
    "cases.clue_in_future": "发现日期不能晚于今天。",
    "cases.not_your_village": "这个村不在您的岗位范围内。请选本村，或转给当地登记。",
    "cases.person_elsewhere": "这个身份证号已登记在另一户，或者户主姓名、所在村与原来登记的不同。请核对。",
    "cases.already_open": "这一户正在办理中，不用再登记。请在户册里查找。",
    "cases.erased": "这一户的个人资料已依法删除。",
    "cases.not_open": "这次办理已经有了结果，不能再结束。",
    "cases.result_needed": "请选异议是否成立。",
    "cases.unknown_closing": "请选一个结束的原因。",
    "cases.unknown_message": "这一项内容看不懂，没有保存。请返回重填。",
    "cases.message_empty": "请写明对方说了什么。",
    "cases.too_late": "这次办理已经结束，不能再提。家庭情况有变化的，可以重新申请。",
    "cases.nothing_to_reexamine": "现在没有可以申请复核的结果，或者申请期已过。",
    "cases.late_settled": "这一条异议已经有人查清，不用再办。",
    "cases.town_investigates": "公示期过后的异议由镇里查清。",
    "cases.not_yours_to_close": "结束办理要由村干部、镇里或县局的经办人来做。",
    "cases.forward_needed": "请选转给哪个村。",
    "cases.none": "这一户没有有效的授权可以撤回。",
    "cases.not_yours": "撤回授权由本村、窗口或本镇登记。",
}
