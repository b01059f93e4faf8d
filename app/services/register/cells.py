"""One cell of the register's file -> one value in its one stored form, by the dated `import_column` entries."""

import re
from collections.abc import Mapping
from typing import Any

from app.forms import text as typed
from app.labels.words import YES_NO
from app.policy import wording

from ..files.villages import Villages
from ..people import Refused
from .values import LONGEST, Column

NEVER_WORDS = ("phone", "integer", "date")
"""Kinds whose values are figures: a word that stands there is one for having none."""
AS_TEXT = ("text", "label", "name", "org_unit")
"""Kinds that take any words: what a spreadsheet made of them is not seen otherwise."""
_ENGLISH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_REMADE = re.compile(
    r"(?:\d{4}\u5e74)?\d{1,2}\u6708(?:\d{1,2}\u65e5)?|\d{4}[-/]\d{1,2}[-/]\d{1,2}(?: [\d:]+)?"
    rf"|\d{{1,2}}-{_ENGLISH}(?:-\d{{2,4}})?|{_ENGLISH}-\d{{1,4}}|\d{{1,2}}:\d\d:\d\d|[\d.]+%|true|false",
    re.IGNORECASE,
)
SHORTEST_PAPER = 6
"""Characters of the shortest number of a paper; less may be a word for having none."""


def column(key: str, value: Mapping[str, Any], codes: Mapping[str, Any]) -> Column:
    """An entry as a column; `codes`: the shared code lists."""
    words: dict[str, str] = {}
    shown: dict[str, list[str]] = {}
    for option in codes.get(str(value.get("codes")), {}).get("oneOf", ()):
        words[wording.folded(str(option["title"]))] = str(option["const"])
        shown[str(option["const"])] = [str(option["title"])]
    for code, listed in (value.get("words") or {}).items():
        words |= {wording.folded(word): code for word in listed}
        shown.setdefault(code, []).extend(listed[:3])
    if set(words.values()) == set(YES_NO):
        words = {wording.folded(word): code for code, listed in YES_NO.items() for word in listed} | words
    return Column(
        key,
        value["level"],
        value["kind"],
        tuple(value["titles"]),
        bool(value.get("required")),
        words,
        tuple(dict.fromkeys(word for listed in shown.values() for word in listed[:3])),
        tuple(value.get("around", ())),
        str(value.get("also", "")),
        int(value.get("longest", LONGEST)),
        bool(value.get("blank")),
        value.get("most"),
    )


def read(column: Column, text: str, villages: Villages, town: str = "") -> Any:
    """The value; None where the cell says nothing of this column. Refused (forms or services): names what stands there and
    what may stand there."""
    if not column.required and wording.says_nothing(text) and wording.folded(text) not in column.words:
        return None
    if column.kind in NEVER_WORDS and wording.find(text, column.words) == "":
        return None
    if column.kind == "id_number":
        number = typed.id_number(text)
        typed.check_id_number(number)
        return number
    if column.kind == "paper":
        if len(text) < SHORTEST_PAPER and wording.find(text, column.words, ()) == "":
            return None
        number = typed.id_number(text)
        typed.check_paper_number(number)
        return number
    if column.kind == "date":
        return typed.day(text)
    if column.kind == "name":
        return typed.person_name(text)
    if column.kind == "phone":
        number = typed.phone(text)
        typed.check_phone(number)
        return number
    if column.kind == "integer":
        found = typed.integer(text)
        if column.most is not None and found > column.most:
            raise typed.TextError("forms.number.maximum", limit=column.most)
        return found
    if column.kind == "label":
        return typed.label(text, column.longest)
    if column.kind == "code":
        return next(iter(_codes(column, text, most=1)), None)
    if column.kind == "codes":
        return _codes(column, text) or None
    if column.kind == "org_unit":
        return villages.read(text, town)
    return typed.short(text, column.longest)


def remade(text: str) -> bool:
    """Whether a spreadsheet made this of a code or a word before it wrote the text file: a day, a time, per cent, TRUE."""
    return text[:1].isascii() and _REMADE.fullmatch(text) is not None


def beside(column: Column | None, text: str) -> str | None:
    """The code of another column that the same cell tells; None for none."""
    return wording.find(text, column.words, column.around) or None if column is not None else None


def _codes(column: Column, text: str, most: int | None = None) -> list[str]:
    """Codes of a cell that may name several; a word that says nothing here ("") is passed over."""
    whole = wording.find(text, column.words, column.around)
    listed = [whole] if whole is not None else [wording.find(w, column.words, column.around) for w in typed.apart(text)]
    found = list(dict.fromkeys(code for code in listed if code))
    if None in listed:
        raise Refused("register.unknown_word", value=text[:20], words="\u3001".join(column.allowed))
    if most is not None and len(found) > most:
        raise Refused("register.several_words", value=text[:20])
    return found
