"""Operations that fail."""

TEXT: dict[str, str] = {
    "operations.no_clue": "找不到这条线索，这一步没有办成。",
    "operations.no_place": "线索的地址不在本县的村镇里，请重新分派。",
    "operations.nobody_asked": "研判会没有写明哪个部门、哪个镇去办，没法分派。请退回研判这一步补全。",
    "operations.other_subject": "流程图里的自动办理“{operator}”不能用在这种流程里（{subject}）。请流程设计员改正。",
    "operations.unknown": "流程图里的自动办理“{operator}”没有对应的程序。请流程设计员改正。",
    "operations.failed": "自动办理没有成功：{cause}。资料补齐后可以再试。",
    "operations.erased": "这一户已依法删除，自动办理不能继续。",
    "operations.no_case": "这一步要有办件才能自动办理。请流程设计员核对。",
}
