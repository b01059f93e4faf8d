# ruff: noqa: RUF009  (the calls below build dataclass fields)
"""What each paper may say: one frozen dataclass per kind.

A class is the whole allow-list of its paper: there is no field for an ID number, a household's phone, an account, an
illness, a cause or a child on a notice sheet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import date, datetime
from functools import cache

from app.papers import fields
from app.papers.fields import PaperError, PaperValues, from_plain

CATEGORIES = ("unstable", "marginal", "sudden", "other_low_income")
STAGES = ("village", "town", "county")
EXIT_STAGES = ("assessment", *STAGES)
OUTCOMES = ("approved", "refused", "closed")
RESULTS = ("agreed", "not_agreed")


def values_of(kind: str, values: Mapping[str, object] | PaperValues) -> PaperValues:
    """Checked values of one of our kinds."""
    cls = KINDS.get(kind)
    if cls is None:
        raise PaperError("papers.kind.unknown", kind=kind)
    return checked(cls, values)


def checked(cls: type[PaperValues], values: Mapping[str, object] | PaperValues) -> PaperValues:
    """Checked values; a key that the kind does not have is refused, never ignored."""
    if type(values) is cls:
        return values
    return from_plain(cls, values, cls.__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow(PaperValues):
    head_name: str = fields.name()
    group: str = fields.group()
    people: int = fields.count(1, 200)
    category: str = fields.code(CATEGORIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSheet(PaperValues):
    """The sheet on the village board. `village` signs it; the period may be empty: lines to fill by hand."""

    title: str = fields.public(40)
    village: str = fields.public()
    meeting_on: str = fields.public(80)
    objection_where: str = fields.public(120)
    objection_phone: str = fields.phone()
    supervision_phone: str = fields.phone()
    rows: tuple[NoticeRow, ...] = fields.rows(lambda: NoticeRow)
    posted_on: date | None = fields.day(optional=True)
    ends_on: date | None = fields.day(optional=True)
    apply_url: str = fields.text(optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionLetter(PaperValues):
    """What the household is told. `figure` is the sentence with the figure that decided, `matched_row` the
    words of the table row; `stage` is the level that decided; `reexam_office` re-examines."""

    number: str = fields.text(fields.SHORT)
    head_name: str = fields.name()
    village: str = fields.text(fields.SHORT)
    applied_on: date = fields.day()
    stage: str = fields.code(STAGES)
    outcome: str = fields.code(OUTCOMES)
    decided_on: date = fields.day()
    reason: str = fields.prose()
    contact_office: str = fields.text(fields.SHORT)
    contact_phone: str = fields.phone()
    reexam_office: str = fields.text(fields.SHORT)
    reexam_phone: str = fields.phone()
    reexam_until: date = fields.day()
    issuer: str = fields.text(fields.SHORT)
    issued_on: date = fields.day()
    category: str = fields.code(CATEGORIES, optional=True)
    figure: str = fields.prose(optional=True)
    matched_row: str = fields.prose(optional=True)
    contact_address: str = fields.text(optional=True)

    def __post_init__(self) -> None:
        PaperValues.__post_init__(self)
        if self.outcome == "approved" and not self.category:
            raise PaperError("papers.value.missing", field="DecisionLetter.category")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adult(PaperValues):
    name: str = fields.name()
    relation: str = fields.text(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward(PaperValues):
    """A minor or a person without full capacity, for whom a guardian signs."""

    name: str = fields.name()
    relation: str = fields.text(20)
    guardian: str = fields.name(optional=True)
    guardian_relation: str = fields.text(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment(PaperValues):
    """The page that the household signs by hand; `askers` are the offices that may ask, until `until`."""

    head_name: str = fields.name()
    village: str = fields.text(fields.SHORT)
    purposes: tuple[str, ...] = fields.texts(fields.LINE)
    asset_kinds: tuple[str, ...] = fields.texts()
    askers: tuple[str, ...] = fields.texts()
    until: date = fields.day()
    contact_office: str = fields.text(fields.SHORT)
    contact_phone: str = fields.phone()
    adults: tuple[Adult, ...] = fields.rows(lambda: Adult, least=0)
    wards: tuple[Ward, ...] = fields.rows(lambda: Ward, least=0)

    def __post_init__(self) -> None:
        PaperValues.__post_init__(self)
        if not self.adults and not self.wards:
            raise PaperError("papers.value.missing", field="Commitment.adults")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recusal(PaperValues):
    name: str = fields.name()
    head_name: str = fields.name()
    why: str = fields.text(fields.SHORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow(PaperValues):
    head_name: str = fields.name()
    group: str = fields.group()
    people: int = fields.count(1, 200)
    category: str = fields.code(CATEGORIES, optional=True)
    agree: int = fields.count()
    against: int = fields.count()
    abstain: int = fields.count()
    result: str = fields.code(RESULTS)
    situation: str = fields.prose()
    discussion: str = fields.prose(optional=True)
    matter: str = fields.text(20, optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignRow(PaperValues):
    """A line of the sheet that everybody at the meeting signs; names that are known are printed."""

    name: str = fields.name(optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewMinutes(PaperValues):
    """One meeting, all its households. `quorum` is the sentence that says whether enough people came; `held_at` the time
    of day, if it was written down."""

    village: str = fields.text(fields.SHORT)
    meeting_kind: str = fields.text(fields.SHORT)
    place: str = fields.text(fields.SHORT)
    held_on: date = fields.day()
    held_at: str = fields.text(10, optional=True)
    chair: str = fields.name()
    recorder: str = fields.name()
    should_attend: int = fields.count(1)
    attended: int = fields.count()
    quorum: str = fields.text()
    sheet: tuple[SignRow, ...] = fields.rows(lambda: SignRow)
    rows: tuple[ReviewRow, ...] = fields.rows(lambda: ReviewRow)
    printed_by: str = fields.text(fields.SHORT)
    printed_at: datetime = fields.moment()
    observers: tuple[str, ...] = fields.texts(fields.SHORT, least=0)
    recusals: tuple[Recusal, ...] = fields.rows(lambda: Recusal, least=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitRow(PaperValues):
    """`measures`: groups of measures carried out; what reveals health or disability is called 综合保障."""

    head_name: str = fields.name()
    group: str = fields.group()
    people: int = fields.count(1, 200)
    measures: str = fields.public(90)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitNotice(PaperValues):
    """The sheet for households whose risk is to be marked as eliminated."""

    title: str = fields.public(40)
    village: str = fields.public()
    meeting_on: str = fields.public(80)
    objection_where: str = fields.public(120)
    objection_phone: str = fields.phone()
    supervision_phone: str = fields.phone()
    rows: tuple[ExitRow, ...] = fields.rows(lambda: ExitRow)
    posted_on: date | None = fields.day(optional=True)
    ends_on: date | None = fields.day(optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitLetter(PaperValues):
    """What the household is told at the end of an elimination: eliminated, or helped on."""

    number: str = fields.text(fields.SHORT)
    head_name: str = fields.name()
    village: str = fields.text(fields.SHORT)
    assessed_on: date = fields.day()
    stage: str = fields.code(EXIT_STAGES)
    outcome: str = fields.code(("eliminated", "kept"))
    decided_on: date = fields.day()
    reason: str = fields.prose()
    contact_office: str = fields.text(fields.SHORT)
    contact_phone: str = fields.phone()
    issuer: str = fields.text(fields.SHORT)
    issued_on: date = fields.day()
    visit_months: int = fields.count(1, 24)
    figure: str = fields.prose(optional=True)
    matched_row: str = fields.prose(optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow(PaperValues):
    name: str = fields.name()
    relation: str = fields.text(20)
    age: str = fields.text(10, optional=True)
    facts: str = fields.text(optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountRow(PaperValues):
    kind: str = fields.text(20)
    item: str = fields.text(40)
    amount: str = fields.text(20)
    source: str = fields.text(20, optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow(PaperValues):
    name: str = fields.text(30)
    answer: str = fields.text(20)
    problem: str = fields.text(optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdCheck(PaperValues):
    """The form of a household check, filled in: it is signed by those who visited and by the household."""

    head_name: str = fields.name()
    village: str = fields.text(fields.SHORT)
    group: str = fields.text(optional=True)
    people: int = fields.count(0, 200)
    visited_on: date = fields.day()
    checkers: tuple[str, ...] = fields.texts(fields.LINE)
    risks: str = fields.text(optional=True)
    figures: str = fields.prose(optional=True)
    evidence: str = fields.prose(optional=True)
    guardian: str = fields.text(80, optional=True)
    printed_by: str = fields.text(fields.SHORT)
    printed_at: datetime = fields.moment()
    members: tuple[MemberRow, ...] = fields.rows(lambda: MemberRow, least=0)
    amounts: tuple[AmountRow, ...] = fields.rows(lambda: AmountRow, least=0)
    checks: tuple[CheckRow, ...] = fields.rows(lambda: CheckRow, least=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRow(PaperValues):
    risk: str = fields.text(30)
    group: str = fields.text(30)
    lead: str = fields.text(fields.SHORT)
    planned_on: date | None = fields.day(optional=True)
    done_on: date | None = fields.day(optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance(PaperValues):
    """The town's acceptance of an elimination: signed by those who accepted and by the household, or says why not."""

    head_name: str = fields.name()
    village: str = fields.text(fields.SHORT)
    people: int = fields.count(0, 200)
    visited_on: date = fields.day()
    verifiers: tuple[str, ...] = fields.texts(fields.LINE)
    figures: str = fields.prose(optional=True)
    findings: str = fields.prose()
    result: str = fields.text(20)
    household_signs: str = fields.text(20)
    no_sign_reason: str = fields.prose(optional=True)
    guardian: str = fields.name(optional=True)
    guardian_relation: str = fields.text(20, optional=True)
    printed_by: str = fields.text(fields.SHORT)
    printed_at: datetime = fields.moment()
    measures: tuple[MeasureRow, ...] = fields.rows(lambda: MeasureRow, least=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuresPlan(PaperValues):
    """What is done for one household, by whom and by when."""

    head_name: str = fields.name()
    village: str = fields.text(fields.SHORT)
    category: str = fields.text(30)
    contacts: tuple[str, ...] = fields.texts(fields.SHORT, least=0)
    printed_by: str = fields.text(fields.SHORT)
    printed_at: datetime = fields.moment()
    measures: tuple[MeasureRow, ...] = fields.rows(lambda: MeasureRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow(PaperValues):
    head_name: str = fields.name()
    village: str = fields.text(30)
    people: int = fields.count(0, 200)
    category: str = fields.text(30)
    matter: str = fields.text(30)


@dataclass(frozen=True, slots=True, kw_only=True)
class TownReport(PaperValues):
    """The town government's 请示 to the county, for all its households at once."""

    town: str = fields.text(fields.SHORT)
    county: str = fields.text(fields.SHORT)
    number: str = fields.text(fields.SHORT, optional=True)
    signed_on: date | None = fields.day(optional=True)
    rows: tuple[ListRow, ...] = fields.rows(lambda: ListRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyReply(PaperValues):
    """The county's 批复: what was decided for each household; `matter` carries the decision."""

    town: str = fields.text(fields.SHORT)
    county: str = fields.text(fields.SHORT)
    number: str = fields.text(fields.SHORT, optional=True)
    decided_on: date = fields.day()
    rows: tuple[ListRow, ...] = fields.rows(lambda: ListRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaflet(PaperValues):
    """What every rural household should know: who is monitored, by which standard, how to apply. No household on it."""

    county: str = fields.text(fields.SHORT)
    year: int = fields.count(2021, 2100)
    line: str = fields.text(30)
    risks: tuple[str, ...] = fields.texts()
    hotline: str = fields.phone()
    notice_days: int = fields.count(1, 60)
    limit_days: int = fields.count(1, 365)
    checkers: int = fields.count(1, 20)
    printed_on: date = fields.day()
    apply_url: str = fields.text(optional=True)


KINDS: dict[str, type[PaperValues]] = {
    "notice_entry": NoticeSheet,
    "decision_letter": DecisionLetter,
    "commitment": Commitment,
    "review_minutes": ReviewMinutes,
    "notice_exit": ExitNotice,
    "exit_letter": ExitLetter,
    "household_check": HouseholdCheck,
    "acceptance": Acceptance,
    "measures_plan": MeasuresPlan,
    "town_report": TownReport,
    "county_reply": CountyReply,
    "leaflet": Leaflet,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPaper(PaperValues):
    """A paper of a designer's own kind: whose it is, of which case and from whom; and the answers it prints."""

    head_name: str = fields.name()
    village: str = fields.text(fields.SHORT)
    town: str = fields.text(fields.SHORT, optional=True)
    county: str = fields.text(fields.SHORT, optional=True)
    number: str = fields.text(fields.SHORT)
    process: str = fields.text(fields.SHORT)
    begun_on: date = fields.day()
    made_on: date = fields.day()
    outcome: str = fields.text(optional=True)
    posted_on: date | None = fields.day(optional=True)
    ends_on: date | None = fields.day(optional=True)


@cache
def own_class(prints: tuple[str, ...]) -> type[PaperValues]:
    """The allow-list of such a paper: what every one may say, and these answers."""
    more = {name: fields.prose(optional=True) for name in prints if name not in {f.name for f in fields_of(OwnPaper)}}
    return dataclass(frozen=True, kw_only=True)(
        type("OwnPaper", (OwnPaper,), {"__annotations__": dict.fromkeys(more, str), "__module__": __name__, **more})
    )
