"""The story of a case: its events in plain sentences, and what each step said."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from app.engine.graph import Element
from app.engine.values import element_of
from app.labels import say
from app.policy import calendar
from app.store import cases as case_rows
from app.store import people as people_rows
from app.store.record import DataKey, open_secret
from app.store.session import Session

from ..definitions import Bundle, bundle
from ..household.knowledge import Words, group_of, groups_of, pages_in, people_in, told_rows, visible_values
from ..people import County
from . import progress, reasons, signals


@dataclass(frozen=True)
class Told:
    """One event, opened. `values` are the typed answers, None where the key was lawfully destroyed."""

    kind: str
    at: datetime
    actor: int | None
    instance: int | None
    body: Mapping[str, Any]
    values: Mapping[str, Any] | None

    @property
    def element(self) -> str:
        return element_of(str(self.body.get("el") or ""))

    @property
    def item(self) -> str | None:
        text = str(self.body.get("el") or "")
        return text.partition("[")[2].rstrip("]") or None

    @property
    def on(self) -> date:
        """The day it was done; the day of entry where nothing else is said."""
        said = self.body.get("on")
        return date.fromisoformat(said) if said else calendar.local_date(self.at)

    @property
    def late_on(self) -> date | None:
        entered = calendar.local_date(self.at)
        return entered if entered != self.on else None


def events(session: Session, case_id: int, key: DataKey) -> list[Told]:
    """Every event of the case in order."""
    return events_in(session, f"case:{case_id}", key)


def events_in(session: Session, stream: str, key: DataKey) -> list[Told]:
    """Every event of a stream in order; `key` opens what it sealed."""
    found = []
    for event in case_rows.events_in(session, stream):
        body = json.loads(bytes(event.body))
        values: Mapping[str, Any] | None = {}
        if event.secret:
            place = f"{body['stream']}/{body['number']}"
            secret = open_secret(session, key, place, bytes(event.secret)) if body.get("key") == key.id else None
            values = None if secret is None else secret.get("values", {})
        found.append(Told(event.kind, event.at, event.actor, event.instance, body, values))
    return found


def element_name(session: Session, event: Any) -> str:
    """The step an event row is about, in words; empty for one about none, or unreadable."""
    try:
        body = json.loads(bytes(event.body))
        made = bundle(session, int(body["def"]))
        element = element_of(str(body["el"]))
        return made.definition.elements[element].name
    except (ValueError, KeyError, TypeError):
        return ""


TELLING = ("risk", "measures")
"""Groups of steps whose result already says what is wrong with a household."""


@dataclass(frozen=True)
class Teller:
    """Tells the events of one case to one person. `groups` are the field groups this person may see."""

    session: Session
    county: County
    told: Sequence[Told]
    groups: frozenset[str]
    names: Mapping[int, str]
    bundles: Mapping[int, Bundle]

    def bundle_of(self, event: Told) -> Bundle | None:
        return self.bundles.get(int(event.body.get("def") or 0)) or self._of_instance(event.instance)

    def _of_instance(self, instance: int | None) -> Bundle | None:
        for event in self.told:
            if event.instance == instance and event.body.get("def"):
                return self.bundles.get(int(event.body["def"]))
        return None

    def element_of(self, event: Told) -> Element | None:
        made = self.bundle_of(event)
        return made.definition.elements.get(event.element) if made else None

    def who(self, event: Told) -> str:
        if event.actor is None:
            return say("stories.system")
        role = event.body.get("role")
        title = str(self.county.role(str(role)).get("title", "")) if role else ""
        name = self.names.get(event.actor, "")
        if event.body.get("for"):
            name = say("stories.for", name=name, absent=self.names.get(int(event.body["for"]), ""))
        return say("stories.person", name=name, role=title) if title else name

    def step_name(self, event: Told) -> str:
        element = self.element_of(event)
        name = element.name if element else event.element
        made = self.bundle_of(event)
        group = made.said(event.element, "group") if made else ""
        if not event.item or (group and group not in self.groups):  # which department it is tells what it is about
            return name
        return say("stories.step_of", step=name, item=self.county.name_of(event.item))

    def rests(self, event: Told) -> str:
        """Under which version and which sentences of which document a step was done."""
        made, element = self.bundle_of(event), self.element_of(event)
        if made is None or element is None:
            return ""
        marks = [c["mark"] for c in progress.clauses(self.county, element.properties)]
        clause = say("stories.comma").join(marks) or element.properties.get("source", "")
        return say("stories.rests", process=made.definition.top.name, version=made.version, clause=clause)

    def answers(self, event: Told) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """(rows, pages) that this person may see of a completed step."""
        made = self.bundle_of(event)
        form = made.forms.get(event.element) if made else None
        if made is None or form is None or not event.values:
            return [], []
        step = made.said(event.element, "group")
        values = visible_values(self.county, form, step, event.values, self.groups)
        pages = pages_in(form, values) if groups_of(self.county, form, step) <= self.groups else []
        return told_rows(form, values, self.names, self.county), pages

    def words_of(self, event: Told) -> dict[str, str]:
        """Each answer of a completed step in words, by the name of its question."""
        made = self.bundle_of(event)
        form = made.forms.get(event.element) if made else None
        if form is None or not event.values:
            return {}
        found = {}
        for item in form.fields:
            rows = told_rows(replace(form, fields=(item,)), event.values, self.names, self.county)
            found[item.name] = say("stories.comma").join(str(row["value"]) for row in rows if row["value"])
        return found

    def free_words(self, event: Told) -> str:
        """The reason somebody typed: free words may tell what is wrong with a household, so they go with its risks."""
        reason = str((event.values or {}).get("reason") or "")
        return reason if not reason or "risk" in self.groups else say("stories.not_shown")

    def outcome(self, event: Told) -> str:
        """What was decided, in the words of the form: the chosen answers that steer the procedure."""
        made = self.bundle_of(event)
        form = made.forms.get(event.element) if made else None
        if made is None or form is None:
            return ""
        group = made.said(event.element, "group")
        if group in TELLING and group not in self.groups:
            return ""
        chosen = []
        for item in form.fields:
            steers = item.belongs_to == "process" and item.widget in ("radio", "select")
            if steers and item.name in event.body.get("vals", {}):
                code = event.body["vals"][item.name]
                title = next((o.title for o in item.options if o.code == code), "")
                plain = {o.code for o in item.options} == {"yes", "no"}  # a bare yes says nothing without its question
                chosen.append(say("stories.pair", label=item.title, value=title) if plain and title else title)
        return say("stories.comma").join(one for one in chosen if one)

    def numbers(self, event: Told) -> str:
        """Numbers by which a paper is found elsewhere: the report's, the receipt's."""
        made = self.bundle_of(event)
        form = made.forms.get(event.element) if made else None
        if form is None or not event.values:
            return ""
        return say("stories.joint").join(
            say("stories.pair", label=item.title, value=event.values[item.name])
            for item in form.fields
            if item.belongs_to.startswith("case:") and item.widget == "text" and item.name in event.values
        )

    def reasons(self, event: Told) -> str:
        """What was written about this one household of a list, as far as its reader may know it."""
        made = self.bundle_of(event)
        form = made.forms.get(event.element) if made else None
        if made is None or form is None or not event.values:
            return ""
        step = made.said(event.element, "group")
        return say("stories.comma").join(
            say("stories.pair", label=item.title, value=event.values[item.name])
            for item in form.fields
            if item.batch == "each"
            and item.widget in ("text", "textarea")
            and event.values.get(item.name)
            and group_of(self.county, item, step) in self.groups
        )


def teller(session: Session, county: County, told: Sequence[Told], groups: frozenset[str]) -> Teller:
    """Fetches what the sentences need: names of people, deployed versions."""
    bundles = {int(e.body["def"]): bundle(session, int(e.body["def"])) for e in told if e.body.get("def")}
    people: set[int] = {e.actor for e in told if e.actor is not None}
    for event in told:
        people.update(int(p) for p in [*event.body.get("acted", ()), *event.body.get("told", ())])
        if event.kind == "kinship_ended":
            people.add(int(event.body["official"]))
        if event.kind in ("task_transferred", "contact_changed"):
            people.add(int(event.body["to"]))
        made = bundles.get(int(event.body.get("def") or 0))
        form = made.forms.get(event.element) if made else None
        if form is not None and event.values:
            people |= people_in(form, event.values)
    return Teller(session, county, told, groups, people_rows.names(session, people), bundles)


def said(teller_: Teller, instance: int | None = None) -> list[dict[str, Any]]:
    """What earlier steps said, oldest first: for the task page."""
    found = []
    for event in teller_.told:
        if event.kind != "task_completed" or (instance is not None and event.instance != instance):
            continue
        rows, pages = teller_.answers(event)
        outcome = teller_.outcome(event)
        found.append(
            {
                "step": teller_.step_name(event),
                "by": teller_.who(event),
                "on": event.on,
                "late_on": event.late_on,
                "sentence": say("stories.outcome", outcome=outcome) if outcome else None,
                "rows": rows,
                "papers": pages,
            }
        )
    return found


def story(teller_: Teller) -> list[dict[str, Any]]:
    """The whole timeline, oldest first."""
    found: list[dict[str, Any]] = []
    for event in teller_.told:
        tell = _SENTENCES.get(event.kind)
        if tell is None:
            continue
        for sentence, kind in tell(teller_, event):
            again = found_same(found, event)
            rows, pages = ([], []) if event.kind != "task_completed" or again else teller_.answers(event)
            found.append(
                {
                    "on": event.on,
                    "sentence": sentence,
                    "late_on": event.late_on,
                    "kind": kind,
                    "rows": rows,
                    "papers": pages,
                    "number": None if again else event.body.get("number"),
                    "rests": teller_.rests(event) if rows else "",
                    "_event": event,
                }
            )
    for line in found:
        del line["_event"]
    return found


def found_same(found: Sequence[Mapping[str, Any]], event: Told) -> bool:
    return bool(found) and found[-1]["_event"] is event


Lines = list[tuple[str, str]]


def _opened(t: Teller, e: Told) -> Lines:
    made = t.bundle_of(e)
    if e.body.get("door"):
        return [(say("stories.begun", who=t.who(e), process=made.definition.top.name if made else ""), "turn")]
    channel = Words(made.codes).title("channel", e.body.get("channel", "")) if made else ""
    return [(say("stories.opened", who=t.who(e), channel=channel, found=_day(e.body.get("found_on"))), "turn")]


def _completed(t: Teller, e: Told) -> Lines:
    outcome = say("stories.joint").join(one for one in (t.outcome(e), t.numbers(e)) if one)
    beside = [t.names.get(int(p), "") for p in e.body.get("acted", ()) if p != e.body.get("for")]
    text = say("stories.completed", who=t.who(e), step=t.step_name(e))
    if beside:
        text += say("stories.beside", names=say("stories.comma").join(beside))
    text += say("stories.with_outcome", outcome=outcome) if outcome else say("stories.stop")
    found = [(text, "turn" if outcome else "")]
    for line in e.body.get("decided", ()):
        found.append((_decided(t, e, line[2], line[3]), "turn"))
    for answer in e.body.get("ans", ()):
        if answer[0] == "operate":
            found += _operated(answer)
    return found


def _decided(t: Teller, e: Told, rows: Sequence[int], outputs: Mapping[str, Any]) -> str:
    made = t.bundle_of(e)
    words = Words(made.codes if made else {}, t.county.name_of)
    numbers = say("stories.comma").join(str(r) for r in rows)
    reason = reasons.reason_words(outputs)
    if "grade" in outputs:
        return say("stories.clue_graded", rows=numbers, grade=say(f"clues.grade.{outputs['grade']}"), reason=reason)
    if "income" not in t.groups:
        reason = say("stories.not_shown")
    if "exit_proposal" in outputs:
        proposal = words.title("exit_proposal", outputs["exit_proposal"])
        return say("stories.proposed_exit", rows=numbers, proposal=proposal, reason=reason)
    if "category" in outputs:
        return say("stories.decided", rows=numbers, category=words.title("category", outputs["category"]), reason=reason)
    said = [words.title(name, value) for name, value in outputs.items() if name != "reason"]
    told = say("stories.decided_other", rows=numbers, said=say("stories.comma").join(said))
    return f"{told}{reason}" if "income" in t.groups else told


def _received(t: Teller, e: Told) -> Lines:
    return [(say("stories.clue_received", who=t.who(e), channel=_channel(t, e)), "turn"), *_worked(t, e)]


def _channel(t: Teller, e: Told) -> str:
    entry = t.county.entries.get("term", f"channel.{e.body.get('channel')}", t.county.on)
    return str(entry.value["label"]) if entry else ""


def _worked(t: Teller, e: Told) -> Lines:
    """What tables and operations did in an event that no person's step led to."""
    found: Lines = [(_decided(t, e, line[2], line[3]), "turn") for line in e.body.get("decided", ())]
    for answer in e.body.get("ans", ()):
        if answer[0] == "operate":
            found += _operated(answer)
    return found


