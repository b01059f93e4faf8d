"""What is said of the key file, and of erasing by law."""

TEXT: dict[str, str] = {
    "keys.missing": "密钥文件 {path} 不见了，而数据库里的内容是用它加密的。"
    "请从备份里把它放回原处；没有它什么也打不开，系统不会另造一个。",
    "keys.none_yet": "还没有密钥文件 {path}。请先运行 shouwang deploy，它会造一个。",
    "keys.no_file": "{path} 不是一个文件，不能当密钥文件用。请从备份里把密钥文件放回这里。",
    "keys.unreadable": "密钥文件 {path} 读不了。请检查它的属主和权限（chmod 600），再运行。",
    "keys.open_to_all": "密钥文件 {path} 别的用户也能看或改。请先运行 chmod 600 {path}，"
    "并换一把主密钥（shouwang keys rotate）。",
    "keys.damaged": "密钥文件 {path} 坏了（不完整或被改过）。请从备份里取回完好的一份放回原处。",
    "keys.older": "密钥文件 {path} 不是这个数据库的，或者是换主密钥以前的旧文件，打不开现在的内容。"
    "请从备份里取最新的一份放回原处。",
    "keys.not_ours": "密钥文件 {path} 不是这个数据库的：用它打不开这里的内容。"
    "请放回这个数据库自己的密钥文件，或检查 SHOUWANG_KEYS。",
    "keys.basis_and_two_people": "依法删除要写明依据，并由两个不同的人办理。",
    "keys.case_open": "这一户正在办理，不能删除。请先结束办理。",
    "keys.no_such_household": "没有这一户。",
}
