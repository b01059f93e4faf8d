"""Starting and stopping the elimination of a risk."""

TEXT: dict[str, str] = {
    "elimination.not_monitored": "这一户不在监测中，不能办理风险消除。",
    "elimination.runs_already": "这一户的风险消除正在办理，不用再启动。",
    "elimination.steps_open": "认定以后的事还没有办完（省系统录入、联系人、帮扶计划或部门回执），办完再启动风险消除。",
    "elimination.no_contact": "这一户还没有监测联系人，请先安排联系人。",
    "elimination.does_not_run": "这一户现在没有在办的风险消除。",
    "elimination.approved_already": "县里已经批准消除，不能再撤回。风险又出现的，请重新登记线索。",
    "elimination.not_yours": "风险消除由这一户的监测联系人、本村村干部或镇经办启动。",
    "elimination.town_appoints": "联系人由镇里更换，请联系镇经办。",
    "elimination.choose_contact": "请选择换成谁。",
    "elimination.not_at_this_unit": "这个人不在本村（镇）任职，请选本村（镇）的人。",
}
