"""A task as a page shows it: who may do what with it, and everything known that helps to do it. Nothing is locked."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app import forms
from app.engine.graph import Element
from app.engine.instance import scope_of
from app.forms import Form
from app.labels import say
from app.labels.lanes import level_of_lane
from app.policy.jurisdiction import Assignment
from app.store import cases as case_rows
from app.store import drafts, messages, processes, record
from app.store import people as people_rows
from app.store.processes import NotFound, Work
from app.store.session import Session

from .. import steps
from ..context import Context
from ..definitions import Bundle, bundle
from ..history import progress, reasons, stories
from ..household import knowledge
from ..people import CONTACT, Actor, County, may_handle, sees
from ..steps import holds as kept
from ..subjects import table as subjects
from ..subjects.table import Reader
from ..work import apart, tasks
from .subjects import PAGES


@dataclass(frozen=True)
class Look:
    """`held`: the post by which this person may do it; `above`: may transfer it; `area`: may open its household."""

    session: Session
    actor: Actor
    county: County
    now: datetime
    work: Work
    bundle: Bundle
    element: Element
    form: Form | None
    held: Assignment | None
    above: Assignment | None
    area: Assignment | None

    @property
    def task(self) -> Mapping[str, Any]:
        return self.work.task or {}

    @property
    def is_open(self) -> bool:
        return bool(self.task["status"] == "open")

    @property
    def mine(self) -> bool:
        return bool(self.is_open and self.held and self.task["assignee"] == self.actor.id)

    @property
    def claimable(self) -> bool:
        """Nobody holds it, or somebody for whom this person stands in."""
        return bool(self.is_open and self.held and self.task["assignee"] in (None, self.held.for_whom))

    @property
    def department(self) -> bool:
        """Whether this person sees the household only through what the step shows."""
        return self.area is None

    @property
    def groups(self) -> frozenset[str]:
        return knowledge.groups_here(self.actor, self.work.village or "", self.county)

    @property
    def beside(self) -> tuple[str, ...]:
        """What its type of step shows beside the form."""
        return steps.type_of(self.bundle, self.task["element"]).shows

    @property
    def erased(self) -> bool:
        return self.work.key is not None and self.work.key.bytes is None


def look(context: Context, task: int) -> Look:
    """NotFound for everybody who may neither do, transfer nor see it, and never did it."""
    session, actor, county = context.session, context.actor, context.county
    work = processes.see_task(session, task)
    made = bundle(session, work.deployment)
    row = work.task or {}
    element = made.definition.elements[row["element"]]
    held = may_handle(session, actor, row, level_of_lane(element.lane), county, work.household)
    area = sees(actor, work.village, county) if work.village else None
    above = tasks.superior(actor, row["org_unit"], county) if area is not None else None
    if held is None and area is None and row["closed_by"] != actor.id:
        raise NotFound
    return Look(session, actor, county, context.now, work, made, element, made.forms.get(row["element"]), held, above, area)


def called(context: Context, task: int) -> str | None:
    """A task as one speaks of it, step and head of the household; None for who may not see it."""
    try:
        view = look(context, task)
    except NotFound:
        return None
    step = view.element.name
    if view.task["item"]:
        step = say("stories.step_of", step=step, item=context.county.name_of(view.task["item"]))
    heads = [m.get("name", "") for m in (document(view) or {}).get("members", ()) if m.get("relation") == "head"]
    return say("desk.called", step=step, head=heads[0]) if heads and view.area is not None else step


def document(view: Look) -> dict[str, Any] | None:
    return subjects.of(view.work).file(view.session, view.work)


def details(view: Look) -> dict[str, Any]:
    if view.work.case is None or view.work.key is None or view.work.case_id is None:
        return {}
    return case_rows.details(view.session, view.work.case_id, view.work.case["details"], view.work.key)


def typed(view: Look) -> tuple[dict[str, Any], datetime] | None:
    """This person's draft: (what was typed, when); strings by name, or {"_typed": values} after a return."""
    if view.work.key is None or not view.work.drafted:
        return None
    return drafts.load(view.session, view.task["id"], view.actor.id, view.work.key)


