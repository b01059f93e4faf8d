"""Department files: what may be asked for (dated templates with their basis), reading, checking row by row, keeping.

The same file twice changes nothing. The original is kept encrypted until the month's comparison is over and some days more,
then only its hash, its counts and the rows behind findings stay.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from pyarrow import csv as arrow_csv

from app.comparison import rows as checking
from app.comparison.rows import ID, Checked, Problem, Unreadable
from app.forms import text as typed
from app.labels import say
from app.policy import calendar
from app.policy import parameters as params
from app.sheets.reading import Read, Wanted
from app.sheets.sheet import CELL
from app.store import record
from app.store import register as mappings
from app.store import rescreening as rows
from app.store.session import Session

from ..context import Context
from ..files import sheets, tables
from ..files.templates import Template, templates
from ..people import Actor, County, Refused
from ..register.problems import Line, Said, as_workbook

PERSON = ("id_number", "name", "village")


@dataclass(frozen=True)
class Prepared:
    """A file as it was read: good rows, problems, and who the rows are about where our register does not know them. `taken`:
    how it was read, so that it can be read so again (see `Taken`)."""

    template: Template
    content: bytes
    checked: Checked
    names: pa.Array
    villages: pa.Array
    read: Read
    cells: Mapping[str, pa.Array]
    taken: "Taken"

    @property
    def problems(self) -> list[Problem]:
        return self.checked.problems

    @property
    def good(self) -> int:
        return int(self.checked.rows.num_rows)

    def row(self, number: int) -> str:
        return tables.row_name(self.read, number)

    def counts(self) -> dict[str, int]:
        bad = len({p.row for p in self.problems})
        return {"read": self.checked.read, "good": self.good, "bad": bad}


def template(county: County, key: str) -> Template:
    found = next((t for t in templates(county) if t.key == key), None)
    if found is None:
        raise Refused("comparison.no_template")
    return found


def department_of(actor: Actor, county: County) -> str | None:
    """The department whose files this person may send."""
    unit = next((a.unit for a in actor.assignments if a.role in county.who_may("send_department_files")), None)
    return unit.partition("-")[2] if unit else None


def workbook(made: Template, county: County) -> bytes:
    """The template to fill in: one sheet with the columns, one that says why, on which basis, and until when."""
    book = Workbook(write_only=False)
    sheet = book.create_sheet(say("comparison.sheet_data"), 0)
    del book["Sheet"]
    titles = [say(f"comparison.column.{p}") for p in PERSON] + [c.titles[0] for c in made.columns]
    for at, title in enumerate(titles, 1):
        cell = sheet.cell(1, at, title)
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = 22
    for letter in "ABC":
        for n in range(2, 2000):
            sheet[f"{letter}{n}"].number_format = "@"  # an ID number stays text
    why = book.create_sheet(say("comparison.sheet_why"))
    unit = county.entries.get("department", made.department, county.on)
    told = [
        ("department", unit.value["name"] if unit else made.department),
        ("title", made.title),
        ("purpose", made.purpose),
        ("basis", made.basis),
        ("catalogue", made.catalogue),
        ("until", made.until.isoformat()),
        ("rows", say("comparison.only_over")),
    ]
    for column in made.columns:
        words = say("stories.comma").join(column.words)
        bounds = "_between" if column.kind == "integer" and None not in (column.least, column.most) else ""
        kind = say(f"comparison.kind.{column.kind}{bounds}", words=words, least=column.least, most=column.most)
        told.append((column.titles[0], kind))
    for n, (label, value) in enumerate(told, 1):
        why.cell(n, 1, say(f"comparison.why.{label}") if n <= 7 else label).font = Font(bold=True)
        why.cell(n, 2, value).alignment = Alignment(wrap_text=True)
    why.column_dimensions["A"].width, why.column_dimensions["B"].width = 24, 80
    return sheets.as_bytes(book)


# --- reading --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """How a file was read: what was chosen of it, which column (from 0) is what. Numbers only: it is kept in clear."""

    wanted: Wanted
    columns: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        return {**self.wanted.as_dict(), "columns": dict(self.columns)}

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> "Taken":
        """As it was kept; a file of before that time was read whole, its first sheet."""
        kept = kept or {"sheets": None, "hidden": True, "header": None, "columns": {}}
        places = kept["sheets"]
        wanted = Wanted(None if places is None else tuple(places), kept["hidden"], kept["header"])
        return cls(wanted, kept["columns"])


def titles(made: Template) -> dict[str, list[str]]:
    """What a column may be called: key -> titles."""
    return {key: say(f"comparison.titles.{key}").split() for key in PERSON} | {c.key: list(c.titles) for c in made.columns}


def saved(session: Session, made: Template) -> dict[str, str]:
    """What this department chose before for titles that are not ours."""
    return mappings.mapping(session, _mapping(made))


def remember(session: Session, made: Template, prepared: Prepared) -> None:
    """What the department's own titles mean is asked once."""
    usual = guess(prepared.read.header, made, {})
    chosen = {n: key for key, n in prepared.taken.columns.items()}
    remembered = tables.to_remember(prepared.read.header, chosen, {n: key for key, n in usual.items()})
    mappings.save_mapping(session, _mapping(made), remembered)


