"""Refusals of step types."""

TEXT: dict[str, str] = {
    "steps.village_stays": (
        "这一户登记在{village}，这一步不换村。不是本村的户，在一户一档里“结束这次办理”，选“不是本村的户”转给那个村。"
    ),
    "steps.head_stays": "“{title}”在这一户的档案里是{value}，这一步不改。写错了或者换了户主，到户册里这一户的页面上改。",
    "steps.minor_signs": "{name}未满{adult}周岁，不能自己签。“签署方式”请选“{how}”，并写明代签人和关系。",
    "steps.guardian_grown": "{name}未满{adult}周岁或者就是本人，不能当监护人代签。请写一位成年监护人。",
    "steps.head_is_minor": "户主{name}未满{adult}周岁，由监护人签字，请填“{title}”。",
    "steps.two_heads": "{names}都填成了户主。一户只有一位户主，请改其他人的“与户主关系”。",
    "steps.nobody_counted": "没有计入的成员了。有人还在的，请把他的“{title}”选成“在户”；"
    "全户都不在了，请到这一户的页面上“结束这次办理”。",
    "steps.no_head": "没有户主。请把一位现在计入的成员的“与户主关系”选成“户主”。",
    "steps.signer_is_no_leader": "签发人要是镇负责人（{leaders}），请重新选择。",
    "steps.civil_affairs_first": "其他低收入人口要先由民政局确认。请退回“县局审核”，转民政局确认后再认定。",
    # Single steps.
    "steps.why_against": "有反对票，请记下反对的理由。",
    "steps.measure_day_missing": "落实了的措施要填落实日期。",
    "steps.only_as_exception": "判定表不支持消除，不能直接同意；确有需要的选“作为例外同意消除”并写明理由，或选不同意。",
    "steps.no_exception_needed": "判定表支持消除，不用作为例外，请选“同意消除”或“不同意消除”。",
    "steps.authorised_before_signed": "授权有效期不能早于签署日期。",
    "steps.authorised_too_long": "授权有效期最长到 {until}，请改短。",
    "steps.too_few_checkers": "至少要 {wanted} 个人，请把同去的人都选上。",
    "steps.person_elsewhere": "这个身份证号已登记在另一户。请核对号码；确实分户或迁入的，请先办理那一户。",
    "steps.more_than_entitled": "实到人数不能多于应到的 {entitled} 人，请核对。",
    "steps.no_quorum": "应到 {entitled} 人，实到 {attended} 人，没有到法定人数，会议无效。请改期重开。",
    "steps.votes_differ": "三项票数合计 {cast}，应当是 {voting}（实到减去回避），请核对。",
    "steps.more_than": "超过 {part}",
    "steps.at_least": "至少 {part}",
    "steps.result_is_agreed": "赞成 {votes} 票，达到到会 {attended} 人的规定比例（{part}），结果应当是同意。",
    "steps.result_is_rejected": "赞成 {votes} 票，没有达到到会 {attended} 人的规定比例（{part}），结果应当是不同意。",
    "steps.chair_is_recorder": "记录人不能同时是主持人，请另选一人。",
    "steps.posted_before_review": "张贴日期早于评议日期（{reviewed}），请核对。",
    "steps.posted_too_long_ago": "张贴日期最多补录 {days} 天前的。请按今天重新张贴。",
    "steps.taken_down_early": "公示到 {ends}止，当天不能取下。请在第二天以后填写。",
    "steps.approved_without_category": "同意认定的，要选一个类别。",
    "steps.other_category_needs_reason": "认定的类别与系统建议的不同，请写明理由。",
    "steps.page_not_yours": "上传的页面找不到，或不是您上传的。请重新上传。",
}