def _operated(answer: Sequence[Any]) -> Lines:
    operator, result = answer[1], answer[3]
    if operator == "place_clue":
        return [(say("stories.clue_to_town" if result.get("placed") == "town" else "stories.clue_placed"), "")]
    if operator == "verify_again":
        return [(say("stories.clue_again"), "turn")]
    if operator == "note_recheck":
        return [(say(f"stories.data_{result.get('data_result')}"), "turn")]
    if operator == "answer_sender":
        return [(say("stories.clue_answered"), "")]
    if operator == "start_notice_period":
        return [(say("stories.notice_runs", ends=_day(result.get("notice_ends_on"))), "")]
    if operator == "tally":
        return [(say(f"stories.tally_{result.get('outcome', next(iter(result.values()), ''))}"), "")]
    if operator == "issue_refusal":
        return [(say("stories.refusal"), "bad")]
    if operator == "confirm_monitoring":
        return [(say("stories.monitored"), "turn")]
    if operator == "keep_helping":
        return [(say("stories.kept"), "bad")]
    if operator == "confirm_elimination":
        return [(say("stories.eliminated"), "turn")]
    if operator == "start_asset_query" and result.get("asset_query") == "none":
        return [(say("stories.no_asset_query"), "")]
    if operator == "close_asset_query":
        return [(say(f"stories.asset_query_{result.get('asset_query')}"), "")]
    return []


