"""Guarded posts and the second person."""

TEXT: dict[str, str] = {
    "powers.asked_already": "同样的申请已经在等另一位管理员确认。",
    "powers.nobody_to_confirm": "这件事要另一位管理员确认，现在没有能确认的人。请先设好另一位管理员，让他换成自己的密码。",
    "powers.not_a_confirmer": "要由系统、安全或审计管理员确认。",
    "powers.second_person": "要另一个人确认：申请的人和当事人都不能自己确认。",
    "powers.own_password_first": "您的密码还是别人给的，先换成自己的，才能替别人把关。",
    "powers.knows_the_code": "这个人的密码是您发的，本人还没有换，请换一位管理员确认。",
    "powers.too_old": "这个申请已经过期，请重新申请。",
    "powers.asker_gone": "申请的人已经不在岗，请重新申请。",
    "powers.decided_already": "这个申请已经有结果了。",
    "powers.choose": "请选同意还是不同意。",
    "powers.act.reset": "重设密码",
    "powers.act.post": "给岗位：{place}{role}",
    "powers.act.enable": "恢复账号",
    "powers.status.asked": "等另一位管理员确认",
    "powers.status.done": "已同意",
    "powers.status.refused": "没有同意",
    "powers.status.over": "已过期",
    "powers.command_line": "命令行",
}
