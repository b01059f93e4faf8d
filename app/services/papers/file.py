"""Papers of a case: their values from the record, drawn by app.papers with the template of the case's own deployment."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.engine.values import element_of
from app.labels import say
from app.papers import PaperError
from app.policy import calendar, family
from app.policy import parameters as params
from app.store import cases, record
from app.store import households as household_rows
from app.store import people as people_rows
from app.store.processes import NotFound
from app.store.record import DataKey
from app.store.rows import Case
from app.store.session import Session

from .. import doors, operations
from ..definitions import Bundle, bundle
from ..history import reasons, stories
from ..history.stories import Told
from ..household.knowledge import Words
from ..people import County, Refused


def entering(made: Bundle) -> bool:
    """Whether a procedure decides on monitoring a household, not on ending it."""
    return made.main == "entry"


def outcome_words(made: Bundle, outcome: str) -> str:
    """What became of a case: in our words, else in those of the end that the diagram gives this outcome."""
    code = f"outcomes.{outcome}"
    if (words := say(code)) != code:
        return words
    ends = made.definition.elements
    return next((e.name for e in ends.values() if made.said(e.id, "outcome") == outcome), outcome)


def matter(made: Bundle) -> str:
    """What a meeting or a report is asked to decide."""
    if not carries_monitoring(made):
        return made.definition.top.name[:20]
    return say("lists.matter.entry" if entering(made) else "lists.matter.exit")


def carries_monitoring(made: Bundle) -> bool:
    """Whether its cases are those of monitoring, with its categories, notices and letters."""
    return made.main != "own"


@dataclass(frozen=True)
class File:
    """One procedure of a case as papers need it; `told` are the events of that procedure."""

    session: Session
    county: County
    bundle: Bundle
    instance: int
    case: Case
    key: DataKey
    document: Mapping[str, Any]
    told: Sequence[Told]

    @property
    def words(self) -> Words:
        return Words(self.bundle.codes)

    @property
    def village(self) -> str:
        return self.county.units[self.case.org_unit].name

    @property
    def head_name(self) -> str:
        return str(self.case.head_name or "")

    def head_on(self, day: date) -> str:
        """Who was head on the day that a paper tells of."""
        document, _ = household_rows.document(self.session, self.case.household, self.key, day)
        head = family.head_of((document or {}).get("members", ()))
        return str(head["name"]) if head is not None else self.head_name

    @property
    def people(self) -> int:
        return sum(1 for m in self.document["members"] if m.get("status") != "gone")

    def unit(self, level: str) -> str:
        """The name of the unit of that level above the household."""
        code: str | None = self.case.org_unit
        while code is not None and self.county.units[code].level != level:
            code = self.county.units[code].parent
        return self.county.units[code].name if code else ""

    def last(self, *types: str) -> Told | None:
        """The last completion of a step of one of these types, with its answers."""
        found = None
        for event in self.told:
            if event.kind == "task_completed" and self.bundle.said(event.element, "type") in types:
                found = event
        return found

    def last_of(self, step: str) -> Told | None:
        """The last completion of this step."""
        return next((e for e in reversed(self.told) if e.kind == "task_completed" and e.element == step), None)

    def done(self, name: str, value: str) -> list[str]:
        """Steps that say this of themselves and were done, in the order in which they were done first."""
        elements = (e.element for e in self.told if e.kind == "task_completed")
        return list(dict.fromkeys(e for e in elements if self.bundle.said(e, name) == value))

    def at(self, step: str) -> "File":
        """The file as it stood when this step was done last: of two reviews each has its own minutes. NotFound before."""
        event = self.last_of(step)
        if event is None:
            raise NotFound
        return replace(self, told=self.told[: self.told.index(event) + 1])

    @property
    def entering(self) -> bool:
        return entering(self.bundle)


def open_file(session: Session, case: Case, county: County, instance: int | None = None) -> File:
    """The case's newest procedure, or the one asked for. Raises NotFound; Refused where the household was erased."""
    key = record.data_key(session, case.data_key)
    document, _ = household_rows.document(session, case.household, key)
    if document is None:
        raise Refused("cases.erased")
    mains = doors.main_instances(session, case.id)
    row = next((i for i in reversed(mains) if instance in (None, i.id)), None)
    if row is None:
        raise NotFound
    told = [event for event in stories.events(session, case.id, key) if event.instance == row.id]
    return File(session, county, bundle(session, row.deployment), row.id, case, key, document, told)


# --- the notice sheet ------------------------------------------------------------------------------------


def group_of_file(file: File) -> str:
    return str(file.document["household"].get("group") or say("papers.no_group"))


def category(file: File) -> str:
    """Decided, else proposed by the table; empty where a procedure is about no category. PaperError before there is any."""
    if not carries_monitoring(file.bundle):
        return ""
    found = file.case.category or reasons.proposed(file.session, file.case.id, file.key, file.bundle)
    if found in (None, "none"):
        raise PaperError("papers.no_category")
    return str(found)


def day_of(on: date) -> str:
    return say("pages.day_full", year=on.year, month=on.month, day=on.day)


_PHONE = re.compile(r"\d[\d() -]{3,18}\d(?:\u8f6c\d{1,5})?", re.ASCII)
_BETWEEN = re.compile(r"[\s,;:()/\uff0c\u3001\uff1b\uff1a\uff08\uff09]+")


