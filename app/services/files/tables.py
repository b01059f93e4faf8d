"""Files of rows, as offices send them: what was read, what the file hides, what must be chosen before it is taken."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from app.labels import say
from app.sheets import reading
from app.sheets.reading import Read, Wanted
from app.sheets.sheet import Unusable, plain_title

from ..people import Refused

__all__ = ["ALL", "Table", "Unasked", "Wanted", "plain_title"]

ALL = "all"


@dataclass(frozen=True)
class Table:
    """Cells as text, without blanks at the ends. `rows[0]` is the sheet's first row, and a row that holds no data (titles,
    totals, what was left out) is empty: so a row's number here is its number there. `odd`: (place of the row, column) -> why
    a cell is not what was typed."""

    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    odd: Mapping[tuple[int, int], str]
    read: Read

    @cached_property
    def filled(self) -> int:
        return sum(1 for row in self.rows if any(row))

    def row(self, number: int) -> str:
        return row_name(self.read, number)

    def begins_with(self, titles: Sequence[str]) -> bool:
        """Whether its first columns are these, however they are spelt."""
        return [plain_title(t) for t in self.header[: len(titles)]] == [plain_title(t) for t in titles]


def row_name(read: Read, number: int) -> str:
    """How a row, counted from 1, is called: by its number in its sheet, and the sheet's name where there are several."""
    name, row = read.place(number)
    return say("tables.row_of_sheet", sheet=name, row=row) if name else str(row)


def place_of(header: Sequence[str], titles: Iterable[str]) -> int | None:
    """Which column has one of these titles, the first of them before the others."""
    plain = [plain_title(title) for title in header]
    return next((plain.index(t) for t in map(plain_title, titles) if t in plain), None)


def opened(content: bytes, titles: Collection[str], wanted: Wanted) -> Read:
    """The file as a child process read it. Refused: too large, no such format, broken, no titles; each says what to do."""
    words = {key: say(f"tables.words.{key}") for key in ("total", "note", "sign")}
    try:
        return reading.read(content, titles, words, wanted)
    except Unusable as error:
        raise Refused(error.code, **error.details) from None


def read(content: bytes, titles: Collection[str] = (), wanted: Wanted | None = None) -> Table:
    """The table in a file. `titles`: all that are known, by which the header is found."""
    found = opened(content, titles, wanted or Wanted())
    return Table(found.header, found.rows(), found.odd, found)


def read_plain(
    content: bytes, titles: Sequence[str], wanted: Wanted | None = None, also: Mapping[str, Sequence[str]] | None = None
) -> tuple[Table, dict[int, dict[int, Refused]]]:
    """A table of these columns that hides nothing, wherever they stand in it; and the cells that are not what was typed, by
    the place of their row and column. `also`: other words for a title. Refused: as `read`, what it hides and nobody chose,
    and two columns of one title."""
    spelt = {title: (title, *(also or {}).get(title, ())) for title in titles}
    table = read(content, [one for words in spelt.values() for one in words], wanted)
    _refuse_twice(table.header, spelt)
    table = _in_order(table, spelt)
    refuse_unasked(table.read, wanted or Wanted())
    wrong: dict[int, dict[int, Refused]] = {}
    for (row, column), why in sorted(table.odd.items()):
        if column < len(titles) and any(table.rows[row]):
            value, named = table.rows[row][column][:40], table.row(row + 1)
            shown = say("tables.odd_value", value=value) if value else ""
            wrong.setdefault(row, {})[column] = Refused(
                "tables.odd_cell", row=named, title=table.header[column], value=shown, why=say(why, value=value)
            )
    return table, wrong


def wrong_cell(table: Table, row: int, column: int, error: Refused) -> Refused:
    """What is wrong with a cell, with where it stands and what stands there; `row` counted from 1."""
    shown = say("tables.odd_value", value=table.rows[row - 1][column][:40])
    return Refused(
        "tables.odd_cell", row=table.row(row), title=table.header[column], value=shown, why=say(error.code, **error.details)
    )


def _refuse_twice(header: Sequence[str], spelt: Mapping[str, Sequence[str]]) -> None:
    """Refused where two columns are called the same: nobody could say which is meant."""
    plain = [plain_title(title) for title in header]
    used = [(title, next((word for word in map(plain_title, words) if word in plain), "")) for title, words in spelt.items()]
    twice = [title for title, word in used if word and plain.count(word) > 1]
    if twice:
        raise Refused("tables.title_twice", titles=say("stories.comma").join(twice))


def _in_order(table: Table, spelt: Mapping[str, Sequence[str]]) -> Table:
    """The wanted columns alone, in the order of their titles; the table as it is where one is missing."""
    places = [place_of(table.header, words) for words in spelt.values()]
    if table.begins_with(list(spelt)) or None in places:
        return table
    order = [place for place in places if place is not None]
    rows = [tuple(row[place] if place < len(row) else "" for place in order) for row in table.rows]
    odd = {(row, order.index(column)): why for (row, column), why in table.odd.items() if column in order}
    return replace(table, header=tuple(spelt), rows=rows, odd=odd)


TOLD = 20
"""Rows that one sentence names."""


def refuse_all(wrong: Sequence[Refused]) -> None:
    """Refused with all that is wrong with a small file, at once."""
    if len(wrong) > 1:
        sentences = " ".join(say(one.code, **one.details) for one in wrong[:TOLD])
        more = say("tables.several_more", n=len(wrong) - TOLD) if len(wrong) > TOLD else ""
        raise Refused("tables.several", n=len(wrong), sentences=sentences, more=more)
    for one in wrong:
        raise one


