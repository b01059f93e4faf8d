"""How far a case is."""

TEXT: dict[str, str] = {
    "progress.whole": "全程",
    "progress.current": "正在办",
    "progress.not_yet": "还没到",
    "progress.and": "；",
    "progress.late_done": "{step}晚办了 {days} 天",
    "progress.late_open": "{step}到今天晚了 {days} 天，还没有办",
    "progress.returned": "{on}退回过一次（{step}）",
    "progress.passed": "系统已办",
    "progress.not_taken": "没有走这一步",
    "progress.days.calendar_days": "{n} 天",
    "progress.days.working_days": "{n} 个工作日",
    "progress.days.months": "{n} 个月",
    "progress.done": "{on}办结，{who}",
    "progress.by_itself": "系统自动",
}
