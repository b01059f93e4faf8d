"""What a diagram may say, made from the program itself: types of steps, operations, facts, messages, holds, lists and doors.
`shouwang types` prints it, the page of the diagrams shows it."""

from dataclasses import dataclass, replace
from functools import cache

from app import forms, papers
from app.config import ROOT
from app.decisions.model import Input
from app.decisions.tables import parse_dmn
from app.engine import timers
from app.engine.check_elements import ANSWER, CODE, ITEMS, MANY, Declared
from app.labels import say
from app.policy.facts import ELIMINATION, GRADING, IDENTIFICATION
from app.policy.model import Entry
from app.policy.parameters import Entries

from .. import doors
from ..cases import applications
from ..operations import OPERATIONS
from ..rescreening import month
from ..steps import holds
from ..steps import lists as step_lists
from ..steps.catalogue import TYPES

FACTS = tuple(dict.fromkeys((*IDENTIFICATION, *ELIMINATION, *GRADING, "people")))
MESSAGES = (*applications.LODGED, month.COMPARED)
KINDS = (
    "types",
    "operations",
    "properties",
    "timers",
    "questions",
    "own_papers",
    "facts",
    "messages",
    "holds",
    "papers",
    "lists",
    "doors",
)


@dataclass(frozen=True)
class Word:
    """`key`: what stands in the diagram; `more`: what it reads, needs, gives and may be told."""

    key: str
    sentence: str
    more: tuple[str, ...] = ()


def catalogue(entries: Entries | None = None) -> dict[str, list[Word]]:
    """By kind; with the county's entries also the questions that tables may read, and the doors as they stand. Each word ends
    with an example of how it is written."""
    found = {
        "types": [Word(key, say(f"types.{key}"), _more(one, "type", key)) for key, one in TYPES.items()],
        "operations": [
            Word(key, say(f"types.operation.{key}"), _more(one, "operator", key)) for key, one in OPERATIONS.items()
        ],
        "properties": [Word(key, say(f"types.property.{key}"), (_example(f"{key}={_SAID[key]}"),)) for key in _SAID],
        "timers": [Word(key, say(f"types.timer.{key}"), (_example(_TIMERS[key]),)) for key in timers.KINDS],
        "questions": [
            Word(key, say(f"types.question.{key}"), (_example(f'"{key}": {_ASKED[key]}'),)) for key in forms.KEYWORDS
        ],
        "own_papers": [
            Word(key, say(f"types.own_paper.{key}"), (_example(f"{key} = {_OWN[key]}"),)) for key in papers.DECLARED
        ],
        "facts": [Word(key, say(f"types.fact.{key}"), (_cell(key),)) for key in FACTS] + _asked(entries),
        "messages": [Word(key, say(f"types.message.{key}"), (_example(f"message name={key}"),)) for key in MESSAGES],
        "holds": [Word(key, say(f"holds.{key}"), (_example(f"waits_for={key}"),)) for key in holds.KINDS],
        "papers": [Word(key, say(f"papers.kind.{key}"), (_example(f"paper={key}"),)) for key in papers.KINDS],
        "lists": [Word(key, say(f"lists.{key}")) for key in step_lists.SHIPPED] + _lists(entries),
        "doors": [Word(key, say(f"types.door.{key}")) for key in doors.ALL] + _own(entries),
    }
    for kind, written in (("lists", "list={}"), ("doors", 'door = [{{ key = "{}", process = "…" }}]')):
        found[kind] = [replace(word, more=(_example(written.format(word.key)),)) for word in found[kind]]
    return found


_SAID = {
    "type": "village_review",
    "role": "village_officer",
    "due": "due_hold_village_review",
    "list": "meeting",
    "paper": "review_minutes",
    "group": "risk",
    "separate_from": "first_step",
    "waits_for": "late_objection",
    "shows": "head_name,village",
    "completion": "all",
    "gives": "outcome",
    "gives.review_result": "second_result",
    "operator": "tally",
    "decision": "decide_relief",
    "tables": "find_",
    "outcome": "relief_given",
    "stage": "village",
    "final": "true",
    "ends_limit": "true",
    "takes": "notice_days",
    "clause": "wx2021-25#4.1.3",
    "default": "true",
    "source": "…",
    "subject": "case",
    "main": "own",
    "returns_to.late_objection": "the_review",
    "returns_to.provisional_standard": "the_review",
}
"""Property -> what stands there in an example."""
_TIMERS = {
    "due": "due()",
    "on": "on(notice_over_on)",
    "days": "days('relief_silence_days')",
    "months": "months('observe_months')",
    "working_days": "working_days('due_register_in_province')",
}
_ASKED = {
    "x-belongs-to": '"process"',
    "x-widget": '"radio"',
    "x-choices": '"departments"',
    "x-acting": "true",
    "x-confirm": "true",
    "x-always": "true",
    "x-past": "true",
    "x-happened-on": "true",
    "x-unique": '"key"',
    "x-batch": '"once"',
    "x-minor": '"head"',
    "x-sensitive": '"risks"',
    "x-guardian": "true",
    "x-spare-rows": "2",
}
_OWN = {
    "title": '"…"',
    "groups": '["basic"]',
    "prints": '["relief_asked"]',
    "number": '"{year}-{number}"',
    "before": "true",
}