def _returned(t: Teller, e: Told) -> Lines:
    made = t.bundle_of(e)
    target = made.definition.elements.get(str(e.body.get("to"))) if made else None
    name = target.name if target else str(e.body.get("to"))
    if e.body.get("cause") == "standard":
        return [(say("stories.returned_by_standard", step=name), "bad")]
    reason = t.free_words(e)
    return [(say("stories.returned", who=t.who(e), step=name, reason=reason), "bad")]


def _timer(t: Teller, e: Told) -> Lines:
    element = t.element_of(e)
    made = t.bundle_of(e)
    if element is None or made is None:
        return []
    if element.attached_to and not element.interrupting:
        return [(say("stories.urged", step=made.definition.elements[element.attached_to].name), "bad")]
    lines: Lines = [(say("stories.time_over", what=element.name), "")]
    for answer in e.body.get("ans", ()):
        if answer[0] == "operate":
            lines += _operated(answer)
    return lines


def _message(t: Teller, e: Told) -> Lines:
    return [(say(f"stories.message.{e.body.get('name')}"), "bad")]


def _noted(t: Teller, e: Told) -> Lines:
    names = say("stories.comma").join(t.names.get(int(p), "") for p in e.body.get("told", ()))
    told = say("stories.note_told", names=names) if names else ""
    return [(say("stories.note", who=t.who(e), text=t.free_words(e), told=told), "")]


