"""One submitted string -> one typed value. Each function raises `Refused` with a message code."""

import re
import unicodedata
from datetime import date
from typing import Any

from app.policy.identity import birth_date, check_digit, normalise, normalise_id, phone_problem

# Marks people type around figures, by code point: Chinese words belong to the labels.
_YEAR, _MONTH, _DAY, _YUAN, _MINUS_WORD = (chr(c) for c in (0x5E74, 0x6708, 0x65E5, 0x5143, 0x8D1F))
_YEN = "\u00a5"
_DATE = re.compile(rf"(\d{{4}})[-/.{_YEAR}](\d{{1,2}})[-/.{_MONTH}](\d{{1,2}}){_DAY}?\Z", re.ASCII)
_DATE_PLAIN = re.compile(r"(\d{4})(\d{2})(\d{2})\Z", re.ASCII)
_MONEY = re.compile(r"(\d{1,12}|\d{1,3}(?:,\d{3}){1,3})(?:\.(\d*))?\Z", re.ASCII)
_INTEGER = re.compile(r"\d{1,12}\Z", re.ASCII)
_HAN = f"[{chr(0x3400)}-{chr(0x9FFF)}{chr(0x20000)}-{chr(0x3FFFF)}]"
_HAN_GAP = re.compile(rf"(?<={_HAN})\s+(?={_HAN})")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x3002: 0x2E}
_MINUS = ("-", "\u2212", "\u2013", "\u2014", _MINUS_WORD)


class Refused(Exception):
    """A string that cannot become a value; `code` and `args_` make the message."""

    def __init__(self, code: str, **args: Any) -> None:
        super().__init__(code)
        self.code, self.args_ = code, args


def prose(raw: str, *, lines: bool = False) -> str:
    """NFC text without control and invisible characters. Never NFKC: a rare character of a name must survive.

    Variation selectors and private-use characters stay (older registers write rare names with them).
    """
    if raw.isprintable():  # nearly every cell of a long file
        return unicodedata.normalize("NFC", raw).strip()
    try:
        raw.encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("forms.text.unreadable") from None
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(c for c in text if (c == "\n" and lines) or not _unprintable(c))
    return kept.strip()


def _unprintable(c: str) -> bool:
    """Control and invisible characters, and noncharacters, which no paper can carry."""
    return unicodedata.category(c) in ("Cc", "Cf") or ord(c) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(c) <= 0xFDEF


def person_name(raw: str) -> str:
    """A name as written; blanks between Han characters (typed to align a list) are dropped."""
    return _HAN_GAP.sub("", prose(raw))


def figures(raw: str) -> str:
    """A string of digits, letters and marks in ASCII, without blanks."""
    return "".join(prose(raw).translate(_FULL_WIDTH).split())


def money(raw: str) -> int:
    """Yuan as typed -> integer fen."""
    text = figures(raw).removeprefix(_YEN).removesuffix(_YUAN)
    if text.startswith(_MINUS):
        raise Refused("forms.money.negative")
    match = _MONEY.match(text)
    if not match:
        raise Refused("forms.money.unreadable")
    cents = match[2] or ""
    if len(cents) > 2:
        raise Refused("forms.money.decimals")
    return int(match[1].replace(",", "")) * 100 + int(cents.ljust(2, "0"))


def yuan(fen: int) -> str:
    """Integer fen -> yuan as one would type it: 123450 -> "1234.50", 120000 -> "1200"."""
    sign, (whole, cents) = "-" if fen < 0 else "", divmod(abs(fen), 100)
    return f"{sign}{whole}.{cents:02d}" if cents else f"{sign}{whole}"


def integer(raw: str) -> int:
    text = figures(raw)
    if text.startswith(_MINUS):
        raise Refused("forms.number.negative")
    if not _INTEGER.match(text):
        raise Refused("forms.number.unreadable")
    return int(text)


def day(raw: str) -> str:
    """A date in any of the usual spellings -> YYYY-MM-DD."""
    text = figures(raw)
    match = _DATE.match(text) or _DATE_PLAIN.match(text)
    if not match:
        raise Refused("forms.date.unreadable")
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        raise Refused("forms.date.impossible") from None


def phone(raw: str) -> str:
    return normalise(prose(raw))


def id_number(raw: str) -> str:
    return normalise_id(prose(raw))


def check_id_number(value: str) -> None:
    """18 places, a real date of birth, the right check digit (GB 11643). Areas are not judged."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
        raise Refused(
            "forms.id_number.old" if re.fullmatch(r"[0-9]{15}", value) else "forms.id_number.length"
        )
    born = birth_date(value)
    if born is None or born.year < 1900:
        raise Refused("forms.id_number.birth")
    if check_digit(value[:17]) != value[17]:
        raise Refused("forms.id_number.check_digit")


def check_phone(value: str) -> None:
    if phone_problem(value):
        raise Refused("forms.phone")


def check_date(value: str) -> None:
    try:
        if date.fromisoformat(value).isoformat() != value:
            raise Refused("forms.date.unreadable")
    except ValueError:
        raise Refused("forms.date.impossible") from None


FORMATS = {"id-number": check_id_number, "phone": check_phone, "date": check_date}
"""Formats a schema may name, each with its judge; `name` and `year-month` shapes need none."""
