"""The inbox: mine, open for my roles, done by me; the nearest due first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, redirect, render_template, request

from app.labels import say
from app.labels.lanes import level_of_lane
from app.policy import calendar
from app.policy.jurisdiction import Assignment
from app.services import definitions, people
from app.services.desk.subjects import PAGES, Line
from app.services.officials import leave
from app.services.work import apart, incidents
from app.store import inbox, notifications
from app.store import people as people_rows
from app.store.together import together

from ..shell import frame
from ..shell import request as req
from ..shell.request import PageContext

bp = Blueprint("inbox", __name__)
TABS = ("mine", "open", "done")
SOON = 2


@bp.get("/")
def show() -> Any:
    with req.reading() as context:
        home = frame.home(context.actor, context.county)
        if home != "/":
            return redirect(home)
        return render_template("desk/inbox.html", **_context(context))


def _context(context: PageContext) -> dict[str, Any]:
    session, actor, now = context.session, context.actor, context.now
    stands = inbox.standing(session, actor.id, actor.assignments, now)
    tab = request.args.get("tab", "")
    if tab not in TABS:
        tab = "mine"
    chosen = {name: req.asked(name) for name in ("process", "step", "village", "due")}
    page = req.page_number()
    offset = (page - 1) * inbox.PAGE
    rows = _rows(context, tab, chosen, offset, stands.pairs)
    counts = {"mine": stands.mine, "open": stands.open, "done": stands.done}
    least = calendar.days_left(stands.nearest, now) if stands.nearest else None
    g.waiting = stands.waiting
    asked = [(people_rows.posts_near, (actor.id, context.today))] if tab == "mine" and rows else []
    together(session, (notifications.filters_of, (actor.id,)), *asked)
    others = leave.beside(context) if asked else []
    return {
        "today": {"due": g.waiting, "least_left": least, "overdue": stands.late},
        "next_due": None,
        "tab": tab,
        "counts": counts,
        "filters": _filters(context, tab, chosen, rows, page, stands.pairs) if tab != "done" else [],
        "jobs": _jobs(context, rows, tab),
        "pages": _pages(tab, chosen, page, len(rows), 0 if any(chosen.values()) else counts[tab]),
        "kept": [{"id": r.id, "name": r.name, "href": f"/?{r.query}"} for r in notifications.filters_of(session, actor.id)],
        "chosen": urlencode({"tab": tab, **{k: v for k, v in chosen.items() if v}}) if any(chosen.values()) else None,
        "colleagues": [{"id": i, "name": n} for i, n in others],
        "can_search": frame.may_see_households(actor, context.county),
        "command": req.new_command,
        **_below(context, shown=tab == "open" and page == 1 and not any(chosen.values())),
        **_stuck(context, shown=stands.stuck and tab == "mine" and page == 1 and not any(chosen.values())),
    }


def _stuck(context: PageContext, *, shown: bool) -> dict[str, Any]:
    """What cannot go on, for the unit that waits for it and for the county."""
    found, more = incidents.waiting(context) if shown else ([], 0)
    return {
        "stuck_more": more,
        "stuck": [
            {
                "process": seen.process,
                "step": seen.element,
                "cause": seen.cause,
                "needs": seen.needs,
                "since": seen.row.opened_at,
                "unit": frame.unit_name(context.county, seen.row.waits_at or seen.row.org_unit or context.county.code),
                "head": seen.row.head_name if people.sees(context.actor, seen.row.org_unit, context.county) else None,
                "href": frame.subject_page(seen.row.subject_kind, seen.row.subject_id),
            }
            for seen in found
        ],
    }


def _below(context: PageContext, *, shown: bool) -> dict[str, Any]:
    """What the level above is told: open steps of the units directly below whose due time has passed."""
    own = [a.unit for a in context.actor.assignments if a.role in context.county.who_may("see_overdue_below")]
    units = [child.code for unit in own for child in context.county.children(unit)]
    if not units or not shown:
        return {"below": [], "below_of": 0}
    rows, many = inbox.urged_below(context.session, units)
    about = _about(context, rows)
    return {
        "below_of": many,
        "below": [
            {
                **_job(context, row, "below", about),
                "unit": context.county.units[row.org_unit].name,
                "href": frame.subject_page(row.subject_kind, row.subject_id),
            }
            for row in rows
        ],
    }


def _rows(context: PageContext, tab: str, chosen: dict[str, str], offset: int, pairs: inbox.Pairs) -> Sequence[Any]:
    """This page of the list."""
    session, actor = context.session, context.actor
    wanted: dict[str, Any] = {"element": chosen["step"] or None, "process": chosen["process"] or None}
    if chosen["village"]:
        wanted["villages"] = [chosen["village"]]
    soon = _soon(context.now)
    if chosen["due"] == "over":
        wanted["due_before"] = context.now
    elif chosen["due"] == "soon":
        wanted |= {"due_after": context.now, "due_before": soon}
    elif chosen["due"] == "later":
        wanted["due_after"] = soon
    if tab == "done":
        return inbox.done_by(session, actor.id, offset=offset)
    if tab == "mine":
        return inbox.assigned_to(session, actor.id, offset=offset, **wanted)
    return inbox.open_for_roles(session, actor.id, actor.assignments, offset=offset, pairs=pairs, **wanted)


def _soon(now: datetime) -> datetime:
    return calendar.end_of(calendar.local_date(now) + timedelta(days=SOON))


def _jobs(context: PageContext, rows: Sequence[Any], tab: str) -> list[dict[str, Any]]:
    about = _about(context, rows)
    barred = _barred(context, rows) if tab == "open" else set()
    return [_job(context, row, tab, about, row.id in barred) for row in rows]


def _about(context: PageContext, rows: Sequence[Any]) -> dict[tuple[str, int], Any]:
    """What the rows that are about no household are about."""
    about: dict[tuple[str, int], Any] = {}
    for kind, page in PAGES.items():
        idents = {r.subject_id for r in rows if r.subject_kind == kind}
        found = page.some(context.session, idents) if idents else {}
        about |= {(kind, ident): one for ident, one in found.items()}
    return about


def _barred(context: PageContext, rows: Sequence[Any]) -> set[int]:
    """Tasks of this person's desk that somebody else must take."""
    acting = {}
    for row in rows:
        held = _held(context, definitions.bundle(context.session, row.deployment).definition.elements[row.element], row)
        acting[row.id] = {context.actor.id, (held.for_whom if held else None) or context.actor.id}
    return apart.barred(context.session, rows, acting)