def _mapping(made: Template) -> str:
    return f"file:{made.key}"[:24]


def open_file(content: bytes, made: Template, chosen_before: Mapping[str, str], wanted: Wanted) -> Read:
    """The file as it was read. Refused: too large, not a table."""
    known = [title for listed in titles(made).values() for title in listed]
    return tables.opened(content, [*known, *(title for title, key in chosen_before.items() if key)], wanted)


def guess(header: Sequence[str], made: Template, chosen_before: Mapping[str, str]) -> dict[str, int]:
    """Which column is what, as far as the titles say it or somebody said it before. Key -> place."""
    found = {key: at for key, listed in titles(made).items() if (at := tables.place_of(header, listed)) is not None}
    for place, title in enumerate(header):
        if title in chosen_before:
            found = {key: at for key, at in found.items() if at != place}
            if chosen_before[title]:
                found[chosen_before[title]] = place
    return found


def prepare(
    content: bytes,
    made: Template,
    county: County,
    on: date,
    taken: Taken | None = None,
    chosen_before: Mapping[str, str] | None = None,
) -> Prepared:
    """Read and check a file. `taken`: what was chosen of it. Refused: no basis, too large, not a table, another department's
    columns."""
    if not made.usable(on):
        raise Refused("comparison.no_basis", title=made.title)
    wanted = taken.wanted if taken is not None else Wanted()
    read = open_file(content, made, chosen_before or {}, wanted)
    return check(
        read, content, made, county, on, Taken(wanted, dict(taken.columns) if taken is not None else {}), chosen_before or {}
    )


def check(
    read: Read, content: bytes, made: Template, county: County, on: date, taken: Taken, chosen_before: Mapping[str, str]
) -> Prepared:
    """What was read, judged row by row. Refused: no basis, a column that must be there is not."""
    if not made.usable(on):
        raise Refused("comparison.no_basis", title=made.title)
    header = read.header
    found = dict(taken.columns) or guess(header, made, chosen_before)
    _refuse_missing(found, header, made, county)
    columns = _columns(read)
    many = len(columns[0])
    empty = pa.array([""] * many, pa.string())
    cells = {key: checking.trimmed(columns[at]) for key, at in found.items()}
    id_title = header[found[ID]]
    named = tuple(replace(c, titles=(header[found[c.key]],)) if c.key in found else c for c in made.columns)
    checked = checking.check(
        {ID: cells[ID], **{c.key: cells.get(c.key, empty) for c in made.columns}}, named, id_title, on, FALLBACKS
    )
    wrong = [(row, header[column], why) for (row, column), why in read.odd.items() if column in found.values()]
    words = [found[key] for key in (*PERSON[1:], *(c.key for c in made.columns if c.kind == "text")) if key in found]
    wrong += [
        (row, header[column], f"tables.no_text.{kind}")
        for (row, column), kind in read.no_text(words).items()
        if (row, column) not in read.odd
    ]
    if wrong:
        checked = _without(checked, wrong, cells)
    return Prepared(
        made, content, checked, cells.get("name", empty), cells.get("village", empty), read, cells, Taken(taken.wanted, found)
    )


def _without(checked: Checked, wrong: Sequence[tuple[int, str, str]], cells: Mapping[str, pa.Array]) -> Checked:
    """Rows in which a cell is a formula, an error, merged, or a number that lost digits: each named, the rows left out."""
    rows_ = {row for row, _, _ in wrong}
    problems = [p for p in checked.problems if p.row - 1 not in rows_]
    filled = {row for row in rows_ if any(str(column[row]) for column in cells.values())}
    problems += [Problem(row + 1, title, why) for row, title, why in wrong if row in filled]
    keep = pc.invert(pc.is_in(checked.rows.column("row"), pa.array([row + 1 for row in rows_], pa.int32())))
    return Checked(checked.rows.filter(keep), sorted(problems, key=lambda p: (p.row, p.column)), checked.read)


