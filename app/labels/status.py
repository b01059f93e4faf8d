"""Where a household stands."""

TEXT: dict[str, str] = {
    "status.registered": "已登记",
    "status.watched": "持续关注",
    "status.eliminated": "风险消除",
    "status.monitored": "监测中",
    "status.erased": "依法删除",
    "status.own.open": "办理中",
    "status.own.closed": "已办结",
    "status.open": "识别中",
    "status.refused": "未认定",
    "status.closed": "已结束",
}
