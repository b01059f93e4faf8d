"""Sentences of the deploy gate: what is wrong with a diagram, and what to do about it."""

_NOT_RUN = "这个引擎不会执行它"

TEXT: dict[str, str] = {
    # the report
    "check.walked.runs": "可办　{file} {element}（{name}）",
    "check.walked.refused": "不可办　{file} {element}（{name}）",
    "check.severity.refused": "【不能发布】{where}：{text}",
    "check.severity.warning": "【提醒】{where}：{text}",
    "check.passed": "检查通过：共 {elements} 个元素，提醒 {warnings} 条。",
    "check.failed": "检查未通过：共 {elements} 个元素，不能发布的问题 {refused} 条，提醒 {warnings} 条。",
    # files
    "check.files.count": "没有流程图，或文件超过 {limit} 个。请选择一个流程及它调用的流程。",
    "check.files.too_many": "各流程图合计超过 {limit} 个元素。请分开检查。",
    "check.file.not_bpmn": "这不是 BPMN 2.0 流程图（根元素是“{tag}”）。请用流程图工具按 BPMN 2.0 导出。",
    "check.file.too_many": ("流程图有 {elements} 个元素，或连线过多；上限 {limit} 个元素。请拆成几个流程，用调用活动连接。"),
    "check.file.engine": "流程引擎读不了“{name}”（{cause}）。请检查是否一条线上的步骤过多，或图形数据有误。",
    "check.file.engine_differs": ("“{name}”的条件，引擎读到的与检查读到的不一样。请删去条件里夹带的注释，重新填写。"),
    "check.import": "流程图引用了其他文件（import），为安全起见不予读取。请删除该引用。",
    # processes
    "check.process.none": "文件里没有流程（process）。请画出流程后再上传。",
    "check.process.several": ("一个文件里有 {count} 个流程，而“{name}”没有被任何步骤调用，不会运行。请单独存一个文件。"),
    "check.process.not_executable": "流程“{name}”没有标为可执行。请把 isExecutable 设为 true。",
    "check.process.file_name": "流程标识与文件名不一致。请把流程标识（process id）改为“{stem}”，或改文件名。",
    "check.call.unknown": ("“{name}”要调用的流程“{called}”不在一起检查的文件里。请改正流程标识，或把该流程一并上传。"),
    "check.address.too_long": (
        "“{name}”连同调用它的各级步骤，标识太长（合计最多 {limit} 个字符），存不下。请把标识改短，或减少一级调用。"
    ),
    "check.call.recursion": "流程互相调用成了圈：{processes}，永远办不完。请去掉其中一处调用。",
    # identifiers and references
    "check.id.missing": "有一个 {tag} 没有标识（id）。请填写英文小写加下划线的标识。",
    "check.id.not_snake": ("标识“{id}”不合规定。请用英文小写字母、数字和下划线，字母开头，最长 64 个字符，如 visit_home。"),
    "check.id.twice": "标识“{id}”用了不止一次。请改成各不相同的标识。",
    "check.ref.dangling": "{what} 指向的“{ref}”不存在。请重新连接，或删除这一项。",
    "check.name.missing": "没有写名称，办事的人看不到这是哪一步。请填写中文名称。",
    # drawing
    "check.drawing.missing": ("有 {count} 个元素或连线没有画出来（如 {first}），在图上看不见。请在流程图工具里补画。"),
    "check.drawing.dangling": "图形指向的元素“{ref}”不存在。请删除这个图形。",
    "check.drawing.number": "“{name}”的图形坐标不是数字。请用流程图工具重新保存。",
    # elements
    "check.element.unsupported": f"“{{name}}”里有不支持的内容“{{tag}}”，{_NOT_RUN}。请删除。",
    "check.element.script": ("“{name}”是脚本任务，不允许在流程图里写代码。请改为服务任务，并选一个自动办理项目。"),
    "check.element.plain_task": "“{name}”没有写明是谁办，引擎会直接跳过。请改为人工任务或服务任务。",
    "check.element.manual": "“{name}”是手工任务，办完与否没有记录。请改为人工任务并配上表单。",
    "check.element.send": "“{name}”是发送任务，引擎不会发出消息。请改为服务任务。",
    "check.element.receive": "“{name}”是接收任务。请改为消息中间事件。",
    "check.element.transaction": "“{name}”是事务子流程，不支持。请改为普通子流程，撤回用退回或终止办理。",
    "check.element.ad_hoc": "“{name}”是临时子流程，步骤次序不定，不支持。请画出次序，或用并行网关。",
    "check.element.complex": "“{name}”是复杂网关，不支持。请改为排他、并行或包容网关。",
    "check.element.event_subprocess": "“{name}”是事件子流程，引擎里不会正确触发。请改为边界事件或事件网关。",
    "check.element.unreachable": "从开始走不到“{name}”，它永远不会办到。请连上来路，或删除。",
    "check.element.no_way_out": "从“{name}”走不到任何结束，办件会停在这里。请连上去路，直到结束事件。",
    "check.attribute": ("“{name}”的 {tag} 写成了“{value}”，不支持这个值。请删除这个属性，或改为 true / false。"),
    "check.data": ("“{name}”用了数据对象、数据存储或输入输出关联，不支持。请删除；数据由表单和自动办理项目写入。"),
    "check.message_flow": "消息流不会发出任何东西。请删除；要等消息，用消息中间事件。",
    # start and end
    "check.start.none": "没有开始事件。请补一个开始事件。",
    "check.start.several": "有 {count} 个开始事件。请只留一个。",
    "check.start.incoming": "开始事件“{name}”有连线进入。请把连线改到它后面的步骤。",
    "check.start.timer": "开始事件“{name}”带定时器，不会自动启动。请用普通开始事件，定期启动由调度程序负责。",
    "check.start.message": ("开始事件“{name}”带消息，不会自动启动。请用普通开始事件，由登记或自动办理项目启动。"),
    "check.end.none": "没有结束事件。请补上结束事件。",
    "check.end.outgoing": "结束事件“{name}”后面还有连线。请删除连线，或改为中间步骤。",
    "check.end.message": "结束事件“{name}”带消息，不会发出。请改为普通结束事件，需要通知的在前面加服务任务。",
    # events
    "check.event.none": "“{name}”没有写明等什么。请设为定时器或消息。",
    "check.event.multiple": "“{name}”同时等几样东西，不支持。请每样各用一个事件。",
    "check.event.throw": "“{name}”是抛出事件，引擎会悄悄走过。请改为服务任务。",
    "check.event.link": "“{name}”是链接事件，引擎会悄悄走过，不会跳转。请直接连线。",
    "check.event.compensation": "“{name}”用了补偿，引擎不会执行补偿。请改为退回，或画出补救的步骤。",
    "check.event.signal": "“{name}”用了信号事件，不支持。请改为消息事件。",
    "check.event.escalation": "“{name}”用了升级事件，不支持。请用不中断的定时边界事件催办。",
    "check.event.error": "“{name}”用了错误事件，不支持。自动办理出错会成为卡住的办件，请删除这个事件。",
    "check.event.conditional": "“{name}”用了条件事件，不支持。请用消息事件，或用网关判断。",
    "check.event.cancel": "“{name}”用了取消事件，不支持。请改为普通结束事件，终止办理由命令完成。",
    "check.event.reference": "“{name}”引用了别处的事件定义，不支持。请直接写在这个事件里。",
    "check.event.unknown_message": "没有谁会发出“{message}”这个消息，“{name}”会一直等下去。请改成下面之一：{known}。",
    "check.event.no_message": "“{name}”等的消息不存在或没有名称。请选择一个有名称的消息。",
    "check.boundary.host": "“{name}”挂在“{host}”上，那里不能挂边界事件。请改用事件网关。",
    "check.boundary.automatic": ("“{name}”挂在自动步骤“{host}”上，自动步骤不等待，不会触发。请挂到人工任务或子流程上。"),
    "check.boundary.incoming": "边界事件“{name}”有连线进入。请把连线改到别的步骤。",
    "check.boundary.task_in_loop": (
        "“{name}”是不中断的边界事件，所挂的步骤会重复办理，分支上又有要等人的步骤，未办的会越积越多。"
        "请把分支改为直接结束（如催办），或改为中断的边界事件。"
    ),
    # timers
    "check.timer.duration": ("“{name}”用了时长（timeDuration），月份会算错。请改为日期（timeDate），写 days('参数') 等。"),
    "check.timer.cycle": "“{name}”用了循环（timeCycle），周期会算错。请用调度程序定期启动新的办理。",
    "check.timer.empty": "“{name}”没有写时间。请在 timeDate 里写 due()、on(日期名) 或 days('参数')。",
    "check.timer.literal": "“{name}”把数字或日期写进了流程图：{text}。请改为参数，如 days('notice_days')。",
    "check.timer.not_understood": (
        "“{name}”的时间看不懂：{text}。请写 due()、on(日期名)、days('参数')、months('参数') 或 working_days('参数')。"
    ),
    "check.timer.no_due": "“{name}”写了 due()，但它和所挂的步骤都没有填办理时限（due）。请填写参数名。",
    "check.timer.unknown_key": "“{name}”用的参数“{key}”不在参数表里，或不是天数、月数。请先在参数表里增加。",
    "check.timer.other_unit": "“{name}”写的是 {text}，而参数“{key}”的单位是 {unit}。请改成同一种单位。",
    "check.timer.unknown_name": (
        "“{name}”等的日期“{variable}”没有任何步骤给出。请在给出它的服务任务上写 gives，或改正名称。"
    ),
    # flows and gateways
    "check.flow.crosses": "连线“{name}”穿过了子流程的边界（{ref}）。请连到子流程本身。",
    "check.flow.implicit_split": "“{name}”有 {count} 条去路。请在后面加一个网关写明怎么分。",
    "check.flow.twice": "“{name}”到“{target}”有不止一条连线。请只留一条，条件用 or 合并。",
    "check.flow.too_many": "“{name}”有 {count} 条去路，太多了。请分成几个网关。",
    "check.flow.condition_misplaced": (
        "从“{source}”出来的连线写了条件，不会被读取。请在前面加排他网关，把条件写在网关后的连线上。"
    ),
    "check.flow.default_misplaced": "“{name}”不能有默认去路。请改为排他或包容网关，或去掉默认标记。",
    "check.gateway.no_default": "“{name}”没有默认去路，条件都不成立时办件会卡住。请指定一条默认连线。",
    "check.gateway.default_condition": "默认连线“{name}”又写了条件，不会被读取。请删去条件。",
    "check.gateway.no_condition": "连线“{name}”既不是默认，也没有条件。请填写条件。",
    "check.gateway.single_condition": (
        "“{name}”只有一条去路，却写了条件，不成立时办件会卡住。请去掉条件，或补一条默认连线。"
    ),
    "check.gateway.overlap": ("“{name}”的两条去路（{first}、{second}）可能同时成立，走哪条要看画的位置。请让条件互不重叠。"),
    "check.gateway.too_complex": "“{name}”的条件太多，无法逐一核对。请改用判定表。",
    "check.condition.too_long": "连线“{name}”的条件超过 {limit} 个字符。请改用判定表。",
    "check.condition.not_understood": ("连线“{name}”的条件看不懂：{text}。只能写 名称 == '代码'，用 and 或 or 连接。"),
    "check.condition.unknown_name": (
        "连线“{name}”要看的“{variable}”没有任何表单、判定表或自动办理给出。请改正名称，或在给出它的步骤上写明。"
    ),
    "check.condition.of_items": (
        "连线“{name}”要看的“{variable}”是分部门分别填写的，不能直接判断。请先用服务任务汇总成一个结果。"
    ),
    "check.condition.of_list": (
        "连线“{name}”要看的“{variable}”是判定表给出的名单，不能拿来和一个代码比较。请在判定表里另加一列结论。"
    ),
    "check.condition.code": "连线“{name}”拿“{variable}”与“{value}”比较，但它只会是：{offered}。请改正代码。",
    "check.event_gateway.few": "事件网关“{name}”后面不足两个事件，无从选择。请补上，或去掉网关。",
    "check.event_gateway.child": (
        "事件网关“{name}”后面的“{child}”不是定时器或消息事件。请在网关后直接接定时器或消息中间事件。"
    ),
    "check.event_gateway.entered": ("“{name}”在事件网关之后，又有别的连线进入。请把别的连线改到网关或后面的步骤。"),
    "check.event_gateway.two_timers": ("事件网关“{name}”后面有 {count} 个定时器，只会有一个起作用。请只留一个。"),
    "check.event_gateway.same_message": "事件网关“{name}”后面有两个事件等同一个消息。请只留一个。",
    "check.loop.never_waits": (
        "这几个自动步骤连成了圈，中间没有等待，会一直转下去：{elements}。请在圈里加人工任务或等待事件。"
    ),
    "check.parallel.no_join": (
        "“{name}”分出的几路在“{where}”汇到一起，却没有并行汇合，后面的步骤会办几次。请在汇合处用并行网关。"
    ),
    "check.parallel.starves": ("“{where}”只走一路，而“{name}”要等几路到齐，可能一直等下去。请把汇合处改为排他网关。"),
    # multi-instance
    "check.items.loop": "“{name}”用了循环标记，不支持。请用网关和连线画出重复。",
    "check.items.sequential": "“{name}”是逐个办理，不支持。请改为同时办理（并行多实例）。",
    "check.items.not_user_task": "“{name}”不是人工任务，不能多人分办。请去掉多实例标记。",
    "check.items.cardinality": "“{name}”把份数写成了数字。请改为按名单分办（loopDataInputRef）。",
    "check.items.condition": ("“{name}”的多实例写了别的完成条件。请删去，用 completion 属性写 all、any 或份数。"),
    "check.items.output": "“{name}”的多实例写了输出列表，不支持。请删去；每份结果分别记录。",
    "check.items.no_collection": ("“{name}”没有写按哪个名单分办。请填写 loopDataInputRef 和 inputDataItem 的名称。"),
    "check.items.unknown_collection": ("“{name}”用的名单“{variable}”没有任何步骤给出。请改正名称，或在流程上声明。"),
    "check.items.not_a_list": (
        '“{name}”按“{variable}”分办，但判定表给出的是单个值。请在判定表里写成 ["health", "civil"] 的样子。'
    ),
    "check.items.no_department": (
        "“{name}”按“{variable}”分办，判定表里的“{unknown}”不是本县的部门代码。请改正，或先添加这个部门。"
    ),
    "check.items.completion": "“{name}”的 completion 写成了“{value}”。请写 all、any 或 1 以上的整数。",
    "check.items.completion_alone": "“{name}”不是分办，却写了 completion。请删去，或改为并行多实例。",
    # people
    "check.lane.missing": "“{name}”不在任何岗位栏里。请放进村级、镇级、县级或部门。",
    "check.lane.unknown": "“{name}”所在岗位栏“{lane}”不认识。只能用：{known}。",
    "check.lane.system": "“{name}”是人工任务，却放在“{lane}”栏里。请放进办理人所在的一级。",
    "check.lane.nested": "岗位栏里又套了岗位栏，不支持。请只用一层。",
    "check.lane.twice": "“{ref}”同时在两个岗位栏里。请只放一个。",
    "check.role.missing": "“{name}”没有写由哪个岗位办（role）。请填写。",
    "check.role.unknown": "“{name}”的岗位“{role}”不在岗位表里。请改正，或先在岗位表里增加。",
    "check.role.level": "“{name}”在{lane}办理，而岗位“{role}”不在这一级。请换岗位，或换岗位栏。",
    "check.form.missing": "“{name}”没有表单 {path}。请补上表单。",
    "check.due.missing": "“{name}”没有办理时限（due）。请填写参数名，如 due_check_household。",
    "check.due.unknown": "“{name}”的办理时限“{key}”不在参数表里，或不是天数、月数。请先在参数表里增加。",
    "check.due.no_timer": "“{name}”有办理时限，但没有催办。请挂一个不中断的定时边界事件，时间写 due()。",
    "check.separate.unknown": "“{name}”要与“{step}”分开办，但没有这个人工任务。请改正标识。",
    "check.shows.unknown": "“{name}”要显示的“{key}”不在信息项目表里。请改正，或先增加。",
    "check.type.unknown": "“{name}”的步骤类型“{type}”不存在。请改成下面之一：{known}；新类型需要开发。",
    "check.type.not_asked": "“{name}”的步骤类型“{type}”要用的答案，表单里没有问：{names}。请在表单里加上，或换一个步骤类型。",
    "check.hold.unknown": "“{name}”要等的事项“{hold}”不存在。请改成下面之一：{known}。",
    "check.paper.monitoring": "“{name}”的文书 {paper} 是监测对象识别和风险消除专用的。请在 bpmn/papers 里做一份自己的文书。",
    "check.paper.unknown": "“{name}”要打印的“{paper}”没有模板。请在 papers 里加上，或改成下面之一：{known}。",
    "check.paper.not_asked": "“{name}”要打印的“{paper}”用到了流程里没有问的答案：{names}。请改正模板，或在表单里问。",
    "check.list.unknown": "“{name}”要进的名单“{list}”不存在。请改成下面之一：{known}。",
    # operators and tables
    "check.operator.missing": "“{name}”没有写自动办理什么（operator）。请选一个自动办理项目。",
    "check.operator.unknown": "“{name}”的自动办理项目“{operator}”不存在。请改正；新项目需要开发。",
    "check.decision.missing": "“{name}”没有写用哪张判定表（decision）。请填写文件名（不含扩展名）。",
    "check.decision.no_table": "“{name}”用的判定表 {path} 不存在。请补上，或改正名称。",
    "check.decision.bad_table": "“{name}”用的判定表 {path} 有错。请先改好判定表。",
    "check.decision.collect": ("“{name}”用的判定表一次给出多行（COLLECT），流程不能接着走。请改为唯一或先命中。"),
    "check.decision.not_asked": (
        "“{name}”的判定表要看“{column}”，这个流程没有表单问它。没有在别处答过的户会卡住。请在前面的表单里加上这道题。"
    ),
    "check.decision.output_type": "“{name}”的判定表结论“{column}”不是代码。请改为文字（string），例如 yes 和 no。",
    "check.decision.no_snapshot": (
        '“{name}”之前没有步骤算出判定所用的事实（snapshot）。请加上计算步骤，并在上面写 gives="snapshot"。'
    ),
    "check.decision.unknown_input": (
        "“{name}”的判定表要看“{column}”，但没有这项事实。能看的有：{known}。新的问题在信息项目表里标上 fact = true 就能看。"
    ),
    # properties
    "check.property.unknown": "“{name}”的属性“{key}”没有作用。这里能用的是：{known}。请改正或删除。",
    "check.property.empty": "“{name}”的属性“{key}”是空的。请填写或删除。",
    "check.property.final": "“{name}”的 final 只能写 true（办完就不能退回到它前面）。请改正或删除。",
    "check.gives.unknown": "“{name}”的 gives.{variable} 不起作用：这一步不给出“{variable}”。它给出的是：{known}。",
    "check.says.items": "“{name}”的 {key} 要写一个“多个部门、镇或村各办一次”的步骤标识。现在写的是“{value}”。",
    "check.says.answer": "“{name}”的 {key} 要写成“问题=代码”，问题和代码都要在那一步的表单里。现在写的是“{value}”。",
    "check.says.code": "“{name}”没有写“{key}”，或超过 40 个字符。请写一个简短的代码，如 relief_given。",
    "check.says.many": "“{name}”的 {key} 要写 all（全部）、any（任一）或一个数。现在写的是“{value}”，请改正。",
    "check.needs.missing": "“{name}”的 {what} 要用“{variable}”，流程里没有哪一步给出它。请在前面的表单里问到，或换一个。",
    "check.operator.gives": "“{name}”写了给出“{variable}”，但自动办理项目 {what} 不给这一项。它给出的是：{known}。",
    "check.subject.other": "“{name}”的 {what} 不能用在办理对象（subject）是 {said} 的流程里。能用的是：{known}。",
    "check.returns.no_step": "“{name}”的“{key}”写的“{value}”不是这个流程里由一个人办的步骤。请写成步骤的编号。",
    "check.main.other": (
        "“{name}”用的“{what}”只能放在 main 是 {known} 的流程里，这个流程的 main 是 {said}。请改用别的，或改流程的 main。"
    ),
    "check.type.codes": "“{name}”的步骤类型 {type} 要看“{variable}”选了什么，表单里没有代码：{names}。请在选项里用这些代码。",
    "check.timer.no_day": (
        "“{name}”等到“{variable}”那一天，但“{variable}”是代码，不是日期。请改成表单里的日期，或自动办理给出的日期。"
    ),
    "check.returns.in_block": (
        "“{name}”的“{key}”要退回到“{step}”，但它在并行的几步之中，退不回去。请在流程上写明退回到并行之前或之后的哪一步。"
    ),
    "check.returns.nowhere": (
        "“{name}”没有写 {key}（异议成立，或标准公布以后结论变了，退回到哪一步），也没有民主评议。请在流程上写明。"
    ),
    "check.property.word": "“{name}”的属性“{key}”写的“{value}”不认识。这里能写的是：{known}。",
    "check.property.twice": "“{name}”的属性“{key}”写了两次。请只留一个。",
    "check.property.malformed": "“{name}”的属性写法不对。每项都要有 name 和 value，放在一个 properties 里。",
    "check.property.misplaced": "属性写在了“{name}”不该写的地方，不起作用。请写在步骤、事件或网关上。",
    "check.property.gives": ("“{name}”的 gives 里有“{value}”，不是合规定的名称。请用英文小写加下划线，逗号分开。"),
    "check.parameter.unknown": "“{name}”用的参数“{key}”不在参数表里，或不是天数、月数。请先在参数表里增加。",
    "check.extension.script": "“{name}”夹带了代码（{tag}），不允许运行。请删除，改为服务任务。",
    "check.extension.operator": ("“{name}”写的是别的系统的自动办理（serviceTaskOperator）。请删除，改用 operator 属性。"),
    "check.extension.foreign": f"“{{name}}”带有别的系统的扩展“{{tag}}”，{_NOT_RUN}。请删除。",
    "check.extension.attribute": f"“{{name}}”带有别的系统的属性“{{tag}}”，{_NOT_RUN}。请删除。",
    # where it comes from
    "check.clause.missing": ('“{name}”没有写依据。请填写 clause（文件的哪一句），或 default="true" 和 source（出处）。'),
    "check.clause.unknown": "“{name}”的依据“{clause}”不在文件句子表里。请改正编号。",
    "check.clause.default": "“{name}”的 default 写成了“{value}”。请写 true，或删除。",
    "check.clause.no_source": "“{name}”标为默认做法，却没有写出处。请填写 source。",
    # times
    "check.times.over_limit": (
        "各步默认时限，最长的一条直路合计 {days} 天，超过总时限 {limit} 天。用时最多的：{steps}。请缩短时限。"
    ),
    "check.times.unknown_wait": "“{name}”要等多久看不出来，没有算进总时限。请用 takes 写明参数。",
    "check.times.tangled": "“{name}”的重复路线有两个入口，算不出最长用时。请让重复从同一处进入。",
}
