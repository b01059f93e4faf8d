"""The task page's context, from what services/desk/task_page.py knows. See task.html and task_done.html for the keys."""

from collections.abc import Mapping
from typing import Any

from app import forms
from app.forms import Form
from app.forms.model import CodedMessage
from app.labels import say
from app.policy import calendar
from app.services import definitions, papers
from app.services.desk import opinions, task_page
from app.services.desk.subjects import PAGES
from app.services.desk.task_page import Look
from app.services.history import progress, stories
from app.services.household import family as family_rules
from app.services.household import knowledge
from app.services.people import CONTACT
from app.services.steps import holds as waiting
from app.services.subjects import same_household
from app.services.work import tasks
from app.store import cases as case_rows
from app.store import inbox, notifications
from app.store import people as people_rows

from ..keeping import places
from ..shell import frame
from ..shell.request import PageContext, new_command


def context(
    context: PageContext,
    view: Look,
    *,
    raw: Mapping[str, Any] | None = None,
    errors: Mapping[str, CodedMessage] | None = None,
    command: str | None = None,
    extra: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """`raw` and `errors`: what was typed and refused; without them the page is opened anew, perhaps from a draft."""
    file = task_page.document(view)
    form = view.form if (view.mine or (raw is not None and view.claimable)) and not view.erased else None
    draft_at = None
    cells: tuple[forms.Cell, ...] = ()
    if form is not None:
        since = view.work.case["clue_on"] if view.work.case else None
        form = family_rules.for_head(form, file or {}, since, context.today, context.county.entries)
        known = tasks.known_values(context.session, view.work, form)
        choices = tasks.choices_for(context.session, view.task["org_unit"], context.today, context.county, view.work)
        if raw is None:
            raw, draft_at = _draft(view, form, known, choices)
        if raw is not None:
            raw = forms.without_strangers(form, raw, known, tasks.unlisted_rows(context.session, view.work, form))
        cells = forms.draw(
            form,
            raw,
            errors,
            known=known,
            choices=choices,
            extra=extra,
            looked=places.looked(),
            fixed=same_household.settled(context.session, view.work, form),
        )
    holds = task_page.holds(view)
    barred = task_page.barred(view)
    if barred is not None:
        holds.insert(0, {"sentence": barred, "who": ""})
    back_to = task_page.targets(view)
    colleagues = task_page.colleagues(view)
    may_open = view.area is not None and view.work.case_id is not None
    askable = _askable(context, view) if view.mine and may_open else []
    return {
        "task": _task(context, view),
        "command": command or new_command(),
        "household": household(context, view, file, may_open),
        "run": PAGES[view.work.subject_kind].part_of(context, view.work, view.task["item"]),
        "ask": _ask(view),
        "clause": progress.clauses(context.county, view.element.properties),
        "default_source": _source(view),
        "progress": _limit(context, view),
        "path": task_page.path(view),
        "returned": task_page.returned(view),
        "holds": [] if _excusable(view, holds) else holds,
        "reasons": task_page.why(view),
        "differences": task_page.compared(view, file),
        "known": task_page.facts(view, file),
        "said": task_page.before(view),
        "form": form,
        "cells": cells,
        "errors": dict(errors or {}),
        "draft_at": draft_at,
        "can": {
            "complete": form is not None,
            "draft": form is not None,
            "claim": view.claimable and barred is None,
            "release": view.mine and CONTACT not in view.element.roles,
            "send_back": bool(back_to),
            "transfer": bool(colleagues),
            "follow": view.mine,
            "ask": bool(askable),
        },
        "askable": askable,
        "waits_for_opinions": view.mine
        and any(kind == opinions.KIND and view.task["element"] in elements for kind, elements in view.work.holds),
        "again_on": notifications.followed(context.session, context.actor.id, [view.task["id"]]).get(view.task["id"]),
        "back_to": back_to,
        "colleagues": colleagues,
        "diagram": diagram(context, view) if may_open else None,
        "papers": _papers(view),
    }


def _askable(context: PageContext, view: Look) -> list[dict[str, Any]]:
    """Who may be asked for an opinion."""
    return [
        {"id": ident, "name": name, "unit": frame.unit_name(context.county, unit)}
        for ident, name, unit in opinions.askable_at(context.session, view.work, context.county)
        if ident != context.actor.id
    ]


def _draft(view: Look, form: Form, known: Mapping[str, Any], choices: Mapping[str, Any]) -> tuple[Any, Any]:
    """(what a draft shows, when it was saved); (None, None) without one."""
    found = task_page.typed(view)
    if found is None:
        return None, None
    content, at = found
    if "_typed" in content:
        return forms.shown(form.fields, content["_typed"]), None
    return forms.clean(form, content, known, choices=choices).raw, at


def _task(context: PageContext, view: Look) -> dict[str, Any]:
    row = view.task
    names = people_rows.names(context.session, [row["assignee"]] if row["assignee"] else [])
    roles = say("stories.comma").join(frame.role_name(context.county, r) for r in row["roles"].split(","))
    return {
        "id": row["id"],
        "version": row["version"],
        "step": view.element.name,
        "process": view.bundle.definition.top.name,
        "item": context.county.name_of(row["item"]) if row["item"] else None,
        "absent": frame.absent_of(context, view.held),
        "unit": frame.unit_name(context.county, row["org_unit"]),
        "role": roles,
        "assignee": names.get(row["assignee"]),
        "mine": view.mine,
        "claimed_on": None,
        "days_left": calendar.days_left(row["due"], context.now) if view.is_open else None,
        "due_on": calendar.last_day(row["due"]),
        "provisional": inbox.provisional(view.session, view.work.instance, row["element"]),
    }


def household(context: PageContext, view: Look, file: Mapping[str, Any] | None, may_open: bool) -> dict[str, Any] | None:
    """A department reads the head's name only where the step shows it."""
    shows = view.element.properties.get("shows", "").split(",")
    if view.department and "head_name" not in [k.strip() for k in shows]:
        return None
    if file is None and view.work.case_id is None:
        return None
    if file is None:
        return {"head": say("cases.erased"), "place": "", "case_id": view.work.case_id if may_open else None, "size": None}
    heads = [m.get("name", "") for m in file["members"] if m.get("relation") == "head"]
    place = knowledge.place_of(context.county, view.work.village or "")
    size = sum(1 for m in file["members"] if m.get("status") != "gone")
    if view.department and "village" not in [k.strip() for k in shows]:
        place = ""
    return {
        "head": heads[0] if heads else "",
        "place": place,
        "size": size if size > 1 and not view.department else None,
        "case_id": view.work.case_id if may_open else None,
    }


def _ask(view: Look) -> str:
    form = view.form
    return (form.description if form else "") or view.element.documentation or view.element.name


def _source(view: Look) -> str | None:
    properties = view.element.properties
    return properties.get("source") if properties.get("default") == "true" else None


def _limit(context: PageContext, view: Look) -> dict[str, Any] | None:
    if view.department or view.work.case_id is None:
        return None
    case = case_rows.get(context.session, view.work.case_id)
    return progress.limit(context.county, case, context.now) if case is not None else None


def _excusable(view: Look, holds: list[dict[str, str]]) -> bool:
    """Open asset answers do not bar who writes down why it cannot wait."""
    kinds = set(waiting.on(view.bundle, view.task["element"], view.work.holds))
    return bool(holds) and kinds == {"asset_answers"} and view.form is not None and "open_assets_reason" in view.form.by_name


def _papers(view: Look) -> list[dict[str, Any]]:
    """Papers to print at this step, as paths below /papers/."""
    kind = view.bundle.said(view.task["element"], "paper")
    if not kind or view.work.case_id is None or view.department or view.erased:
        return []
    carries = papers.GROUPS.get(kind) or papers.own_groups(view.bundle, kind, view.county)
    if carries is None or not carries <= view.groups or not (kind in papers.GROUPS or papers.before(view.bundle, kind)):
        return []
    name = papers.title_of(view.bundle, kind)
    found = [
        {
            "id": f"{view.work.case_id}/{kind}.{form}",
            "typed": view.mine and papers.before(view.bundle, kind),
            "name": say("papers.name.with_format", name=name, format=form.upper()),
        }
        for form in papers.MEDIA
    ]
    if kind == "notice_entry":
        found.insert(0, {"id": f"{view.work.case_id}/notice", "name": say("papers.name.preview", name=name), "typed": False})
    return found


def diagram(context: PageContext, view: Look) -> dict[str, Any]:
    return {
        "xml_url": f"/diagrams/{view.bundle.deployment}/file.bpmn",
        "state_url": f"/cases/{view.work.case_id}/diagram/{view.work.instance}.json",
        "text_open": False,
        "elements": progress.as_text(view.bundle, context.county, {}, [view.task["element"]] if view.is_open else []),
    }


def closed(context: PageContext, view: Look) -> dict[str, Any]:
    """A task that is no longer open: who did it and when."""
    row = view.task
    file = task_page.document(view)
    said = next((s for s in reversed(task_page.before(view)) if s["step"] == view.element.name), None)
    names = people_rows.names(context.session, [row["closed_by"]] if row["closed_by"] else [])
    outcome = "completed" if row["status"] == "done" else "moved"
    by = names.get(row["closed_by"])
    reason = None
    if outcome != "completed" and not view.department:
        outcome, by, reason = _moved(context, view)
    following = inbox.assigned_to(context.session, context.actor.id, limit=1)
    may_open = view.area is not None and view.work.case_id is not None
    shown = view.area is not None or row["closed_by"] == context.actor.id
    return {
        "task": {
            "id": row["id"],
            "step": view.element.name,
            "process": view.bundle.definition.top.name,
            "item": context.county.name_of(row["item"]) if row["item"] else None,
        },
        "household": household(context, view, file, may_open) if shown else None,
        "outcome": outcome,
        "by": by,
        "at": row["closed_at"],
        "reason": reason,
        "said": {"rows": said["rows"], "papers": said["papers"]} if said and row["status"] == "done" else None,
        "path": task_page.path(view),
        "next": next_job(context, following[0]) if following else None,
    }


def _moved(context: PageContext, view: Look) -> tuple[str, str | None, str | None]:
    """(outcome, by, reason) of a task that a return or a closing ended."""
    if view.work.case_id is None or view.work.key is None:
        return "moved", None, None
    told = stories.events(context.session, view.work.case_id, view.work.key)
    for event in told:
        if event.at == view.task["closed_at"] and event.kind in ("case_returned", "case_closed"):
            by = stories.teller(context.session, context.county, [event], frozenset()).who(event)
            outcome = "returned" if event.kind == "case_returned" else "closed"
            return outcome, by, (event.values or {}).get("reason")
    return "moved", None, None


def next_job(context: PageContext, row: Any) -> dict[str, Any]:
    made = definitions.bundle(context.session, row.deployment)
    return {"id": row.id, "step": made.definition.elements[row.element].name, "head": row.head_name or ""}