# --- what is asked ----------------------------------------------------------------------------------------------------


def asks(read: Read, wanted: Wanted) -> list[str]:
    """What somebody must say before anything is taken: "sheets", "hidden", "above"."""
    found = []
    if wanted.sheets is None and sum(1 for each in read.found if each["like"] and each["rows"]) > 1:
        found.append("sheets")
    taken = [each for each in read.found if each["taken"]]
    if wanted.hidden is None and any(each["hidden"] or each["hidden_columns"] for each in taken):
        found.append("hidden")
    if wanted.sheets is None and "sheets" not in found and any(each["state"] != "visible" for each in taken):
        found.append("sheets")
    if wanted.header is None and any(each["above"] for each in taken):
        found.append("above")
    return found


def refuse_unasked(read: Read, wanted: Wanted) -> None:
    """Refused with what the file hides, said with counts, as long as nobody chose."""
    open_ = asks(read, wanted)
    if open_:
        raise Unasked(read, open_)


class Unasked(Refused):
    """The file hides something that somebody must choose about first."""

    def __init__(self, read: Read, about: Collection[str]) -> None:
        super().__init__("tables.choose", what="".join(told(read, about)))
        self.read = read


def told(read: Read, about: Collection[str] = ("sheets", "hidden", "above", "other")) -> list[str]:
    """What a file hides or has that was passed over, a sentence each."""
    said = []
    like = [each for each in read.found if each["like"]]
    if "sheets" in about and (len(like) > 1 or any(each["state"] != "visible" for each in like)):
        comma = say("stories.comma")
        names = comma.join(
            say("tables.sheet_of", name=e["name"], state=say(f"tables.state.{e['state']}"), rows=e["rows"]) for e in like
        )
        said.append(say("tables.has_sheets", n=len(like), sheets=names))
    for each in read.found:
        if not each["taken"]:
            continue
        name = say("tables.in_sheet", name=each["name"]) if len(read.found) > 1 else ""
        if "hidden" in about and each["hidden"]:
            rows = say("stories.comma").join(map(str, each["hidden_at"][:8]))
            more = say("tables.and_so_on") if each["hidden"] > len(each["hidden_at"][:8]) else ""
            how = say("tables.filtered" if each["filtered"] else "tables.not_shown")
            said.append(say("tables.has_hidden", sheet=name, n=each["hidden"], rows=rows + more, how=how))
        if "hidden" in about and each["hidden_columns"]:
            columns = say("stories.comma").join(each["hidden_columns"])
            said.append(say("tables.has_hidden_columns", sheet=name, n=len(each["hidden_columns"]), columns=columns))
        if "above" in about and each["above"]:
            said.append(say("tables.has_above", sheet=name, rows=_ranges(each["above"]), titles=each["header"][0]))
        if "other" in about:
            said += [say(f"tables.passed.{why}", sheet=name, n=n) for why, n in each["skipped"].items()]
    if "other" in about:
        plain = [plain_title(title) for title in read.header]
        twice = dict.fromkeys(t for n, t in enumerate(read.header) if t and plain[n] in plain[:n])
        if twice:
            said.append(say("tables.columns_alike", titles=say("stories.comma").join(twice)))
        others = [each["name"] for each in read.found if not each["like"] and each["filled"]]
        if others:
            said.append(say("tables.no_list_in", n=len(others), sheets=say("stories.comma").join(others[:5])))
    return said


def _ranges(numbers: Sequence[int]) -> str:
    """1, 2, 3, 5 as "1—3、5"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return say("stories.comma").join(say("tables.range").join(map(str, run)) for run in runs)


def named(read: Read, names: Collection[str]) -> tuple[int, ...]:
    """Places of the sheets of these names; ALL: every one that holds a list of this kind. Refused: no such sheet."""
    if ALL in names:
        return tuple(n for n, each in enumerate(read.found) if each["like"] and each["rows"])
    places = {each["name"]: n for n, each in enumerate(read.found)}
    for name in names:
        if name not in places:
            raise Refused("tables.no_such_sheet", name=name, sheets=say("stories.comma").join(places))
    return tuple(sorted({places[name] for name in names}))


def with_sheets(content: bytes, titles: Collection[str], wanted: Wanted, names: Collection[str]) -> tuple[Table, Wanted]:
    """Read once more with the sheets of these names, if any is named."""
    table = read(content, titles, wanted)
    if names:
        wanted = replace(wanted, sheets=named(table.read, names))
        table = read(content, titles, wanted)
    return table, wanted


def is_title(text: str) -> bool:
    """Whether a mapping may be remembered by this: no long figures, no longer than a title is."""
    return 0 < len(text) <= 40 and sum(c.isdigit() for c in text) < 5


def to_remember(header: Sequence[str], chosen: Mapping[int, str], usual: Mapping[int, str]) -> dict[str, str | None]:
    """Title -> what somebody chose for it, where that is not what the title says by itself; None: nothing to remember."""
    return {
        title: None if chosen.get(n, "") == usual.get(n, "") else chosen.get(n, "")
        for n, title in enumerate(header)
        if is_title(title)
    }


def shown(read: Read, wanted: Wanted) -> dict[str, Any]:
    """For the page: sheets with their counts, the header's row, the first rows, what is hidden, what is asked."""
    listed = [{**each, "place": n, "state_name": say(f"tables.state.{each['state']}")} for n, each in enumerate(read.found)]
    first = next((each for each in listed if each["taken"]), None)
    return {
        "sheets": listed,
        "first": first,
        "asks": asks(read, wanted),
        "told": told(read),
        "wanted": wanted,
        "choices": [each for each in listed if each["like"] and each["rows"]],
    }
