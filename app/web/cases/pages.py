"""One household, one file: its page, the list and search, and what is done with a case beside its tasks."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request, url_for

from app.labels import say
from app.policy import calendar
from app.policy.identity import normalise_id, paper_kind
from app.services import definitions, doors, people
from app.services import places as service_places
from app.services.cases import applications, authorisation, elimination
from app.services.cases import own as own_cases
from app.services.history import progress, readings
from app.services.household import knowledge
from app.services.household.knowledge import Words
from app.services.lists import exports
from app.services.people import Refused
from app.services.work import incidents
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import inbox, questions
from app.store import people as people_rows
from app.store.processes import NotFound
from app.store.rows import Case

from ..keeping import places
from ..shell import frame, sought
from ..shell import request as req
from ..shell.filters import tell
from ..shell.request import PageContext
from . import case_view

bp = Blueprint("cases", __name__)
PAGE = 50


def _case(context: PageContext, case_id: int) -> Any:
    return applications.visible_case(context, case_id)


@bp.get("/cases/<int:case_id>")
def show(case_id: int) -> Any:
    with req.reading() as context:
        case = _case(context, case_id)
        if readings.asks_reason(context, case.household, case.org_unit):
            return _reason_page(context, case)
        page = render_template("cases/case.html", **case_view.context(context, case))
    req.seen(context, [case.household], "case")
    return page


def _reason_page(context: PageContext, case: Case, error: str | None = None, text: str = "") -> str:
    return frame.reason_page(f"/cases/{case.id}/reason", knowledge.place_of(context.county, case.org_unit), error, text)


@bp.post("/cases/<int:case_id>/reason")
def give_reason(case_id: int) -> Any:
    reason = req.words("reason", 200)
    try:
        with req.writing() as context:
            case = _case(context, case_id)
            readings.record(context, case.household, "reason", reason)
    except Refused as error:
        if not error.code.startswith("readings."):
            raise
        with req.reading() as context:
            case = _case(context, case_id)
            return make_response(_reason_page(context, case, tell(error.code), reason), 422)
    return redirect(url_for("cases.show", case_id=case_id))


def gate(context: PageContext, case: Case) -> None:
    """For what hangs on a household (pages, papers): no way around the question why."""
    if readings.asks_reason(context, case.household, case.org_unit):
        raise NotFound


@bp.get("/cases/<int:case_id>/diagram/<int:instance>.json")
def diagram_state(case_id: int, instance: int) -> Response:
    with req.reading() as context:
        case = _case(context, case_id)
        gate(context, case)
        row = next((i for i in case_rows.instances_of(context.session, case.id) if i.id == instance), None)
        if row is None:
            raise NotFound
        definition = definitions.bundle(context.session, row.deployment).definition
        return jsonify(progress.state(context.session, case.id, instance, definition))


# --- list and search ---------------------------------------------------------------------------------------


@bp.get("/cases")
def listed() -> Any:
    with req.reading() as context:
        villages = _villages(context)
        if text := request.args.get(sought.NAME):
            name = sought.opened(text)
            if name is None:
                flash(tell("pages.look_again"), "warn")
                return redirect("/cases")
            return _found(context, villages, name)
        page = req.page_number()
        chosen = {name: req.asked(name, 24) for name in FILTERS if name != "risk" or _reads_risks(context)}
        if there := context.county.units.get(req.asked("place", 24)):  # found by typing
            chosen |= {"town": there.code, "village": ""} if there.level == "town" else {"village": there.code}
        narrow = exports.narrow_of(chosen, context.county)
        rows = household_rows.households_page(context.session, villages, narrow, limit=PAGE + 1, offset=(page - 1) * PAGE)
        return _list_page(context, rows, "", page, chosen)


@bp.post("/cases")
def search() -> Response:
    """Names are never part of an address that anybody can read."""
    name = req.words("name", 40).strip()
    with req.reading() as context:
        _villages(context)
        place = url_for("cases.listed", sought=sought.sealed(name)) if name else "/cases"
    return make_response(redirect(place, 303))


def _found(context: PageContext, villages: set[str] | None, name: str) -> str:
    number = normalise_id(name)
    identity_card = len(number) == ID_LENGTH and number[:17].isdigit()
    found = household_rows.with_person(context.session, number) if identity_card or paper_kind(number) else []
    if not found and not identity_card:  # a permit's number can look like a household's
        found = [r.id for r in household_rows.search(context.session, name, villages, PAGE + 1)]
    rows = household_rows.households_page(context.session, villages, idents=found, limit=PAGE + 1) if found else []
    return _list_page(context, rows, name, 1, {})


def _villages(context: PageContext) -> set[str] | None:
    villages = people.villages_seen(context.actor, context.county)
    if villages is not None and not villages:
        raise NotFound
    return villages


FILTERS = exports.FILTERS
STATUSES = ("registered", "open", "refused", "closed", "watched", "monitored", "eliminated")
ID_LENGTH = 18


def _reads_risks(context: PageContext) -> bool:
    """Whether any post of this person opens risks: else no list is narrowed by them."""
    return any("risk" in context.county.sees(a.role) for a in context.actor.assignments)


def _filters(context: PageContext, words: Words, chosen: dict[str, str]) -> list[dict[str, Any]]:
    """Town and village (where there are several), category, status, risk: what a list may be narrowed by."""

    def listed(name: str) -> list[tuple[str, str]]:
        options = words.codes.get("$defs", {}).get(name, {}).get("oneOf", ())
        return [(o["const"], o["title"]) for o in options if o["const"] != "none"]

    units = context.county.units
    villages = service_places.seen(context.actor, context.county)
    towns = list(dict.fromkeys(units[code].parent or "" for code, *_ in villages))
    there = [p for p in villages if units[p[0]].parent == chosen.get("town")]
    near = there if there else list(villages) if len(towns) < 2 else []
    options = {
        "town": _short(
            [(code, frame.unit_name(context.county, code)) for code in towns if len(towns) > 1], chosen.get("town")
        ),
        "village": _short(
            [(p[0], p[1]) for p in near if len(near) > 1]
            or [(p[0], p[1]) for p in villages if p[0] == chosen.get("village")],
            chosen.get("village"),
        ),
        "category": listed("category"),
        "status": [(code, say(f"status.{code}")) for code in STATUSES],
        "risk": listed("risk") if _reads_risks(context) else [],
    }
    return [
        {
            "name": name,
            "label": say(f"pages.filter.{name}"),
            "options": [{"code": c, "name": t, "current": chosen.get(name) == c} for c, t in options[name]],
        }
        for name in FILTERS
        if options[name]
    ]


def _way(context: PageContext, chosen: dict[str, str]) -> dict[str, Any]:
    """To one town's or village's list, where they are too many to choose from."""
    around = service_places.around(context.actor, context.county)
    rest = urlencode({k: v for k, v in chosen.items() if v and k not in ("town", "village")})
    return places.way(around, "", req.asked("find", 40), f"/cases?{rest}&place=" if rest else "/cases?place=")


def _short(options: list[tuple[str, str]], chosen: str | None) -> list[tuple[str, str]]:
    """Of a list too long to show only what is chosen: the rest is found by typing."""
    return options if len(options) <= service_places.SHORT else [one for one in options if one[0] == chosen]


def _list_page(context: PageContext, rows: Any, query: str, page: int, chosen: dict[str, str]) -> str:
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    contacts = people_rows.contacts_of_many(context.session, [r.id for r in rows])
    said = urlencode({k: v for k, v in chosen.items() if v})
    link = f"/cases?{said}&page=" if said else "/cases?page="
    steps = inbox.open_steps(context.session, [r.case_id for r in rows if r.case_id])
    words = Words(doors.shared(context.session).codes)
    shown = [{**_household_row(context, row, steps, words), "contacts": contacts.get(row.id, [])} for row in rows]
    first = (page - 1) * PAGE + 1
    paging = None
    may_list = exports.post(context.actor, context.county) is not None or context.county.may(context.actor, "inspect")
    total: int | None = None
    if not query:
        villages, narrow = people.villages_seen(context.actor, context.county), exports.narrow_of(chosen, context.county)
        total = household_rows.households_count(context.session, villages, narrow)
    if not query and (page > 1 or more):
        paging = {
            "previous": f"{link}{page - 1}" if page > 1 else None,
            "next": f"{link}{page + 1}" if more else None,
            "said": say("pages.range_of", first=first, last=first + len(rows) - 1, total=total),
        }
    may_export = not query and rows and exports.post(context.actor, context.county) is not None
    held = next((a for a in context.actor.assignments if a.unit in context.county.units), None)
    place = frame.unit_name(context.county, held.unit) if held else say("pages.whole_county")
    return render_template(
        "cases/cases.html",
        query=query,
        place=place,
        households=shown,
        more=more,
        pages=paging,
        can_apply=context.county.may(context.actor, "register_applications"),
        can_import=context.county.may(context.actor, "import_register"),
        questions=questions.count(context.session, people.villages_seen(context.actor, context.county)),
        filters=[] if query else _filters(context, words, chosen),
        way=_way(context, chosen),
        exports_waiting=len(exports.waiting(context)) if may_list else 0,
        may_list=may_list,
        filtered=any(chosen.values()),
        total=total,
        export={name: value for name, value in chosen.items() if value} if may_export else None,
        command=req.new_command,
    )


def _household_row(context: PageContext, row: Any, steps: dict[int, Any], words: Words) -> dict[str, Any]:
    village = context.county.units.get(row.org_unit)
    step = steps.get(row.case_id)
    element = definitions.bundle(context.session, step.deployment).definition.elements[step.element] if step else None
    running = row.case_status == "open" and row.closed_at is None
    own = any(a.unit == row.org_unit for a in context.actor.assignments)
    return {
        "id": row.id,
        "case_id": row.case_id,
        "head": row.head_name or say("status.erased"),
        "size": None,
        "village": village.name if village else row.org_unit,
        "town": frame.unit_name(context.county, village.parent or "") if village and not own else None,
        "category": words.title("category", row.category) if row.category else None,
        "status": say(f"status.{exports.household_status(row)}"),
        "step": element.name if element else None,
        "days_left": calendar.days_left(row.limit_at, context.now) if running else None,
        "due_on": calendar.local_date(row.limit_at) if running else None,
        "clue_on": row.clue_on,
    }


# --- beside the tasks --------------------------------------------------------------------------------------


@bp.post("/cases/<int:case_id>/close")
def close(case_id: int) -> Response:
    kind, text, village = req.words("reason_code", 20), req.words("text", 1000), req.words("forward_to", 24)
    if places.looks():
        with req.reading() as context:
            case = _case(context, case_id)
            gate(context, case)
            return make_response(render_template("cases/case.html", **case_view.context(context, case)))
    with req.writing() as context:
        command = req.command(f"close/{case_id}")
        if kind == "not_ours" and village:
            applications.forward(context, case_id, village, text, command)
            flash(tell("pages.case_forwarded", unit=frame.unit_name(context.county, village)), "ok")
            if people.sees(context.actor, village, context.county) is None:  # it is the other village's now
                return make_response(redirect("/"))
        else:
            applications.close(context, case_id, kind, text, command)
            flash(tell("pages.case_closed"), "ok")
    return _back(case_id)


@bp.post("/cases/<int:case_id>/objection")
def object_to(case_id: int) -> Response:
    content = {name: req.words(name, 2000) for name in ("made_on", "text", "contact")}
    with req.writing() as context:
        command = req.command(f"objection/{case_id}")
        applications.lodge(context, case_id, "objection", content, command)
    flash(tell("pages.objection_noted"), "ok")
    return _back(case_id)


@bp.post("/cases/<int:case_id>/reexam")
def ask_again(case_id: int) -> Response:
    content = {"made_on": req.words("asked_on", 10), "text": req.words("text", 2000)}
    with req.writing() as context:
        command = req.command(f"reexam/{case_id}")
        applications.lodge(context, case_id, "reexam_requested", content, command)
    flash(tell("pages.reexam_asked"), "ok")
    return _back(case_id)


@bp.post("/cases/<int:case_id>/elimination")
def eliminate(case_id: int) -> Response:
    """Start the elimination of a household's risk, or withdraw it."""
    begins, text = request.form.get("act") == "begin", req.words("text", 1000)
    with req.writing() as context:
        command = req.command(f"eliminate/{case_id}")
        if begins:
            elimination.begin(context, case_id, command)
        else:
            elimination.stop(context, case_id, text, command)
    flash(tell("pages.elimination_begun" if begins else "pages.elimination_stopped"), "ok")
    return _back(case_id)


