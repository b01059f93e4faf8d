"""Department files: what may be asked for (dated templates with their basis), reading, checking row by row, keeping.

The same file twice changes nothing. The original is kept encrypted until the month's comparison is over and some days more,
then only its hash, its counts and the rows behind findings stay.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from pyarrow import csv as arrow_csv

from app.comparison import rows as checking
from app.comparison.rows import ID, Checked, Column, Problem, Unreadable
from app.forms import text as typed
from app.labels import say
from app.labels.words import YES_NO
from app.policy import calendar
from app.policy import parameters as params
from app.store import record
from app.store import rescreening as rows
from app.store.session import Session

from . import sheets, tables
from .people import Actor, County, Refused
from .problems import safe

SENDERS = ("dept_liaison", "civil_officer", "civil_leader")
PERSON = ("id_number", "name", "village")
HEAD_ROWS = 10


@dataclass(frozen=True)
class Template:
    """What one department may send each month, from the dated `file_template`. `until`: the last day it may be asked for."""

    key: str
    department: str
    channel: str
    title: str
    purpose: str
    basis: str
    catalogue: str
    until: date
    columns: tuple[Column, ...]

    def usable(self, on: date) -> bool:
        """No basis, or over: no upload."""
        return bool(self.basis.strip()) and on <= self.until


@dataclass(frozen=True)
class Prepared:
    """A file as it was read: good rows, problems, and who the rows are about where our register does not know them."""

    template: Template
    content: bytes
    checked: Checked
    names: pa.Array
    villages: pa.Array
    header: tuple[str, ...] = ()
    cells: Mapping[str, pa.Array] = field(default_factory=dict)

    @property
    def problems(self) -> list[Problem]:
        return self.checked.problems

    @property
    def good(self) -> int:
        return int(self.checked.rows.num_rows)

    def counts(self) -> dict[str, int]:
        bad = len({p.row for p in self.problems})
        return {"read": self.checked.read, "good": self.good, "bad": bad}


def templates(place: County, department: str | None = None) -> list[Template]:
    """What is asked for today; of one department, or all."""
    found = []
    for entry in place.entries.all("file_template", place.on):
        value = entry.value
        if department not in (None, value["department"]):
            continue
        columns = tuple(
            Column(
                c["key"], tuple(c["titles"]), c["kind"], c.get("empty"),
                _words(c.get("words", {})), tuple(c.get("around", ())),
            )
            for c in value["columns"]
        )  # fmt: skip
        until = value["until"]
        found.append(
            Template(
                entry.key, value["department"], value["channel"], value["title"], value["purpose"], value.get("basis", ""),
                value["catalogue"], until if isinstance(until, date) else date.fromisoformat(until), columns,
            )
        )  # fmt: skip
    return found


def _words(listed: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """As written -> code; every column of yes and no knows the usual words for them."""
    words = {word: code for code, several in listed.items() for word in several}
    if set(listed) == set(YES_NO):
        words |= {word: code for code, several in YES_NO.items() for word in several if word not in words}
    return words


def template(place: County, key: str) -> Template:
    found = next((t for t in templates(place) if t.key == key), None)
    if found is None:
        raise Refused("comparison.no_template")
    return found


def department_of(actor: Actor) -> str | None:
    """The department whose files this person may send."""
    unit = next((a.unit for a in actor.assignments if a.role in SENDERS), None)
    return unit.partition("-")[2] if unit else None


def workbook(made: Template, place: County) -> bytes:
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
    unit = place.entries.get("department", made.department, place.on)
    told = [
        ("department", unit.value["name"] if unit else made.department), ("title", made.title), ("purpose", made.purpose),
        ("basis", made.basis), ("catalogue", made.catalogue), ("until", made.until.isoformat()),
        ("rows", say("comparison.only_over")),
    ]  # fmt: skip
    for column in made.columns:
        words = say("stories.comma").join(list(column.words)[:12])
        told.append((column.titles[0], say(f"comparison.kind.{column.kind}", words=words)))
    for n, (label, value) in enumerate(told, 1):
        why.cell(n, 1, say(f"comparison.why.{label}") if n <= 7 else label).font = Font(bold=True)
        why.cell(n, 2, value).alignment = Alignment(wrap_text=True)
    why.column_dimensions["A"].width, why.column_dimensions["B"].width = 24, 80
    return sheets.as_bytes(book)


# --- reading --------------------------------------------------------------------------------------------------------


def prepare(content: bytes, made: Template, place: County, on: date) -> Prepared:
    """Read and check a file. Refused: no basis, too large, not a table, another department's columns."""
    if not made.usable(on):
        raise Refused("comparison.no_basis", title=made.title)
    header, columns, odd = _read(content)
    found = _placed(header, made, place)
    many = len(columns[0]) if columns else 0
    empty = pa.array([""] * many)
    cells = {key: checking.trimmed(columns[at]) for key, at in found.items()}
    id_title = header[found[ID]]
    checked = checking.check(
        {ID: cells[ID], **{c.key: cells.get(c.key, empty) for c in made.columns}}, made.columns, id_title, on, FALLBACKS
    )
    wrong = {
        row: (header[column], why) for (row, column), why in odd.items()
        if column in found.values() and (why != "tables.damaged" or column == found[ID])
    }  # fmt: skip
    if wrong:
        checked = _without(checked, wrong, cells)
    return Prepared(made, content, checked, cells.get("name", empty), cells.get("village", empty), header, cells)


