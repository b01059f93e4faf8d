"""What procedures came to."""

TEXT: dict[str, str] = {
    "outcomes.withdrawn": "农户撤回申请",
    "outcomes.unqualified": "发现不符合条件",
    "outcomes.duplicate": "重复登记",
    "outcomes.not_ours": "不是本村的户",
    "outcomes.ended_unwilling": "农户不愿申报",
    "outcomes.unwilling": "农户不愿申报",
    "outcomes.unwilling_watched": "农户不愿授权，持续关注",
    "outcomes.refused_by_village": "村级评议没有通过",
    "outcomes.refused_by_town": "镇级核查没有通过",
    "outcomes.refused_by_county": "县级没有认定",
    "outcomes.refused": "没有认定，农户可以申请复核",
    "outcomes.approved": "已认定，列为监测对象",
    "outcomes.eliminated_helped": "风险消除（帮扶消除）",
    "outcomes.eliminated_natural": "风险消除（自然消除）",
    "outcomes.eliminated_exception": "风险消除（县里作为例外批准）",
    "outcomes.own": "办理结果：{outcome}（{on}）。",
    "outcomes.sentence": "识别或消除的结果：{outcome}（{on}）。",
}
