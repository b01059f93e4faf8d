"""Identity card numbers (GB 11643) and telephone numbers as people type them."""

import re
import unicodedata
from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_NOT_WRITTEN = re.compile(r"[\s\-\u2010-\u2015]")
_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
_PAPERS = {
    "hk_macao": re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    "taiwan": re.compile(r"[0-9]{8}|[0-9]{10}[A-Z]"),
    "residence": re.compile(r"[A-Z]{3}[0-9]{12}"),
    "passport": re.compile(r"[A-Z]{1,3}[0-9]{5,9}|[0-9]{9}|(?=.*[A-Z])(?=.*[0-9].*[0-9])[A-Z0-9]{8,9}"),
}
"""Numbers of papers that are no identity card: permits of Hong Kong, Macao and Taiwan people, the residence card of
foreigners before 2023 (the later one and the residence permits 81, 82, 83 are numbered like identity cards), passports."""
_PHONE = re.compile(r"1[0-9]{10}|0[0-9]{2,3}[0-9]{7,8}(-[0-9]{1,6})?")
_COUNTRY = re.compile(r"(?:\+|00)?86(?=1[0-9]{10}(?:\D|\Z)|0?[1-9][0-9]{8,10}(?:\D|\Z))")
_TURN, _SET = chr(0x8F6C), chr(0x5206) + chr(0x673A)
_EXTENSION = re.compile(rf"\s*(?:[#*X,;\-\u2010-\u2015{_TURN}]|EXT\.?|{_SET})+\s*([0-9]{{1,6}})\Z")
_AROUND_DIGITS = re.compile(r"[\s\-()/._\u2010-\u2015\u2212\u3010\u3011]")


def plain(text: str) -> str:
    """NFKC without what cannot be seen: control characters, direction marks, zero-width blanks, byte order marks."""
    if text.isascii() and text.isprintable():
        return text
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf"))


def normalise(text: str) -> str:
    """Full-width digits and letters made plain, spaces, dashes and invisible marks dropped, letters upper case."""
    return _NOT_WRITTEN.sub("", plain(text)).upper()


def normalise_id(text: str) -> str:
    """As `normalise`; the apostrophe that keeps a number text in a sheet is dropped, and a multiplication sign, Greek or
    Cyrillic letter typed for the last X becomes X."""
    found = re.sub(r"\(([A-Z0-9])\)\Z", r"\1", normalise(text).lstrip("'\u2018\u2019`"))
    return found[:-1] + "X" if found[-1:] in ("\u00d7", "\u0425", "\u03a7") else found


def normalise_phone(text: str) -> str:
    """A number as it is dialled here: digits, and `-` before an extension. +86, 0086, brackets, blanks and dashes go; the
    zero of the area code that +86 swallowed comes back."""
    written = re.sub(r"(?<=\d)\.0+\Z", "", plain(text).strip().upper().strip("'`\u2018\u2019"))
    extension = ""
    ending = _EXTENSION.search(written)
    if ending and _PHONE.fullmatch(_dialled(written[: ending.start()])):
        written, extension = written[: ending.start()], f"-{ending[1]}"
    number = _dialled(written)
    return number + extension


def _dialled(written: str) -> str:
    digits = _AROUND_DIGITS.sub("", written)
    inland = _COUNTRY.sub("", digits, count=1) if _COUNTRY.match(digits) else digits
    if inland is not digits and not inland.startswith("0") and not re.fullmatch(r"1[0-9]{10}", inland):
        inland = f"0{inland}"  # a fixed line: +86 751 …
    return inland[1:] if re.fullmatch(r"01[3-9][0-9]{9}", inland) else inland


def paper_kind(number: str) -> str | None:
    """Which other paper than the identity card a normalised number is of; None for none. Eight digits that are a date are a
    slip, not a permit."""
    kind = next((kind for kind, shape in _PAPERS.items() if shape.fullmatch(number)), None)
    if kind == "taiwan" and len(number) == 8 and birth_date(f"999999{number}0000"):
        return None
    return kind


def check_digit(first17: str) -> str:
    """The 18th character: ISO 7064 MOD 11-2 over 17 digits."""
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first17, strict=True)) % 11]


def id_problem(id_number: str, on: date) -> str | None:
    """What is wrong with a normalised number (a message code), or None. The area code is not judged."""
    if not _ID_NUMBER.fullmatch(id_number):
        return "policy.id_number.shape"
    born = birth_date(id_number)
    if born is None or born > on or born.year < 1900:
        return "policy.id_number.birth_date"
    if check_digit(id_number[:17]) != id_number[17]:
        return "policy.id_number.check_digit"
    return None


def birth_date(id_number: str) -> date | None:
    """The birth date in a normalised number; None if it has none, as numbers of other papers."""
    if len(id_number) != 18 or not id_number[:17].isdigit():
        return None
    try:
        return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    except ValueError:
        return None


def age(born: date, on: date) -> int:
    """Whole years on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def phone_problem(phone: str) -> str | None:
    """A normalised number is mobile (11 digits) or a fixed line with area code. Message code or None."""
    return None if _PHONE.fullmatch(phone) else "policy.phone.shape"
