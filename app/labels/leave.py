"""Leave and substitutes."""

TEXT: dict[str, str] = {
    "leave.choose": "请选择请谁代办。",
    "leave.not_a_colleague": "只能请本单位岗位相当的同事代办，请重新选择。",
    "leave.none_now": "您现在没有请人代办，或者已经收回。",
    "leave.past": "起日不能早于今天。",
    "leave.wrong_days": "止日不能早于起日。",
    "leave.too_long": "一次最多 {maximum} 天；更长的请找县里的安全管理员换人。",
    "leave.twice": "这几天已经请了人代办，先结束再换人。",
}
