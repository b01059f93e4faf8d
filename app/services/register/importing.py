"""The household register filled from files of the province's system: checked row by row, compared, written in pieces.

One row is one person; rows with the same household number are one household. A household with a row that cannot be is left
out as a whole and named; the others go on. The same file again changes nothing. A value that an official gave after the
day of the file's data stays.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from app.forms import text as typed
from app.labels import say
from app.policy.identity import birth_date
from app.policy.joining import SOURCE
from app.store import register as rows
from app.store.session import Crossed, Session, Store

from .. import doors
from ..files.tables import Table, plain_title
from ..files.villages import Villages
from ..people import County, Refused
from . import cells
from . import joining as register_joining
from .values import Checked, Column, Counts, Note, Parsed, Problem

__all__ = ["SOURCE", "Checked", "Column", "Counts", "Parsed", "Problem"]

KIND = "households"
REPEATED = ("code", "codes", "org_unit", "integer")
"""Kinds of cells that hold few different words."""
AT_ONCE = 500


def columns(session: Session, county: County) -> dict[str, Column]:
    codes: Any = doors.shared(session).codes["$defs"]
    return {e.key: cells.column(e.key, e.value, codes) for e in county.entries.all("import_column", county.on)}


def titles(known: Mapping[str, Column], saved: Mapping[str, str]) -> list[str]:
    """Every title by which a header is found: ours, and those that were chosen before."""
    return [*(title for column in known.values() for title in column.titles), *(title for title, key in saved.items() if key)]


def guess(table: Table, known: Mapping[str, Column], saved: Mapping[str, str]) -> dict[int, str]:
    """Which column of the file is what: as chosen before ("" = not used), else by its title. Place -> key."""
    by_title = {plain_title(title): column.key for column in known.values() for title in column.titles}
    found: dict[int, str] = {}
    for place, title in enumerate(table.header):
        key = saved[title] if title in saved else by_title.get(plain_title(title), "")
        if key in known and key not in found.values():
            found[place] = key
    return found


def missing(known: Mapping[str, Column], chosen: Mapping[int, str]) -> list[Column]:
    return [column for column in known.values() if column.required and column.key not in chosen.values()]


# --- row by row ---------------------------------------------------------------------------------------------------


def check(table: Table, known: Mapping[str, Column], chosen: Mapping[int, str], county: County) -> Checked:
    """Every row, without the database. Raises Refused when a column that must be there is not."""
    absent = missing(known, chosen)
    if absent:
        raise Refused("register.columns_missing", titles=say("stories.comma").join(column.titles[0] for column in absent))
    reader = _Reader(table, known, chosen, county)
    made = Checked(rows=table.filled)
    groups: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    spoilt: set[str] = set()
    owners: dict[str, tuple[str, int]] = {}
    for at, line in enumerate(table.rows):
        if not any(line):
            continue
        values, problems = reader.row(at, line)
        number = str(values.get("number") or f"#{at}")
        person = values.get("id_number")
        if person and person in owners and not problems:
            problems.append(
                reader.problem(
                    at, "id_number", "register.person_twice", first=table.row(owners[person][1]), with_row=owners[person][1]
                )
            )
        elif person:
            owners[person] = (number, at + 1)
            made.owners[person] = number
        if problems:
            spoilt.add(number)
            made.problems += problems
        groups.setdefault(number, []).append((at, values))
    made.together = [[at + 1 for at, _ in lines] for lines in groups.values() if len(lines) > 1]
    for number, lines in groups.items():
        if number not in spoilt:
            household = _household(reader, number, lines, made)
            if household is not None:
                made.households.append(household)
    return made


class _Reader:
    def __init__(self, table: Table, known: Mapping[str, Column], chosen: Mapping[int, str], county: County) -> None:
        self.table, self.known, self.chosen = table, known, dict(chosen)
        self.at = {key: column for column, key in self.chosen.items()}
        self.villages, self.today = Villages(county), county.on
        self.seen: dict[tuple[str, str, str], Any] = {}
        self.no_text = table.read.no_text([n for n, key in chosen.items() if known[key].kind in cells.AS_TEXT])

    def value(self, column: Column, text: str, town: str) -> Any:
        """What a cell says; words that fill a column over and over are read once."""
        if column.kind not in REPEATED:
            return cells.read(column, text, self.villages, town)
        what = (column.key, text, town)
        if what not in self.seen:
            self.seen[what] = cells.read(column, text, self.villages, town)
        return self.seen[what]

    def besides(self, column: Column, text: str) -> dict[str, str]:
        """What a cell tells beside its own column, by key: of the column named there, of the one that that one names ..."""
        also = self.known.get(column.also)
        if also is None:
            return {}
        what = (column.key, text, "beside")
        if what not in self.seen:
            told: dict[str, str] = {}
            passed = {column.key}
            while also is not None and also.key not in passed:
                code = cells.beside(also, text)
                told |= {also.key: code} if code else {}
                passed.add(also.key)
                also = self.known.get(also.also)
            self.seen[what] = told
        found: dict[str, str] = self.seen[what]
        return found

    def problem(self, at: int, key: str, code: str, **details: object) -> Problem:
        column = self.at.get(key)
        title = self.table.header[column] if column is not None else ""
        value = self.table.rows[at][column] if column is not None else ""
        return Problem(at + 1, title, code, details, value)

    def odd(self, at: int, place: int, column: Column, text: str) -> str | None:
        """Why a cell is not what was typed, or no text where there must be one."""
        odd = self.table.odd.get((at, place)) if self.table.odd else None
        if odd is None and column.kind in cells.AS_TEXT:
            kind = self.no_text.get((at, place)) if self.no_text else None
            if kind is None and self.table.read.is_text and cells.remade(text):
                kind = "csv"
            return f"tables.no_text.{kind}" if kind else None
        return odd

    def row(self, at: int, line: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
        values: dict[str, Any] = {}
        beside: dict[str, str] = {}
        problems: list[Problem] = []
        town = line[self.at["town"]] if "town" in self.at else ""
        for place, key in self.chosen.items():
            column, text = self.known[key], line[place]
            odd = self.odd(at, place, column, text)
            if odd is not None:
                problems.append(self.problem(at, key, odd))
                continue
            if not text:
                if column.required and not column.blank:
                    problems.append(self.problem(at, key, "register.empty"))
                continue
            told = self.besides(column, text)
            beside |= told
            try:
                value = self.value(column, text, town)
                if column.kind in ("id_number", "paper", "date") and value:
                    typed.check_born(value, self.today)
                if value not in ("", None):
                    values[key] = value
                elif column.required and not column.blank:
                    problems.append(self.problem(at, key, "register.empty"))
            except typed.TextError as refused:
                problems.append(self.problem(at, key, refused.code, **{"title": self.table.header[place], **refused.details}))
            except Refused as refused:
                if told:
                    continue
                problems.append(self.problem(at, key, refused.code, **{"title": self.table.header[place], **refused.details}))
        born = birth_date(str(values.get("id_number", "")))
        if born is not None and values.get("born", born.isoformat()) != born.isoformat():
            problems.append(self.problem(at, "born", "register.born_differs", born=born.isoformat()))
        return {**beside, **values}, problems


def _household(reader: _Reader, number: str, lines: Sequence[tuple[int, dict[str, Any]]], made: Checked) -> Parsed | None:
    """A household has one telephone: the head's, else the first, where each of its people has their own."""
    problems = made.problems
    first, values = lines[0][0], {}
    members, measures = [], []
    phones_differ = False
    for at, row in lines:
        for key, value in row.items():
            column = reader.known[key]
            if column.level != "household" or key in ("number", "town"):
                continue
            if key == "past_measure":
                measures.append(value)
            elif key not in values:
                values[key] = value
            elif values[key] != value and column.kind == "phone":
                phones_differ = True
                if row.get("relation") == "head":
                    values[key] = value
            elif values[key] != value:
                problems.append(reader.problem(at, key, "register.rows_differ", first=reader.table.row(first + 1)))
                return None
        member = {k: v for k, v in row.items() if reader.known[k].level == "member"}
        members.append({"status": "present", **member})
    if sum(m["relation"] == "head" for m in members) != 1:
        problems.append(reader.problem(first, "relation", "register.one_head"))
        return None
    members.sort(key=lambda m: m["relation"] != "head")
    if phones_differ:
        made.notes.append(Note(first + 1, number, "register.phones_differ"))
    village = values.pop("village")
    return Parsed(number, first, village, values, members, list(dict.fromkeys(measures)))