def _columns(read: Read) -> list[pa.Array]:
    """A text column for each title; read in one piece, so that each is one array."""
    names = [f"c{n}" for n in range(len(read.header))]
    table = arrow_csv.read_csv(
        pa.BufferReader(read.body),
        read_options=arrow_csv.ReadOptions(column_names=names, block_size=len(read.body) + 1),
        parse_options=arrow_csv.ParseOptions(delimiter=CELL, quote_char=False, ignore_empty_lines=False),
        convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    return [table.column(n).combine_chunks() for n in range(len(names))]


def _refuse_missing(found: Mapping[str, int], header: Sequence[str], made: Template, county: County) -> None:
    """Refused where a column is missing; a file that looks like another department's is called so."""
    known = titles(made)
    missing = [known[key][0] for key in (ID, *(c.key for c in made.columns if c.kind != "text")) if key not in found]
    if not missing:
        return
    other = next(
        (
            t
            for t in templates(county)
            if t.key != made.key and all(tables.place_of(header, c.titles[:1]) is not None for c in t.columns)
        ),
        None,
    )
    if other is not None:
        raise Refused("comparison.other_department", title=other.title)
    raise Refused("register.columns_missing", titles=say("stories.comma").join(missing))


def _money(text: str) -> int:
    return int(_one(typed.money, text))


def _integer(text: str) -> int:
    return int(_one(typed.integer, text))


def _date(text: str) -> date:
    return date.fromisoformat(str(_one(typed.day, text)))


def _one(read: Any, text: str) -> Any:
    if text.endswith(("%", "\uff05")):
        raise Unreadable("tables.percent", value=text[:20])
    try:
        return read(text)
    except typed.TextError as error:
        raise Unreadable(error.code, **error.details) from None


FALLBACKS = {"money": _money, "integer": _integer, "date": _date}


# --- keeping --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KeptFile:
    ident: int
    again: bool


def keep(context: Context, run: Any, made: Prepared, data_on: date) -> KeptFile:
    """Take a checked file in for a month; its rows wait for the comparison. Refused: the month is over, data of the
    future."""
    session, county, now = context.session, context.county, context.now
    if data_on > calendar.local_date(now):
        raise Refused("comparison.data_in_future")
    digest = _digest(session, made)
    before = rows.file_of(session, run.id, made.template.key, digest)
    if before is None and run.status not in ("open", "late") and not rows.to_be_mended(session, run.id, made.template.key):
        raise Refused("comparison.month_over", month=run.period)
    if before is not None:
        again = rows.file(session, before)
        if again is not None and again.status == "failed":  # set aside before: handed in once more, it is tried once more
            owner = f"department_file:{before}"
            sealed = {} if again.secret else _sealed(record.new_data_key(session, owner), made.content, digest, county)
            rows.change_file(session, before, status="kept", counts={**again.counts, "tries": 0, "again_at": 0}, **sealed)
        return KeptFile(before, True)
    key = record.new_data_key(session, "department_file")
    ident = rows.add_file(
        session,
        run=run.id,
        department=made.template.department,
        template=made.template.key,
        file_hash=digest,
        data_on=data_on,
        counts={**made.counts(), "taken": made.taken.as_dict()},
        uploaded_by=context.actor.id,
        uploaded_at=now,
        status="kept",
        **_sealed(key, made.content, digest, county),
    )
    record.name_owner(session, key, f"department_file:{ident}")
    return KeptFile(ident, False)


def _digest(session: Session, made: Prepared) -> bytes:
    """Of the file, and of what was chosen where it had something to choose: another sheet of it is another file."""
    wanted = made.taken.wanted
    chosen = "" if wanted == Wanted() else json.dumps(wanted.as_dict(), sort_keys=True)
    return session.keyring.suite.digest(made.content + chosen.encode())


def _sealed(key: record.DataKey, content: bytes, digest: bytes, county: County) -> dict[str, Any]:
    """The original under a key of its own, and until when it is kept."""
    if key.bytes is None:
        raise Refused("cases.erased")
    days = params.number(county.entries, "department_file_days", county.on)
    return {
        "data_key": key.id,
        "secret": key.suite.seal(key.bytes, content, digest),
        "original_until": calendar.add_days(county.on, days),
    }


def content(session: Session, row: Any) -> bytes:
    """The original while it is kept; Refused after."""
    key = record.data_key(session, row.data_key)
    if key.bytes is None or not row.secret:
        raise Refused("comparison.original_gone")
    return key.suite.open(key.bytes, bytes(row.secret), bytes(row.file_hash))


def forget(session: Session, now: datetime) -> int:
    """Originals whose days are over: key and bytes go, hash, counts and the rows behind findings stay."""
    old = rows.originals_before(session, calendar.local_date(now))
    record.destroy_keys(session, [row.data_key for row in old], now)
    rows.drop_originals(session, [row.id for row in old])
    return len(old)


def errors(made: Prepared) -> bytes:
    """What cannot be used, as a workbook the department can put right: each row once, with all that is wrong with it."""
    used = sorted(made.cells, key=lambda key: made.taken.columns[key])
    wrong: dict[int, list[Said]] = {}
    for p in made.problems:
        wrong.setdefault(p.row, []).append(Said(p.column, say(p.code, **details_of(made, p))))
    return as_workbook(
        [made.read.header[made.taken.columns[key]] for key in used],
        (Line(made.row(row), said, [str(made.cells[key][row - 1]) for key in used]) for row, said in sorted(wrong.items())),
    )


def details_of(made: Prepared, problem: Problem) -> dict[str, object]:
    """What its sentence says; another row is called as its sheet calls it."""
    first = problem.details.get("first")
    named = {"first": made.row(first)} if isinstance(first, int) else {}
    return {"title": problem.column, **problem.details, **named}


def value_of(made: Prepared, problem: Problem) -> str:
    """What stands in the cell of a problem."""
    place = made.read.header.index(problem.column) if problem.column in made.read.header else -1
    key = next((key for key, at in made.taken.columns.items() if at == place), "")
    return str(made.cells[key][problem.row - 1]) if key in made.cells else ""
