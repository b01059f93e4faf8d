"""Papers of a case: their values from the record, drawn by app.papers with the template of the case's own deployment."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from app import papers
from app.config import ROOT
from app.engine.values import element_of
from app.forms import yuan
from app.labels import say
from app.papers import PaperRefused
from app.policy import calendar, family
from app.policy import parameters as params
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import pages, record
from app.store import people as people_rows
from app.store.processes import NotFound
from app.store.record import DataKey
from app.store.session import Session

from . import doors, operations, reasons, stories
from .definitions import Bundle, bundle
from .knowledge import GROUPS as EVERY_GROUP
from .knowledge import Words, group_of, groups_here, groups_of, place_of
from .people import Actor, County, Refused
from .steps import village_review
from .stories import Told

Format = Literal["pdf", "docx"]
MEDIA: dict[Format, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
BEFORE = ("notice_entry", "notice_exit")
"""Papers that carry what is typed for their step before it is done: the sheet hangs on the board, then it is entered."""

GROUPS = {
    "notice_entry": frozenset({"basic"}), "commitment": frozenset({"basic", "identity"}),
    "review_minutes": frozenset({"basic", "risk"}), "decision_letter": frozenset({"basic", "income"}),
    "notice_exit": frozenset({"basic"}), "exit_letter": frozenset({"basic", "income"}),
    "household_check": frozenset({"basic", "health", "education", "labour", "income", "living", "risk"}),
    "acceptance": frozenset({"basic", "income", "measures", "risk"}),
    "measures_plan": frozenset({"basic", "measures", "risk"}),
    "town_report": frozenset({"basic"}), "county_reply": frozenset({"basic"}),
}  # fmt: skip
"""Field groups whose values a paper carries: who lacks one of them neither sees nor prints it."""


def may_print(actor: Actor, case: Any, kind: str, place: County, made: Bundle | None = None) -> bool:
    """`made`: the procedure whose own kinds of papers count too."""
    carries = GROUPS.get(kind) or (own_groups(made, kind, place) if made is not None else None)
    return carries is not None and carries <= groups_here(actor, case.org_unit, place)


def own_groups(made: Bundle, kind: str, place: County) -> frozenset[str] | None:
    """Field groups that a paper of a designer's own kind carries: those of the answers it prints, whatever it says of itself,
    and those it names besides; None for no such paper."""
    source = made.papers.get(f"{kind}.toml") if kind not in papers.KINDS else None
    if source is None:
        return None
    declared = papers.declared(kind, source)
    printed = {
        group_of(place, each, made.said(step, "group"))
        for step, form in made.forms.items() for item in form.fields if item.name in declared.prints
        for each in (item, *item.columns)
    }  # fmt: skip
    return declared.groups | printed


def may_open_scan(session: Session, actor: Actor, case: Any, row: Any, place: County) -> bool:
    """An uploaded page shows everything that its step asks; one of an unknown step, everything there is. Who uploaded it
    has seen it."""
    if row.added_by == actor.id:
        return True
    needed = frozenset(EVERY_GROUP)
    for instance in case_rows.instances_of(session, case.id):
        made = bundle(session, instance.deployment)
        form = made.forms.get(row.kind)
        if form is not None:
            needed = groups_of(place, form, made.said(row.kind, "group"))
    return needed <= groups_here(actor, case.org_unit, place)


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
    return say("batches.matter.entry" if entering(made) else "batches.matter.exit")


@dataclass(frozen=True)
class File:
    """One procedure of a case as papers need it; `told` are the events of that procedure."""

    session: Session
    place: County
    bundle: Bundle
    instance: int
    case: Any
    key: DataKey
    document: Mapping[str, Any]
    told: Sequence[Told]

    @property
    def words(self) -> Words:
        return Words(self.bundle.codes)

    @property
    def village(self) -> str:
        return self.place.units[self.case.org_unit].name

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
        while code is not None and self.place.units[code].level != level:
            code = self.place.units[code].parent
        return self.place.units[code].name if code else ""

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


def open_file(session: Session, case: Any, place: County, instance: int | None = None) -> File:
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
    return File(session, place, bundle(session, row.deployment), row.id, case, key, document, told)


def render(
    file: File, kind: str, form: Format, actor: Actor, now: datetime, typed: Mapping[str, str] | None = None
) -> bytes:
    """The paper as bytes. Raises PaperRefused, NotFound (no such paper at this stage of the case)."""
    made = values(file, kind, actor, now, typed)
    template = file.bundle.papers.get(f"{kind}.toml")
    layout = file.bundle.papers.get("layout.typ")
    return papers.render(kind, made, form, template, papers.find_fonts(ROOT), layout=layout, made_at=now)


def values(
    file: File, kind: str, actor: Actor, now: datetime, typed: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """`typed`: of the step that the paper is printed for, before that is done."""
    from .exit_papers import BUILDERS as at_exit

    build: Callable[..., dict[str, Any]] | None = BUILDERS.get(kind) or at_exit.get(kind)
    if build is None and kind in own_kinds(file):
        return own(file, kind, now)
    if build is None:
        raise NotFound
    return build(file, actor, now, typed) if kind in BEFORE else build(file, actor, now)


@dataclass(frozen=True)
class Printable:
    """A paper that can be printed now; `step` where several steps of the case have one of this kind."""

    kind: str
    title: str
    step: str = ""

    @property
    def query(self) -> str:
        return f"&step={self.step}" if self.step else ""


def available(file: File) -> list[Printable]:
    """Papers this procedure of the case can print now."""
    found = []
    for kind in _kinds(file):
        name = title_of(file.bundle, kind)
        steps = file.done("type", OF_STEP[kind]) if kind in OF_STEP else file.done("paper", kind)
        if len(steps) > 1:
            called = {step: file.bundle.definition.elements[step].name for step in steps}
            found += [Printable(kind, say("papers.name.of_step", name=name, step=called[step]), step) for step in steps]
        else:
            found.append(Printable(kind, name))
    return found


OF_STEP = {"household_check": "household_check", "review_minutes": "village_review", "acceptance": "exit_acceptance"}
"""Papers of one step -> its type."""


def title_of(made: Bundle, kind: str) -> str:
    source = made.papers.get(f"{kind}.toml") if kind not in papers.KINDS else None
    return papers.declared(kind, source).title if source is not None else say(f"papers.name.{kind}")


def own_kinds(file: File) -> list[str]:
    """Papers of the designer's own kinds that belong to steps which were done."""
    done = (file.bundle.said(e.element, "paper") for e in file.told if e.kind == "task_completed")
    return list(dict.fromkeys(kind for kind in done if kind and own_groups(file.bundle, kind, file.place) is not None))


