"""The household register filled from files of the province's system: checked row by row, compared, written in pieces.

One row is one person; rows with the same household number are one household. A household with a row that cannot be is left
out as a whole and named; the others go on. The same file again changes nothing. A value that an official gave after the
day of the file's data stays.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from app.forms import text as typed
from app.policy.identity import normalise_id
from app.store import record
from app.store import register as rows
from app.store.record import Draft
from app.store.session import Crossed, Session, Store

from . import definitions
from .cases import pinyin_of
from .people import County, Refused
from .tables import Table
from .villages import Villages

KIND = "households"
SOURCE = "import"
"""Who a value is from, in the file's sources: [SOURCE, day of the data]."""
AT_ONCE = 500
_BETWEEN = re.compile("[\\s,;\u3001\uff0c\uff1b]+")
MAY_IMPORT = ("county_officer", "county_leader")


@dataclass(frozen=True)
class Column:
    """One thing a file may tell; from the dated `import_column` entries. `words`: as written -> our code."""

    key: str
    level: str
    kind: str
    titles: tuple[str, ...]
    required: bool
    words: Mapping[str, str]


@dataclass(frozen=True)
class Problem:
    """A row that cannot be: its number (1 = first below the header), the column's title, why, what stood there."""

    row: int
    column: str
    code: str
    details: Mapping[str, object] = field(default_factory=dict)
    value: str = ""


@dataclass
class Parsed:
    """One household as the file tells it; members in the order of their rows."""

    number: str
    row: int
    village: str
    values: dict[str, Any]
    members: list[dict[str, Any]]
    measures: list[str]


