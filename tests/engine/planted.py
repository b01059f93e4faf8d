"""Planted faults in small diagrams: name -> (file, its codes and no others); and good diagrams."""

from tests.engine.diagrams import (
    PLAIN,
    boundary,
    catch,
    definitions,
    diagram,
    flows,
    items,
    message,
    node,
    process,
    properties,
    service,
    timer,
    user,
)

ONE = "began > fill > ended"
DECIDE = "began > fill > which\nwhich > later : {}\nwhich > ended\nlater > ended"


def decide(condition: str, kind: str = "exclusiveGateway", way: str = DECIDE, default: str = "which__ended") -> bytes:
    gate = node(kind, "which", attributes=f'default="{default}"' if default else "")
    return diagram(user("fill"), gate, user("later"), way=way.format(condition))


def one(task: str) -> bytes:
    return diagram(task, way=ONE)


def between(part: str, ident: str) -> bytes:
    return diagram(user("fill"), part, way=f"began > fill > {ident} > ended")


def race(*events: str, way: str) -> bytes:
    return diagram(user("fill"), node("eventBasedGateway", "race"), *events, way="began > fill > race\n" + way)


def embedded(inner: str, attributes: str = "") -> str:
    return node("subProcess", "inside", inner, attributes)


def nested(ident: str, part: str, inside: str) -> str:
    """A subprocess around one element."""
    start, end = f"s_{ident[0]}", f"e_{ident[0]}"
    return node(
        "subProcess", ident, node("startEvent", start) + part + node("endEvent", end) + flows(f"{start} > {inside} > {end}")
    )


INNER = node("startEvent", "in_began") + user("fill") + node("endEvent", "in_ended")
INNER += flows("in_began > fill > in_ended")
TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="t" namespace="n">
<decision id="kind" name="kind"><decisionTable id="t" hitPolicy="{policy}">
<input id="i" label="gap"><inputExpression id="e" typeRef="number"><text>gap</text></inputExpression></input>
<output id="o" name="category" label="category" typeRef="{type}"/>
<rule id="r1"><inputEntry id="a"><text>{first}</text></inputEntry>
<outputEntry id="b"><text>{said}</text></outputEntry></rule>
<rule id="r2"><inputEntry id="c"><text>&gt; 0</text></inputEntry>
<outputEntry id="f"><text>{said}</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def table(policy: str = "UNIQUE", first: str = "&lt;= 0", said: str = '"poor"', kind: str = "string") -> bytes:
    return TABLE.format(policy=policy, first=first, said=said, type=kind).encode()


def ruled(gives: str = "snapshot", decision: str | None = "kind", operator: str = "compute") -> bytes:
    values = {"decision": decision} if decision else {}
    rule = node("businessRuleTask", "rule", **values, **PLAIN)
    return diagram(service("facts", gives=gives, operator=operator), rule, way="began > facts > rule > ended")


def counted(**said: str) -> bytes:
    """Many are asked, and their answers counted."""
    told = {"of": "each", "counts": "answer=yes", "wants": "all", **said}
    many = user("each", items("note_id"))
    return diagram(user("fill"), many, service("work", operator="tally", **told), way="began > fill > each > work > ended")


def about(subject: str, operator: str = "approve") -> bytes:
    """A procedure that approves, and says what it is about."""
    declared = properties({"subject": subject}) + '<bpmn:property id="category" name="category"/>'
    return between(declared + service("work", operator=operator), "work")


SPIFF = 'xmlns:x="http://spiffworkflow.org/bpmn/schema/1.0/core"'


