"""本月通报: what departments sent, what was found, what became of it, by town; on the page and as a workbook."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

from app.labels import say
from app.policy import parameters as params
from app.store import rescreening as rows
from app.store.session import Session

from ..files import sheets, templates
from ..people import County

GRADES = ("red", "orange", "yellow")
OUTCOMES = ("open", "entered", "watching", "excluded")
GROUP = {"duplicate": "excluded", "forwarded": "excluded"}


def figures(session: Session, county: County, run: Any) -> dict[str, Any]:
    """{departments, towns, total, duties}: every figure of a month; each row sums to the total."""
    asked = {t.key: t for t in templates.templates(county)}
    files = rows.files_of(session, run.id)
    found: Counter[tuple[str, str, bool]] = Counter()
    for row in rows.finding_counts(session, run.id):
        found[row.department, row.template, bool(row.fresh)] += row.n
    departments: list[dict[str, Any]] = []
    for made in asked.values():
        mine = [f for f in files if f.template == made.key]
        fresh, joined = (found[made.department, made.key, kind] for kind in (True, False))
        departments.append(
            {
                "department": _name(county, made.department),
                "title": made.title,
                "files": len(mine),
                "read": sum(f.counts.get("read", 0) for f in mine),
                "bad": sum(f.counts.get("bad", 0) for f in mine),
                "found": fresh + joined,
                "fresh": fresh,
                "joined": joined,
                "waiting": any(f.status == "kept" for f in mine),
                "failed": any(f.status == "failed" for f in mine),
                "nowhere": sum(len(f.counts.get("nowhere", [])) for f in mine),
                "missing": made.department in run.counts.get("missing", []),
            }
        )
    towns, total = _towns(county, rows.clue_counts(session, run.period))
    sums = {k: sum(d[k] for d in departments) for k in ("files", "read", "bad", "found", "fresh", "joined")}
    return {
        "departments": departments,
        "towns": towns,
        "total": total,
        "sums": sums,
        "duties": rows.duty_counts(session, run.period),
    }


def _name(county: County, department: str) -> str:
    entry = county.entries.get("department", department, county.on)
    return str(entry.value["name"]) if entry else department


def _towns(county: County, counted: Sequence[Any]) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """A row for each town: new clues by grade and by what became of them."""
    cells: dict[str, Counter[str]] = {u.code: Counter() for u in county.units.at_level("town")}
    for row in counted:
        unit = county.units.get(row.org_unit or "")
        town = unit.code if unit is not None and unit.level == "town" else unit.parent if unit is not None else None
        if town in cells:
            mine = cells[town]
            mine["total"] += row.n
            mine[row.grade or "ungraded"] += row.n
            mine[GROUP.get(row.status, row.status)] += row.n
    names = ("total", *GRADES, *OUTCOMES)
    listed = [{"town": county.units[code].name, **{n: mine[n] for n in names}} for code, mine in cells.items()]
    return listed, {n: sum(mine[n] for mine in cells.values()) for n in names}


def few(county: County) -> int:
    """Smaller cells are shown only to those who may see the households behind them."""
    return params.number(county.entries, "small_cell_count", county.on)


def hidden(county: County, line: Mapping[str, Any]) -> dict[str, Any]:
    """The same row for who may see no household: small cells are not told."""
    limit = few(county)
    return {k: say("rescreening.few", n=limit) if type(v) is int and 0 < v < limit else v for k, v in line.items()}


def workbook(made: Mapping[str, Any], title: str) -> bytes:
    book = Workbook()
    first = book.create_sheet(say("rescreening.sheet_departments"), 0)
    second = book.create_sheet(say("rescreening.sheet_towns"), 1)
    del book["Sheet"]
    columns = ("department", "title", "read", "bad", "found", "fresh", "joined")
    told = [{**d, "title": _with_mark(d)} for d in made["departments"]]
    _sheet(
        first,
        title,
        [say(f"rescreening.row.{'file' if c == 'title' else c}") for c in columns],
        [[d[c] for c in columns] for d in told],
    )
    names = ("town", "total", *GRADES, *OUTCOMES)
    _sheet(
        second,
        title,
        [say(f"rescreening.row.{n}") for n in names],
        [[t[n] for n in names] for t in (*made["towns"], {"town": say("rescreening.row.total")} | made["total"])],
    )
    return sheets.as_bytes(book)


def _with_mark(line: Mapping[str, Any]) -> str:
    """A template's title, and that nothing came of it: a row of zeros alone would say that nothing was found."""
    mark = "missing" if line["missing"] else "no_file" if not line["files"] else ""
    return str(line["title"]) + (say(f"rescreening.mark.{mark}") if mark else "")


def _sheet(sheet: Any, title: str, header: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
    sheet.append([title])
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.append(list(header))
    for cell in sheet[2]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(horizontal="center")
    sheets.fill(sheet, lines)
    for letter in "ABCDEFGHI":
        sheet.column_dimensions[letter].width = 16
    sheet.freeze_panes = "A3"
