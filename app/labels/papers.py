"""Sentences of app/papers (code -> sentence) and the surnames that the masking of names keeps whole."""

TEXT: dict[str, str] = {
    "papers.kind.notice_entry": "纳入监测公示单",
    "papers.kind.decision_letter": "认定结果告知书",
    "papers.kind.commitment": "承诺授权书",
    "papers.kind.review_minutes": "村级民主评议记录",
    "papers.kind.unknown": "没有“{kind}”这种文书。请从文书清单里选择。",
    "papers.value.unknown": "这种文书不允许写入“{field}”。请去掉这一项。",
    "papers.value.missing": "文书缺少“{field}”。请先补全这一项再打印。",
    "papers.value.type": "“{field}”的格式不对。请重新填写这一项。",
    "papers.value.long": "“{field}”太长，最多 {longest} 个字。请缩短后再打印。",
    "papers.value.character": "“{field}”里有不能打印的控制字符。请删去后重新填写。",
    "papers.value.number": "“{field}”里有像证件号、账号或电话的长数字，公示单上不能出现。请删去。",
    "papers.value.name": "“{field}”里有不该出现的数字或符号。请只写名称。",
    "papers.value.phone": "“{field}”不像电话号码。请写数字，可以带区号和分机。",
    "papers.value.code": "“{field}”不在可选范围内。请重新选择。",
    "papers.value.count": "“{field}”应当是 {least} 到 {most} 之间的整数。请核对。",
    "papers.value.date": "“{field}”不是有效的日期。请按年月日填写。",
    "papers.value.items": "“{field}”应当有 {least} 到 {most} 项。请核对。",
    "papers.template.long": "文书模板太大，最多 {longest} 字节。请精简。",
    "papers.template.syntax": "文书模板读不出来：{detail}。请检查这个文件的写法。",
    "papers.template.part": "文书模板缺少必需的部分（{part}）。请补上。",
    "papers.template.key": "文书模板里“{key}”多余、缺少或写法不对。请对照现有模板修改。",
    "papers.template.number": "文书模板里“{key}”应当是合理的数字。请修改。",
    "papers.template.style": "文书模板 {where} 的样式“{style}”不认识。请改用现有样式。",
    "papers.template.name": "文书模板 {where} 用了这种文书没有的项目“{name}”。请删去或改正。",
    "papers.template.list": "“{name}”不是清单，不能逐项打印。请改正模板。",
    "papers.template.brace": "文书模板 {where} 的花括号没有配对或里面不是项目名。请改正。",
    "papers.template.word": "文书模板没有给“{name}”的取值“{value}”写说法。请补上。",
    "papers.template.timeout": "版式文件超过 {seconds} 秒没有排完，已经停止。请检查版式里的循环。",
    "papers.template.crashed": "排版程序意外结束，文书没有生成。请重试；再次出现时请联系系统管理员。",
    "papers.template.failed": "版式文件有错，文书没有生成：{detail}。请改正版式文件。",
    "papers.font.missing": "字体里没有“{text}”这个字，PDF 印不出来。请先打印 DOCX，并请系统管理员补装字体。",
}

# fmt: off
COMPOUND_SURNAMES: frozenset[str] = frozenset((
    "欧阳", "司马", "上官", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐",
    "宇文", "长孙", "夏侯", "轩辕", "端木", "百里", "呼延", "南宫", "独孤", "西门", "东郭",
    "南郭", "公羊", "公冶", "太史", "申屠", "钟离", "闻人", "澹台", "濮阳", "淳于", "单于",
    "赫连", "司空", "司寇", "第五", "拓跋", "鲜于", "仲孙", "万俟", "欧陽", "諸葛", "東方",
    "長孫", "鍾離", "聞人",
))
# fmt: on