PLANTED: dict[str, tuple[bytes, set[str]]] = {
    # elements that do nothing, or run code
    "link": (
        between(node("intermediateThrowEvent", "jump", "<bpmn:linkEventDefinition/>"), "jump"),
        {"check.event.throw", "check.event.link"},
    ),
    "link catch": (
        between(catch("jump", '<bpmn:linkEventDefinition name="a"/>'), "jump"),
        {"check.event.link"},
    ),
    "compensation throw": (
        between(node("intermediateThrowEvent", "undo", "<bpmn:compensateEventDefinition/>"), "undo"),
        {"check.event.throw", "check.event.compensation"},
    ),
    "compensation boundary": (
        one(user("fill") + node("boundaryEvent", "undo", "<bpmn:compensateEventDefinition/>", 'attachedToRef="fill"')),
        {"check.event.compensation", "check.element.no_way_out"},
    ),
    "compensation handler": (
        between(node("serviceTask", "undo", "", 'isForCompensation="true"', operator="compute", **PLAIN), "undo"),
        {"check.event.compensation"},
    ),
    "event subprocess": (
        diagram(user("later"), embedded(INNER, 'triggeredByEvent="true"'), way="began > later > ended"),
        {"check.element.event_subprocess", "check.element.unreachable"},
    ),
    "transaction": (
        diagram(node("transaction", "inside"), way="began > inside > ended"),
        {"check.element.transaction", "check.start.none", "check.end.none"},
    ),
    "ad-hoc subprocess": (
        diagram(node("adHocSubProcess", "inside"), way="began > inside > ended"),
        {"check.element.ad_hoc", "check.start.none", "check.end.none"},
    ),
    "complex gateway": (between(node("complexGateway", "which"), "which"), {"check.element.complex"}),
    "script task": (
        between(node("scriptTask", "run", "<bpmn:script>import os</bpmn:script>"), "run"),
        {"check.element.script"},
    ),
    "plain task": (between(node("task", "do"), "do"), {"check.element.plain_task"}),
    "manual task": (between(node("manualTask", "do"), "do"), {"check.element.manual"}),
    "send task": (between(node("sendTask", "do"), "do"), {"check.element.send"}),
    "receive task": (between(node("receiveTask", "do"), "do"), {"check.element.receive"}),
    "data object": (diagram(user("fill"), '<bpmn:dataObject id="thing"/>', way=ONE), {"check.data"}),
    "data association": (one(user("fill", "<bpmn:dataInputAssociation/>")), {"check.data"}),
    "data specification": (one(user("fill", "<bpmn:ioSpecification/>")), {"check.data"}),
    "performer": (one(user("fill", "<bpmn:potentialOwner/>")), {"check.element.unsupported"}),
    "import": (
        definitions('<bpmn:import location="/etc/passwd"/>', process(user("fill"), way=ONE)),
        {"check.import"},
    ),
    "message flow": (
        definitions(
            '<bpmn:collaboration id="c"><bpmn:messageFlow id="m"/></bpmn:collaboration>',
            process(user("fill"), way=ONE),
        ),
        {"check.message_flow"},
    ),
    "script before a task": (
        one(user("fill").replace("<sw:prop", f"<x:preScript {SPIFF}>os</x:preScript><sw:prop", 1)),
        {"check.extension.script"},
    ),
    "script after a task": (
        one(user("fill").replace("<sw:prop", f"<x:postScript {SPIFF}>os</x:postScript><sw:prop", 1)),
        {"check.extension.script"},
    ),
    "foreign operator": (
        one(user("fill").replace("<sw:prop", f"<x:serviceTaskOperator {SPIFF}/><sw:prop", 1)),
        {"check.extension.operator"},
    ),
    "foreign extension": (
        one(user("fill").replace("<sw:prop", f"<x:instructionsForEndUser {SPIFF}/><sw:prop", 1)),
        {"check.extension.foreign"},
    ),
    "foreign attribute": (
        one(user("fill").replace('name="fill"', f'name="fill" {SPIFF} x:delegate="x"', 1)),
        {"check.extension.attribute"},
    ),
    # events
    "signal": (between(catch("wait", "<bpmn:signalEventDefinition/>"), "wait"), {"check.event.signal"}),
    "escalation": (
        between(catch("wait", "<bpmn:escalationEventDefinition/>"), "wait"),
        {"check.event.escalation"},
    ),
    "error": (between(catch("wait", "<bpmn:errorEventDefinition/>"), "wait"), {"check.event.error"}),
    "conditional event": (
        between(catch("wait", "<bpmn:conditionalEventDefinition/>"), "wait"),
        {"check.event.conditional"},
    ),
    "cancel event": (
        diagram(user("fill"), way=ONE, end=node("endEvent", "ended", "<bpmn:cancelEventDefinition/>")),
        {"check.event.cancel"},
    ),
    "several definitions": (
        between(catch("wait", timer("days('wait_days')") + message()), "wait"),
        {"check.event.multiple"},
    ),
    "nothing awaited": (between(catch("wait", ""), "wait"), {"check.event.none"}),
    "throw": (between(node("intermediateThrowEvent", "tell", message()), "tell"), {"check.event.throw"}),
    "unknown message": (between(catch("wait", message("nobody")), "wait"), {"check.event.no_message"}),
    "timer start": (
        diagram(user("fill"), way=ONE, start=node("startEvent", "began", timer("days('wait_days')"))),
        {"check.start.timer"},
    ),
    "message start": (
        diagram(user("fill"), way=ONE, start=node("startEvent", "began", message())),
        {"check.start.message"},
    ),
    "message end": (
        diagram(user("fill"), way=ONE, end=node("endEvent", "ended", message())),
        {"check.end.message"},
    ),
    "boundary on a catch event": (
        diagram(
            user("fill"),
            catch("wait", message()),
            boundary("late", "wait", "days('wait_days')", interrupting=True),
            way="began > fill > wait > ended\nlate > ended",
        ),
        {"check.boundary.host"},
    ),
    "boundary on a gateway": (
        diagram(
            user("fill"),
            node("exclusiveGateway", "which"),
            boundary("late", "which", "days('wait_days')", interrupting=True),
            way="began > fill > which > ended\nlate > ended",
        ),
        {"check.boundary.host"},
    ),
    "boundary on a service task": (
        diagram(
            service("work"),
            boundary("late", "work", "days('wait_days')", interrupting=True),
            way="began > work > ended\nlate > ended",
        ),
        {"check.boundary.automatic"},
    ),
    "step piling up in a loop": (
        diagram(
            user("fill"),
            node("exclusiveGateway", "which", attributes='default="which__ended"'),
            boundary("slow", "fill", "days('wait_days')", interrupting=False),
            user("later"),
            way="began > fill > which > ended\nwhich > fill : outcome == 'no'\nslow > later > ended",
        ),
        {"check.boundary.task_in_loop"},
    ),
    # timers
    "duration": (
        between(
            catch(
                "wait",
                "<bpmn:timerEventDefinition><bpmn:timeDuration>P1M</bpmn:timeDuration></bpmn:timerEventDefinition>",
            ),
            "wait",
        ),
        {"check.timer.duration"},
    ),
    "cycle": (
        between(
            catch(
                "wait",
                "<bpmn:timerEventDefinition><bpmn:timeCycle>R3/PT10H</bpmn:timeCycle></bpmn:timerEventDefinition>",
            ),
            "wait",
        ),
        {"check.timer.cycle"},
    ),
    "no time": (between(catch("wait", "<bpmn:timerEventDefinition/>"), "wait"), {"check.timer.empty"}),
    "date in a timer": (between(catch("wait", timer("2021-09-01")), "wait"), {"check.timer.literal"}),
    "ISO span in a timer": (between(catch("wait", timer("P5D")), "wait"), {"check.timer.literal"}),
    "number in a timer": (between(catch("wait", timer("days(5)")), "wait"), {"check.timer.literal"}),
    "quoted number in a timer": (between(catch("wait", timer("days('5')")), "wait"), {"check.timer.literal"}),
    "code in a timer": (
        between(catch("wait", timer("__import__('os').getpid()")), "wait"),
        {"check.timer.not_understood"},
    ),
    "unknown parameter": (
        between(catch("wait", timer("days('nothing')")), "wait"),
        {"check.timer.unknown_key"},
    ),
    "parameter without time": (
        between(catch("wait", timer("days('quorum')")), "wait"),
        {"check.timer.unknown_key"},
    ),
    "parameter of another unit": (
        between(catch("wait", timer("days('wait_months')")), "wait"),
        {"check.timer.other_unit"},
    ),
    "date nobody gives": (
        between(catch("wait", timer("on(some_day)")), "wait"),
        {"check.timer.unknown_name"},
    ),
    "due without a parameter": (between(catch("wait", timer("due()")), "wait"), {"check.timer.no_due"}),
    # gateways and conditions
    "no default": (decide("outcome == 'yes'", default=""), {"check.gateway.no_default"}),
    "no default, inclusive": (
        decide("outcome == 'yes'", "inclusiveGateway", default=""),
        {"check.gateway.no_default"},
    ),
    "default with a condition": (
        decide("outcome == 'yes'", default="which__later"),
        {"check.gateway.default_condition", "check.gateway.no_condition"},
    ),
    "flow without a condition": (
        decide("outcome == 'yes'", way=DECIDE.replace(" : {}", "")),
        {"check.gateway.no_condition"},
    ),
    "code in a condition": (decide("().__class__ == 'a'"), {"check.condition.not_understood"}),
    "number in a condition": (decide("outcome > 5"), {"check.condition.not_understood"}),
    "nested parentheses": (decide("(" * 5000 + ")" * 5000), {"check.condition.too_long"}),
    "name nobody gives": (decide("colour == 'red'"), {"check.condition.unknown_name"}),
    "code not offered": (decide("outcome == 'perhaps'"), {"check.condition.code"}),
    "conditions that overlap": (
        diagram(
            user("fill"),
            user("ask"),
            node("exclusiveGateway", "which", attributes='default="which__ended"'),
            user("later"),
            way="began > fill > which > ended\nwhich > later : outcome == 'yes'\n"
            "which > ask : outcome == 'yes' or outcome == 'no'\nlater > ended\nask > ended",
        ),
        {"check.gateway.overlap"},
    ),
    "answer of several departments": (
        diagram(
            user("each", items("note_id")),
            user("fill"),
            user("later"),
            node("exclusiveGateway", "which", attributes='default="which__ended"'),
            way="began > fill > each > which > ended\nwhich > later : answer == 'yes'\nlater > ended",
        ),
        {"check.condition.of_items"},
    ),
    "condition behind a task": (
        diagram(user("fill"), way="began > fill\nfill > ended : outcome == 'yes'"),
        {"check.flow.condition_misplaced"},
    ),
    "condition behind a parallel gateway": (
        decide("outcome == 'yes'", "parallelGateway", default=""),
        {"check.flow.condition_misplaced"},
    ),
    "single flow with a condition": (
        diagram(
            user("fill"),
            node("exclusiveGateway", "which"),
            way="began > fill > which\nwhich > ended : outcome == 'yes'",
        ),
        {"check.gateway.single_condition"},
    ),
    "default on a task": (
        one(user("fill").replace('name="fill"', 'name="fill" default="fill__ended"', 1)),
        {"check.flow.default_misplaced"},
    ),
    "two flows between a pair": (
        diagram(
            user("fill"),
            node("parallelGateway", "split"),
            user("later"),
            '<bpmn:sequenceFlow id="again" sourceRef="split" targetRef="later"/>',
            way="began > fill > split > later > ended",
        ),
        {"check.flow.twice"},
    ),
    "implicit split": (
        diagram(user("fill"), user("later"), way="began > fill > ended\nfill > later > ended"),
        {"check.flow.implicit_split"},
    ),
    "two timers in a race": (
        race(
            catch("soon", timer("days('wait_days')")),
            catch("late", timer("months('wait_months')")),
            way="race > soon > ended\nrace > late > ended",
        ),
        {"check.event_gateway.two_timers"},
    ),
    "task in a race": (
        race(
            user("ask"),
            catch("late", timer("days('wait_days')")),
            way="race > ask > ended\nrace > late > ended",
        ),
        {"check.event_gateway.child"},
    ),
    "one runner": (
        race(catch("late", timer("days('wait_days')")), way="race > late > ended"),
        {"check.event_gateway.few"},
    ),
    "same message twice in a race": (
        race(catch("one", message()), catch("two", message()), way="race > one > ended\nrace > two > ended"),
        {"check.event_gateway.same_message"},
    ),
    # the whole graph
    "no start": (diagram(user("fill"), start="", way="fill > ended"), {"check.start.none"}),
    "several starts": (
        diagram(
            user("fill"),
            start=node("startEvent", "began") + node("startEvent", "again"),
            way=ONE + "\nagain > fill",
        ),
        {"check.start.several"},
    ),
    "no end": (
        diagram(
            node("userTask", "fill", role="village_officer", due="due_step", **PLAIN),
            end="",
            way="began > fill",
        ),
        {"check.end.none", "check.element.no_way_out"},
    ),
    "flow into the start": (
        diagram(
            user("fill"),
            node("exclusiveGateway", "which", attributes='default="which__ended"'),
            way="began > fill > which > ended\nwhich > began : outcome == 'no'",
        ),
        {"check.start.incoming"},
    ),
    "unreachable": (
        diagram(user("fill"), user("later"), way=ONE + "\nlater > ended"),
        {"check.element.unreachable"},
    ),
    "dead end": (
        diagram(
            user("fill"),
            node("parallelGateway", "split"),
            user("later"),
            way="began > fill > split > ended\nsplit > later",
        ),
        {"check.element.no_way_out"},
    ),
    "loop that never waits": (
        diagram(
            user("fill"),
            service("work"),
            node("exclusiveGateway", "which", attributes='default="which__ended"'),
            way="began > fill > work > which > ended\nwhich > work : outcome == 'no'",
        ),
        {"check.loop.never_waits"},
    ),
    "loop round an empty list": (
        diagram(
            user("fill"),
            user("each", items("note_id")),
            node("exclusiveGateway", "which", attributes='default="which__ended"'),
            way="began > fill > each > which > ended\nwhich > each : outcome == 'no'",
        ),
        {"check.loop.never_waits"},
    ),
    # references and ids
    "dangling flow": (
        diagram(user("fill"), way=ONE + "\nfill > nowhere"),
        {"check.ref.dangling", "check.flow.implicit_split"},
    ),
    "dangling default": (
        decide("outcome == 'yes'", default="nothing"),
        {"check.ref.dangling", "check.gateway.no_condition"},
    ),
    "dangling boundary": (
        diagram(
            user("fill"),
            boundary("late", "nobody", "days('wait_days')", interrupting=True),
            way=ONE + "\nlate > ended",
        ),
        {"check.ref.dangling", "check.element.unreachable"},
    ),
    "flow through a wall": (
        diagram(embedded(INNER), way="began > inside > ended\nfill > ended"),
        {"check.flow.crosses"},
    ),
    "capital letters": (
        diagram(user("fill"), service("Work"), way="began > fill > Work > ended"),
        {"check.id.not_snake"},
    ),
    "same id twice": (
        diagram(user("fill"), user("fill"), way=ONE),
        {"check.id.twice", "check.lane.twice"},
    ),
    "addresses longer than their column": (
        diagram(
            nested("a" * 60, nested("b" * 60, nested("c" * 60, user("fill"), "fill"), "c" * 60), "b" * 60),
            way=f"began > {'a' * 60} > ended",
        ),
        {"check.address.too_long"},
    ),
    # multi-instance
    "sequential": (
        one(user("fill", items("note_id", attributes='isSequential="true"'))),
        {"check.items.sequential"},
    ),
    "standard loop": (one(user("fill", "<bpmn:standardLoopCharacteristics/>")), {"check.items.loop"}),
    "several services": (
        between(node("serviceTask", "work", items("note_id"), operator="compute", **PLAIN), "work"),
        {"check.items.not_user_task"},
    ),
    "no list": (one(user("fill", "<bpmn:multiInstanceLoopCharacteristics/>")), {"check.items.no_collection"}),
    "a number of times": (
        diagram(
            user("fill"),
            user("each", items("note_id", "<bpmn:loopCardinality>3</bpmn:loopCardinality>")),
            way="began > fill > each > ended",
        ),
        {"check.items.cardinality"},
    ),
    "foreign completion": (
        diagram(
            user("fill"),
            user("each", items("note_id", "<bpmn:completionCondition>x</bpmn:completionCondition>")),
            way="began > fill > each > ended",
        ),
        {"check.items.condition"},
    ),
    "list nobody gives": (
        one(user("each", items())).replace(b"fill", b"each"),
        {"check.items.unknown_collection"},
    ),
    "wrong completion": (
        diagram(user("fill"), user("each", items("note_id"), completion="most"), way="began > fill > each > ended"),
        {"check.items.completion"},
    ),
    # people, operators, sentences
    "no role": (one(user("fill", role="-")), {"check.role.missing"}),
    "unknown role": (one(user("fill", role="king")), {"check.role.unknown"}),
    "role of another level": (one(user("fill", role="town_officer")), {"check.role.level"}),
    "unknown lane": (diagram(user("fill"), way=ONE, lane="省级"), {"check.lane.unknown"}),
    "person in the system's lane": (diagram(user("fill"), way=ONE, lane="系统"), {"check.lane.system"}),
    "no lane": (
        one(user("fill")).replace(b"<bpmn:flowNodeRef>fill</bpmn:flowNodeRef>", b""),
        {"check.lane.missing"},
    ),
    "no form": (one(user("unformed")).replace(b"fill", b"unformed"), {"check.form.missing"}),
    "no due": (one(user("fill", due="-")), {"check.due.missing", "check.timer.no_due"}),
    "unknown due": (one(user("fill", due="soon")), {"check.due.unknown", "check.timer.unknown_key"}),
    "separate from nobody": (one(user("fill", separate_from="ask")), {"check.separate.unknown"}),
    "unknown type": (one(user("fill", type="assembly")), {"check.type.unknown"}),
    "a type whose form does not ask": (one(user("fill", type="review")), {"check.type.not_asked"}),
    "a message that nobody sends": (
        race(
            catch("late", timer("days('wait_days')")),
            catch("said", message("rain")),
            way="race > late\nrace > said\nlate > ended\nsaid > ended",
        ).replace(b'<bpmn:message id="asked"', b'<bpmn:message id="rain" name="rain"/><bpmn:message id="asked"'),
        {"check.event.unknown_message"},
    ),
    "no such paper": (one(user("fill", paper="poem")), {"check.paper.unknown"}),
    "a paper of what nobody asks": (one(user("fill", paper="bill")), {"check.paper.not_asked"}),
    "on no known list": (one(user("fill", list="menu")), {"check.list.unknown"}),
    "waits for nothing known": (one(user("fill", waits_for="rain")), {"check.hold.unknown"}),
    "unknown field shown": (one(user("fill", shows="head_name,bank_card")), {"check.shows.unknown"}),
    "no operator": (between(node("serviceTask", "work", **PLAIN), "work"), {"check.operator.missing"}),
    "unknown operator": (between(service("work", operator="rm"), "work"), {"check.operator.unknown"}),
    "nothing gives what it needs": (between(service("work", operator="approve"), "work"), {"check.needs.missing"}),
    "gives what the operator does not": (between(service("work", gives="rain"), "work"), {"check.operator.gives"}),
    "renames what it does not give": (between(service("work", **{"gives.rain": "other"}), "work"), {"check.gives.unknown"}),
    "counts no step of many": (counted(of="fill"), {"check.says.items", "check.says.answer"}),
    "counts no answer": (counted(counts="weather=rain"), {"check.says.answer"}),
    "wants no number": (counted(wants="most"), {"check.says.many"}),
    "about something else": (about("clue"), {"check.subject.other"}),
    "about nothing known": (about("weather", "compute"), {"check.property.word"}),
    "identifies without carrying a case": (between(service("work", operator="identify"), "work"), {"check.main.other"}),
    "ends without saying how": (between(service("work", operator="finish"), "work"), {"check.says.code"}),
    "ends with a sentence": (between(service("work", operator="finish", outcome="o" * 41), "work"), {"check.says.code"}),
    "an objection leads nowhere": (between(service("work", operator="hang"), "work"), {"check.returns.nowhere"}),
    "an objection leads into a parallel block": (
        diagram(
            properties({"returns_to.late_objection": "ask"}) + node("parallelGateway", "split"),
            user("fill"),
            user("ask"),
            node("parallelGateway", "join"),
            service("work", operator="hang"),
            way="began > split > fill > join > work > ended\nsplit > ask > join",
        ),
        {"check.returns.in_block"},
    ),
    "a letter of monitoring": (
        between(properties({"main": "own"}) + user("later", paper="town_letter"), "later"),
        {"check.paper.monitoring"},
    ),
    "waits for a code": (between(catch("wait", timer("on(outcome)")), "wait"), {"check.timer.no_day"}),
    "a type whose answer has other codes": (one(user("fill", type="vote")), {"check.type.codes"}),
    "goes back to nobody": (
        between(properties({"returns_to.late_objection": "ended"}) + service("work", operator="compute"), "work"),
        {"check.returns.no_step"},
    ),
    "operator on a person's task": (one(user("fill", operator="compute")), {"check.property.unknown"}),
    "misspelt property": (one(user("fill", seperate_from="ask")), {"check.property.unknown"}),
    "no clause": (one(user("fill", default="-", source="-")), {"check.clause.missing"}),
    "default without source": (one(user("fill", source="-")), {"check.clause.no_source"}),
    "unknown sentence": (
        one(user("fill", clause="plan#9", default="-", source="-")),
        {"check.clause.unknown"},
    ),
    # calls, tables
    "call of nothing": (
        between(node("callActivity", "go", attributes='calledElement="nothing"'), "go"),
        {"check.call.unknown"},
    ),
    "process that calls itself": (
        between(node("callActivity", "go", attributes='calledElement="demo"'), "go"),
        {"check.call.recursion"},
    ),
    "no table named": (ruled(decision=None), {"check.decision.missing"}),
    "no such table": (ruled(decision="other"), {"check.decision.no_table"}),
    # the small print
    "process hidden in the drawing": (
        definitions(
            process(user("fill"), way=ONE),
            "<bpmndi:BPMNDiagram>"
            '<bpmn:process id="hidden" isExecutable="true"><bpmn:scriptTask id="run"/></bpmn:process>'
            "</bpmndi:BPMNDiagram>",
        ),
        {"check.element.unsupported", "check.start.none", "check.end.none", "check.element.no_way_out"},
    ),
    "two conditions on a flow": (
        decide("outcome == 'no'").replace(
            b"</bpmn:conditionExpression>",
            b"</bpmn:conditionExpression><bpmn:conditionExpression>note_id == 'x'</bpmn:conditionExpression>",
        ),
        {"check.element.unsupported"},
    ),
    "property on the process": (
        one(user("fill")).replace(
            b"<bpmn:laneSet",
            b"<bpmn:extensionElements><sw:properties><sw:property name='due' value='x'/></sw:properties>"
            b"</bpmn:extensionElements><bpmn:laneSet",
        ),
        {"check.property.unknown"},
    ),
    "two tokens at once": (
        one(user("fill").replace('name="fill"', 'name="fill" startQuantity="2"', 1)),
        {"check.attribute"},
    ),
    "flow into a boundary event": (
        diagram(user("fill"), user("later"), way="began > fill > later > fill_due\nlater > ended"),
        {"check.boundary.incoming", "check.flow.implicit_split"},
    ),
    "flow out of the end": (
        diagram(user("fill"), user("later"), way=ONE + "\nended > later > ended"),
        {"check.end.outgoing"},
    ),
    "default that is not true": (one(user("fill", default="yes")), {"check.clause.default"}),
    "event defined elsewhere": (
        between(catch("wait", "<bpmn:eventDefinitionRef>x</bpmn:eventDefinitionRef>"), "wait"),
        {"check.event.reference", "check.event.none"},
    ),
    "race entered from the side": (
        race(
            catch("late", timer("days('wait_days')")),
            catch("said", message()),
            node("parallelGateway", "split"),
            way="race > late > split > ended\nsplit > said > ended\nrace > said",
        ),
        {"check.event_gateway.entered"},
    ),
    "two hundred ways out": (
        diagram(
            user("fill"),
            node("parallelGateway", "split"),
            *(node("endEvent", f"e{i}") for i in range(200)),
            way="began > fill > split\n" + "".join(f"split > e{i}\n" for i in range(200)),
        ),
        {"check.flow.too_many", "check.element.unreachable"},
    ),
    "too many alternatives": (
        diagram(
            user("fill"),
            node("exclusiveGateway", "which", attributes='default="which__ended"'),
            *(user(f"t{i}") for i in range(40)),
            way="began > fill > which > ended\n"
            + "".join(
                f"which > t{i} : " + " or ".join(f"note_id == 'x{i}x{j}'" for j in range(12)) + f"\nt{i} > ended\n"
                for i in range(40)
            ),
        ),
        {"check.gateway.too_complex", "check.form.missing"},
    ),
    "no id": (
        diagram(user("fill"), '<bpmn:serviceTask name="work"/>', way=ONE),
        {
            "check.id.missing",
            "check.operator.missing",
            "check.clause.missing",
            "check.element.unreachable",
        },
    ),
    "completion without items": (one(user("fill", completion="all")), {"check.items.completion_alone"}),
    "list of results": (
        diagram(
            user("fill"),
            user("each", items("note_id", "<bpmn:loopDataOutputRef>x</bpmn:loopDataOutputRef>")),
            way="began > fill > each > ended",
        ),
        {"check.items.output"},
    ),
    "lane in a lane": (
        one(user("fill")).replace(b"</bpmn:lane>", b"<bpmn:childLaneSet/></bpmn:lane>"),
        {"check.lane.nested"},
    ),
    "limit nobody knows": (one(user("fill", ends_limit="some_days")), {"check.parameter.unknown"}),
    "final, but not quite": (diagram(service("work", final="maybe"), way="began > work > ended"), {"check.property.final"}),
    "empty property": (one(user("fill", shows=" ")), {"check.property.empty"}),
    "property given twice": (
        one(user("fill").replace("<sw:prop", '<sw:properties><sw:property name="due" value="x"/><sw:prop', 1)).replace(
            b'<sw:properties><sw:property name="due" value="x"/><sw:properties>',
            b'<sw:properties><sw:property name="due" value="x"/>',
            1,
        ),
        {"check.property.twice"},
    ),
    "property without a value": (
        one(user("fill").replace("<sw:property ", '<sw:property name="shows"/><sw:property ', 1)),
        {"check.property.malformed", "check.property.empty"},
    ),
    "property on a flow": (
        diagram(
            user("fill"),
            '<bpmn:sequenceFlow id="f" sourceRef="fill" targetRef="ended"><bpmn:extensionElements>'
            '<sw:properties><sw:property name="clause" value="plan#1"/></sw:properties>'
            "</bpmn:extensionElements></bpmn:sequenceFlow>",
            way="began > fill",
        ),
        {"check.property.misplaced"},
    ),
    "bad name given": (between(service("work", gives="Notice Day"), "work"), {"check.property.gives"}),
    # the file as a whole
    "not executable": (
        diagram(user("fill"), way=ONE, attributes='isExecutable="false"'),
        {"check.process.not_executable"},
    ),
    "another name than the file": (
        diagram(user("fill_inner"), ident="inner_demo", way="began > fill_inner > ended"),
        {"check.process.file_name"},
    ),
    "two processes": (
        definitions(
            process(user("fill"), way=ONE),
            process(
                user("fill_inner"),
                ident="inner_demo",
                start=node("startEvent", "b"),
                end=node("endEvent", "e"),
                way="b > fill_inner > e",
            ),
        ),
        {"check.process.several"},
    ),
    "no process": (definitions(), {"check.process.none"}),
    "a crooked drawing": (
        definitions(
            process(user("fill"), way=ONE),
            "<bpmndi:BPMNDiagram><bpmndi:BPMNPlane>"
            '<bpmndi:BPMNShape bpmnElement="fill"><dc:Bounds x="left" y="0"/></bpmndi:BPMNShape>'
            "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>",
        ),
        {"check.drawing.number"},
    ),
}

