"""Tasks: claimed, done, sent back, refused."""

TEXT: dict[str, str] = {
    # A task at hand.
    "tasks.done_by_other": "{who}已于 {when}办结这一件，您这一次没有保存。请看清现在的情况。",
    "tasks.void": "这一件已于 {when}退回或结束，不用再办，您这一次没有保存。",
    "tasks.taken_by_other": "这一件正由{who}办理，您这一次没有保存。需要时请本单位负责人转办。",
    "tasks.changed": "您打开这一页以后，这一件有了变化，您这一次没有保存。请刷新后看清再办。",
    "tasks.not_apart": "{who}办过“{steps}”，这一步要由没有参加过的人办。请换人，或请本单位负责人转办。",
    "tasks.kin": "{who}与这一户有亲属关系，不能办这一户。请转给同岗位的其他人。",
    "tasks.contact_keeps": "这一步由这一户的监测联系人办，不能放回。办不了请转给另一位联系人，或请镇里更换联系人。",
    "tasks.cannot_take": "这个人的岗位不能办这一步。请选本岗位的其他人。",
    "tasks.reason_needed": "请写明原因，对方要看到才知道怎么办。",
    "tasks.no_draft": "这一户已依法删除，不能再存草稿。",
    "tasks.choose_person": "请选择转给谁。",
    "tasks.choose_target": "请选择退回到哪一步。",
    "tasks.not_a_target": "不能退回到这一步。请从列出的步骤里选。",
    "tasks.instance_ended": "这次办理已经结束，不用再办。",
    "tasks.nobody_apart": "{unit}在岗的{roles}都办过须分开的前一步，这一件没有人能办。请安全管理员先加岗位。",
    "tasks.nobody": "{unit}没有在岗的{roles}，这一件没有人能办。请安全管理员先加岗位。",
    "tasks.failed": "到期的事项没有办成（{cause}），一小时后再试。",
}
