"""Rows as they are taken: what was chosen of the sheets, every row at its own number, and beside it what each sheet hides."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import header as heads
from .above import data_above
from .header import Header
from .sheet import CELL, MOST_CELLS, MOST_ROWS, Place, Sheet, Unusable, Words, is_blank, odd_texts, plain_title

SAMPLE = 5
NAMED = 20
"""Hidden rows that are named by their number."""


@dataclass
class Taken:
    """Sheets one under the other: row n of the first is line n - 1. `parts`: (sheet's place, lines before it, its lines).
    `typed`: column -> what its cells are that are no text (see Sheet) -> lines."""

    found: list[dict[str, Any]]
    header: tuple[str, ...] = ()
    lines: list[str] = field(default_factory=list)
    odd: dict[Place, str] = field(default_factory=dict)
    parts: list[tuple[int, int, int]] = field(default_factory=list)
    typed: dict[int, dict[str, list[int]]] = field(default_factory=dict)


def take(
    sheets: Sequence[Sheet],
    titles: Collection[str],
    words: Words,
    chosen: Collection[int] | None,
    hidden: bool | None,
    at: int | None,
) -> Taken:
    """`chosen`: places of the sheets; without it the one that has most known titles, the first of equals. `hidden`: False
    leaves out what is hidden. `at`: the header's row in the first sheet that is taken."""
    headers = [heads.find(sheet, titles) for sheet in sheets]
    usual = _usual(sheets, headers)
    if chosen is None:
        chosen = [] if usual is None else [usual]
    mine = [n for n in sorted(set(chosen)) if n < len(sheets)]
    if at is not None and mine:
        headers[mine[0]] = heads.find(sheets[mine[0]], titles, at)
    made = Taken([])
    passed = [_skipped(sheet, header, words) for sheet, header in zip(sheets, headers, strict=True)]
    for number, (sheet, header) in enumerate(zip(sheets, headers, strict=True)):
        made.found.append(_found(sheet, header, passed[number]))
        made.found[-1]["taken"] = number in mine
        made.found[-1]["like"] = _alike(header, headers[mine[0]] if mine else None)
    for number in mine:
        header = headers[number]
        if header is not None:
            _add(made, number, sheets[number], header, passed[number], hidden)
    if not made.parts:
        raise Unusable("tables.no_header" if any(each["filled"] for each in made.found) else "tables.empty")
    if sum(made.found[number]["rows"] for number in mine) > MOST_ROWS:
        raise Unusable("tables.too_many_rows", most=MOST_ROWS)
    return made


def _usual(sheets: Sequence[Sheet], headers: Sequence[Header | None]) -> int | None:
    """Which sheet is meant as long as nobody says so: what is seen goes before what is hidden."""
    able = [n for n, header in enumerate(headers) if header is not None]
    return max(able, key=lambda n: (sheets[n].state == "visible", min((headers[n] or _NONE).known, 3), -n), default=None)


_NONE = Header(0, 0, (), 0)


def _alike(header: Header | None, other: Header | None) -> bool:
    """Whether this sheet is of the same kind as those taken: known titles, or the same as theirs."""
    return header is not None and (header.sure or (other is not None and set(header.titles) == set(other.titles)))


def _skipped(sheet: Sheet, header: Header | None, words: Words) -> dict[str, list[int]]:
    """Rows below the header that are none of data: why -> rows."""
    if header is None:
        return {}
    found: dict[str, list[int]] = {"again": heads.repeats(sheet, header), "total": [], "note": []}
    begin = header.bottom + 1
    if begin < len(sheet.lines) and heads.is_numbering(sheet.lines[begin]):
        found["again"].append(begin)
    note, total = re.compile(words["note"]), re.compile(words["total"])
    end = len(sheet.lines)
    while end > begin:
        cells = _short(sheet.lines[end - 1])
        if cells and not (len(cells) <= MOST_NOTES and note.match(cells[0])):
            break
        end -= 1
        if cells:
            found["note"].append(end)
    for n in range(begin, end):
        if words["sign"] in sheet.lines[n]:
            cells = _short(sheet.lines[n])
            if any(total.fullmatch(c) for c in cells[:3]) and not any(_PERSON.search(c) for c in cells):
                found["total"].append(n)
    return found


MOST_NOTES = 6


def _short(line: str) -> list[str]:
    return [c for c in ("".join(cell.split()) for cell in line.split(CELL)) if c]


_PERSON = re.compile(r"\d{15}")


def _found(sheet: Sheet, header: Header | None, skipped: Mapping[str, list[int]]) -> dict[str, Any]:
    """What a page shows of a sheet before anything is taken; all numbers as the sheet numbers its rows."""
    filled = len(sheet.lines) - sheet.lines.count(CELL * (sheet.width - 1))
    found: dict[str, Any] = {
        "name": sheet.name,
        "state": sheet.state,
        "filled": filled,
        "rows": 0,
        "header": None,
        "titles": [],
        "sample": [],
        "hidden": 0,
        "hidden_at": [],
        "hidden_columns": [],
        "filtered": sheet.filtered,
        "skipped": {},
        "above": [],
    }
    if header is None:
        found["sample"] = _cells(sheet, [n for n, line in enumerate(sheet.lines[:200]) if not is_blank(line)][:SAMPLE])
        return found
    none = {n for listed in skipped.values() for n in listed}
    formulas = {n for (n, _), why in sheet.odd.items() if why == "tables.formula"}
    empty = [n for n in formulas if n >= len(sheet.lines) or is_blank(sheet.lines[n])]
    beyond = _beyond(sheet, header, none)
    told = {why: len(rows) for why, rows in (*skipped.items(), ("formula", empty), ("beyond", beyond)) if rows}
    below = [n for n in sheet.hidden if header.bottom < n < len(sheet.lines) and n not in none]
    hidden = [n for n in below if not is_blank(sheet.lines[n])]
    above = sum(1 for line in sheet.lines[: header.bottom + 1] if not is_blank(line))
    first = [
        n
        for n in range(header.bottom + 1, min(len(sheet.lines), header.bottom + 200))
        if n not in none and not is_blank(sheet.lines[n])
    ][:SAMPLE]
    return found | {
        "rows": filled - above - len(none),
        "header": [header.top + 1, header.bottom + 1],
        "sure": header.sure,
        "titles": list(header.titles),
        "sample": _cells(sheet, first),
        "hidden": len(hidden),
        "hidden_at": [n + 1 for n in hidden[:NAMED]],
        "skipped": told,
        "above": [n + 1 for n in data_above(sheet, header)],
        "hidden_columns": [header.titles[c] for c in sheet.hidden_columns if c < len(header.titles) and header.titles[c]],
    }


def _cells(sheet: Sheet, rows: Sequence[int]) -> list[Any]:
    return [[n + 1, [cell.strip()[:40] for cell in sheet.lines[n].split(CELL)[:40]]] for n in rows]


def _add(
    made: Taken, number: int, sheet: Sheet, header: Header, skipped: Mapping[str, list[int]], hidden: bool | None
) -> None:
    """The sheet's rows under those that are there, each in the column of its title; what is no data becomes an empty row."""
    titles = list(header.titles)
    if hidden is False:
        for column in sheet.hidden_columns:
            if column < len(titles):
                titles[column] = ""
    none = {n for listed in skipped.values() for n in listed} | set(range(header.bottom + 1))
    if hidden is False:
        none |= set(sheet.hidden)
    places = list(range(len(titles)))
    if made.parts:
        made.header, places = _aligned(made.header, titles)
    else:
        made.header = tuple(titles)
    before, width = len(made.lines), len(made.header)
    if before and made.lines[0].count(CELL) < width - 1:
        made.lines = [line + CELL * (width - 1 - line.count(CELL)) for line in made.lines]
    lines = list(sheet.lines)
    if places != list(range(width)):
        lines = [_placed(line, places, width) for line in lines]
    for n in none:
        if n < len(lines):
            lines[n] = CELL * (width - 1)
    made.lines += lines
    if len(made.lines) * width > MOST_CELLS:
        raise Unusable("tables.far_cell")
    odd = odd_texts(sheet.lines) | sheet.odd | _merged(sheet, header)
    if not sheet.name:  # a CSV: what stands beyond is what a comma without quotes pushed there
        first = next((column for column, title in enumerate(header.titles) if title), 0)
        odd |= {(n, first): "tables.beyond" for n in _beyond(sheet, header, none)}
    made.odd |= {
        (before + n, places[c]): why
        for (n, c), why in odd.items()
        if n < len(sheet.lines) and n not in none and c < len(places)
    }
    for (n, c), kind in sheet.typed.items():
        if n not in none and c < len(places):
            made.typed.setdefault(places[c], {}).setdefault(kind, []).append(before + n)
    made.parts.append((number, before, len(sheet.lines)))


def _beyond(sheet: Sheet, header: Header, none: Collection[int]) -> list[int]:
    """Rows of data with something to the right of the last title."""
    last = max((column for column, title in enumerate(header.titles) if title), default=-1)
    if last + 1 >= sheet.width:
        return []
    return [
        n
        for n in range(header.bottom + 1, len(sheet.lines))
        if n not in none and any(cell.strip() for cell in sheet.lines[n].split(CELL)[last + 1 :])
    ]


def _placed(line: str, places: Sequence[int], width: int) -> str:
    cells = [""] * width
    for place, cell in zip(places, line.split(CELL), strict=True):
        cells[place] = cell
    return CELL.join(cells)


def _aligned(known: Sequence[str], titles: Sequence[str]) -> tuple[tuple[str, ...], list[int]]:
    """(titles of all sheets so far, in which column each of these stands); a title said twice goes with its second."""
    made = list(known)
    places: list[int] = []
    for title in titles:
        same = [n for n, t in enumerate(made) if plain_title(t) == plain_title(title) and n not in places]
        if not same:
            made.append(title)
        places.append(same[0] if same else len(made) - 1)
    return tuple(made), places


def _merged(sheet: Sheet, header: Header) -> dict[Place, str]:
    """Cells below the header that are joined: which row has the value cannot be said."""
    looked_at = 0
    found: dict[Place, str] = {}
    for top, left, bottom, right in sheet.merged:
        down = range(max(top, header.bottom + 1), min(bottom + 1, len(sheet.lines)))
        across = range(left, min(right + 1, sheet.width))
        looked_at += len(down) * len(across)
        if looked_at > MOST_CELLS:
            raise Unusable("tables.far_cell")
        found |= {(r, c): "tables.merged" for r in down for c in across}
    return found
