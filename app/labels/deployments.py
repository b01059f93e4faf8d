"""Publishing: refusals, and changes in words."""

TEXT: dict[str, str] = {
    "deployments.door_to_nowhere": (
        "entries 里的门 {door} 后面是流程“{process}”，但没有这个流程。请改正 process，或把流程一起发布。"
    ),
    "deployments.door_subject": (
        "entries 里的门 {door} 写的 subject 不认识，或名称超过 {limit} 个字符。subject 能写的是：{known}。"
    ),
    "deployments.door_fits": (
        "entries 里的门 {door} 和流程“{process}”对不上：流程要写 subject = {subject}，main 是 {main}。请改正其中一处。"
    ),
    "deployments.bad_paper": "{path} 不能打印：{why}",
    "deployments.bad_form": "{path} 第 {line} 行不是有效的 JSON，请检查括号、引号和逗号。",
    "deployments.unknown_list": "{path} 里的 x-choices 写了不认识的名单“{listed}”。请改正，或把选项直接写在表单里。",
    "deployments.bad_form_part": "{path} 里的 {part} 不对：{why}",
    # Publishing.
    "deployments.two_people": "发布要两个人：画图的人和批准的人不能是同一个。",
    "deployments.refused": "流程“{process}”没有通过检查（环节 {element}）：{finding}",
    "deployments.entry_changed": "“{name} {key}”已经发布过，不能改。请另加一条，写明替代哪一条。",
    "deployments.entry_twice": "“{name} {key}”从 {day} 起有两条。请另加一条，写明序号（number）和替代哪一条（supersedes）。",
    "deployments.bad_entries": "{path} 读不出来：{why}。请照文件里别的条目改正。",
    "deployments.unknown": "没有发布过流程“{process}”。",
}
