"""What loading the demo county says."""

TEXT: dict[str, str] = {
    "demo.altered": "已经绕过程序改了一条记录。现在去校验，看它能不能指出来。",
    "demo.put_right": "已经改回原样。",
    "demo.not_empty": "这个数据库里已经有农户或工作人员，不能再装演示县。请换一个空的数据库。",
}
