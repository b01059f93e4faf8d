"""What is said of a database that cannot be used as it is."""

TEXT: dict[str, str] = {
    "database.missing": "没有这个数据库文件：{path}。请检查 SHOUWANG_VAR 和 DATABASE_URL；第一次用请先运行 shouwang deploy。",
    "database.not_one": "{path} 不是数据库文件。请检查 DATABASE_URL，或从备份里取回数据库。",
    "database.empty": "数据库还没有准备好，请先运行 shouwang deploy。",
    "database.older": "数据库的表还是旧版的，请先停止服务、备份，再运行 shouwang deploy 升级。",
    "database.newer": "数据库是更新版本的程序建的，这个版本不能用它。请换成新版本的程序。",
    "database.foreign": "这个数据库里是别的程序的表，不是本系统的数据库。请检查 DATABASE_URL。",
    "database.damaged": "数据库文件坏了，读不下去。请停止服务，从备份恢复，再运行 shouwang verify。",
    "database.not_migrated": "数据库里缺少要用的表或列。请先运行 shouwang deploy；还是不行，请从备份恢复。",
    "database.read_only": "数据库只能读，写不进去，什么都没有改。请检查数据库文件和所在目录的权限。",
    "database.gone": "数据库文件在使用中被移走或换掉了，什么都没有保存。请把文件放回原处（或从备份恢复），再重新启动。",
    "database.no_access": "数据库文件打不开。请检查文件和所在目录的属主与权限。",
    "database.no_database": "数据库文件不是数据库，或者开头坏了。请检查 DATABASE_URL，或从备份恢复。",
}