def _closed(t: Teller, e: Told) -> Lines:
    reason = t.free_words(e)
    return [(say("stories.closed", who=t.who(e), outcome=say(f"outcomes.{e.body.get('outcome')}"), reason=reason), "bad")]


def _started(t: Teller, e: Told) -> Lines:
    made = t.bundle_of(e)
    departments = [t.county.name_of(str(code)) for code in e.body.get("scope", {}).get("departments", ())]
    names = say("stories.comma").join(departments)
    if e.body.get("door"):
        return [(say("stories.begun", who=t.who(e), process=made.definition.top.name if made else ""), "turn")]
    if not names:
        return [(say("stories.started", process=made.definition.top.name if made else ""), "")]
    return [(say("stories.asset_query", departments=names), "")]


def _recomputed(t: Teller, e: Told) -> Lines:
    same = "stories.recomputed_same" if e.body.get("same") else "stories.recomputed_other"
    return [(say(same, category=_category(t, e)), "turn")]


def _category(t: Teller, e: Told) -> str:
    made = t.bundle_of(e)
    code = (e.body.get("outputs") or {}).get("category")
    return Words(made.codes).title("category", code) if made and code else str(code or "")


def _day(text: object) -> str:
    if not isinstance(text, str):
        return ""
    day = date.fromisoformat(text)
    return say("pages.day", month=day.month, day=day.day)


