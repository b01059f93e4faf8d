"""Sentences for judgement tables (判定表) and for files that cannot be read: what is wrong, what to do."""

TEXT: dict[str, str] = {
    # the file
    "decisions.xml.too_big": "文件太大（{size} 字节，上限 {limit} 字节）。请拆分后重新上传。",
    "decisions.xml.encoding": "第 {line} 行：文件不是 UTF-8 编码。请另存为 UTF-8 后重新上传。",
    "decisions.xml.doctype": "第 {line} 行：文件带有文档类型声明（DOCTYPE），为安全起见不予读取。请删除该声明。",
    "decisions.xml.entity": "第 {line} 行：文件使用了自定义实体，为安全起见不予读取。请改为直接写出文字。",
    "decisions.xml.too_deep": "第 {line} 行：标签嵌套超过 {limit} 层。请检查文件是否由建模工具正常导出。",
    "decisions.xml.malformed": "第 {line} 行：文件格式不完整或有误。请用建模工具重新导出。",
    # the table
    "decisions.not_dmn": "这不是 DMN 1.3 判定表文件。请用建模工具按 DMN 1.3 导出。",
    "decisions.one_decision": "一个文件只能有一个判定，这里有 {count} 个。请每个判定单独存一个文件。",
    "decisions.one_table": "该判定应当恰好有一张判定表，这里有 {count} 张。请改为判定表。",
    "decisions.hit_policy": ("不支持命中规则“{policy}”。请改用唯一（UNIQUE）、先命中（FIRST）或收集（COLLECT）。"),
    "decisions.aggregation": "收集（COLLECT）不支持汇总方式“{kind}”。请去掉汇总。",
    "decisions.too_big": "判定表太大，最多 {inputs} 个条件列、{rows} 行。请拆成几张表。",
    "decisions.language": "第 {line} 行：不支持表达式语言“{language}”。请改用 FEEL。",
    "decisions.element": "第 {line} 行：不支持“{element}”这一内容，留着也不会起作用。请删除。",
    "decisions.no_inputs": "判定表没有条件列。请至少添加一列。",
    "decisions.no_outputs": "判定表没有结论列。请至少添加一列。",
    "decisions.empty": "判定表一行也没有。请至少添加一行。",
    "decisions.duplicate_input": "条件列“{name}”出现了不止一次。请合并为一列。",
    "decisions.duplicate_output": "结论列“{name}”出现了不止一次。请改名或删除多余的列。",
    "decisions.duplicate_row_id": "行标识“{name}”出现了不止一次。请为每一行使用不同的标识。",
    "decisions.input_name": ("条件列“{column}”的表达式“{name}”不是单个名称。请只写一个由字母、数字、下划线组成的名称。"),
    "decisions.output_name": ("结论列“{column}”的名称“{name}”不可用。请写一个由字母、数字、下划线组成的名称。"),
    "decisions.unknown_type": "“{column}”列的类型“{type}”不可用。请选 number、string、boolean 或 date。",
    "decisions.allowed_values": "“{column}”列的可选值“{text}”写法有误。请按单元格的写法改正。",
    "decisions.no_allowed_value": "“{column}”列的可选值里没有任何值。请改正可选值。",
    "decisions.row_width": "第 {row} 行的单元格个数与列数不一致。请补齐或删除多余的单元格。",
    # a cell
    "decisions.cell.empty": "第 {row} 行“{column}”是空的。请填写。",
    "decisions.cell.too_long": "第 {row} 行“{column}”超过 {limit} 个字符。请拆成几行。",
    "decisions.cell.syntax": (
        '第 {row} 行“{column}”的“{text}”从“{at}”起看不懂。可写：-、数值、"文字"、比较、区间、逗号列举、not(…)。'
    ),
    "decisions.cell.unfinished": "第 {row} 行“{column}”的“{text}”没有写完。请补全。",
    "decisions.cell.full_width": "第 {row} 行“{column}”的“{text}”在“{at}”处用了中文标点或全角字符。请改用英文（半角）的。",
    "decisions.cell.thousands": (
        "第 {row} 行“{column}”的“{text}”：数字里不能有千位逗号。请写成 {number}；要列举几个数，逗号后面空一格。"
    ),
    "decisions.cell.percent": "第 {row} 行“{column}”的“{text}”：数字后面不能写百分号。请只写数字，例如 20。",
    "decisions.cell.unit": "第 {row} 行“{column}”的“{text}”：数字不能带单位“{unit}”。请只写数字，按这一列的单位换算好。",
    "decisions.cell.zeros": "第 {row} 行“{column}”的“{text}”：“{number}”前面不能有 0。请去掉，或看看是不是一个数被拆开了。",
    "decisions.cell.nested_not": "第 {row} 行“{column}”的“{text}”里 not 套了 not。请只用一层。",
    "decisions.cell.matches_nothing": "第 {row} 行“{column}”的“{text}”不包含任何值。请改正，或删除这一行。",
    "decisions.cell.empty_interval": "第 {row} 行“{column}”的“{text}”里有空区间。请把小的一端写在前面。",
    "decisions.cell.no_order": "第 {row} 行“{column}”的“{text}”：这一列的值不能比大小。请改为直接列举。",
    "decisions.cell.number_too_long": "第 {row} 行“{column}”的“{text}”里数字超过 {limit} 位。请改正。",
    "decisions.cell.no_such_date": ('第 {row} 行“{column}”的“{text}”里没有这一天。请写成 date("2021-08-09") 的样子。'),
    "decisions.cell.not_a_literal": (
        '第 {row} 行“{column}”的“{text}”不是单个值。结论写一个值，或写成 ["health", "civil"] 的样子。'
    ),
    "decisions.cell.not_a_list": (
        '第 {row} 行“{column}”的“{text}”不是完整的名单。请写成 ["health", "civil"] 的样子，用英文逗号隔开。'
    ),
    "decisions.cell.list_of_text": (
        "第 {row} 行“{column}”的“{text}”：只有文字（代码）才能写成名单。请把这一列改为文字，或只写一个值。"
    ),
    "decisions.cell.twice_in_list": "第 {row} 行“{column}”的“{text}”里有重复。请各写一次。",
    "decisions.mixed_lists": (
        '结论列“{column}”有的行写名单，有的行写单个值。请统一：只有一个也写成 ["health"]，没有写成 []。'
    ),
    "decisions.cell.not_allowed": ("第 {row} 行“{column}”的“{text}”不在该列的可选值之内。请改正，或先补充可选值。"),
    "decisions.cell.want_number": "第 {row} 行“{column}”的“{text}”应当是数字。请去掉引号或改正。",
    "decisions.cell.want_string": "第 {row} 行“{column}”的“{text}”应当是文字。请加上英文双引号。",
    "decisions.cell.want_boolean": "第 {row} 行“{column}”的“{text}”应当是 true 或 false。请改正。",
    "decisions.cell.want_date": ('第 {row} 行“{column}”的“{text}”应当是日期。请写成 date("2021-08-09") 的样子。'),
    # the check
    "decisions.overlap": (
        "第 {first} 行与第 {second} 行重叠：{example} 时两行都适用。请改到只有一行适用，或改用先命中（FIRST）。"
    ),
    "decisions.gap": "有空缺：{example} 时没有一行适用。请补上这种情形，或补一个兜底行。",
    "decisions.gap_collect": "提醒：{example} 时没有一行适用，结论为空。若不是本意，请补上这种情形。",
    "decisions.unreachable": "第 {row} 行永远轮不到：它的情形都被上面的行先命中了。请上移、改正或删除。",
    "decisions.unreachable_unknown": "提醒：判定表较复杂，未能查清有没有永远轮不到的行。可减少条件列后再查。",
    "decisions.never_matches": "第 {row} 行永远不会适用：“{column}”这一格没有可能出现的值。请改正或删除。",
    "decisions.too_complex": "判定表过于复杂，无法查清有无空缺和重叠。请减少条件列，或拆成几张表。",
    # at work
    "decisions.fact.missing": "缺少“{label}”，无法判定。请先补录。",
    "decisions.fact.want_number": "“{label}”的值“{value}”应当是数字。请核对后改正。",
    "decisions.fact.want_string": "“{label}”的值“{value}”应当是文字代码。请核对后改正。",
    "decisions.fact.want_boolean": "“{label}”的值“{value}”应当是“是”或“否”。请核对后改正。",
    "decisions.fact.want_date": "“{label}”的值“{value}”应当是日期。请核对后改正。",
    "decisions.fact.not_whole": ("“{label}”的值“{value}”带小数，而判定表按整数判定。请核对，或在表中把该列的数写成小数。"),
    "decisions.fact.too_large": "“{label}”的数值超过 {limit} 位。请核对后改正。",
    "decisions.fact.not_allowed": ("“{label}”的值“{value}”不在判定表的可选值之内。请核对，或请流程设计员补充可选值。"),
    "decisions.no_row": "判定表“{table}”中没有适用的行。请流程设计员补上这种情形。",
    "decisions.several_rows": "判定表中第 {rows} 行同时适用，无法得出唯一结论。请流程设计员改正判定表。",
}