@bp.post("/cases/<int:case_id>/begin")
def begin_beside(case_id: int) -> Any:
    """A procedure beside the one that carries the case; on to its first step, for whoever may do that."""
    door = req.words("door", 40)
    with req.writing() as context:
        command = req.command(f"beside/{case_id}/{door}")
        done = own_cases.begin_beside(context, case_id, door, command)
        mine = [t for t in inbox.open_of_instance(context.session, done.instance) if context.actor.has(*t.roles.split(","))]
        entry = context.county.entries.require("door", door, context.today)
        title = own_cases.title_of(entry)
    flash(tell("pages.own_begun", title=title), "ok")
    return redirect(f"/tasks/{mine[0].id}" if mine else f"/cases/{case_id}")


@bp.post("/cases/<int:case_id>/authorisation")
def withdraw_authorisation(case_id: int) -> Response:
    text = req.words("text", 500)
    with req.writing() as context:
        command = req.command(f"authorisation/{case_id}")
        authorisation.withdraw(context, case_id, text, command)
    flash(tell("pages.authorisation_withdrawn"), "ok")
    return _back(case_id)


@bp.post("/cases/<int:case_id>/contact")
def change_contact(case_id: int) -> Response:
    level, _, official = req.words("contact", 40).partition(":")
    chosen = int(official) if official.isascii() and official.isdigit() else 0
    with req.writing() as context:
        command = req.command(f"contact/{case_id}")
        elimination.change_contact(context, case_id, level, chosen, req.words("reason", 500), command)
    flash(tell("pages.contact_changed"), "ok")
    return _back(case_id)


