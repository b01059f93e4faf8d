"""What a household is called in files that leave the house: by the province's number, never by our row's."""

import unicodedata
from collections.abc import Iterable, Mapping

from app.labels import say
from app.store.session import Session

LONG = 10


def number(session: Session, household: int, province: str | None) -> str:
    """The province's household number; before there is one, a mark that only this county can read back."""
    if province:
        return province
    mark = session.keyring.blind(f"household outside {household}").hex()[:LONG].upper()
    return say("exports.own_number", mark=mark)


def numbers(session: Session, households: Iterable[tuple[int, str | None]]) -> dict[str, int]:
    """Every way in which the other side may call one of these back -> the household."""
    found: dict[str, int] = {}
    for ident, province in households:
        found[number(session, ident, None)] = ident
        if province:
            found[province] = ident
    return found


def called(text: object, known: Mapping[str, int]) -> int | None:
    """The household that is meant, however a spreadsheet wrote its number."""
    plain = unicodedata.normalize("NFKC", str(text)).strip().removesuffix(".0")
    return known.get(plain) or known.get(plain.upper())
