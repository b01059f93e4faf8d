"""What loading the demo county says."""

TEXT = {
    "demo.not_empty": "这个数据库里已经有农户或工作人员，不能再装演示县。请换一个空的数据库。",
}
