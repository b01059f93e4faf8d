"""Notes, reminders and kinship."""

TEXT: dict[str, str] = {
    "colleagues.note_empty": "请写要说的话。",
    "colleagues.note_long": "请写短一些，最多 {maximum} 个字。",
    "colleagues.not_a_reader": "{names}不能打开这一户，请不要选，再交一次。",
    "colleagues.somebody": "选的人里有人",
    "colleagues.not_open": "这一步已经办完，不用催了。",
    "colleagues.own_task": "这一件在您自己手上。",
    "colleagues.urged_today": "今天已经催过，明天还没有办再催。",
    "colleagues.kin_already": "您已经申明过。",
    "colleagues.county_ends": "亲属关系的更正由县乡村振兴局办理。",
    "colleagues.not_own_kin": "自己申明的亲属关系要由另一个人更正。",
}