def _without(checked: Checked, wrong: Mapping[int, tuple[str, str]], cells: Mapping[str, pa.Array]) -> Checked:
    """Rows in which a cell is a formula, merged, or a number that lost digits: named, and left out."""
    problems = [p for p in checked.problems if p.row - 1 not in wrong]
    filled = (row for row in wrong if any(str(column[row]) for column in cells.values()))
    problems += [Problem(row + 1, *wrong[row]) for row in filled]
    keep = pc.invert(pc.is_in(checked.rows.column("row"), pa.array([row + 1 for row in wrong], pa.int32())))
    return Checked(checked.rows.filter(keep), sorted(problems, key=lambda p: (p.row, p.column)), checked.read)


def _read(content: bytes) -> tuple[tuple[str, ...], list[pa.Array], Mapping[tuple[int, int], str]]:
    """(titles, a text column for each, what cells hide). CSV a column at a time; anything else, or a ragged CSV, by rows."""
    other = content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xff\xfe", b"\xfe\xff"))
    if not other and len(content) <= tables.LARGEST:
        fast = _fast_csv(content)
        if fast is not None:
            return (*fast, {})
    table = tables.read(content)
    listed = list(zip(*table.rows, strict=True)) if table.rows else [() for _ in table.header]
    return table.header, [pa.array(column, pa.string()) for column in listed], table.odd


def _fast_csv(content: bytes) -> tuple[tuple[str, ...], list[pa.Array]] | None:
    """UTF-8 or GB18030, whichever reads throughout; None where it is not plain enough: `tables.read` says what is wrong."""
    found = _parsed(content.removeprefix(b"\xef\xbb\xbf"))
    if found is None:
        try:
            found = _parsed(content.decode("gb18030").encode())
        except UnicodeDecodeError:
            return None
    return found


def _parsed(plain: bytes) -> tuple[tuple[str, ...], list[pa.Array]] | None:
    """Arrow judges the encoding of what it reads; the lines up to the header are judged here."""
    start = plain[:65536]
    try:
        top = (start if len(plain) <= len(start) else start[: start.rfind(b"\n") + 1]).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "\x00" in top:
        return None
    head = top.splitlines()[:HEAD_ROWS]
    first = next(iter(head), "")
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    parsed = list(csv.reader(head, delimiter=delimiter))
    at = next((n for n, row in enumerate(parsed) if sum(bool(c.strip()) for c in row) > 1), None)
    if at is None or len(parsed) < len(head):
        return None
    header = tuple("".join(c.split()) for c in parsed[at])
    names = [f"c{n}" for n in range(len(header))]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(plain),
            read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=at + 1),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None
    if table.num_rows > tables.MOST_ROWS:
        raise Refused("tables.too_many_rows", most=tables.MOST_ROWS)
    return header, [table.column(n).combine_chunks() for n in range(len(header))]