GOOD = {
    "answers counted": counted(),
    "one step": one(user("fill")),
    "a decision": decide("outcome == 'yes' and note_id == 'x' or outcome == 'no'"),
    "an embedded process": diagram(embedded(INNER), way="began > inside > ended"),
    "a race": race(
        catch("late", timer("days('wait_days')")),
        catch("said", message()),
        way="race > late > ended\nrace > said > ended",
    ),
    "a loop with a person in it": diagram(
        user("fill"),
        node("exclusiveGateway", "which", attributes='default="which__ended"'),
        way="began > fill > which > ended\nwhich > fill : outcome == 'no'",
    ),
    "several at once": diagram(
        user("fill"), user("each", items("note_id"), completion="2"), way="began > fill > each > ended"
    ),
    "a parallel block": diagram(
        node("parallelGateway", "split"),
        user("fill"),
        user("ask"),
        node("parallelGateway", "join"),
        way="began > split > fill > join > ended\nsplit > ask > join",
    ),
    "two processes, one calling the other": definitions(
        process(
            user("fill"),
            node("callActivity", "go", attributes='calledElement="inner_demo"'),
            way="began > fill > go > ended",
        ),
        process(
            user("fill_inner"),
            ident="inner_demo",
            start=node("startEvent", "b"),
            end=node("endEvent", "e"),
            way="b > fill_inner > e",
        ),
    ),
    "an end that ends all": diagram(user("fill"), way=ONE, end=node("endEvent", "ended", "<bpmn:terminateEventDefinition/>")),
}