def own(file: File, kind: str, now: datetime) -> dict[str, Any]:
    """What a paper of a designer's own kind says: of answers given more than once the last."""
    told = stories.teller(file.session, file.place, file.told, frozenset(EVERY_GROUP))
    said = {name: words for event in file.told for name, words in told.words_of(event).items()}
    prints = papers.declared(kind, file.bundle.papers[f"{kind}.toml"]).prints
    ended = file.case.outcome
    return {
        "head_name": file.head_name, "village": place_of(file.place, file.case.org_unit), "town": file.unit("town"),
        "county": file.unit("county"), "process": file.bundle.definition.top.name,
        "number": say("papers.letter_number", year=file.case.clue_on.year, number=file.case.id),
        "begun_on": calendar.local_date(file.case.opened_at), "made_on": calendar.local_date(now),
        "outcome": outcome_words(file.bundle, ended) if ended else "", **{name: said.get(name, "") for name in prints},
    }  # fmt: skip


def _kinds(file: File) -> list[str]:
    if file.bundle.main == "own":
        return own_kinds(file)
    entering = file.entering
    kinds = ["commitment"] if entering else []
    if file.last("household_check") is not None:
        kinds.append("household_check")
    if file.last("village_review") is not None:
        kinds += ["review_minutes", "notice_entry" if entering else "notice_exit"]
    if file.last("exit_acceptance") is not None:
        kinds.append("acceptance")
    if decision(file) is not None:
        kinds.append("decision_letter" if entering else "exit_letter")
    if entering and case_rows.measures_of(file.session, file.case.id):
        kinds.append("measures_plan")
    return kinds


# --- the notice sheet ------------------------------------------------------------------------------------


def group_of_file(file: File) -> str:
    return str(file.document["household"].get("group") or say("papers.no_group"))


