"""What a procedure may be about (its `subject`): a household's case, a clue, a run, a study. One row a kind says what its
steps know, read and offer; nothing else asks which kind it is. What pages show of it: `services/desk/subjects.py`."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.forms import Form
from app.store import cases as case_rows
from app.store import clues as clue_rows
from app.store import households as household_rows
from app.store.processes import Work
from app.store.session import Session

from .. import places
from ..household import file as household_file
from ..people import County
from . import clue as clue_subject

CASE, CLUE, RUN, STUDY = "case", "clue", "run", "scale"
Document = dict[str, Any]
Choices = dict[str, Sequence[tuple[str, ...]]]


@dataclass(frozen=True)
class Reader:
    """Who looks at one: the groups of facts of their roles, whether it lies in their area, whether it was sent to them."""

    groups: Collection[str]
    area: bool
    sent: bool


def _file(session: Session, work: Work) -> Document | None:
    if work.household is None or work.key is None:
        return None
    return household_rows.document(session, work.household, work.key)[0]


def _known(session: Session, work: Work, form: Form) -> dict[str, Any]:
    document = _file(session, work)
    if document is None:
        return {}
    known = household_file.known(document, work.village)
    if work.case_id is not None and any(item.belongs_to == "case:measures_done" for item in form.fields):
        known["case:measures_done"] = [
            {"measure_id": m.id, "group": m.group, "done_on": m.done_on.isoformat() if m.done_on else None}
            for m in case_rows.measures_of(session, work.case_id)
        ]
    return known


def _facts(session: Session, work: Work, snapshot: int) -> Mapping[str, Any] | None:
    if work.key is None or work.key.bytes is None:
        return None
    content = household_rows.snapshot(session, snapshot, work.key)
    return content["facts"] if content is not None else None


def _since(session: Session, work: Work) -> date | None:
    return work.case["clue_on"] if work.case else None


OFFERED = ("officials", "villages", "towns", "departments")
"""Lists that every form may choose from; `clue_steps` has those of a clue beside them."""


def offered(county: County) -> Choices:
    """Places and departments of the county."""
    departments = [(e.key, str(e.value["name"])) for e in county.entries.all("department", county.on)]
    return {"villages": places.anywhere(county), "towns": places.towns(county), "departments": departments}


def _no_choices(session: Session, work: Work, unit: str, county: County) -> Choices:
    return {}


def _nothing_kept(session: Session, ident: int, outputs: Mapping[str, Any]) -> None:
    """The case's own columns are changed by operations."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A kind of subject. `page`: the path under which it has a page. `file(session, work)`: the household's file as it
    stands, None where there is none or it was erased. `known(session, work, form)`: what a form need not ask, by what its
    fields belong to. `facts(session, work, snapshot)`: what tables read, None once erased. `since(session, work)`: nothing
    about it happened before. `choices(session, work, unit, county)`: lists that its forms choose from. `decided(session, id,
    outputs)`: what of a table's answer stands on it."""

    page: str | None = None
    file: Callable[[Session, Work], Document | None] = _file
    known: Callable[[Session, Work, Form], dict[str, Any]] = _known
    facts: Callable[[Session, Work, int], Mapping[str, Any] | None] = _facts
    since: Callable[[Session, Work], date | None] = _since
    choices: Callable[[Session, Work, str, County], Choices] = _no_choices
    decided: Callable[[Session, int, Mapping[str, Any]], None] = _nothing_kept


def _graded(session: Session, ident: int, outputs: Mapping[str, Any]) -> None:
    clue_rows.graded(session, ident, str(outputs.get("grade", "")))


SUBJECTS: Mapping[str, Subject] = {
    CASE: Subject(page="cases"),
    CLUE: Subject(
        page="clues",
        file=clue_subject.file_of,
        known=clue_subject.known,
        facts=clue_subject.facts,
        since=clue_subject.since,
        choices=clue_subject.choices,
        decided=_graded,
    ),
    RUN: Subject(),
    STUDY: Subject(page="scale"),
}


def of(work: Work) -> Subject:
    """What this instance is about."""
    return SUBJECTS[work.subject_kind]