# --- against what is kept -----------------------------------------------------------------------------------------


def apply(
    store: Store,
    checked: Checked,
    *,
    data_on: date,
    by: int | None,
    now: datetime,
    file_hash: bytes,
    write: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Counts:
    """Compare with the register and write what is new or changed, AT_ONCE households a transaction. With `write=False`
    only the counts are made (the preview)."""
    counts = Counts(
        left_out=len({p.row for p in checked.problems}), problems=list(checked.problems), notes=list(checked.notes)
    )
    run = register_joining.Run(data_on, by, now, write, {one.number: one for one in checked.households}, checked.owners)
    done = 0
    for part in _parts(checked.households):
        _tried(store, part, run, counts)
        done += len(part)
        if progress is not None:
            progress(done, len(checked.households))
    if write:
        with store.transaction() as session:
            told = {**counts.as_dict(), "older": counts.older, "notes": len(counts.notes)}
            ident = rows.add_import(session, kind=KIND, file_hash=file_hash, data_on=data_on, by=by, counts=told, now=now)
            register_joining.note(session, run, "register_imported", {"import": ident, **told})
    return counts


def _tried(store: Store, part: Sequence[Parsed], run: register_joining.Run, counts: Counts) -> None:
    """One piece, again if somebody wrote one of its files at the same moment."""
    for attempt in range(3):
        mine = Counts(touched=set(counts.touched), unchanged=set(counts.unchanged))
        try:
            with store.transaction() if run.write else store.reading() as session:
                register_joining.piece(session, part, run, mine)
        except Crossed:
            if attempt == 2:
                raise
            continue
        break
    counts.add(mine)


def _parts(households: Iterable[Parsed]) -> Iterator[list[Parsed]]:
    todo = iter(households)
    while part := list(islice(todo, AT_ONCE)):
        yield part