def _job(
    context: PageContext,
    row: Any,
    tab: str,
    about: Mapping[tuple[str, int], Any],
    barred: bool = False,
) -> dict[str, Any]:
    made = definitions.bundle(context.session, row.deployment)
    county = context.county
    element = made.definition.elements[row.element]
    step = element.name
    if row.item:
        step = say("stories.step_of", step=step, item=county.name_of(row.item))
    village = county.units.get(row.village or "")
    town = county.units.get(village.parent or "") if village else None
    own_town = any(a.unit in (row.village, village.parent if village else None) for a in context.actor.assignments)
    shows = [k.strip() for k in element.properties.get("shows", "").split(",")]
    seen = people.sees(context.actor, row.village, county) is not None if row.village else False
    head = row.head_name or (say("status.erased") if row.household is not None else "")
    head = head if seen or "head_name" in shows else ""
    where = seen or "village" in shows
    known = about.get((row.subject_kind, row.subject_id))
    line = PAGES[row.subject_kind].line(county, known, seen) if known is not None else Line(head)
    return {
        "id": row.id,
        "version": row.version,
        "step": step,
        "process": made.definition.top.name,
        "head": line.head,
        "village": village.name if village and where else "",
        "town": town.name if town and where and not own_town else None,
        "from_who": row.from_who if seen and tab in ("mine", "open") else None,
        "sent_on": calendar.local_date(row.opened_at),
        "days_left": calendar.days_left(row.due, context.now),
        "due_on": calendar.last_day(row.due),
        "provisional": bool(row.provisional),
        "mark": say("pages.mark.barred")
        if barred
        else say("pages.mark.returned")
        if row.came == inbox.RETURNED and tab in ("mine", "open")
        else None,
        "note": line.note,
        "grade": line.grade,
        "absent": frame.absent_of(context, _held(context, element, row)) if tab != "done" else "",
        "can_claim": tab == "open" and not barred,
        "barred": barred,
        "again_on": row.follow_on if tab in ("mine", "open") else None,
        "done_by": None,
        "done_on": calendar.local_date(row.closed_at) if row.closed_at else None,
    }


