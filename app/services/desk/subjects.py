"""What pages show of what a procedure is about, one row a kind of `subjects`: beside a step's form, in the inbox."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from app.labels import say
from app.store import clues as clue_rows
from app.store import rescreening as run_rows
from app.store import scale as scale_rows
from app.store.processes import Work
from app.store.session import Session

from ..clues import pages as clue_pages
from ..context import Context
from ..history import signals
from ..people import County
from ..scale import pages as scale_pages
from ..subjects.table import CASE, CLUE, RUN, STUDY, Reader
from ..visits import pages as visit_pages

Groups = list[dict[str, Any]]


@dataclass(frozen=True)
class Line:
    """A subject in one line: what it is called, what it is about, how urgent its table found it."""

    head: str
    note: str = ""
    grade: str | None = None


def _nothing(session: Session, county: County, work: Work, item: str | None, reader: Reader) -> Groups:
    return []


def _none(session: Session, idents: Collection[int]) -> dict[int, Any]:
    return {}


def _no_line(county: County, row: Any, seen: bool) -> Line:
    return Line("")


def _nowhere(context: Context, work: Work, item: str | None) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Page:
    """`facts(session, county, work, item, reader)`: groups of what is known of it, beside the form. `some(session, ids)`:
    rows of those that stand for themselves in lists, by id; `line(county, row, seen)` of each. `part_of(context, work,
    item)`: {title, page} of what it is a part of, and where that is worked or read."""

    facts: Callable[[Session, County, Work, str | None, Reader], Groups] = _nothing
    some: Callable[[Session, Collection[int]], Mapping[int, Any]] = _none
    line: Callable[[County, Any, bool], Line] = _no_line
    part_of: Callable[[Context, Work, str | None], dict[str, Any] | None] = _nowhere


def _clue(county: County, row: Any, seen: bool) -> Line:
    head = (row.head_name or row.name or say("clues.unmatched")) if seen else ""
    return Line(head, clue_pages.sign_title(county, row.sign), row.grade)


def _study(county: County, row: Any, seen: bool) -> Line:
    return Line(signals.subject(county, row.about))


def _run(county: County, row: Any, seen: bool) -> Line:
    return Line(visit_pages.title(row))


PAGES: Mapping[str, Page] = {
    CASE: Page(),
    CLUE: Page(facts=clue_pages.beside_form, some=clue_rows.some, line=_clue),
    RUN: Page(facts=visit_pages.facts, some=run_rows.some, line=_run, part_of=visit_pages.part_of),
    STUDY: Page(facts=scale_pages.facts, some=scale_rows.some, line=_study),
}
