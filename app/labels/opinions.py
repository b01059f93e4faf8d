"""Opinions asked of colleagues."""

TEXT: dict[str, str] = {
    "opinions.agree": "同意",
    "opinions.disagree": "不同意",
    "opinions.not_in_hand": "先签收这一步，才能请人会签。",
    "opinions.question_needed": "请写要同事看什么。",
    "opinions.nobody": "请选要会签的人。",
    "opinions.nothing_asked": "没有等您签的意见，可能已经不用签了。",
    "opinions.verdict_needed": "请选同意还是不同意。",
    "opinions.kin": "您申明过与这一户有亲属关系，不能签意见。",
    "opinions.why_not": "不同意请写明理由。",
}