def facts(view: Look, file: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """What is known, in groups: for a department exactly what the step shows; for others their roles' groups."""
    about = about_subject(view)
    if file is None:
        return about
    shows = [k.strip() for k in view.element.properties.get("shows", "").split(",") if k.strip()]
    if view.department:
        return about + _shown(view, file, shows)
    asked = frozenset(
        item.belongs_to.partition(":")[2]
        for item in (view.form.fields if view.form and view.mine else ())
        if item.belongs_to.startswith("household:")
    )
    found = knowledge.known(view.session, view.county, view.bundle, file, view.groups, asked)
    if "objection" in view.beside and view.mine and view.is_open:
        found.insert(0, _objection(view))
    return about + found


def about_subject(view: Look) -> list[dict[str, Any]]:
    """What the steps of a clue, a study or a run show of it: what was reported, what was noticed, how far it is."""
    reader = Reader(view.groups, area=view.area is not None, sent=view.held is not None or view.area is None)
    return PAGES[view.work.subject_kind].facts(view.session, view.county, view.work, view.task["item"], reader)


def _shown(view: Look, file: Mapping[str, Any], shows: Sequence[str]) -> list[dict[str, Any]]:
    case = details(view)
    if "measures_of_department" in shows and view.work.case_id is not None:
        case["measures_rows"] = [dict(m._mapping) for m in case_rows.measures_of(view.session, view.work.case_id)]
    scope = scope_of(view.work.state) if view.work.state else {}
    return knowledge.shown(
        view.bundle,
        view.county,
        shows,
        file,
        case,
        village=view.work.village or "",
        category=str(scope.get("category")) if scope.get("category") else None,
        department=view.task["item"],
    )


def _objection(view: Look) -> dict[str, Any]:
    """Who investigates reads what was said; nobody else does."""
    rows: list[dict[str, Any]] = []
    if view.work.key is not None:
        for content in objections(view.session, view.work.instance, view.work.key):
            for name, code in (("made_on", "objection_made_on"), ("text", "objection"), ("contact", "objection_contact")):
                if content.get(name):
                    rows.append({"label": say(f"stories.{code}"), "value": content[name], "note": None})
    return {"title": say("groups.objection"), "open": True, "note": None, "rows": rows, "table": None}


def objections(session: Session, instance: int, key: record.DataKey) -> list[dict[str, Any]]:
    """The words of the newest objection (one is investigated at a time)."""
    found = messages.of_instance(session, instance, "objection")
    contents = [case_rows.message_content(session, row.id, key) for row in found[-1:]]
    return [c for c in contents if c is not None]


def why(view: Look) -> list[dict[str, Any]]:
    """The reason beside the proposed category, where income may be seen."""
    if view.department or "income" not in view.groups or view.work.key is None or view.work.case_id is None:
        return []
    if view.erased or "reasons" not in view.beside or not view.bundle.main:
        return []
    found = reasons.latest(view.session, view.work.case_id, view.work.key, view.bundle, view.county.name_of)
    return [found] if found else []


def compared(view: Look, file: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    if file is None or view.department or "differences" not in view.beside:
        return []
    if not view.groups & {"asset_outcome", "assets"}:
        return []
    return reasons.differences(view.bundle, file, view.county.name_of)


def before(view: Look) -> list[dict[str, Any]]:
    """What earlier steps said; nothing for a department."""
    if view.department or view.work.key is None:
        return []
    told = stories.events_in(view.session, view.work.head.name, view.work.key)
    return stories.said(stories.teller(view.session, view.county, told, view.groups))


def returned(view: Look) -> dict[str, Any] | None:
    """Why the task came back here, if a return opened it."""
    if view.work.key is None or view.department:
        return None
    told = stories.events_in(view.session, view.work.head.name, view.work.key)
    for event in reversed(told):
        if event.kind == "case_returned" and event.at == view.task["opened_at"] and event.instance == view.work.instance:
            by = stories.teller(view.session, view.county, [event], frozenset()).who(event)
            reason = (event.values or {}).get("reason") or ""
            return {"by": by, "on": event.on, "reason": reason}
    return None


def holds(view: Look) -> list[dict[str, str]]:
    """What keeps this step from being completed, and who can lift it."""
    return [
        {"sentence": say(f"holds.{kind}"), "who": say(f"holds.who.{kind}")}
        for kind in kept.on(view.bundle, view.task["element"], view.work.holds)
    ]


def barred(view: Look) -> str | None:
    """The sentence for who may hold this step's post and still not do it: kin of the household, or who took part in a step
    that it must be kept apart from, oneself or the one for whom one stands in. None for everybody else."""
    if not view.is_open or view.held is None:
        return None
    acting = {view.actor.id, view.held.for_whom or view.actor.id}
    if acting & view.work.kin:
        return say("desk.kin" if view.actor.id in view.work.kin else "desk.kin_for")
    past = {step: who & acting for step, who in apart.acted_apart(view.work, view.bundle, view.element).items()}
    steps = [step for step, who in past.items() if who]
    own = any(view.actor.id in who for who in past.values())
    return say("desk.apart" if own else "desk.apart_for", steps=say("stories.comma").join(steps)) if steps else None


def path(view: Look) -> list[dict[str, Any]]:
    if view.department:
        return []
    rows = case_rows.tasks_of_instance(view.session, view.work.instance)
    return progress.path(view.bundle.definition, rows, view.work.state is None)


def targets(view: Look) -> list[dict[str, Any]]:
    """Earlier steps it may be sent back to, latest first, with who did them."""
    if not view.mine:
        return []
    rows = case_rows.tasks_of_instance(view.session, view.work.instance)
    visited = {t.element: t.closed_by for t in rows if t.closed_by is not None}
    found = tasks.return_targets(view.bundle, set(visited), view.task["element"])
    names = people_rows.names(view.session, [visited[e] for e, _ in found if visited.get(e)])
    return [{"value": e, "name": name, "who": names.get(visited[e])} for e, name in reversed(found)]


def colleagues(view: Look) -> list[dict[str, Any]]:
    """Whom it may be given to: others who hold its roles at its unit and may do it."""
    if not (view.mine or (view.above and view.is_open)):
        return []
    out = {view.actor.id, view.task["assignee"], *view.work.kin}.union(
        *apart.acted_apart(view.work, view.bundle, view.element).values()
    )
    found: dict[int, dict[str, Any]] = {}
    if CONTACT in view.element.roles and view.work.household is not None:
        for one in people_rows.contacts_of(view.session, view.work.household):
            if one.official not in out:
                role = view.county.role(CONTACT).get("title", "")
                found[one.official] = {"id": one.official, "name": one.name, "role": role}
        return list(found.values())
    rows = people_rows.holders(view.session, view.task["roles"].split(","), [view.task["org_unit"]], view.county.on)
    for row in rows:
        if row.id not in out:
            found.setdefault(row.id, {"id": row.id, "name": row.name, "role": view.county.role(row.role).get("title", "")})
    return list(found.values())


_OF_A_TASK = re.compile(r"/tasks/([0-9]{1,18})/")


def in_words(session: Session, action: str, typed: Iterable[tuple[str, str]], county: County) -> list[str]:
    """What was typed into a task's form that is there no more, as one reads it: each with its question, choices by their
    titles, people by name; numbers of stored pages are left out. Of any other form what was typed, as it was."""
    found = _OF_A_TASK.match(action)
    if found is None:
        return [value for name, value in typed if name != "task"]  # which lines of a list were ticked
    work = processes.see_task(session, int(found[1]))
    form = bundle(session, work.deployment).forms.get((work.task or {}).get("element", ""))
    return [text for name, value in typed if (text := _said(session, form, name, value, county))]


def _said(session: Session, form: Form | None, name: str, value: str, county: County) -> str | None:
    base, _, column = name.partition("-")
    item = form.by_name.get(base) if form else None
    if item is not None and column:
        item = next((one for one in item.columns if one.name == column.rpartition("-")[2]), None)
    if item is None:
        return value
    if item.widget == "scan":
        return None
    titles = {option.code: option.title for option in item.options}
    if item.choices == "officials" and value.isdecimal():
        titles |= {str(ident): said for ident, said in people_rows.names(session, [int(value)]).items()}
    elif value in county.units:
        titles[value] = county.units[value].name
    said = forms.day_in_words(value) if item.widget == "date" else titles.get(value, value)
    return say("stories.pair", label=item.title, value=said)