def category(file: File) -> str:
    """Decided, else proposed by the table. PaperRefused before there is any."""
    found = file.case.category or reasons.proposed(file.session, file.case.id, file.key, file.bundle)
    if found in (None, "none"):
        raise PaperRefused("papers.no_category")
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
    row = pages.notice(file.session, file.case.id)
    posted = row if row is not None and row.void_at is None and posting is not None else None
    said: Mapping[str, Any] = (posting.values or {}) if posting is not None and posted is not None else typed or {}
    where, phone = objections_to(str(said.get("objection_contact", "")), file.village)
    posted_on, ends_on = (posted.posted_on, posted.ends_on) if posted else _period(file, posting, said.get("posted_on"))
    return {
        "village": file.village,
        "meeting_on": day_of(review.on),
        "objection_where": where,
        "objection_phone": phone,
        "supervision_phone": say("papers.hotline"),
        "posted_on": posted_on,
        "ends_on": ends_on,
    }


def _period(file: File, posting: Told | None, typed: Any) -> tuple[date | None, date | None]:
    """From the day on which a sheet will be posted to the last day of its period; blanks to fill by hand without one."""
    try:
        posted_on = date.fromisoformat(str(typed))
    except ValueError:
        return None, None
    if abs((posted_on - file.place.on).days) > 366:  # a slip of the pen, said where it is entered
        return None, None
    over_on = calendar.notice_over_on(posted_on, days_of_notice(file, posting.element if posting else "", file.place.on))
    return posted_on, calendar.add_days(over_on, -1)


def days_of_notice(file: File, posting: str, on: date) -> int:
    """How many whole days a sheet that is posted at this step hangs; at the first such step where none is named."""
    element = posting or next(iter(file.bundle.of_type("notice_posting")), "")
    return params.number(file.place.entries, operations.ahead(file.bundle, element, "notice_days"), on)


def notice(file: File, actor: Actor, now: datetime, typed: Mapping[str, str] | None = None) -> dict[str, Any]:
    row = {"head_name": file.head_name, "group": group_of_file(file), "people": file.people, "category": category(file)}
    address = file.session.store.url
    url = f"{address}/apply?at={file.case.org_unit}" if address else ""
    return {**notice_frame(file, typed), "title": say("papers.notice_title"), "rows": [row], "apply_url": url}


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
            unit = file.place.units.get(str(event.body.get("unit")))
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


def letter(file: File, actor: Actor, now: datetime) -> dict[str, Any]:
    decided = decision(file)
    if decided is None:
        raise NotFound
    entries = file.place.entries
    days = params.number(entries, "reexam_request_days", decided.on)
    office = {"village": file.village, "town": file.unit("town"), "county": file.unit("county")}
    above = {"village": office["town"], "town": office["county"], "county": say("papers.other_people", unit=office["county"])}
    registered = file.last("application")
    content = snapshot_of(file)
    given = decided.event.values or {}
    reason = given.get("reason") or given.get("statement") or given.get("discussion") or given.get("category_reason") or ""
    ending = decided.event.body.get("outcome")
    if decided.outcome == "closed" and ending:
        reason = say("papers.ending", outcome=say(f"outcomes.{ending}"), reason=reason)
    found: dict[str, Any] = {
        "number": say("papers.letter_number", year=decided.on.year, number=file.case.id),
        "head_name": file.head_name,
        "village": place_of(file.place, file.case.org_unit),
        "applied_on": registered.on if registered else file.case.clue_on,
        "stage": decided.stage,
        "outcome": decided.outcome,
        "decided_on": decided.on,
        "reason": reason or (_row(content, file.bundle) if content else say("papers.as_recorded")),
        "contact_office": office["town"],
        "contact_phone": say("papers.hotline"),
        "reexam_office": above[decided.stage],
        "reexam_phone": say("papers.hotline"),
        "reexam_until": decided.on + timedelta(days=days),
        "issuer": office[decided.stage] if decided.stage != "county" else say("papers.county_issuer", unit=office["county"]),
        "issued_on": decided.on,
    }
    if decided.outcome == "approved":
        found["category"] = category(file)
    if content is not None:
        found["figure"] = say(
            "papers.figure", net=yuan(content["net_fen"]), reference=yuan(content["reference_fen"]),
            year=content["line_year"], line=yuan(content["line_fen"]),
        )  # fmt: skip
        found["matched_row"] = _row(content, file.bundle)
    return found


def snapshot_of(file: File) -> Mapping[str, Any] | None:
    rows = household_rows.snapshots_of(file.session, file.case.id)
    return household_rows.snapshot(file.session, rows[-1].id, file.key) if rows else None


def _row(content: Mapping[str, Any], made: Bundle) -> str:
    _, row, reason, _ = reasons.judged(content, made)
    return say("reasons.by_row", row=row, reason=reason) if row else reason


