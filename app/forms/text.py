"""One submitted string -> one typed value. Each function raises `Refused` with a message code."""

import re
import unicodedata
from datetime import date

from app import fonts
from app.errors import CodedError
from app.policy import naming
from app.policy.identity import birth_date, check_digit, normalise_id, normalise_phone, paper_kind, phone_problem, plain

# Marks people type around figures, by code point: Chinese words belong to the labels.
_YEAR, _MONTH, _DAY, _MINUS_WORD = (chr(c) for c in (0x5E74, 0x6708, 0x65E5, 0x8D1F))
_RENMINBI = "".join(map(chr, (0x4EBA, 0x6C11, 0x5E01)))
_COINS = "".join(map(chr, (0x5143, 0x5706, 0x5713, 0x5757)))
_EXACTLY = "".join(map(chr, (0x6574, 0x6B63, 0x94B1)))
_CURRENCY = re.compile(rf"\A(?:[\u00a5\uffe5]|RMB|CNY|{_RENMINBI})+:?", re.IGNORECASE)
_YUAN = re.compile(rf"(?:[{_COINS}][{_EXACTLY}]?|RMB|CNY)\Z", re.IGNORECASE)
_TEN_THOUSAND = (chr(0x4E07), chr(0x842C))
_THINGS = "".join(map(chr, (0x4E2A, 0x4EBA, 0x53E3, 0x5C81, 0x5929, 0x6237, 0x7EA7, 0x6B21, 0x4F4D, 0x540D)))
_COUNTED = re.compile(rf"(?:{_THINGS[0]}?{_MONTH}|[{_THINGS}])\Z")
_TEN = chr(0x5341)
_DIGITS = {
    chr(c): n % 10
    for n, c in enumerate(
        (
            0x3007,
            0x4E00,
            0x4E8C,
            0x4E09,
            0x56DB,
            0x4E94,
            0x516D,
            0x4E03,
            0x516B,
            0x4E5D,
            0x96F6,
            0x58F9,
            0x8D30,
            0x53C1,
            0x8086,
            0x4F0D,
            0x9646,
            0x67D2,
            0x634C,
            0x7396,
        )
    )
} | {chr(0x4E24): 2}
_GRADE = re.compile(rf"[{chr(0x4E00)}-{chr(0x9FA5)}]+?([{''.join(_DIGITS)}]|\d){chr(0x7EA7)}\Z", re.ASCII)
_DATE = re.compile(rf"(\d{{4}})[-/.{_YEAR}](\d{{1,2}})[-/.{_MONTH}](\d{{1,2}}){_DAY}?\Z", re.ASCII)
_DATE_PLAIN = re.compile(r"(\d{4})(\d{2})(\d{2})\Z", re.ASCII)
FIRST_BIRTH = date(1900, 1, 1)
_MIDNIGHT = re.compile(r"(?<=\d)[T\s]+0{1,2}:00(?::00(?:\.0+)?)?\Z")
_MONEY = re.compile(r"(\d{1,12}|\d{1,3}(?:,\d{3}){1,3})(?:\.(\d*))?\Z", re.ASCII)
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x3002: 0x2E, 0x3001: 0x2C}
_BETWEEN = re.compile("[\\s,;/|+&\u3001\uff0c\uff1b\uff0f\uff5c\uff0b]+")
_MINUS = ("-", "\u2212", "\u2013", "\u2014", _MINUS_WORD)


class TextError(CodedError):
    """A string that cannot become a value; `code` and `args_` make the message."""


def prose(raw: str, *, lines: bool = False) -> str:
    """NFC text without control and invisible characters. Never NFKC: a rare character of a name must survive.

    Variation selectors and private-use characters stay (older registers write rare names with them).
    """
    if raw.isprintable():  # nearly every cell of a long file
        return unicodedata.normalize("NFC", raw).strip()
    try:
        raw.encode("utf-8")
    except UnicodeEncodeError:
        raise TextError("forms.text.unreadable") from None
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(c for c in text if (c == "\n" and lines) or not _unprintable(c))
    return kept.strip()


def _unprintable(c: str) -> bool:
    """Control and invisible characters, and noncharacters, which no paper can carry."""
    return unicodedata.category(c) in ("Cc", "Cf") or ord(c) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(c) <= 0xFDEF


def person_name(raw: str) -> str:
    """A name in its one stored form; "" where nothing was written. Refused: a character that is no part of a name, or that
    no paper could print."""
    prose(raw)
    name = naming.folded(raw)
    if name or raw.strip():
        check_name(name)
    return name


def short(raw: str, longest: int) -> str:
    """One line of text, its blanks single. Refused: what is longer, for nothing is cut, and what no paper could print."""
    found = " ".join(prose(raw, lines=True).split())
    if len(found) > longest:
        raise TextError("forms.too_long", max=longest)
    if lost := fonts.lost(found):
        raise TextError("forms.text.font", **lost)
    return found


def label(raw: str, longest: int) -> str:
    """A number or sign that some other register gave: no blanks, plain letters, no apostrophe that keeps it text."""
    return short("".join(plain(prose(raw)).split()).lstrip("'\u2018\u2019`"), longest)


def apart(raw: str) -> list[str]:
    """The words of a list, whatever stands between them."""
    return [word for word in _BETWEEN.split(prose(raw, lines=True)) if word]


