"""What keeps a step from being done, and who can lift it."""

TEXT: dict[str, str] = {
    # Holds.
    "holds.asset_answers": "部门还没有答完资产查询。",
    "holds.provisional_standard": "今年的收入标准还没有公布，现在是暂按上一年的办。",
    "holds.asset_answers_not_overdue": "部门答复还没有到期，请等答复；到期还没有答的，写明理由就可以办。",
    "holds.opinion": "请了同事会签，还没有签完。",
    "holds.who.opinion": "由被请的人在一户一档里签；办这一步的人也可以不再等。",
    "holds.second_check": "同去入户的人还没有确认核实内容。",
    "holds.who.second_check": "由同去的人用自己的账号在一户一档里确认；或退回后改交双方签字的核查表。",
    "holds.late_objection": "公示期过后收到一条异议，还没有查清。",
    "holds.who.asset_answers": "部门答完或逾期后自动解除；急需办的，在表里写明理由。",
    "holds.who.provisional_standard": "正式标准发布后自动重算并解除。",
    "holds.who.late_objection": "由镇经办或镇负责人查清后，在一户一档里解除。",
    "holds.authorisation_withdrawn": "农户撤回了资产查询的授权。",
    "holds.who.authorisation_withdrawn": "退回到“签承诺授权书”，农户重新签了就可以继续；不愿再签的，按农户意愿结束办理。",
}
