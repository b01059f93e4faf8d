"""A DMN 1.3 file in, one judgement table out.

What cannot be a table of ours is refused at once; what is wrong inside one is collected in `Table.problems`,
so that a designer sees all of it with row, column and line.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element

from app.decisions.cells import TYPES, Answer, Cell, InvalidCell, Type, anything, parse_answer, parse_cell
from app.decisions.errors import TableError
from app.decisions.model import Finding, HitPolicy, Input, Output, Rule, Table
from app.decisions.safexml import line_of, parse_xml

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
MAX_INPUTS = 30
MAX_ROWS = 500

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_SENTENCE = re.compile(r"[A-Za-z0-9-]+#[0-9]+(?:\.[0-9]+)*")
_POLICIES: dict[str, HitPolicy] = {"UNIQUE": "UNIQUE", "FIRST": "FIRST", "COLLECT": "COLLECT"}
_CHILDREN = {
    "definitions": {
        "decision",
        "inputData",
        "knowledgeSource",
        "textAnnotation",
        "association",
        "group",
        "description",
        "extensionElements",
    },
    "decision": {
        "decisionTable",
        "variable",
        "informationRequirement",
        "authorityRequirement",
        "question",
        "allowedAnswers",
        "description",
        "extensionElements",
    },
    "decisionTable": {"input", "output", "annotation", "rule", "description", "extensionElements"},
    "input": {"inputExpression", "inputValues", "description", "extensionElements"},
    "inputExpression": {"text", "description", "extensionElements"},
    "output": {"outputValues", "description", "extensionElements"},
    "rule": {"inputEntry", "outputEntry", "annotationEntry", "description", "extensionElements"},
    "inputEntry": {"text", "description", "extensionElements"},
    "outputEntry": {"text", "description", "extensionElements"},
}


class InvalidTable(TableError):
    """Not a table we carry out. Codes decisions.* ; `line` is given where one is known."""


@dataclass
class _Notes:
    """Problems met while reading."""

    found: list[Finding] = field(default_factory=list)

    def add(
        self,
        code: str,
        where: Element,
        *,
        row: int | None = None,
        row_id: str | None = None,
        column: str | None = None,
        label: str = "",
        **args: object,
    ) -> None:
        line = line_of(where)
        args |= {"line": line}
        if row is not None:
            args |= {"row": row}
        if column is not None:
            args |= {"column": label or column}
        self.found.append(Finding(code, args, row=row, row_id=row_id, column=column, line=line))


@dataclass(frozen=True)
class _Head:
    inputs: list[Input]
    outputs: list[Output]
    annotations: list[str]


def parse_dmn(data: bytes) -> Table:
    """Raises UnsafeXml or InvalidTable; look at `Table.problems` (or run `analysis.check`) before use."""
    root = parse_xml(data)
    if root.tag != f"{{{NAMESPACE}}}definitions":
        raise InvalidTable("decisions.not_dmn", line=line_of(root))
    _only_known(root)
    decisions = _children(root, "decision")
    if len(decisions) != 1:
        raise InvalidTable("decisions.one_decision", count=len(decisions), line=line_of(root))
    decision = decisions[0]
    tables = _children(decision, "decisionTable")
    if len(tables) != 1:
        raise InvalidTable("decisions.one_table", count=len(tables), line=line_of(decision))
    return _table(decision, tables[0])


def _table(decision: Element, element: Element) -> Table:
    policy = _POLICIES.get(element.get("hitPolicy", "UNIQUE"))
    if policy is None:
        raise InvalidTable("decisions.hit_policy", policy=element.get("hitPolicy"), line=line_of(element))
    if element.get("aggregation"):
        raise InvalidTable("decisions.aggregation", kind=element.get("aggregation"), line=line_of(element))
    columns, rows = _children(element, "input"), _children(element, "rule")
    if len(columns) > MAX_INPUTS or len(rows) > MAX_ROWS:
        raise InvalidTable("decisions.too_big", inputs=MAX_INPUTS, rows=MAX_ROWS, line=line_of(element))
    notes = _Notes()
    inputs = [_input(column, number, notes) for number, column in enumerate(columns, 1)]
    answers = _children(element, "output")
    outputs = [_output(column, number, notes) for number, column in enumerate(answers, 1)]
    annotations = [column.get("name", "") for column in _children(element, "annotation")]
    head = _Head(inputs, outputs, annotations)
    rules = [_rule(row, number, head, notes) for number, row in enumerate(rows, 1)]
    for code, things in (("no_inputs", inputs), ("no_outputs", outputs), ("empty", rules)):
        if not things:
            notes.add(f"decisions.{code}", element)
    for code, names in (
        ("duplicate_input", [column.name for column in inputs]),
        ("duplicate_output", [column.name for column in outputs]),
        ("duplicate_row_id", [rule.id for rule in rules]),
    ):
        for name in _twice(names):
            notes.add(f"decisions.{code}", element, name=name)
    return Table(
        decision.get("id", ""),
        decision.get("name", ""),
        policy,
        tuple(_counted(inputs, rules)),
        tuple(_told(outputs, rules, element, notes)),
        tuple(rules),
        tuple(notes.found),
    )


def _told(outputs: list[Output], rules: list[Rule], element: Element, notes: _Notes) -> Iterator[Output]:
    """The output columns, each now knowing whether it says lists; all of its rows do, or none."""
    for place, column in enumerate(outputs):
        lists = {isinstance(rule.outputs[place], tuple) for rule in rules if place < len(rule.outputs)}
        if len(lists) > 1:
            notes.add("decisions.mixed_lists", element, column=column.name, label=column.label)
        yield replace(column, many=True in lists)


def _counted(inputs: list[Input], rules: list[Rule]) -> Iterator[Input]:
    """The input columns, each now knowing whether it counts in whole numbers."""
    for place, column in enumerate(inputs):
        cells = [rule.cells[place] for rule in rules] + ([column.allowed] if column.allowed else [])
        yield replace(column, whole=column.type == "number" and not any(cell.fractional for cell in cells))


def _input(element: Element, number: int, notes: _Notes) -> Input:
    expressions = _children(element, "inputExpression")
    expression = expressions[0] if expressions else element
    name = _text(expression)
    label = element.get("label") or name
    if not _NAME.fullmatch(name):
        notes.add("decisions.input_name", expression, column=name, label=label or str(number), name=name[:80])
    type = _type(expression, name, label or str(number), notes)
    column = Input(name, label, type)
    return replace(column, allowed=_allowed(element, "inputValues", column, notes))


def _output(element: Element, number: int, notes: _Notes) -> Output:
    name = element.get("name", "")
    label = element.get("label") or name
    if not _NAME.fullmatch(name):
        notes.add("decisions.output_name", element, column=name, label=label or str(number), name=name[:80])
    type = _type(element, name, label or str(number), notes)
    column = Output(name, label, type)
    return replace(column, allowed=_allowed(element, "outputValues", column, notes))


def _rule(element: Element, number: int, head: _Head, notes: _Notes) -> Rule:
    inputs, outputs = head.inputs, head.outputs
    id = element.get("id") or f"row_{number}"
    ins, outs = _children(element, "inputEntry"), _children(element, "outputEntry")
    if len(ins) != len(inputs) or len(outs) != len(outputs):
        notes.add("decisions.row_width", element, row=number, row_id=id)
    cells: list[Cell] = [anything(column.type) for column in inputs]
    for place, (entry, column) in enumerate(zip(ins, inputs, strict=False)):
        try:
            # An empty cell is how table editors write "-".
            cells[place] = parse_cell(_text(entry) or "-", column.type)
        except InvalidCell as error:
            notes.add(error.code, entry, row=number, row_id=id, column=column.name, label=column.label, **error.details)
            continue
        for name in cells[place].names:
            if column.allowed and not column.allowed.matches(name):
                notes.add(
                    "decisions.cell.not_allowed",
                    entry,
                    row=number,
                    row_id=id,
                    column=column.name,
                    label=column.label,
                    text=name,
                )
    values: list[Answer] = []
    for entry, out in zip(outs, outputs, strict=False):
        try:
            value = parse_answer(_text(entry), out.type)
        except InvalidCell as error:
            notes.add(error.code, entry, row=number, row_id=id, column=out.name, label=out.label, **error.details)
            continue
        values.append(value)
        for one in value if isinstance(value, tuple) else (value,):
            if out.allowed and not out.allowed.matches(one):
                notes.add(
                    "decisions.cell.not_allowed",
                    entry,
                    row=number,
                    row_id=id,
                    column=out.name,
                    label=out.label,
                    text=str(one),
                )
    remarks = [_text(entry) for entry in _children(element, "annotationEntry")]
    said = dict(zip(head.annotations, remarks, strict=False))
    description = " ".join(_text(child, own=True) for child in _children(element, "description"))
    clause = said.get("clause") or " ".join(_SENTENCE.findall(description))
    return Rule(id, number, tuple(cells), tuple(values), description, " ".join(clause.split()), said, line_of(element))


def _type(element: Element, name: str, label: str, notes: _Notes) -> Type:
    written = element.get("typeRef", "")
    for type in TYPES:
        if written == type:
            return type
    notes.add("decisions.unknown_type", element, column=name, label=label, type=written)
    return "string"


def _allowed(element: Element, tag: str, column: Input | Output, notes: _Notes) -> Cell | None:
    for values in _children(element, tag):
        text = _text(values)
        if not text:
            continue
        try:
            return parse_cell(text, column.type)
        except InvalidCell as error:
            notes.add(
                "decisions.allowed_values", values, column=column.name, label=column.label, text=text[:80], reason=error.code
            )
    return None


def _children(element: Element, tag: str) -> list[Element]:
    """Children of that name; refuses inside them what would otherwise be passed over in silence."""
    found = element.findall(f"{{{NAMESPACE}}}{tag}")
    for child in found:
        _only_known(child)
    return found


def _only_known(element: Element) -> None:
    language = element.get("expressionLanguage", "feel")
    if not (language.lower() == "feel" or language.startswith("https://www.omg.org/spec/DMN/")):
        raise InvalidTable("decisions.language", language=language, line=line_of(element))
    tag = element.tag.rpartition("}")[2]
    if tag not in _CHILDREN:
        return
    for child in element:
        space, _, name = child.tag.removeprefix("{").rpartition("}")
        if space == NAMESPACE and name not in _CHILDREN[tag]:
            raise InvalidTable("decisions.element", element=name, line=line_of(child))


def _text(element: Element, *, own: bool = False) -> str:
    """The stripped text of an element's <text> child, or its own."""
    if own:
        return (element.text or "").strip()
    return (element.findtext(f"{{{NAMESPACE}}}text") or "").strip()


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1 and name]
