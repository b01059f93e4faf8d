"""Why a command cannot be carried out on an instance."""

TEXT: dict[str, str] = {
    # The engine: seen by administrators.
    "engine.items.bad_collection": "分办的名单不对：要有一串不重复的单位或部门。请流程设计员检查，改好后再试。",
    "engine.message.not_waiting": "这一步现在不等这条消息，可能已经收到过。请刷新。",
    "engine.timer.not_waiting": "这个期限已经过了，或者已经撤销。请刷新。",
    "engine.instance.ended": "这次办理已经结束。",
    "engine.task.not_open": "这一步现在没有开着，可能刚刚办结或退回。请刷新。",
    "engine.return.not_a_target": "不能退回到这一步。请从列出的步骤里选。",
    "engine.return.never_reached": "还没有走到过那一步，不能退回去。",
    "engine.retry.not_stuck": "这一步没有卡住，不用再试。请刷新。",
    "engine.never_rests": "流程走了 {limit} 步还停不下来。请流程设计员检查循环。",
    "engine.choice.no_branch": "判断“{element}”没有一条路可走。请流程设计员补上默认的路。",
    "engine.condition.not_understood": "条件“{text}”看不懂。请流程设计员改正。",
    "engine.condition.too_long": "条件太长，最多 {limit} 个字。请流程设计员改短。",
    "engine.definition.unreadable": "流程文件“{process}”读不出来。请流程设计员检查。",
    "engine.timer.bad_parameter": "期限参数“{key}”写法不对。请流程设计员改正。",
    "engine.timer.no_date": "没有“{name}”这个日期，定不了期限。请流程设计员检查。",
    "engine.timer.no_due": "这一步没有写明期限。请流程设计员补上。",
    "engine.timer.not_understood": "期限“{text}”看不懂。请流程设计员改正。",
    "engine.decision.missing_fact": "缺少判定要用的“{fact}”，请先补齐。",
    "engine.decision.no_facts": "还没有算出判定要用的数据。",
    "engine.decision.no_row": "判定表“{decision}”里没有适用的行。请流程设计员补上。",
    "engine.decision.refused": "判定表“{decision}”没有得出结论。请流程设计员检查。",
    "engine.stuck": "这一件没有待办、没有期限、也不等任何消息，停住了。",
}