@dataclass
class Checked:
    households: list[Parsed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rows: int = 0


@dataclass
class Counts:
    new: int = 0
    changed: int = 0
    same: int = 0
    left_out: int = 0
    problems: list[Problem] = field(default_factory=list)

    def as_dict(self) -> dict[str, int]:
        return {"new": self.new, "changed": self.changed, "same": self.same, "left_out": self.left_out}


def columns(session: Session, place: County) -> dict[str, Column]:
    codes: Any = definitions.latest(session, "identify").codes["$defs"]
    found = {}
    for entry in place.entries.all("import_column", place.on):
        value = entry.value
        words = {str(o["title"]): str(o["const"]) for o in codes.get(value.get("codes"), {}).get("oneOf", ())}
        for code, listed in (value.get("words") or {}).items():
            words.update(dict.fromkeys(listed, code))
        found[entry.key] = Column(
            entry.key, value["level"], value["kind"], tuple(value["titles"]), bool(value.get("required")), words,
        )  # fmt: skip
    return found


def guess(table: Table, known: Mapping[str, Column], saved: Mapping[str, str]) -> dict[int, str]:
    """Which column of the file is what: as chosen before ("" = not used), else by its title. Place -> key."""
    by_title = {title: column.key for column in known.values() for title in column.titles}
    found: dict[int, str] = {}
    for place, title in enumerate(table.header):
        key = saved[title] if title in saved else by_title.get(title, "")
        if key in known and key not in found.values():
            found[place] = key
    return found


def missing(known: Mapping[str, Column], chosen: Mapping[int, str]) -> list[Column]:
    return [column for column in known.values() if column.required and column.key not in chosen.values()]


# --- row by row ---------------------------------------------------------------------------------------------------


def check(table: Table, known: Mapping[str, Column], chosen: Mapping[int, str], place: County) -> Checked:
    """Every row, without the database. Raises Refused when a column that must be there is not."""
    absent = missing(known, chosen)
    if absent:
        raise Refused("register.columns_missing", titles=", ".join(column.titles[0] for column in absent))
    reader = _Reader(table, known, chosen, place)
    made = Checked(rows=len(table.rows))
    groups: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    spoilt: set[str] = set()
    owners: dict[str, tuple[str, int]] = {}
    for at, cells in enumerate(table.rows):
        if not any(cells):
            continue
        values, problems = reader.row(at, cells)
        number = str(values.get("number") or f"#{at}")
        person = values.get("id_number")
        if person and person in owners and not problems:
            problems.append(reader.problem(at, "id_number", "register.person_twice", first=owners[person][1]))
        elif person:
            owners[person] = (number, at + 1)
        if problems:
            spoilt.add(number)
            made.problems += problems
        groups.setdefault(number, []).append((at, values))
    for number, lines in groups.items():
        if number not in spoilt:
            household = _household(reader, number, lines, made.problems)
            if household is not None:
                made.households.append(household)
    return made


class _Reader:
    def __init__(self, table: Table, known: Mapping[str, Column], chosen: Mapping[int, str], place: County) -> None:
        self.table, self.known, self.chosen = table, known, dict(chosen)
        self.at = {key: column for column, key in self.chosen.items()}
        self.villages = Villages(place)

    def problem(self, at: int, key: str, code: str, **details: object) -> Problem:
        column = self.at.get(key)
        title = self.table.header[column] if column is not None else ""
        value = self.table.rows[at][column] if column is not None else ""
        return Problem(at + 1, title, code, details, value)

    def row(self, at: int, cells: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for place, key in self.chosen.items():
            column, text = self.known[key], cells[place]
            odd = self.table.odd.get((at, place)) if self.table.odd else None
            if odd is not None and (odd != "tables.damaged" or column.kind in ("id_number", "text", "phone")):
                problems.append(self.problem(at, key, odd))
                continue
            if not text:
                if column.required:
                    problems.append(self.problem(at, key, "register.empty"))
                continue
            try:
                values[key] = self._value(column, text)
            except typed.Refused as refused:
                problems.append(self.problem(at, key, refused.code, **{"title": self.table.header[place], **refused.args_}))
            except Refused as refused:
                problems.append(self.problem(at, key, refused.code, **refused.details))
        return values, problems

    def _value(self, column: Column, text: str) -> Any:
        kind = column.kind
        if kind == "id_number":
            number = normalise_id(text)
            typed.check_id_number(number)
            return number
        if kind == "name":
            return typed.person_name(text)[:40]
        if kind == "phone":
            number = typed.phone(text)
            typed.check_phone(number)
            return number
        if kind == "integer":
            return typed.integer(text)
        if kind == "code":
            code = column.words.get(text)
            if code is None:
                raise Refused("register.unknown_word", value=text[:20])
            return code
        if kind == "codes":
            found = [column.words.get(word) for word in _BETWEEN.split(text) if word]
            if None in found:
                raise Refused("register.unknown_word", value=text[:20])
            return list(dict.fromkeys(found))
        if kind == "org_unit":
            code = self.villages.code(text)
            if code is None:
                raise Refused("register.unknown_village", value=text[:20])
            return code
        return typed.prose(text)[:200]


def _household(
    reader: _Reader, number: str, lines: Sequence[tuple[int, dict[str, Any]]], problems: list[Problem]
) -> Parsed | None:
    first, values = lines[0][0], {}
    members, measures = [], []
    for at, row in lines:
        for key, value in row.items():
            column = reader.known[key]
            if column.level != "household" or key in ("number", "town"):
                continue
            if key == "past_measure":
                measures.append(value)
            elif key not in values:
                values[key] = value
            elif values[key] != value:
                problems.append(reader.problem(at, key, "register.rows_differ", first=first + 1))
                return None
        member = {k: v for k, v in row.items() if reader.known[k].level == "member"}
        members.append({"status": "present", **member})
    if sum(m["relation"] == "head" for m in members) != 1:
        problems.append(reader.problem(first, "relation", "register.one_head"))
        return None
    members.sort(key=lambda m: m["relation"] != "head")
    village = values.pop("village")
    return Parsed(number, first, village, values, members, list(dict.fromkeys(measures)))


# --- against what is kept -----------------------------------------------------------------------------------------


def apply(
    store: Store, checked: Checked, *, data_on: date, by: int | None, now: datetime, file_hash: bytes,
    write: bool = True, progress: Callable[[int, int], None] | None = None,
) -> Counts:  # fmt: skip
    """Compare with the register and write what is new or changed, AT_ONCE households a transaction. With `write=False`
    only the counts are made (the preview)."""
    counts = Counts(left_out=len({p.row for p in checked.problems}), problems=list(checked.problems))
    done = 0
    for part in _parts(checked.households):
        _tried(store, part, data_on, by, now, counts, write=write)
        done += len(part)
        if progress is not None:
            progress(done, len(checked.households))
    if write:
        with store.transaction() as session:
            ident = rows.add_import(
                session, kind=KIND, file_hash=file_hash, data_on=data_on, by=by, counts=counts.as_dict(), now=now
            )
            body = {"import": ident, "data_on": data_on.isoformat(), **counts.as_dict()}
            _event(session, "register_imported", body, by, now)
    return counts


def _tried(
    store: Store, part: Sequence[Parsed], data_on: date, by: int | None, now: datetime, counts: Counts, *, write: bool
) -> None:
    """One piece, again if somebody wrote one of its files at the same moment."""
    for attempt in range(3):
        mine = Counts(problems=[])
        try:
            with store.transaction() if write else store.reading() as session:
                _piece(session, part, data_on, by, now, mine, write=write)
        except Crossed:
            if attempt == 2:
                raise
            continue
        break
    counts.new, counts.changed, counts.same = counts.new + mine.new, counts.changed + mine.changed, counts.same + mine.same
    counts.left_out += mine.left_out
    counts.problems += mine.problems


def _parts(households: Iterable[Parsed]) -> Iterator[list[Parsed]]:
    todo = iter(households)
    while part := list(islice(todo, AT_ONCE)):
        yield part


def _piece(
    session: Session, part: Sequence[Parsed], data_on: date, by: int | None, now: datetime, counts: Counts, *, write: bool
) -> None:
    blind = session.keyring.blind
    persons = {m["id_number"]: blind(m["id_number"]) for one in part for m in one.members}
    people, numbered = rows.households_with(session, list(persons.values()), [one.number for one in part])
    owners: dict[str, int] = {}
    for one in part:
        there = {people[b] for m in one.members if (b := persons[m["id_number"]]) in people}
        if one.number in numbered:
            there.add(numbered[one.number])
        if len(there) > 1:
            counts.problems.append(Problem(one.row + 1, "", "register.two_households", {}, ""))
            counts.left_out += 1
        elif there:
            owners[one.number] = there.pop()
        else:
            owners[one.number] = 0
    known = rows.known(session, {ident for ident in owners.values() if ident})
    fresh, told = [], []
    for one in part:
        ident = owners.get(one.number)
        if ident is None:
            continue
        if ident == 0:
            document = _merged({"household": {}, "members": [], "sources": {}}, one, data_on)
            counts.new += 1
            fresh.append(_fresh(one, document, persons))
            continue
        kept = known[ident]
        if kept.key.bytes is None:
            counts.problems.append(Problem(one.row + 1, "", "register.erased", {}, ""))
            counts.left_out += 1
            continue
        document = _merged(kept.document, one, data_on)
        if document == kept.document and (kept.number == one.number or kept.number is not None):
            counts.same += 1
            continue
        counts.changed += 1
        if write:
            index = {blind(m["id_number"]): n for n, m in enumerate(document["members"])
                     if m.get("id_number") and m.get("status") != "gone"}  # fmt: skip
            told.append(rows.next_version(session, kept, document, index, one.number, data_on, now))
    if write:
        told += rows.add_many(session, fresh, data_on, now)
        if told:
            body = {"households": [[ident, digest.hex()] for ident, digest in told], "data_on": data_on.isoformat()}
            _event(session, "households_imported", body, by, now)


def _event(session: Session, kind: str, body: Mapping[str, Any], by: int | None, now: datetime) -> None:
    head = record.lock_stream(session, "register")
    _, writes = record.append(session, head, None, Draft(kind, now, by, body))
    session.write(writes)


def _fresh(one: Parsed, document: Mapping[str, Any], persons: Mapping[str, bytes]) -> rows.Fresh:
    head = one.members[0]["name"]
    index = {persons[m["id_number"]]: n for n, m in enumerate(document["members"])}
    return rows.Fresh(one.number, one.village, head, pinyin_of(head), one.values.get("household_type"), document, index)


def _merged(document: Mapping[str, Any], one: Parsed, data_on: date) -> dict[str, Any]:
    """The file with what the import says; a value that an official gave after the day of the data stays."""
    day = data_on.isoformat()
    household, sources = dict(document["household"]), dict(document["sources"])

    def may(key: str) -> bool:
        who, on = (*sources.get(key, ("", "")), "")[:2]
        return who in ("", SOURCE) or str(on) <= day

    for key, value in one.values.items():
        if household.get(key) != value and may(key):
            household[key] = value
            sources[key] = [SOURCE, day]
    members = [dict(m) for m in document["members"]]
    counted_last = sorted(members, key=lambda m: m.get("status") != "gone")  # who is counted takes what the file says
    by_number = {m["id_number"]: m for m in counted_last if m.get("id_number")}
    for row in one.members:
        found = by_number.get(row["id_number"])
        if found is not None and found.get("merged_into"):
            found = next((m for m in members if m["key"] == found["merged_into"]), found)
        if found is None:
            found = {"key": f"m{len(members) + 1}", **row}
            members.append(found)
            sources[f"member:{found['key']}"] = [SOURCE, day]
            continue
        for key, value in row.items():
            if key != "status" and found.get(key) != value and may("members"):
                found[key] = value
                sources[f"member:{found['key']}"] = [SOURCE, day]
    made = {**document, "household": household, "members": members, "sources": sources}
    if one.measures:
        past = list(dict.fromkeys([*document.get("past_measures", []), *one.measures]))
        made["past_measures"] = past
    return made
