"""What departments are asked to send each month: dated templates with their basis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.comparison.rows import Column
from app.labels.words import YES_NO

from ..people import County


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


def templates(county: County, department: str | None = None) -> list[Template]:
    """What is asked for today; of one department, or all."""
    found = []
    for entry in county.entries.all("file_template", county.on):
        value = entry.value
        if department not in (None, value["department"]):
            continue
        columns = tuple(
            Column(
                c["key"],
                tuple(c["titles"]),
                c["kind"],
                c.get("empty"),
                _words(c.get("words", {})),
                tuple(c.get("around", ())),
                c.get("least"),
                c.get("most"),
            )
            for c in value["columns"]
        )
        until = value["until"]
        found.append(
            Template(
                entry.key,
                value["department"],
                value["channel"],
                value["title"],
                value["purpose"],
                value.get("basis", ""),
                value["catalogue"],
                until if isinstance(until, date) else date.fromisoformat(until),
                columns,
            )
        )
    return found


def _words(listed: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """As written -> code; every column of yes and no knows the usual words for them."""
    words = {word: code for code, several in listed.items() for word in several}
    if set(listed) == set(YES_NO):
        words |= {word: code for code, several in YES_NO.items() for word in several if word not in words}
    return words
