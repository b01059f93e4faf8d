"""What cannot go on, and what it needs."""

TEXT: dict[str, str] = {
    "incidents.value_needed": "请填缺的这一项。",
    # What is stuck.
    "incidents.nobody": "请安全管理员给这个单位加上岗位，系统会自动接着走。",
    "incidents.stuck": "这一件没有可办的步骤，请把办件编号报给开发人员。",
    "incidents.correct": "由{unit}的经办人在一户一档里补正，另一人确认后自动重试。",
    "incidents.whole": "整个办件",
    "incidents.missing_field": "农户信息里没有“{label}”，算不下去。",
    "incidents.other": "自动办理没有成功（{kind}）。",
    "incidents.no_retry": "这一件再试没有用，请按说明处理。",
    "incidents.mended_already": "已经有人处理好了，不用再办。",
    "incidents.nothing_proposed": "还没有人提出补正，或者内容已变。请先提出。",
    "incidents.second_person": "提出补正的人不能自己确认，请另一人确认。",
    "incidents.bad_value": "补正的内容不对，请按要求重填。",
}
