"""What a diagram may say, made from the program itself: types of steps, operations, facts, messages, holds, lists and doors.
`shouwang types` prints it, the page of the diagrams shows it."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.engine.check_elements import ANSWER, ITEMS, MANY, Declared
from app.labels import say
from app.policy.facts import ELIMINATION, GRADING, IDENTIFICATION
from app.policy.parameters import Entries

from . import cases, doors, holds, listing, rescreening
from .operations import OPERATIONS
from .steps.catalogue import TYPES

FACTS = tuple(dict.fromkeys((*IDENTIFICATION, *ELIMINATION, *GRADING, "people")))
MESSAGES = (*cases.LODGED, rescreening.COMPARED)
KINDS = ("types", "operations", "facts", "messages", "holds", "lists", "doors")


@dataclass(frozen=True)
class Word:
    """`key`: what stands in the diagram; `more`: what it reads, needs, gives and may be told."""

    key: str
    sentence: str
    more: tuple[str, ...] = ()


def catalogue(entries: Entries | None = None) -> dict[str, list[Word]]:
    """By kind; with the county's entries also the questions that tables may read, and the doors as they stand."""
    return {
        "types": [Word(key, say(f"types.{key}"), _more(one, one.raises)) for key, one in TYPES.items()],
        "operations": [Word(key, say(f"types.operation.{key}"), _more(one, one.raises)) for key, one in OPERATIONS.items()],
        "facts": [Word(key, say(f"types.fact.{key}")) for key in FACTS] + _asked(entries),
        "messages": [Word(key, say(f"types.message.{key}")) for key in MESSAGES],
        "holds": [Word(key, say(f"holds.{key}")) for key in holds.KINDS],
        "lists": [Word(key, say(f"batches.{key}")) for key in listing.SHIPPED] + _lists(entries),
        "doors": [Word(key, say(f"types.door.{key}")) for key in doors.ALL] + _own(entries),
    }


def _more(one: Declared, raises: Iterable[str]) -> tuple[str, ...]:
    comma = say("stories.comma")
    gives = [name + (f"（{comma.join(codes)}）" if codes else "") for name, codes in one.gives.items()]
    told: dict[tuple[str, ...], str] = {ITEMS: say("types.items"), ANSWER: say("types.answer"), MANY: say("types.many")}
    said = [f"{key}（{told.get(words) or comma.join(words)}）" for key, words in one.properties.items()]
    about = {
        "reads": one.reads, "needs": one.needs, "uses": one.uses, "gives": gives, "facts": one.facts, "raises": tuple(raises),
        "parameters": tuple(one.parameters), "properties": said, "subjects": one.subjects,
    }  # fmt: skip
    return tuple(say(f"types.{name}", names=comma.join(found)) for name, found in about.items() if found)


def _asked(entries: Entries | None) -> list[Word]:
    known = (entries.history("field", key)[0] for key in entries.keys("field")) if entries is not None else ()
    return [Word(e.key, str(e.value["label"])) for e in known if e.value.get("fact")]


def _lists(entries: Entries | None) -> list[Word]:
    keys = (key for key in listing.known(entries) if key not in listing.SHIPPED) if entries is not None else ()
    return [Word(key, str(entries.history("list", key)[0].value["title"])) for key in keys] if entries else []


def _own(entries: Entries | None) -> list[Word]:
    """Doors that a designer opened."""
    keys = (key for key in (entries.keys("door") if entries is not None else ()) if key not in doors.ALL)
    return [Word(key, str(entries.history("door", key)[0].value.get("title", key))) for key in keys] if entries else []
