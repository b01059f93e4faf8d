"""Small diagrams from short texts, and a small county around them, for tests of the deploy gate."""

from datetime import date
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from app.engine.check import Declared
from app.engine.check_elements import ANSWER, CODE, ITEMS, MANY
from app.policy.model import Entry
from app.policy.parameters import Entries

NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:sw="http://shouwang/bpmn/1.0"'
)
LANES = {"村级": "village", "镇级": "town", "部门": "department", "系统": "system"}
OPERATORS = {
    "urge": Declared(),
    "compute": Declared(gives={"snapshot": ()}),
    "count": Declared(gives={"result": ()}),
    "approve": Declared(needs=("category",), subjects=("case",)),
    "identify": Declared(mains=("entry",)),
    "hang": Declared(raises=("late_objection",)),
    "finish": Declared(properties={"outcome": CODE}),
    "tally": Declared(gives={"outcome": ("yes", "no")}, properties={"of": ITEMS, "counts": ANSWER, "wants": MANY}),
}
PLAIN = {"default": "true", "source": "测试"}


def _tag(name: str, inner: str, attributes: str = "") -> str:
    return f"<bpmn:{name} {attributes}>{inner}</bpmn:{name}>"


def properties(values: dict[str, str]) -> str:
    inner = "".join(f"<sw:property name={quoteattr(k)} value={quoteattr(v)}/>" for k, v in values.items())
    return _tag("extensionElements", f"<sw:properties>{inner}</sw:properties>") if inner else ""


def node(kind: str, ident: str, inner: str = "", attributes: str = "", **values: str) -> str:
    return f'<bpmn:{kind} id="{ident}" name="{ident}" {attributes}>{properties(values)}{inner}</bpmn:{kind}>'


def user(ident: str, inner: str = "", **values: str) -> str:
    """A user task that lacks nothing, with its timer that urges."""
    told = {"role": "village_officer", "due": "due_step", **PLAIN, **values}
    told = {key: value for key, value in told.items() if value != "-"}
    return (
        node("userTask", ident, inner, **told)
        + boundary(f"{ident}_due", ident, "due()", interrupting=False)
        + node("endEvent", f"{ident}_urged", operator="urge", **PLAIN)
        + flows(f"{ident}_due > {ident}_urged")
    )


def service(ident: str, **values: str) -> str:
    return node("serviceTask", ident, **{"operator": "compute", **PLAIN, **values})


def timer(text: str) -> str:
    return _tag("timerEventDefinition", _tag("timeDate", escape(text)))


def message(ident: str = "asked") -> str:
    return f'<bpmn:messageEventDefinition messageRef="{ident}"/>'


def catch(ident: str, inner: str, **values: str) -> str:
    return node("intermediateCatchEvent", ident, inner, **values)


def boundary(ident: str, host: str, text: str, *, interrupting: bool) -> str:
    cancel = "true" if interrupting else "false"
    return node("boundaryEvent", ident, timer(text), f'attachedToRef="{host}" cancelActivity="{cancel}"')


def items(collection: str = "departments", inner: str = "", attributes: str = 'isSequential="false"') -> str:
    return (
        f"<bpmn:multiInstanceLoopCharacteristics {attributes}>"
        f"<bpmn:loopDataInputRef>{collection}</bpmn:loopDataInputRef>"
        f'<bpmn:inputDataItem name="department"/>{inner}</bpmn:multiInstanceLoopCharacteristics>'
    )


def flows(text: str) -> str:
    """Lines `a > b > c`, or `a > b : condition`; flow ids are `a__b`."""
    made = []
    for line in text.strip().splitlines():
        path, _, condition = line.partition(":")
        steps = [step.strip() for step in path.split(">")]
        for source, target in pairwise(steps):
            told = condition.strip()
            inner = f"<bpmn:conditionExpression>{escape(told)}</bpmn:conditionExpression>" if told else ""
            made.append(
                f'<bpmn:sequenceFlow id="{source}__{target}" sourceRef="{source}" targetRef="{target}">'
                f"{inner}</bpmn:sequenceFlow>"
            )
    return "".join(made)


def process(
    *nodes: str,
    way: str,
    ident: str = "demo",
    lane: str = "村级",
    attributes: str = 'isExecutable="true"',
    start: str | None = None,
    end: str | None = None,
) -> str:
    """Start and end events, the nodes, the flows; every user task stands in one lane."""
    body = (start if start is not None else node("startEvent", "began")) + "".join(nodes)
    body += end if end is not None else node("endEvent", "ended")
    people = [part.split('"')[0] for part in body.split('<bpmn:userTask id="')[1:]]
    refs = "".join(f"<bpmn:flowNodeRef>{p}</bpmn:flowNodeRef>" for p in people)
    lanes = _tag("laneSet", _tag("lane", refs, f'id="{ident}_lane" name="{lane}"'))
    return _tag("process", lanes + body + flows(way), f'id="{ident}" name="{ident}" {attributes}')


def definitions(*parts: str) -> bytes:
    messages = '<bpmn:message id="asked" name="asked"/><bpmn:message id="other" name="other"/>'
    root = _tag("definitions", messages + "".join(parts), f'{NAMESPACES} id="d"')
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}'.encode()


def diagram(*nodes: str, way: str, **options: str) -> bytes:
    return definitions(process(*nodes, way=way, **options))


def entry(name: str, key: str, **value: object) -> Entry:
    return Entry(None, name, key, date(2021, 8, 9), None, value, "test")


def days(key: str, value: int, unit: str = "calendar_days") -> Entry:
    return entry("parameter", key, value=value, unit=unit)


def county(*more: Entry) -> Entries:
    given = {(e.name, e.key): e for e in (*_USUAL, *more)}
    return Entries.of(given.values())


_USUAL = (
    days("due_step", 2),
    days("wait_days", 5),
    days("wait_months", 1, "months"),
    days("case_limit_days", 15),
    entry("parameter", "quorum", value={"numerator": 2, "denominator": 3}, unit="share"),
    entry("role", "village_officer", title="村干部", levels=["village"]),
    entry("role", "town_officer", title="镇经办", levels=["town"]),
    entry("role", "dept_liaison", title="部门联络员", levels=["department"]),
    entry("department", "civil", title="民政局"),
    entry("department", "health", title="卫健局"),
    entry("sentence", "plan#1", content="一"),
    entry("field", "head_name", label="户主"),
)
FORMS: dict[str, dict[str, frozenset[str] | None]] = {
    "demo/fill": {"outcome": frozenset({"yes", "no"}), "note_id": None},
    "demo/ask": {"outcome": frozenset({"yes", "maybe"})},
    "demo/later": {},
    "demo/each": {"answer": frozenset({"yes", "no"})},
    "inner_demo/fill_inner": {},
}
