"""Meetings, sheets and reports for many households."""

TEXT: dict[str, str] = {
    "lists.meeting": "民主评议会",
    "lists.notice": "张贴公示",
    "lists.town_report": "镇请示",
    "lists.county_decision": "县批复",
    "lists.receipts": "省系统回执",
    "lists.matter.entry": "纳入监测",
    "lists.matter.exit": "风险消除",
    "lists.proposed": "{matter}（{proposal}）",
    "lists.done": "已一次办结 {n} 户。",
    "lists.votes": "赞成 {votes_for} 票、反对 {votes_against} 票、弃权 {votes_abstained} 票",
    "lists.one_town": "一份批复只答复一个镇的请示，勾选的户不在同一个镇。请按镇分开办。",
    "lists.nobody": "一户也没有勾选，请先勾选要列入的农户。",
    "lists.too_many": "一次最多 {most} 户，请分几次办。",
    "lists.twice": "同一户在名单里出现了两次，请只留一次。",
    "lists.no_paper": "勾选的农户里没有这种文书要列的，请核对勾选。",
}