def _example(written: str) -> str:
    return say("types.example", written=written)


def _more(one: Declared, word: str, key: str) -> tuple[str, ...]:
    comma = say("stories.comma")
    gives = [name + _codes(codes) for name, codes in one.gives.items()]
    told: dict[tuple[str, ...], str] = {
        ITEMS: say("types.items"),
        ANSWER: say("types.answer"),
        MANY: say("types.many"),
        CODE: say("types.code"),
    }
    said = [f"{name}（{told.get(words) or comma.join(words)}）" for name, words in one.properties.items()]
    about = {
        "reads": tuple(name + _codes(one.codes.get(name, ())) for name in one.reads),
        "needs": one.needs,
        "uses": one.uses,
        "gives": gives,
        "facts": one.facts,
        "raises": one.raises,
        "parameters": tuple(one.parameters),
        "properties": said,
        "undoes": (say(f"types.undo.{one.undo.__name__}"),) if one.undo is not None else (),
        "protected": tuple(say(f"types.protects.{name}") for name in one.protects),
        "shows": tuple(say(f"types.shows.{name}") for name in getattr(one, "shows", ())),
        "fails": tuple(say(code).removesuffix(say("stories.stop")) for code in one.fails),
        "subjects": one.subjects,
        "mains": one.mains,
    }
    more = [say(f"types.{name}", names=comma.join(found)) for name, found in about.items() if found]
    named = [f"{name}={entry}" for name, entry in one.parameters.items()]
    named += [f"{name}={_PROPERTY.get(words, words[0])}" for name, words in one.properties.items()]
    return (*more, _example(" ".join((f"{word}={key}", *named))))


_PROPERTY: dict[tuple[str, ...], str] = {
    ITEMS: "ask_departments",
    ANSWER: "opinion=agree",
    MANY: "all",
    CODE: "relief_given",
}


def _codes(codes: tuple[str, ...]) -> str:
    return say("types.codes", codes=say("stories.comma").join(codes)) if codes else ""


@cache
def _columns() -> dict[str, tuple[str, Input]]:
    """Fact -> (table, column) of the first shipped table that reads it."""
    found: dict[str, tuple[str, Input]] = {}
    for path in sorted((ROOT / "bpmn" / "decisions").glob("*.dmn")):
        for column in parse_dmn(path.read_bytes()).inputs:
            found.setdefault(column.name, (path.name, column))
    return found


def _cell(fact: str) -> str:
    """How a table asks for a fact."""
    table, column = _columns().get(fact, ("", None))
    if column is None or column.type == "number":
        return _example(f"{table} {fact} > 0".strip())
    if column.type == "boolean":
        return _example(f"{table} {fact} true")
    named = column.allowed.names if column.allowed is not None else ()
    return _example(f'{table} {fact} "{named[0] if named else ""}"')


def _asked(entries: Entries | None) -> list[Word]:
    known = (entries.history("field", key)[0] for key in entries.keys("field")) if entries is not None else ()
    return [Word(e.key, str(e.value["label"]), (_cell_of(e),)) for e in known if e.value.get("fact")]


def _cell_of(entry: Entry) -> str:
    """How a table asks for a question of the county's own, by its kind."""
    kind = entry.value.get("kind")
    cells = {"code": '"…"', "codes": '"…"', "yes_no": "true", "boolean": "true"}
    return _example(f"{entry.key} {cells.get(str(kind), '> 0')}")


def _lists(entries: Entries | None) -> list[Word]:
    keys = (key for key in step_lists.known(entries) if key not in step_lists.SHIPPED) if entries is not None else ()
    return [Word(key, str(entries.history("list", key)[0].value["title"])) for key in keys] if entries else []


def _own(entries: Entries | None) -> list[Word]:
    """Doors that a designer opened."""
    keys = (key for key in (entries.keys("door") if entries is not None else ()) if key not in doors.ALL)
    return [Word(key, str(entries.history("door", key)[0].value.get("title", key))) for key in keys] if entries else []
