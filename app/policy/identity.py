"""Identity card numbers (GB 11643) and telephone numbers as people type them."""

import re
import unicodedata
from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_NOT_WRITTEN = re.compile(r"[\s\-\u2010-\u2015]")
_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
_PHONE = re.compile(r"1[0-9]{10}|0[0-9]{2,3}[0-9]{7,8}")


def normalise(text: str) -> str:
    """Full-width digits and letters made plain, spaces and dashes dropped, letters upper case."""
    return _NOT_WRITTEN.sub("", unicodedata.normalize("NFKC", text)).upper()


def normalise_id(text: str) -> str:
    """As `normalise`; a multiplication sign or Cyrillic letter typed for the last X becomes X."""
    plain = normalise(text)
    return plain[:-1] + "X" if plain[-1:] in ("\u00d7", "\u0425") else plain


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
    """The birth date in a normalised number; None if it has none."""
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