def _placed(header: Sequence[str], made: Template, place: County) -> dict[str, int]:
    """Which column is what. Refused where one is missing; a file that looks like another department's is called so."""
    titles = {key: say(f"comparison.titles.{key}").split() for key in PERSON}
    titles |= {c.key: list(c.titles) for c in made.columns}
    found = {key: header.index(t) for key, names in titles.items() for t in names if t in header}
    needed = (ID, *(c.key for c in made.columns if c.kind != "text"))
    missing = [titles[key][0] for key in needed if key not in found]
    if missing:
        other = next(
            (t for t in templates(place) if t.key != made.key and {c.titles[0] for c in t.columns} <= set(header)), None
        )
        if other is not None:
            raise Refused("comparison.other_department", title=other.title)
        raise Refused("register.columns_missing", titles=", ".join(missing))
    return found


def _money(text: str) -> int:
    return int(_one(typed.money, text))


def _integer(text: str) -> int:
    return int(_one(typed.integer, text))


def _date(text: str) -> date:
    if text.isascii() and text.isdigit() and len(text) == 5:
        raise Unreadable("comparison.serial_date")
    return date.fromisoformat(str(_one(typed.day, text)))


def _one(read: Any, text: str) -> Any:
    try:
        return read(text)
    except typed.Refused as error:
        raise Unreadable(error.code, **{"title": "", **error.args_}) from None


FALLBACKS = {"money": _money, "integer": _integer, "date": _date}


# --- keeping --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    ident: int
    again: bool


def keep(
    session: Session, actor: Actor, run: Any, made: Prepared, data_on: date, place: County, now: datetime
) -> Kept:
    """Take a checked file in for a month; its rows wait for the comparison. Refused: the month is over, data of the
    future."""
    if data_on > calendar.local_date(now):
        raise Refused("comparison.data_in_future")
    digest = session.keyring.suite.digest(made.content)
    before = rows.file_of(session, run.id, made.template.key, digest)
    if before is None and run.status not in ("open", "late") and not rows.to_be_mended(session, run.id, made.template.key):
        raise Refused("comparison.month_over", month=run.period)
    if before is not None:
        again = rows.file(session, before)
        if again is not None and again.status == "failed":  # set aside before: handed in once more, it is tried once more
            owner = f"department_file:{before}"
            sealed = {} if again.secret else _sealed(record.new_data_key(session, owner), made.content, digest, place)
            rows.change_file(session, before, status="kept", counts={**again.counts, "tries": 0, "again_at": 0}, **sealed)
        return Kept(before, True)
    key = record.new_data_key(session, "department_file")
    ident = rows.add_file(
        session, run=run.id, department=made.template.department, template=made.template.key, file_hash=digest,
        data_on=data_on, counts=made.counts(), uploaded_by=actor.id, uploaded_at=now, status="kept",
        **_sealed(key, made.content, digest, place),
    )  # fmt: skip
    record.name_owner(session, key, f"department_file:{ident}")
    return Kept(ident, False)


def _sealed(key: record.DataKey, content: bytes, digest: bytes, place: County) -> dict[str, Any]:
    """The original under a key of its own, and until when it is kept."""
    if key.bytes is None:
        raise Refused("cases.erased")
    days = params.number(place.entries, "department_file_days", place.on)
    return {"data_key": key.id, "secret": key.suite.seal(key.bytes, content, digest),
            "original_until": calendar.add_days(place.on, days)}  # fmt: skip


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
    """What cannot be used, as a file the department can put right: why, then the row as it stood."""
    out = io.StringIO()
    writer = csv.writer(out)
    titles = [say(f"comparison.column.{p}") for p in PERSON if p in made.cells]
    titles += [c.titles[0] for c in made.template.columns if c.key in made.cells]
    keys = [k for k in PERSON if k in made.cells] + [c.key for c in made.template.columns if c.key in made.cells]
    writer.writerow([say("register.row"), say("register.column"), say("register.why"), *titles])
    for problem in made.problems:
        why = say(problem.code, **{"title": problem.column, **problem.details})
        cells = [safe(str(made.cells[key][problem.row - 1])) for key in keys]
        writer.writerow([problem.row, problem.column, why, *cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode()