# --- pages to be signed ------------------------------------------------------------------------------------


def commitment(file: File, actor: Actor, now: datetime) -> dict[str, Any]:
    """Every grown-up signs; for a minor the guardian does. Who is not yet known is added by hand."""
    entries, today = file.place.entries, calendar.local_date(now)
    kinds = entries.all("asset_kind", today)
    asking = {str(k.value["department"]): None for k in kinds}
    adults, wards = [], []
    for member in file.document["members"]:
        if member.get("status") == "gone":
            continue
        relation = file.words.title("relation", member.get("relation", "other"))
        if family.is_minor(member, today):
            wards.append(
                {"name": member["name"], "relation": relation, **guardian_of(file, member, today)}
            )
        else:
            adults.append({"name": member["name"], "relation": relation})
    return {
        "head_name": file.head_name,
        "village": place_of(file.place, file.case.org_unit),
        "purposes": [say("papers.purpose")],
        "asset_kinds": [file.words.title("asset_kind", k.key) for k in kinds],
        "askers": [str(e.value["name"]) for d in asking if (e := entries.get("department", d, today)) is not None],
        "until": calendar.add_months(today, params.number(entries, "authorisation_months", today)),
        "contact_office": file.village,
        "contact_phone": say("papers.hotline"),
        "adults": adults,
        "wards": wards,
    }


def signers(file: File, done: Told, idents: Any) -> list[str]:
    """Names for the line of signatures; who did the step in somebody's place says so."""
    listed = [int(i) for i in (idents if isinstance(idents, list) else [idents])]
    absent = int(done.body.get("for") or 0)
    names = people_rows.names(file.session, [*listed, absent])
    return [
        say("papers.for", name=names.get(i, ""), absent=names.get(absent, "")) if absent and i == done.actor
        else names.get(i, "") for i in listed
    ]


def guardian_of(file: File, member: Mapping[str, Any], on: date) -> dict[str, str]:
    """Who would sign for a minor: a grown-up of the household, else a name to be written by hand."""
    found = family.guardian_of(member, file.document["members"], on)
    if found is None:
        return {"guardian": "", "guardian_relation": say("papers.by_hand")}
    return {"guardian": str(found["name"]), "guardian_relation": file.words.title("relation", found["relation"])}


def minutes(file: File, actor: Actor, now: datetime) -> dict[str, Any]:
    review = file.last("village_review")
    if review is None:
        raise NotFound
    given = review.values
    if not given:
        raise Refused("cases.erased")
    quorum = village_review.TYPE.parameter(file.bundle.said, review.element, "quorum")
    share = params.share(file.place.entries, quorum, review.on)
    enough = share.reached(given["attended"], given["entitled"])
    risks = file.words.titles("risk", file.document["household"].get("risks") or ())
    chair, recorder = signers(file, review, [given["chair"], given["recorder"]])
    known = list(dict.fromkeys([chair, recorder]))
    head = file.head_on(review.on)
    return {
        "village": file.village,
        "meeting_kind": file.words.title("meeting_form", given["meeting_form"]),
        "place": given["place"],
        "held_on": review.on,
        "held_at": str(given.get("held_at") or ""),
        "chair": chair,
        "recorder": recorder,
        "should_attend": given["entitled"],
        "attended": given["attended"],
        "quorum": say(
            "papers.quorum" if enough else "papers.no_quorum",
            part=f"{share.numerator}/{share.denominator}",
        ),
        "sheet": [{"name": name} for name in known] + [{} for _ in range(max(0, given["attended"] - len(known)))],
        "rows": [
            {
                "head_name": head, "group": group_of_file(file), "people": file.people, "category": category(file),
                "agree": given["votes"]["for"], "against": given["votes"]["against"],
                "abstain": given["votes"]["abstained"],
                "result": "agreed" if given["review_result"] == "agreed" else "not_agreed",
                "situation": say("papers.situation", risks=risks, people=file.people),
                "discussion": given.get("discussion", ""), "matter": matter(file.bundle),
            }
        ],
        "printed_by": actor.name,
        "printed_at": now.astimezone(calendar.LOCAL),
        "recusals": [
            {"name": name, "head_name": head, "why": say("papers.recusal")} for name in given.get("recusals", [])
        ],
    }  # fmt: skip


BUILDERS = {"notice_entry": notice, "decision_letter": letter, "commitment": commitment, "review_minutes": minutes}
