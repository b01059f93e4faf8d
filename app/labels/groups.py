"""Groups of a household's facts."""

TEXT: dict[str, str] = {
    "groups.basic": "基本情况",
    "groups.identity": "身份和联系方式",
    "groups.risk": "风险",
    "groups.health": "健康",
    "groups.education": "教育",
    "groups.labour": "劳动力",
    "groups.income": "收入和支出",
    "groups.living": "两不愁三保障和饮水",
    "groups.asset_outcome": "资产查询结论",
    "groups.assets": "资产明细",
    "groups.measures": "帮扶",
    "groups.shown": "办理所需的情况",
    "groups.objection": "收到的异议",
}
