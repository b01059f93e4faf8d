# ruff: noqa: RUF009  (the calls below build dataclass fields)
"""What each paper may say: one frozen dataclass per kind; each field checks its own value.

Dates come as ISO strings or dates, lists as lists. A class is the whole allow-list of its paper: there is no
field for an ID number, a household's phone, an account, an illness, a cause or a child on the notice sheet.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

CATEGORIES = ("unstable", "marginal", "sudden", "other_low_income")
STAGES = ("village", "town", "county")
OUTCOMES = ("approved", "refused", "closed")
RESULTS = ("agreed", "not_agreed")

_SHORT, _LINE, _PROSE, _ITEMS = 60, 200, 2000, 500
_DIGITS = 7  # no figure on a public sheet is this long; ID numbers, accounts and phones are
_FORBIDDEN = {"Cc", "Cs", "Cn", "Co", "Zl", "Zp"}
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")

Check = Callable[[object, str], object]


class PaperRefused(ValueError):
    """A paper that cannot be made: a dotted `code` and the arguments of its sentence."""

    def __init__(self, code: str, **args: object) -> None:
        super().__init__(code, args)
        self.code = code
        self.args_of_code = args


def values_of(kind: str, values: "Mapping[str, object] | PaperValues") -> "PaperValues":
    """Checked values of a kind; a key that the kind does not have is refused, never ignored."""
    cls = KINDS.get(kind)
    if cls is None:
        raise PaperRefused("papers.kind.unknown", kind=kind)
    if type(values) is cls:
        return values
    return _from_plain(cls, values, cls.__name__)


def _from_plain(cls: "type[PaperValues]", values: object, where: str) -> "PaperValues":
    if type(values) is cls:
        return values
    if not isinstance(values, Mapping):
        raise PaperRefused("papers.value.type", field=where)
    known = {f.name: f for f in fields(cls)}
    for key in values:
        if key not in known:
            raise PaperRefused("papers.value.unknown", field=f"{where}.{key}")
    for name, f in known.items():
        if name not in values and not f.metadata["optional"]:
            raise PaperRefused("papers.value.missing", field=f"{where}.{name}")
    return cls(**values)


def _clean(value: object, where: str, longest: int, lines: bool = False) -> str:
    if not isinstance(value, str):
        raise PaperRefused("papers.value.type", field=where)
    if len(value) > longest:
        raise PaperRefused("papers.value.long", field=where, longest=longest)
    value = value.replace("\r\n", "\n") if lines else value
    for char in value:
        if unicodedata.category(char) in _FORBIDDEN and not (lines and char == "\n"):
            raise PaperRefused("papers.value.character", field=where)
    if _BIDI.search(value):
        raise PaperRefused("papers.value.character", field=where)
    return value.strip()


def _text(longest: int = _LINE, optional: bool = False) -> Any:
    def check(value: object, where: str) -> str:
        text = _clean(value, where, longest)
        if not text and not optional:
            raise PaperRefused("papers.value.missing", field=where)
        return text

    return _checked(check, optional, "")


def _prose(optional: bool = False) -> Any:
    def check(value: object, where: str) -> str:
        text = _clean(value, where, _PROSE, lines=True)
        if not text and not optional:
            raise PaperRefused("papers.value.missing", field=where)
        return text

    return _checked(check, optional, "")


def _public(longest: int = _SHORT) -> Any:
    """Text on a sheet that everyone reads: no long run of digits, spaced or full-width ones included."""

    def check(value: object, where: str) -> str:
        text = _clean(value, where, longest)
        if not text:
            raise PaperRefused("papers.value.missing", field=where)
        joined = re.sub(r"[\s\W_]+", "", unicodedata.normalize("NFKC", text))
        run = 0
        for char in joined:
            run = run + 1 if char.isdigit() else 0
            if run >= _DIGITS:
                raise PaperRefused("papers.value.number", field=where)
        return text

    return _checked(check)


def _letters(longest: int, digits: bool = False) -> Any:
    """A name: letters, the dots inside names, variation selectors; with `digits`, at most three of them."""

    def check(value: object, where: str) -> str:
        text = _clean(value, where, longest)
        if not text:
            raise PaperRefused("papers.value.missing", field=where)
        for char in text:
            kind = unicodedata.category(char)
            if not (kind[0] in "LM" or char in " .\u00b7\u2022\u30fb\u3007" or (digits and kind == "Nd")):
                raise PaperRefused("papers.value.name", field=where)
        if digits and sum(unicodedata.category(char) == "Nd" for char in text) > 3:
            raise PaperRefused("papers.value.number", field=where)
        return text

    return _checked(check)


def _phone(optional: bool = False) -> Any:
    def check(value: object, where: str) -> str:
        text = _clean(value, where, 30)
        if not text and optional:
            return text
        if not re.fullmatch(r"[0-9+() \-/\u3001\uff08\uff09\u8f6c]{3,30}", text):
            raise PaperRefused("papers.value.phone", field=where)
        return text

    return _checked(check, optional, "")


def _code(codes: Collection[str], optional: bool = False) -> Any:
    def check(value: object, where: str) -> str:
        if not isinstance(value, str) or (value not in codes and not (optional and value == "")):
            raise PaperRefused("papers.value.code", field=where)
        return value

    return _checked(check, optional, "", codes=tuple(codes))


def _count(least: int = 0, most: int = 9999) -> Any:
    def check(value: object, where: str) -> int:
        if type(value) is not int or not least <= value <= most:
            raise PaperRefused("papers.value.count", field=where, least=least, most=most)
        return value

    return _checked(check)


def _day(optional: bool = False) -> Any:
    def check(value: object, where: str) -> date | None:
        if optional and value in (None, ""):
            return None
        if type(value) is date:
            return value
        try:
            return date.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            raise PaperRefused("papers.value.date", field=where) from None

    return _checked(check, optional, None)


def _moment() -> Any:
    def check(value: object, where: str) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            raise PaperRefused("papers.value.date", field=where) from None

    return _checked(check)


def _texts(longest: int = _SHORT, least: int = 1) -> Any:
    def check(value: object, where: str) -> tuple[str, ...]:
        texts = tuple(_clean(item, where, longest) for item in _items(value, where, least))
        if not all(texts):
            raise PaperRefused("papers.value.missing", field=where)
        return texts

    return _checked(check, optional=least == 0, default=())


def _rows(cls: "Callable[[], type[PaperValues]]", least: int = 1) -> Any:
    def check(value: object, where: str) -> "tuple[PaperValues, ...]":
        return tuple(_from_plain(cls(), item, where) for item in _items(value, where, least))

    return _checked(check, optional=least == 0, default=(), rows=cls)


def _items(value: object, where: str, least: int) -> "list[object] | tuple[object, ...]":
    if not isinstance(value, list | tuple):
        raise PaperRefused("papers.value.type", field=where)
    if not least <= len(value) <= _ITEMS:
        raise PaperRefused("papers.value.items", field=where, least=least, most=_ITEMS)
    return value


def _checked(
    check: Check,
    optional: bool = False,
    default: object = None,
    rows: object = None,
    codes: tuple[str, ...] = (),
) -> Any:
    metadata = {"check": check, "optional": optional, "rows": rows, "codes": codes}
    return field(default=default, metadata=metadata) if optional else field(metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperValues:
    """Base of all papers' values: every field is checked and made uniform when the object is built."""

    def __post_init__(self) -> None:
        for f in fields(self):
            where = f"{type(self).__name__}.{f.name}"
            object.__setattr__(self, f.name, f.metadata["check"](getattr(self, f.name), where))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow(PaperValues):
    head_name: str = _letters(30)
    group: str = _letters(14, digits=True)
    people: int = _count(1, 50)
    category: str = _code(CATEGORIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSheet(PaperValues):
    """The sheet on the village board. `village` signs it; the period may be empty: lines to fill by hand."""

    title: str = _public(40)
    village: str = _public()
    meeting_on: date = _day()
    objection_where: str = _public()
    objection_phone: str = _phone()
    supervision_phone: str = _phone()
    rows: tuple[NoticeRow, ...] = _rows(lambda: NoticeRow)
    posted_on: date | None = _day(optional=True)
    ends_on: date | None = _day(optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionLetter(PaperValues):
    """What the household is told. `figure` is the sentence with the figure that decided, `matched_row` the
    words of the table row; `stage` is the level that decided; `reexam_office` re-examines."""

    number: str = _text(_SHORT)
    head_name: str = _letters(30)
    village: str = _text(_SHORT)
    applied_on: date = _day()
    stage: str = _code(STAGES)
    outcome: str = _code(OUTCOMES)
    decided_on: date = _day()
    reason: str = _prose()
    contact_office: str = _text(_SHORT)
    contact_phone: str = _phone()
    reexam_office: str = _text(_SHORT)
    reexam_phone: str = _phone()
    reexam_until: date = _day()
    issuer: str = _text(_SHORT)
    issued_on: date = _day()
    category: str = _code(CATEGORIES, optional=True)
    figure: str = _prose(optional=True)
    matched_row: str = _prose(optional=True)
    contact_address: str = _text(optional=True)

    def __post_init__(self) -> None:
        PaperValues.__post_init__(self)
        if self.outcome == "approved" and not self.category:
            raise PaperRefused("papers.value.missing", field="DecisionLetter.category")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adult(PaperValues):
    name: str = _letters(30)
    relation: str = _text(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward(PaperValues):
    """A minor or a person without full capacity, for whom a guardian signs."""

    name: str = _letters(30)
    relation: str = _text(20)
    guardian: str = _letters(30)
    guardian_relation: str = _text(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment(PaperValues):
    """The page that the household signs by hand; `askers` are the offices that may ask, until `until`."""

    head_name: str = _letters(30)
    village: str = _text(_SHORT)
    purposes: tuple[str, ...] = _texts(_LINE)
    asset_kinds: tuple[str, ...] = _texts()
    askers: tuple[str, ...] = _texts()
    until: date = _day()
    contact_office: str = _text(_SHORT)
    contact_phone: str = _phone()
    adults: tuple[Adult, ...] = _rows(lambda: Adult, least=0)
    wards: tuple[Ward, ...] = _rows(lambda: Ward, least=0)

    def __post_init__(self) -> None:
        PaperValues.__post_init__(self)
        if not self.adults and not self.wards:
            raise PaperRefused("papers.value.missing", field="Commitment.adults")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recusal(PaperValues):
    name: str = _letters(30)
    head_name: str = _letters(30)
    why: str = _text(_SHORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow(PaperValues):
    head_name: str = _letters(30)
    group: str = _letters(14, digits=True)
    people: int = _count(1, 50)
    category: str = _code(CATEGORIES)
    agree: int = _count()
    against: int = _count()
    abstain: int = _count()
    result: str = _code(RESULTS)
    situation: str = _prose()
    discussion: str = _prose(optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewMinutes(PaperValues):
    """One meeting, all its households. `quorum` is the sentence that says whether enough people came."""

    village: str = _text(_SHORT)
    meeting_kind: str = _text(_SHORT)
    place: str = _text(_SHORT)
    started_at: datetime = _moment()
    chair: str = _letters(30)
    recorder: str = _letters(30)
    should_attend: int = _count(1)
    attended: int = _count()
    quorum: str = _text()
    attendees: tuple[str, ...] = _texts(30)
    rows: tuple[ReviewRow, ...] = _rows(lambda: ReviewRow)
    printed_by: str = _text(30)
    printed_at: datetime = _moment()
    observers: tuple[str, ...] = _texts(_SHORT, least=0)
    recusals: tuple[Recusal, ...] = _rows(lambda: Recusal, least=0)


KINDS: dict[str, type[PaperValues]] = {
    "notice_entry": NoticeSheet,
    "decision_letter": DecisionLetter,
    "commitment": Commitment,
    "review_minutes": ReviewMinutes,
}