def _held(context: PageContext, element: Any, row: Any) -> Assignment | None:
    """By which post, and in whose place, this person would do it; a contact's step says so on its own page."""
    return people.may_do(context.actor, element.roles, row.org_unit, level_of_lane(element.lane), context.county)


def _filters(
    context: PageContext, tab: str, chosen: dict[str, str], rows: Sequence[Any], page: int, pairs: inbox.Pairs
) -> list[dict[str, Any]]:
    """Chips with counts over the first thousand; a filter with one choice only is not offered. `rows` of the page, which may
    be all there are."""
    found: dict[str, Counter[str]] = {name: Counter() for name in ("due", "process", "step", "village")}
    soon = _soon(context.now)
    whole = page == 1 and len(rows) < inbox.PAGE and not any(chosen.values())
    listed = rows if whole else inbox.facets(context.session, context.actor.id, pairs, tab)
    order = sorted(listed, key=lambda row: (row.process, row.element, row.village or "", row.due))  # of equal counts
    newest: dict[str, int] = {}
    for row in order:
        n = 1 if whole else row.n
        newest[row.process] = max(row.deployment, newest.get(row.process, 0))
        found["process"][row.process] += n
        found["step"][row.element] += n
        if row.village in context.county.units and context.county.units[row.village].level == "village":
            found["village"][row.village] += n
        due = "over" if row.due <= context.now else "soon" if row.due <= soon else "later"
        found["due"][due] += n
    names = _names(context, found, newest)
    made = []
    for name, counted in found.items():
        options = [
            {
                "label": names.get((name, code), code),
                "count": n,
                "current": chosen[name] == code,
                "href": _link(tab, {**chosen, name: "" if chosen[name] == code else code}),
            }
            for code, n in counted.most_common()
        ]
        if len(options) > 1 or chosen[name]:
            made.append({"name": name, "label": say(f"pages.filter.{name}"), "options": options})
    return made


def _names(context: PageContext, found: dict[str, Counter[str]], newest: Mapping[str, int]) -> dict[tuple[str, str], str]:
    """`newest`: of each procedure, the newest version that a task is of."""
    names = {("due", code): say(f"pages.due.{code}") for code in ("over", "soon", "later")}
    for process, deployment in newest.items():
        made = definitions.bundle(context.session, deployment)
        names["process", process] = made.definition.top.name
        names |= {("step", e): made.definition.elements[e].name for e in found["step"] if e in made.definition.elements}
    names |= {("village", code): frame.unit_name(context.county, code) for code in found["village"]}
    return names


def _link(tab: str, chosen: dict[str, str], page: int = 1) -> str:
    wanted = {"tab": tab, **{k: v for k, v in chosen.items() if v}}
    if page > 1:
        wanted["page"] = str(page)
    return "/?" + urlencode(wanted)


def _pages(tab: str, chosen: dict[str, str], page: int, shown: int, total: int) -> dict[str, Any]:
    first = (page - 1) * inbox.PAGE + 1
    last = first + shown - 1
    total = total or last
    said = say("pages.range", first=first, last=last, total="999+" if total >= inbox.MANY else max(total, last))
    return {
        "previous": _link(tab, chosen, page - 1) if page > 1 else None,
        "next": _link(tab, chosen, page + 1) if shown == inbox.PAGE else None,
        "said": said if shown else "",
    }
