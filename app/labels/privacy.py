"""The privacy report: headings, and the draft of the impact assessment with blanks that the county fills in."""

TEXT: dict[str, str] = {
    "privacy.retention.clue": "没有查成的线索",
    "privacy.retention.refused": "没有纳入的户",
    "privacy.retention.finished": "风险消除后的户",
    "privacy.retention.papers": "材料和照片",
    "privacy.retention.basis": "保存期满（{source}）",
    "privacy.title": (
        "# 个人信息处理记录和影响评估草稿\n\n"
        "生成日期：{year}年{month}月{day}日。由已发布的流程图、表单和岗位自动生成，不含任何个人的数据。\n"
    ),
    "privacy.versions": "依据的版本：{said}。\n",
    "privacy.steps": "\n## 一、每一步收集什么\n",
    "privacy.steps.head": "流程 步骤 由谁收集 项目 信息组 含敏感个人信息 依据",
    "privacy.roles": "\n## 二、每个岗位看得到什么\n",
    "privacy.roles.head": "岗位 信息组 范围 依据",
    "privacy.shown": "\n## 三、向部门提供什么\n\n部门只看得到办理页面列出的项目。\n",
    "privacy.shown.head": "流程 步骤 项目",
    "privacy.kept": "\n## 四、保存多久\n\n期满的由每天的任务销毁密钥并留下事件；省系统户册里的户只销毁材料。\n",
    "privacy.kept.head": "内容 期限 依据",
    "privacy.months": "{n} 个月",
    "privacy.yes": "是",
    "privacy.no": "否",
    "privacy.default": "方案未写，系统默认",
    "privacy.nothing": "看不到农户信息",
    "privacy.figures": "只看统计数",
    "privacy.only_shown": "只看办理页面列出的项目",
    "privacy.whole_county": "全县，每次打开留痕",
    "privacy.own_area": "本辖区，没有在办事项的要写事由，每次打开留痕",
    "privacy.draft": (
        "\n## 五、影响评估草稿（个人信息保护法第五十五、五十六条）\n\n"
        "1. 处理目的、方式是否合法、正当、必要\n"
        "   - 目的：健全防止返贫动态监测和帮扶机制（翁乡振组〔2021〕25号）。\n"
        "   - 资产查询以农户签的承诺授权书为前提，可以撤回；撤回后不再查询。\n"
        "   - 每个项目为什么必要：＿＿＿＿（由县里逐项写明）\n"
        "2. 对个人权益的影响和安全风险\n"
        "   - 公示只写户主姓名、组别、人口和类别，不写身份证号、电话、病情和收入。\n"
        "   - 异议人的情况只有调查的人看得到。\n"
        "   - 家庭成员可能不满十四周岁：＿＿＿＿（监护人同意怎样取得）\n"
        "   - 泄露的后果和可能性：＿＿＿＿\n"
        "3. 保护措施是否合法、有效、与风险程度相适应\n"
        "   - 姓名、证件号、金额和材料逐户加密（密码套件 {suite}），密钥与数据库分开保存；可以依法销毁一户的密钥。\n"
        "   - 记录前后相连，被改动时校验会指出第一处；每天封存。\n"
        "   - 日志和网址里没有个人信息；不排名、不定位、不给人打分。\n"
        "   - 保存期限：见第四节，由县里确认。\n"
        "   - 评估人、评估日期、结论：＿＿＿＿\n"
    ),
    "privacy.archive.number": "序号",
    "privacy.archive.file": "文件",
    "privacy.archive.title": "名称",
    "privacy.archive.on": "日期",
    "privacy.archive.digest": "校验码（SHA-256）",
    "privacy.archive.made": "{who}于 {on}下载归档",
}
