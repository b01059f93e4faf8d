"""The deploy gate names each fault for what it is, lets the shipped diagrams pass, and never hangs."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.engine import check_times
from app.engine.check import ADDRESS, Declared, Report, Steps, check
from app.engine.check_report import data, lines
from app.engine.specs import ITEM_CODE
from app.labels import say
from app.labels.check import TEXT
from app.labels.lanes import LEVEL_OF_LANE
from app.policy import calendar
from app.policy.parameters import Entries, read_toml
from app.store.tables import metadata, tasks
from tests.engine.diagrams import (
    FORMS,
    LANES,
    OPERATORS,
    PLAIN,
    catch,
    county,
    days,
    definitions,
    diagram,
    items,
    message,
    node,
    process,
    service,
    timer,
    user,
)
from tests.engine.planted import GOOD, ONE, PLANTED, between, decide, one, race, ruled, table

ROOT = Path(__file__).parents[2]
TYPES = {
    "review": Declared(reads=("votes",)),
    "plain": Declared(reads=("note",)),
    "vote": Declared(reads=("outcome",), codes={"outcome": ("agreed",)}),
}
STEPS = Steps(
    TYPES,
    ("second_check",),
    ("meeting",),
    {"demo/fill": {"note": None, "outcome": frozenset({"yes", "no"})}},
    {"letter": ("note",), "bill": ("price",), "town_letter": ()},
    ("asked", "other"),
    monitoring=("town_letter",),
)
FAULTS = ROOT / "tests" / "faults"


def look(*contents: bytes, entries=None, forms=FORMS, operators=OPERATORS, facts=None, **files: bytes) -> Report:
    """Check demo.bpmn (and others by keyword); whatever is found must have its sentence."""
    given = dict(zip(("demo.bpmn",), contents, strict=False))
    given |= {
        f"{name}.bpmn" if "dmn" not in name else f"decisions/{name.removesuffix('_dmn')}.dmn": c for name, c in files.items()
    }
    report = check(given, entries or county(), forms, operators, lanes=LANES, facts=facts, steps=STEPS)
    for finding in report.findings:
        assert say(finding.code, **finding.args) != finding.code, finding
    return report


def refused(report: Report) -> set[str]:
    return {f.code for f in report.findings if f.severity == "refused"}


def warned(report: Report) -> set[str]:
    """Nothing here is drawn, so that warning is left out."""
    return {f.code for f in report.findings if f.severity == "warning"} - {"check.drawing.missing"}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_named_for_what_it_is(fault):
    content, codes = PLANTED[fault]
    report = look(content)
    assert refused(report) == codes
    assert not report.ok


@pytest.mark.parametrize("name", GOOD)
def test_a_diagram_without_fault_passes(name):
    report = look(GOOD[name])
    assert report.ok and not warned(report), report.findings
    assert {w.verdict for w in report.elements} == {"runs"}


def test_every_element_is_walked_and_the_faulty_one_is_refused():
    report = look(between(node("scriptTask", "run"), "run"))
    verdicts = {w.element: w.verdict for w in report.elements}
    assert verdicts.pop("run") == "refused"
    assert verdicts.keys() == {"began", "fill", "fill_due", "fill_urged", "ended"}
    assert set(verdicts.values()) == {"runs"}
    told = lines(report, say)
    assert any("run" in line and TEXT["check.element.script"].format(name="run") in line for line in told)
    assert json.loads(json.dumps(data(report, say)))["findings"][0]["line"] == 2


# --- tables


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (table(), set()),
        (table(first="&lt; 0"), {"decisions.gap"}),
        (table(first="&lt; 10"), {"decisions.overlap"}),
        (table(policy="PRIORITY"), {"decisions.hit_policy", "check.decision.bad_table"}),
        (table(policy="COLLECT"), {"check.decision.collect"}),
        (table(said="5", kind="number"), {"check.decision.output_type"}),
        (b"<!DOCTYPE a>" + table(), {"decisions.xml.doctype", "check.decision.bad_table"}),
    ],
)
def test_a_table_is_checked_with_its_diagram(content, codes):
    assert refused(look(ruled(), kind_dmn=content)) == codes


@pytest.mark.timeout(60)
def test_a_cell_of_nested_parentheses_is_refused_unread():
    report = look(ruled(), kind_dmn=table(first="not(" * 5000 + ")" * 5000))
    assert not report.ok


def test_a_table_needs_facts_and_asks_only_known_ones():
    assert refused(look(ruled(operator="count", gives="result"), kind_dmn=table())) == {"check.decision.no_snapshot"}
    assert refused(look(ruled(), kind_dmn=table(), facts={"age"})) == {"check.decision.unknown_input"}


def test_a_question_that_no_form_of_the_procedure_asks_is_doubtful():
    def asked(keys: list[str]) -> set[str]:
        steps = replace(STEPS, household={"demo/fill": keys})
        given = {"demo.bpmn": ruled(), "decisions/kind.dmn": table()}
        return warned(check(given, county(), FORMS, OPERATORS, lanes=LANES, facts={"gap"}, steps=steps))

    assert asked(["gap"]) == set() and asked(["other"]) == {"check.decision.not_asked"}


def test_a_gateway_may_read_what_a_table_says_and_only_that():
    def gate(code: str) -> bytes:
        rule = node("businessRuleTask", "rule", decision="kind", **PLAIN)
        which = node("exclusiveGateway", "which", attributes='default="which__ended"')
        way = f"began > facts > rule > which > ended\nwhich > later : category == '{code}'\nlater > ended"
        return diagram(service("facts", gives="snapshot"), rule, which, user("later"), way=way)

    assert look(gate("poor"), kind_dmn=table()).ok
    assert refused(look(gate("rich"), kind_dmn=table())) == {"check.condition.code"}
    assert refused(look(gate("poor"), kind_dmn=table(said='["poor"]'))) == {"check.condition.of_list"}


def test_departments_may_be_asked_by_the_list_that_a_table_gives():
    rule = node("businessRuleTask", "rule", decision="kind", **PLAIN)
    asked = user("fill", items("category"), role="dept_liaison")
    way = "began > facts > rule > fill > ended"
    content = definitions(process(service("facts", gives="snapshot"), rule, asked, way=way, lane="部门"))
    assert look(content, kind_dmn=table(said='["civil", "health"]')).ok
    assert refused(look(content, kind_dmn=table(said='"civil"'))) == {"check.items.not_a_list"}
    assert refused(look(content, kind_dmn=table(said='["civil", "nobody"]'))) == {"check.items.no_department"}


# --- warnings


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (one(user("fill").replace("due()", "days('wait_days')")), {"check.due.no_timer"}),
        (one(user("fill").replace('name="fill"', "", 1)), {"check.name.missing"}),
        (
            diagram(
                node("parallelGateway", "split"),
                user("fill"),
                user("ask"),
                node("exclusiveGateway", "join"),
                user("later"),
                way="began > split > fill > join > later > ended\nsplit > ask > join",
            ),
            {"check.parallel.no_join"},
        ),
        (
            diagram(
                user("fill"),
                node("exclusiveGateway", "which", attributes='default="which__join"'),
                user("later"),
                node("parallelGateway", "join"),
                way="began > fill > which > join > ended\nwhich > later : outcome == 'no'\nlater > join",
            ),
            {"check.parallel.starves"},
        ),
    ],
)
def test_what_is_doubtful_is_warned_of_and_does_not_stop(content, codes):
    report = look(content)
    assert report.ok and warned(report) == codes


# --- times


def total(content: bytes, *more, entries=None, **files: bytes) -> int | None:
    """The days found on the longest path when the limit is nought."""
    report = look(content, entries=entries or county(days("case_limit_days", 0), *more), **files)
    assert not refused(report)
    over = [f for f in report.findings if f.code == "check.times.over_limit"]
    return int(str(over[0].args["days"])) if over else None


def test_default_times_are_added_up_along_the_longest_path():
    assert total(GOOD["one step"]) == 2
    assert total(GOOD["a decision"]) == 4
    assert total(GOOD["a parallel block"]) == 2
    assert total(GOOD["several at once"]) == 4
    assert total(GOOD["an embedded process"]) == 2
    assert total(GOOD["two processes, one calling the other"]) == 4


def test_a_second_pass_and_an_objection_are_not_counted():
    assert total(GOOD["a loop with a person in it"]) == 2
    objection = race(
        catch("late", timer("days('wait_days')")),
        catch("said", message()),
        user("ask"),
        user("later"),
        way="race > late > later > ended\nrace > said > ask > race",
    )
    # fill on day 2, five whole days 3 to 7, later on day 8 + 2
    assert total(objection) == 10


def test_the_limit_may_end_before_the_end_and_a_dated_wait_is_counted_by_its_parameter():
    first = user("fill", ends_limit="true")
    assert total(diagram(first, user("later"), way="began > fill > later > ended")) == 2
    wait = catch("wait", timer("on(note_id)"), takes="wait_days")
    assert total(diagram(user("fill"), wait, way="began > fill > wait > ended")) == 7
    unknown = look(diagram(user("fill"), catch("wait", timer("on(note_id)")), way="began > fill > wait > ended"))
    assert warned(unknown) == {"check.times.unknown_wait"}
    assert total(between(catch("wait", message(), takes="wait_days"), "wait")) == 7


def test_the_limit_itself_is_still_in_time_and_one_day_more_is_not():
    steps = [user(i) for i in ("fill", "ask", "later")]
    long = diagram(*steps, way="began > fill > ask > later > ended")
    assert not warned(look(long, entries=county(days("case_limit_days", 6))))
    report = look(long, entries=county(days("case_limit_days", 5)))
    assert warned(report) == {"check.times.over_limit"} and report.ok


def test_working_days_are_counted_from_the_worst_weekday():
    assert total(one(user("fill")), days("due_step", 1, "working_days")) == 3  # Friday to Monday
    assert total(one(user("fill")), days("due_step", 5, "working_days")) == 7
    two = diagram(user("fill"), user("ask"), way="began > fill > ask > ended")
    assert total(two, days("due_step", 1, "working_days")) == 4  # one weekend only
    monday = date(2024, 1, 1)
    for weekday in range(7):
        day = monday + timedelta(days=weekday)
        for n in range(25):
            expected = calendar.add_working_days(day, n, lambda d: d.weekday() < 5).day
            assert check_times.working_days(weekday, n) == (expected - day).days
    assert [check_times.longest_months(n) for n in (0, 1, 2, 12, 48)] == [0, 31, 62, 366, 1461]


def test_a_loop_entered_in_two_places_has_no_longest_path():
    tangled = diagram(
        user("fill"),
        node("exclusiveGateway", "which", attributes='default="which__ask"'),
        user("ask"),
        user("later"),
        node("exclusiveGateway", "out", attributes='default="out__ended"'),
        way="began > fill > which > ask > later > out > ended\nwhich > later : outcome == 'no'\nout > ask : outcome == 'yes'",
    )
    assert warned(look(tangled)) == {"check.times.tangled"}


# --- strangers' files


BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "decisions.xml.malformed"),
        (b"\x00\x01", "decisions.xml.encoding"),
        (b"<a>", "decisions.xml.malformed"),
        (b"<a/>", "check.file.not_bpmn"),
        (BOMB, "decisions.xml.doctype"),
        (b"<a>&nothing;</a>", "decisions.xml.entity"),
        ('<?xml version="1.0" encoding="GBK"?><a>农</a>'.encode("gbk"), "decisions.xml.encoding"),
        (b"<a>" * 5000 + b"</a>" * 5000, "decisions.xml.too_deep"),
        (b"<a>" + b"x" * 10_000_000 + b"</a>", "decisions.xml.too_big"),
    ],
)
def test_a_hostile_file_is_refused_before_it_is_read(content, code):
    assert refused(look(content)) == {code}


def test_nothing_at_all_is_refused():
    assert refused(check({}, None, None, None, lanes=LANES)) == {"check.files.count"}


def test_without_entries_forms_and_operators_only_the_diagram_is_checked():
    strange = one(user("fill", role="king", due="soon", clause="plan#9"))
    assert check({"demo.bpmn": strange}, None, None, None, lanes=LANES).ok


def test_a_comment_cannot_hide_half_a_condition_from_the_check():
    """Trap: one parser reads the text up to a comment, the other all of it."""
    split = decide("outcome == 'no'@or outcome == 'yes'").replace(b"@", b"<!-- -->")
    report = look(split)
    assert report.ok or refused(report) == {"check.file.engine_differs"}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("size", [300, pytest.param(1900, marks=pytest.mark.slow)])
def test_a_long_chain_with_loops_is_checked_in_the_end(size):
    """Large enough to hurt a quadratic walk; SpiffWorkflow itself may refuse it, with a sentence."""
    gates = [node("exclusiveGateway", f"g{i}", attributes=f'default="g{i}__g{i + 1}"') for i in range(size)]
    way = "".join(f"g{i} > g{i + 1}\ng{i} > fill : outcome == 'no'\n" for i in range(size))
    content = diagram(
        user("fill"),
        *gates,
        user("later"),
        node("exclusiveGateway", f"g{size}"),
        way=f"began > fill > g0\n{way}g{size} > later > ended",
    )
    assert refused(look(content)) <= {"check.file.engine"}


@pytest.mark.timeout(60)
def test_a_dense_diagram_is_checked_in_the_end():
    size = 150
    gates = [node("parallelGateway", f"g{i}") for i in range(size)]
    way = "".join(f"g{i} > g{j}\n" for i in range(size) for j in range(i + 1, min(i + 40, size)))
    content = diagram(user("fill"), *gates, way=f"began > fill > g0\n{way}g{size - 1} > ended")
    look(content)


def test_every_sentence_is_tested_and_every_code_has_one():
    """The texts list what is refused: none without a planted fault, none without reason and remedy."""
    here = Path(__file__).parent
    tested = "".join((here / name).read_text(encoding="utf-8") for name in ("planted.py", "test_check.py"))
    spoken = {"check.walked.", "check.severity.", "check.passed", "check.failed"}
    for code, text in TEXT.items():
        if not code.startswith(tuple(spoken)):
            assert f'"{code}"' in tested, code
            assert text.count("。") >= 2 and text.endswith("。"), code


def test_what_is_drawn_of_nothing_is_warned_of():
    shape = '<bpmndi:BPMNDiagram><bpmndi:BPMNShape bpmnElement="gone"/></bpmndi:BPMNDiagram>'
    assert warned(look(definitions(process(user("fill"), way=ONE), shape))) == {"check.drawing.dangling"}


def test_too_many_elements_are_refused_unread():
    many = [node("task", f"t{i}") for i in range(2001)]
    assert refused(look(diagram(*many, way="began > ended"))) == {"check.file.too_many"}
    good = [service(f"t{i}") for i in range(1000)]
    files = {f"p{i}.bpmn": diagram(*good, way="began > ended") for i in range(5)}
    assert refused(check(files, None, None, None, lanes=LANES)) == {"check.files.too_many"}


def test_a_thousand_warnings_cannot_push_out_a_refusal():
    tasks = [user(f"t{i}").replace(f'name="t{i}"', "", 1) for i in range(400)]
    tasks = [task.replace("due()", "days('wait_days')") for task in tasks]
    chain = " > ".join(f"t{i}" for i in range(400))
    content = diagram(*tasks, service("work", operator="rm"), way=f"began > {chain} > work > ended")
    report = look(content, forms=None)
    assert "check.operator.unknown" in refused(report)
    assert {w.element for w in report.elements if w.verdict == "refused"} == {"work"}


# --- the folder of planted faults


FILES = {
    "billion_laughs.bpmn": {"decisions.xml.doctype"},
    "external_entity.bpmn": {"decisions.xml.doctype"},
    "latin1.bpmn": {"decisions.xml.encoding"},
    "cut_off.bpmn": {"decisions.xml.malformed"},
    "not_a_diagram.bpmn": {"check.file.not_bpmn"},
    "link_event.bpmn": {"check.event.throw", "check.event.link"},
    "pre_script.bpmn": {"check.extension.script"},
    "script_task.bpmn": {"check.element.script"},
    "boundary_on_catch.bpmn": {"check.boundary.host"},
    "two_timers.bpmn": {"check.event_gateway.two_timers"},
    "literal_days.bpmn": {"check.timer.literal"},
    "month_duration.bpmn": {"check.timer.duration"},
    "no_default.bpmn": {"check.gateway.no_default"},
    "wrong_level.bpmn": {"check.role.level"},
    "unknown_name.bpmn": {"check.condition.unknown_name"},
    "never_waits.bpmn": {"check.loop.never_waits"},
    "calls_itself.bpmn": {"check.call.recursion"},
    "gap_in_table.dmn": {"decisions.gap"},
    "overlap_in_table.dmn": {"decisions.overlap"},
    "collect_sum.dmn": {"decisions.aggregation"},
}


def faulty(name: str) -> dict[str, bytes]:
    """A planted file in the project's layout; a table comes with a diagram that does not use it."""
    content = (FAULTS / name).read_bytes()
    if name.endswith(".dmn"):
        return {f"decisions/{name}": content, "demo.bpmn": one(user("fill"))}
    return {name: content}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_planted_file_is_named_for_what_it_is(name):
    stem = name.partition(".")[0]
    forms = {**FORMS, **{key.replace("demo/", f"{stem}/"): value for key, value in FORMS.items()}}
    report = check(faulty(name), county(), forms, OPERATORS, lanes=LANES)
    assert refused(report) == FILES[name]
    assert all(f.file.endswith(name) for f in report.findings if f.severity == "refused")