_SENTENCES: dict[str, Callable[[Teller, Told], Lines]] = {
    "case_opened": _opened,
    "clue_received": _received,
    "clue_joined": lambda t, e: [
        (say("stories.clue_joined", channel=_channel(t, e), found=_day(e.body.get("found_on"))), "")
    ],
    "task_completed": _completed,
    "task_transferred": lambda t, e: [
        (
            say(
                "stories.transferred",
                who=t.who(e),
                step=t.step_name(e),
                to=t.names.get(int(e.body["to"]), ""),
                reason=t.free_words(e),
            ),
            "",
        )
    ],
    "elimination_begun": lambda t, e: [(say("stories.elimination_begun", who=t.who(e)), "turn")],
    "procedure_stopped": lambda t, e: (
        [(say("stories.procedure_stopped", who=t.who(e), reason=t.free_words(e)), "bad")] if e.values else []
    ),
    "authorisation_withdrawn": lambda t, e: [
        (say("stories.authorisation_withdrawn", who=t.who(e), reason=t.free_words(e)), "bad")
    ],
    "contact_changed": lambda t, e: [
        (
            say(
                "stories.contact_changed",
                who=t.who(e),
                level=say(f"lanes.{e.body['level']}"),
                to=t.names.get(int(e.body["to"]), ""),
                reason=t.free_words(e),
            ),
            "",
        )
    ],
    "note_written": _noted,
    "opinion_asked": lambda t, e: [
        (
            say(
                "stories.opinion_asked",
                who=t.who(e),
                step=t.step_name(e),
                text=t.free_words(e),
                names=say("stories.comma").join(t.names.get(int(p), "") for p in e.body.get("told", ())),
            ),
            "",
        )
    ],
    "opinion_given": lambda t, e: [
        (
            say(
                "stories.opinion_given",
                who=t.who(e),
                step=t.step_name(e),
                text=t.free_words(e),
                verdict=say(f"opinions.{e.body.get('verdict')}"),
            ),
            "turn",
        )
    ],
    "opinion_withdrawn": lambda t, e: [(say("stories.opinion_withdrawn", who=t.who(e), step=t.step_name(e)), "")],
    "task_urged": lambda t, e: [(say("stories.urged_by", who=t.who(e), step=t.step_name(e)), "")],
    "kinship_declared": lambda t, e: [(say("stories.kinship", who=t.who(e)), "")],
    "kinship_ended": lambda t, e: [
        (
            say("stories.kinship_ended", who=t.who(e), name=t.names.get(int(e.body["official"]), ""), reason=t.free_words(e)),
            "",
        )
    ],
    "case_returned": _returned,
    "case_closed": _closed,
    "case_forwarded": lambda t, e: [
        (say("stories.forwarded", who=t.who(e), unit=t.county.units[e.body["unit_to"]].name), "bad")
    ],
    "household_moved": lambda t, e: [
        (
            say(
                "stories.moved",
                who=t.who(e),
                old=t.county.name_of(e.body["unit_from"]),
                new=t.county.name_of(e.body["unit_to"]),
            ),
            "",
        )
    ],
    "timer_fired": _timer,
    "message_recorded": _message,
    "instance_started": _started,
    "late_objection_settled": lambda t, e: [
        (say("stories.late_objection", who=t.who(e), result=say(f"stories.{e.body.get('result')}")), "turn")
    ],
    "scale_signal": lambda t, e: [(signals.signal(t.county, e.body), "turn")],
    "check_confirmed": lambda t, e: [(say("stories.check_confirmed", who=t.who(e)), "")],
    "facts_recomputed": _recomputed,
    "incident_retried": lambda t, e: [(say("stories.retried", who=t.who(e)), "")],
    "data_correction_proposed": lambda t, e: [(say("stories.correction_proposed", who=t.who(e)), "")],
    "data_corrected": lambda t, e: [(say("stories.corrected", who=t.who(e)), "turn")],
}