@bp.post("/cases/<int:case_id>/confirm-check")
def confirm_check(case_id: int) -> Response:
    with req.writing() as context:
        applications.confirm_check(context, case_id, req.command(f"confirm/{case_id}"))
    flash(tell("pages.check_confirmed"), "ok")
    return _back(case_id)


@bp.post("/cases/<int:case_id>/late-objection")
def settle(case_id: int) -> Response:
    hold, result, text = req.number("hold"), req.words("result", 20), req.words("text", 2000)
    with req.writing() as context:
        command = req.command(f"late/{case_id}/{hold}")
        applications.settle_late_objection(context, case_id, hold, result, text, command)
    flash(tell("pages.late_settled"), "ok")
    return _back(case_id)


@bp.post("/cases/<int:case_id>/correction")
def correct(case_id: int) -> Response:
    """The responsible official proposes what was missing; a second person confirms."""
    with req.writing() as context:
        command = req.command(f"correct/{case_id}")
        if request.form.get("confirm") == "yes":
            stuck = incidents.confirm(context, case_id, command)
            told = tell("pages.retry_failed", cause=stuck) if stuck else tell("pages.corrected")
            flash(told, "warn" if stuck else "ok")
        else:
            value, reason = req.words("value", 200), req.words("reason", 500)
            incidents.propose(context, case_id, value, reason, command)
            flash(tell("pages.correction_proposed"), "ok")
    return _back(case_id)


def _back(case_id: int) -> Response:
    return make_response(redirect(url_for("cases.show", case_id=case_id)))