def test_every_planted_file_is_tested():
    assert {p.name for p in FAULTS.iterdir() if p.suffix in (".bpmn", ".dmn")} == FILES.keys()


# --- the shipped diagrams


def shipped(**changed: bytes) -> Report:
    from app.forms.parts import process_names
    from app.services.operations import OPERATIONS

    codes = json.loads((ROOT / "forms" / "codes.json").read_text(encoding="utf-8"))
    forms = {}
    for path in sorted((ROOT / "forms").glob("*/*.json")):
        found = process_names(json.loads(path.read_text(encoding="utf-8")), codes)
        key = f"{path.parent.name}/{path.stem}"
        forms[key] = {name: frozenset(values) if values else None for name, values in found.items()}
    toml = sorted((ROOT / "bpmn" / "entries").glob("*.toml"))
    entries = Entries.of(e for path in toml for e in read_toml(path.read_text(encoding="utf-8")))
    files = {path.name: path.read_bytes() for path in (ROOT / "bpmn").glob("*.bpmn")}
    files |= {f"decisions/{path.name}": path.read_bytes() for path in (ROOT / "bpmn" / "decisions").glob("*.dmn")}
    files |= {name.replace("_bpmn", ".bpmn"): content for name, content in changed.items()}
    return check(files, entries, forms, OPERATIONS, lanes=LEVEL_OF_LANE)


def test_the_shipped_diagrams_pass_without_a_warning():
    assert [(f.file, f.element, f.code) for f in shipped().findings] == []


def test_a_longer_village_review_breaks_the_limit_of_the_case():
    """The default times just fit the limit: any step that takes a day more is told."""
    text = (ROOT / "bpmn" / "identify.bpmn").read_text(encoding="utf-8")
    longer = text.replace('value="due_take_down_notice"', 'value="due_check_household"')
    assert longer != text
    report = shipped(identify_bpmn=longer.encode())
    assert [(f.code, f.args["days"], f.args["limit"]) for f in report.findings] == [("check.times.over_limit", 16, 15)]


def test_the_longest_address_that_check_lets_pass_fits_every_column() -> None:
    columns = [t.c.address for t in metadata.tables.values() if "address" in t.c]
    assert {column.type.length for column in columns if column.table.name in ("tasks", "timers", "incidents")} == {ADDRESS}
    assert tasks.c.item.type.length == ITEM_CODE