def objections_to(said: str, village: str) -> tuple[str, str]:
    """(where, telephone) of a sheet from what was typed as who takes objections; the hotline where no number is typed."""
    found = _PHONE.findall(said)
    phone = say("stories.comma").join(found[:2] if len("".join(found[:2])) < 30 else found[:1]) or say("papers.hotline")
    labels = say("papers.phone_words").split(say("stories.comma"))
    words = [w for w in _BETWEEN.split(_PHONE.sub(" ", said)) if w and w not in labels]
    who = say("stories.comma").join(w for w in words if not village.endswith(w))
    if not who or sum(char.isdigit() for char in who) > 4:  # a number in a form of its own must not stop the sheet
        return village, phone
    return say("papers.objection_to", village=village, who=who), phone


def notice_frame(file: File, typed: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What every sheet says whatever it announces. `typed`: of a posting that is still to be entered."""
    posting = file.last("notice_posting")
    review = file.last_of(file.bundle.before(posting.element if posting else "", "notice_posting", "village_review"))
    if review is None:
        raise NotFound
    row = cases.notice(file.session, file.case.id)
    posted = row if row is not None and row.void_at is None and posting is not None else None
    said: Mapping[str, Any] = (posting.values or {}) if posting is not None and posted is not None else typed or {}
    where, phone = objections_to(str(said.get("objection_contact", "")), file.village)
    posted_on, ends_on = posting_of(file, said.get("posted_on"))
    return {
        "village": file.village,
        "meeting_on": day_of(review.on),
        "objection_where": where,
        "objection_phone": phone,
        "supervision_phone": say("papers.hotline"),
        "posted_on": posted_on,
        "ends_on": ends_on,
    }


def posting_of(file: File, typed: Any) -> tuple[date | None, date | None]:
    """The first and the last day of the case's notice: as it hangs, else by the day typed for a posting to be entered."""
    posting, row = file.last("notice_posting"), cases.notice(file.session, file.case.id)
    if row is not None and row.void_at is None and posting is not None:
        return row.posted_on, row.ends_on
    return _period(file, posting, typed)


def _period(file: File, posting: Told | None, typed: Any) -> tuple[date | None, date | None]:
    """From the day on which a sheet will be posted to the last day of its period; blanks to fill by hand without one."""
    try:
        posted_on = date.fromisoformat(str(typed))
    except ValueError:
        return None, None
    if abs((posted_on - file.county.on).days) > 366:  # a slip of the pen, said where it is entered
        return None, None
    over_on = calendar.notice_over_on(posted_on, days_of_notice(file, posting.element if posting else "", file.county.on))
    return posted_on, calendar.add_days(over_on, -1)


def days_of_notice(file: File, posting: str, on: date) -> int:
    """How many whole days a sheet that is posted at this step hangs; at the first such step where none is named."""
    element = posting or next(iter(file.bundle.of_type("notice_posting")), "")
    return params.number(file.county.entries, operations.ahead(file.bundle, element, "notice_days"), on)


# --- what the household is told ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Decision:
    stage: str
    outcome: str
    on: date
    event: Told


def decision(file: File) -> Decision | None:
    """The last decision of the case that a letter tells."""
    found = None
    for event in file.told:
        if event.body["kind"] == "case_closed":
            unit = file.county.units.get(str(event.body.get("unit")))
            stage = unit.level if unit and unit.level in ("village", "town") else "county"
            found = Decision(stage, "closed", event.on, event)
        for answer in event.body.get("ans", ()):
            if answer[0] != "operate":
                continue
            element = element_of(str(answer[2]))
            if answer[1] == "issue_refusal":
                found = Decision(file.bundle.said(element, "stage") or "county", "refused", event.on, event)
            elif answer[1] == "record_unwilling":
                found = Decision("village", "closed", event.on, event)
            elif answer[1] == "confirm_monitoring":
                found = Decision("county", "approved", event.on, event)
            elif answer[1] == "keep_helping":
                found = Decision(file.bundle.said(element, "stage") or "assessment", "kept", event.on, event)
            elif answer[1] == "confirm_elimination":
                found = Decision("county", "eliminated", event.on, event)
    return found


def snapshot_of(file: File) -> Mapping[str, Any] | None:
    rows = household_rows.snapshots_of(file.session, file.case.id)
    return household_rows.taken_figures(file.session, rows[-1], file.key) if rows else None


# --- pages to be signed ------------------------------------------------------------------------------------


def signers(file: File, done: Told, idents: Any) -> list[str]:
    """Names for the line of signatures; who did the step in somebody's place says so."""
    listed = [int(i) for i in (idents if isinstance(idents, list) else [idents])]
    absent = int(done.body.get("for") or 0)
    names = people_rows.names(file.session, [*listed, absent])
    return [
        say("papers.for", name=names.get(i, ""), absent=names.get(absent, ""))
        if absent and i == done.actor
        else names.get(i, "")
        for i in listed
    ]


def guardian_of(file: File, member: Mapping[str, Any], on: date) -> dict[str, str]:
    """Who would sign for a minor: a grown-up of the household, else a name to be written by hand."""
    found = family.guardian_of(member, file.document["members"], on, params.adult_age(file.county.entries, on))
    if found is None:
        return {"guardian": "", "guardian_relation": say("papers.by_hand")}
    return {"guardian": str(found["name"]), "guardian_relation": file.words.title("relation", found["relation"])}