def figures(raw: str) -> str:
    """A string of digits, letters and marks in ASCII, without blanks."""
    return "".join(prose(raw).translate(_FULL_WIDTH).split())


def bare(raw: str) -> str:
    """Figures without the sign of the yuan, the word behind, or commas."""
    return _YUAN.sub("", _CURRENCY.sub("", figures(raw))).replace(",", "")


def money(raw: str) -> int:
    """Yuan as typed -> integer fen: with either sign of the yuan before or the word behind, commas, or in ten thousands."""
    text = _YUAN.sub("", _CURRENCY.sub("", figures(raw)))
    if _negative(text):
        raise TextError("forms.money.negative")
    places = 4 if text.endswith(_TEN_THOUSAND) else 0
    match = _MONEY.match(text[:-1] if places else text)
    if not match:
        raise TextError("forms.money.unreadable")
    cents = (match[2] or "").rstrip("0")
    if len(cents) > 2 + places:
        raise TextError("forms.money.decimals")
    return int(match[1].replace(",", "") + cents.ljust(2 + places, "0"))


def _negative(text: str) -> bool:
    """A sign alone is no number."""
    return text.startswith(_MINUS) and any(c.isdigit() for c in text)


def yuan(fen: int) -> str:
    """Integer fen -> yuan as one would type it: 123450 -> "1234.50", 120000 -> "1200"."""
    sign, (whole, cents) = "-" if fen < 0 else "", divmod(abs(fen), 100)
    return f"{sign}{whole}.{cents:02d}" if cents else f"{sign}{whole}"


def integer(raw: str) -> int:
    """A whole number, also with the word for what is counted, commas, or the empty decimals of a spreadsheet."""
    text = figures(raw)
    if grade := _GRADE.search(text):
        text = grade[1]
    text = _numeral(_COUNTED.sub("", text))
    if _negative(text):
        raise TextError("forms.number.negative")
    match = _MONEY.match(text)
    if not match or (match[2] or "").strip("0"):
        raise TextError("forms.number.unreadable")
    return int(match[1].replace(",", ""))


def _numeral(text: str) -> str:
    """A Chinese numeral below a hundred in digits; anything else as it is."""
    if not text or len(text) > 3 or not set(text) <= {*_DIGITS, _TEN}:
        return text
    tens, ten, ones = text.rpartition(_TEN)
    if len(tens) > 1 or len(ones) > 1 or (not ten and len(text) > 1):
        return text
    return str((_DIGITS.get(tens, 1) if ten else 0) * 10 + _DIGITS.get(ones, 0))


def day(raw: str) -> str:
    """A date in any of the usual spellings -> YYYY-MM-DD; midnight behind it is what databases write for no time."""
    text = figures(_MIDNIGHT.sub("", prose(raw)))
    match = _DATE.match(text) or _DATE_PLAIN.match(text)
    if not match:
        raise TextError("forms.date.serial" if re.fullmatch(r"[1-5][0-9]{4}", text) else "forms.date.unreadable")
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        raise TextError("forms.date.impossible") from None


def day_in_words(value: str) -> str:
    """A stored date as one says it; what is none (an older file's) as it stands."""
    match = _DATE.match(value)
    return f"{int(match[1])} {_YEAR} {int(match[2])} {_MONTH} {int(match[3])} {_DAY}" if match else value


def phone(raw: str) -> str:
    return normalise_phone(prose(raw))


def id_number(raw: str) -> str:
    return normalise_id(prose(raw))


def check_id_number(value: str) -> None:
    """18 places, a real date of birth, the right check digit (GB 11643). Areas are not judged."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", value):
        raise TextError("forms.id_number.old" if re.fullmatch(r"[0-9]{15}", value) else "forms.id_number.length")
    born = birth_date(value)
    if born is None or born.year < 1900:
        raise TextError("forms.id_number.birth")
    if check_digit(value[:17]) != value[17]:
        raise TextError("forms.id_number.check_digit")


def check_paper_number(value: str) -> None:
    """An identity card's number, or one of a permit or passport."""
    if paper_kind(value) is None:
        check_id_number(value)


def check_name(value: str) -> None:
    """The rule for names, and that the project's fonts can print every character."""
    if found := naming.problem(value):
        raise TextError(found[0], **found[1])
    if lost := fonts.lost(value):
        raise TextError("forms.name.font", **lost)


def check_phone(value: str) -> None:
    if phone_problem(value):
        raise TextError("forms.phone")


def check_born(value: str, today: date) -> None:
    """Nobody is born after today, nor before 1900: a date, or the one within a number."""
    number = len(value) == 18
    born = birth_date(value) if number else date.fromisoformat(value) if _DATE.match(value) else None
    if born is not None and not FIRST_BIRTH <= born <= today:
        late = "future" if born > today else "too_early"
        code = "forms.id_number.birth" if number else f"forms.date.{late}"
        raise TextError(code, today=today.isoformat(), since=FIRST_BIRTH.isoformat())


def check_date(value: str) -> None:
    try:
        if date.fromisoformat(value).isoformat() != value:
            raise TextError("forms.date.unreadable")
    except ValueError:
        raise TextError("forms.date.impossible") from None


FORMATS = {
    "id-number": check_id_number,
    "paper-number": check_paper_number,
    "phone": check_phone,
    "date": check_date,
    "name": check_name,
}
"""Formats a schema may name, each with its judge."""
