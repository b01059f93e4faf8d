"""Lists: what waits for a meeting, a sheet, a report, a decision or receipts, worked in one grid; and what was done so."""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from app import forms
from app.forms import Form
from app.forms.model import CodedMessage, Field
from app.labels import say
from app.labels.lanes import level_of_lane
from app.policy import calendar
from app.policy import parameters as params
from app.services import definitions, papers, people
from app.services.history import readings
from app.services.household.knowledge import Words
from app.services.lists import batches
from app.services.lists import papers as list_papers
from app.services.lists.batches import BatchRefused, Item, Sheet
from app.services.papers import MEDIA, Format
from app.services.people import Refused
from app.services.steps import lists as step_lists
from app.services.work import tasks
from app.store import drafts
from app.store import lists as rows
from app.store import people as people_rows
from app.store.processes import NotFound

from ..keeping import forms as keeping
from ..keeping import places, refill, uploads
from ..shell import frame
from ..shell import request as req
from ..shell.filters import tell
from ..shell.request import PageContext
from ..shell.served import attachment

bp = Blueprint("batches", __name__)
_OWN = re.compile(r"r-(\d{1,15})-([a-z][a-z0-9_-]*)\Z", re.ASCII)


@bp.get("/lists")
def listed() -> str:
    """Which lists wait for me, and the latest ones."""
    with req.reading() as context:
        kinds = batches.kinds_for(context.actor, context.county)
        if not kinds:
            raise NotFound
        waiting = []
        for name in kinds:
            items = batches.agenda(context, name)
            days = [item.last_day for item in items if item.last_day]
            waiting.append(
                {
                    "kind": name,
                    "title": _title(context, name),
                    "n": len(items),
                    "last_day": min(days, default=None),
                    "late": bool(days and min(days) < context.today),
                }
            )
        units = {a.unit for a in context.actor.assignments}
        found = rows.listed(context.session, units)
        names = people_rows.names(context.session, [row.made_by for row in found])
        done = [
            {
                "id": row.id,
                "title": _title(context, row.kind),
                "on": row.happened_on,
                "n": row.n,
                "by": names.get(row.made_by, ""),
            }
            for row in found
        ]
        return render_template("lists/lists.html", waiting=waiting, done=done)


@bp.get("/lists/<kind>")
def grid(kind: str) -> str:
    with req.reading() as context:
        name = _known(kind)
        items = batches.agenda(context, name)
        kept = drafts.load_list(context.session, context.actor.id, batches.draft_name(name, _town(context, name, items)))
        sheet = _sheet(MultiDict([(n, v) for n, v in kept[0]["sent"]])) if kept is not None else None
        return _page(context, name, sheet, draft_at=kept[1] if kept is not None else None)


@bp.post("/lists/<kind>/draft")
def draft(kind: str) -> Response:
    """What is typed so far, unjudged; or away with it. By script: 204. Without one: back to the list."""
    sent = [(n, v) for n, v in request.form.items(multi=True) if n not in refill.OWN]
    with req.writing() as context:
        name = _known(kind)
        items = batches.agenda(context, name)
        town = _town(context, name, items)
        kept_as, dropped = batches.draft_name(name, town), request.form.get("_drop") == "1"
        if dropped:
            drafts.drop_list(context.session, context.actor.id, kept_as, context.now)
        else:
            drafts.save_list(context.session, context.actor.id, kept_as, {"sent": sent}, context.now)
    if request.headers.get("X-Requested-With") == "fetch":
        return make_response("", 204)
    if not dropped:
        flash(tell("pages.draft_saved"), "ok")
    return make_response(redirect(f"/lists/{name}?town={town}" if town else f"/lists/{name}"))


def _title(context: PageContext, name: str) -> str:
    return step_lists.title_of(context.county.entries, context.today, name)


def _known(kind: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", kind):
        raise NotFound
    return kind


def _sheet(form: Any = None) -> Sheet:
    """The grid as it was sent, or as a draft: shared fields by name, each household's as r-<task>-<field>."""
    form = request.form if form is None else form
    shared: dict[str, list[str]] = {}
    own: dict[int, dict[str, list[str]]] = {}
    for name, values in form.lists():
        match = _OWN.match(name)
        if match:
            own.setdefault(int(match[1]), {})[match[2]] = values
        elif not name.startswith("_") and name != "csrf_token":
            shared[name] = values
    listed = [int(t) for t in form.getlist("_in") if t.isascii() and t.isdigit() and len(t) < 16]
    said = {t: req.plain(form.get(f"_out-{t}", ""))[:200] for t in own if t not in listed}
    out = {t: why for t, why in said.items() if why}
    versions = {t: _number(form.get(f"_v-{t}", "")) for t in listed}
    shown = [int(n[3:]) for n in form if n.startswith("_v-") and n[3:].isascii() and n[3:].isdigit() and len(n) < 19]
    typed = {t: own.get(t, {}) for t in shown}
    return Sheet(shared, {t: own.get(t, {}) for t in dict.fromkeys(listed)}, versions, out, typed)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@bp.post("/lists/<kind>")
def complete(kind: str) -> Any:
    """All of the list; when some cannot be done, the page says who and why, and nothing is saved until the officer
    sends again: everything put right, or the rest without them."""
    with req.reading():  # who asks, before anything is read
        name = _known(kind)
    sheet = _sheet()
    wrong = uploads.keep(lambda context: _form_now(context, name), sheet.shared)
    if places.looks():
        return _again(name, sheet, {}, None)
    if request.form.get("_untick") == "1":
        return _untick(name, sheet, wrong)
    try:
        with req.writing() as context:
            done = batches.complete(context, name, sheet, req.command(f"batch/{name}"), wrong)
    except BatchRefused as error:
        return _again(name, sheet, error.problems, None, error.good)
    except Refused as error:
        return _again(name, sheet, {}, error)
    flash(tell("lists.done", n=done.households or len(sheet.own)), "ok")
    return redirect(url_for("batches.show", batch=done.batch))


def _untick(name: str, sheet: Sheet, wrong: Any) -> Response:
    """Whoever cannot be done now is taken out of the list; everything typed stays, nothing is carried out."""
    try:
        with req.writing() as context:
            _, problems = batches.judged(context, name, sheet, wrong)
    except Refused as error:
        return _again(name, sheet, {}, error)
    rest = {task: own for task, own in sheet.own.items() if task not in problems}
    keeping.again(without={("_in", str(task)) for task in problems})
    with req.reading() as context:
        return make_response(_page(context, name, replace(sheet, own=rest), unticked=set(problems)))


def _form_now(context: PageContext, name: str) -> tuple[Form, str]:
    items = batches.agenda(context, name)
    if not items:
        raise NotFound
    return batches.shared_part(batches.form_of(context.session, items)), items[0].element


def _again(name: str, sheet: Sheet, problems: Any, wrong: Refused | None, good: Any = ()) -> Response:
    with req.reading() as context:
        return make_response(_page(context, name, sheet, problems, wrong, good), 422)


def _page(
    context: PageContext,
    name: str,
    sheet: Sheet | None,
    problems: Any = None,
    wrong: Refused | None = None,
    good: Any = (),
    draft_at: Any = None,
    unticked: Collection[int] = (),
) -> str:
    items = batches.agenda(context, name)
    known = {item.task for item in items}
    towns, items = _of_one_town(context, name, items)
    problems = problems or {}
    own = sheet.own if sheet else {}
    gone = [task for task in own if task not in known]
    waiting = len(items)
    items = [item for n, item in enumerate(items) if n < batches.MOST or item.task in own]
    if not items:
        return render_template("lists/list_empty.html", title=_title(context, name))
    form = batches.form_of(context.session, items)
    unit = batches.units_for(context.actor, step_lists.kinds(context.county.entries, context.today)[name], context.county)[0]
    choices = tasks.choices_for(context.session, unit, context.today, context.county)
    shared_form, own_form = batches.shared_part(form), batches.own_part(form)
    shared_errors: dict[str, CodedMessage] = {}
    for errors in problems.values():
        shared_errors = {path: m for path, m in errors.items() if _field(shared_form, path)} | shared_errors
    everywhere = {path for path, said in shared_errors.items() if all(e.get(path) == said for e in problems.values())}
    raw = forms.clean(shared_form, sheet.shared, None, choices=choices).raw if sheet else None
    whole = tell(wrong.code, **wrong.details) if wrong else _said_of_all(problems)
    if whole and not wrong:
        problems = {}
    absent = {_absent(context, unit, item) for item in items}
    return render_template(
        "lists/list.html",
        kind=name,
        absent=absent.pop() if len(absent) == 1 else "",
        towns=towns,
        draft_at=draft_at,
        title=_title(context, name),
        ask=form.description,
        command=req.new_command(),
        cells=forms.draw(shared_form, raw, shared_errors, choices=choices, looked=places.looked()),
        errors=shared_errors,
        uploads=bool(shared_form.uploads),
        columns=_columns(own_form),
        meeting=name == "meeting",
        majority=_majority(context),
        rows=[_row(context, own_form, item, sheet, problems.get(item.task, {}), shared_form, everywhere) for item in items],
        wrong=whole,
        waiting=waiting,
        bad=len(problems),
        good=len(good),
        gone=len(gone),
        unticked=[i.head for i in items if i.task in unticked],
        papers=list_papers.before_of(context.session, name, items),
    )


def _absent(context: PageContext, unit: str, item: Item) -> str:
    """In whose place this person would do this household's step."""
    element = definitions.bundle(context.session, item.deployment).definition.elements[item.element]
    held = people.may_do(context.actor, element.roles, unit, level_of_lane(element.lane), context.county)
    return frame.absent_of(context, held)


def _said_of_all(problems: dict[int, dict[str, CodedMessage]]) -> str | None:
    """What keeps every household of several from being done for one reason: said once, not in each row."""
    said = [errors[""] for errors in problems.values() if list(errors) == [""]]
    sentences = {tell(code, **args) for code, args in said}
    return sentences.pop() if len(said) == len(problems) > 1 and len(sentences) == 1 else None


def _town(context: PageContext, name: str, items: list[Item]) -> str:
    """The town asked for, else the most urgent one's; empty where lists do not go by town."""
    if name not in batches.BY_TOWN:
        return ""
    there = [batches.town_of(item.village, context.county) for item in items]
    asked = request.form.get("_town", "") or req.asked("town", 24)
    return asked if asked in there else next(iter(there), "")


def _of_one_town(context: PageContext, name: str, items: list[Item]) -> tuple[list[dict[str, Any]], list[Item]]:
    """(towns to choose from, items of the chosen one): a county's reply answers one town. The most urgent town first."""
    if name not in batches.BY_TOWN or not items:
        return [], items
    counted = Counter(batches.town_of(item.village, context.county) for item in items)
    chosen = _town(context, name, items)
    towns = [
        {"code": code, "name": frame.unit_name(context.county, code), "n": n, "current": code == chosen}
        for code, n in counted.items()
    ]
    return towns, [item for item in items if batches.town_of(item.village, context.county) == chosen]


def _majority(context: PageContext) -> str:
    share = params.share(context.county.entries, "majority", context.today)
    return f"{'>' if share.strict else ''}{share.numerator}/{share.denominator}"


def _field(form: Form, path: str) -> Field | None:
    return form.by_name.get(path) or form.by_name.get(path.partition("-")[0])


def _columns(form: Form) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for item in form.fields:
        if item.widget == "votes":
            found += [{"title": one.title, "number": True} for one in item.columns]
        else:
            found.append({"title": item.title, "number": False})
    return found


def _row(
    context: PageContext,
    form: Form,
    item: Item,
    sheet: Sheet | None,
    errors: dict[str, CodedMessage],
    shared: Form,
    everywhere: Collection[str],
) -> dict[str, Any]:
    """`everywhere`: shared answers that are wrong for every household alike, said above; what is wrong for one, here."""
    made = definitions.bundle(context.session, item.deployment)
    words = Words(made.codes)
    mine = made.forms[item.element]
    own = form if mine.fields == form.fields else batches.own_part(mine)
    sent = (sheet.own.get(item.task) or sheet.typed.get(item.task)) if sheet else None
    raw: dict[str, Any] | None = {"category": item.category} if item.category and "category" in own.by_name else None
    if sent is not None:
        raw = forms.clean(own, sent, None).raw
    by_name = {cell.name: cell for cell in forms.draw(own, raw, errors, prefix=f"r-{item.task}-")}
    cells: list[Any] = []
    for field in form.fields:
        cell = by_name.get(field.name)
        if field.widget == "votes":
            cells += list(cell.cells) if cell else [None] * len(field.columns)
        else:
            cells.append(cell)
    here = {path: message for path, message in errors.items() if not _field(shared, path)}
    asked = {path: message for path, message in here.items() if not path or _field(own, path)}
    told = [tell(code, **args) for code, args in (asked or here).values()]  # a result follows from the votes: ask for those
    told += [
        say("stories.pair", label=question.title, value=tell(code, **args))
        for path, (code, args) in errors.items()
        if path not in everywhere and (question := _field(shared, path)) is not None
    ]
    arrived = sheet is not None and bool(sheet.typed) and item.task not in sheet.typed
    matter = papers.matter(definitions.bundle(context.session, item.deployment))
    if item.proposal:
        matter = say("lists.proposed", matter=matter, proposal=words.title("exit_proposal", item.proposal))
    return {
        "task": item.task,
        "version": item.version,
        "case_id": item.case_id,
        "head": item.head,
        "village": frame.unit_name(context.county, item.village),
        "matter": matter,
        "category": words.title("category", item.category) if item.category else "",
        "days_left": calendar.days_left(item.limit_at or item.due, context.now),
        "step_left": calendar.days_left(item.due, context.now) if item.limit_at else None,
        "step_due": calendar.last_day(item.due),
        "due_on": calendar.last_day(item.limit_at or item.due),
        "last_day": item.last_day,
        "late": bool(item.last_day and item.last_day < context.today),
        "cells": cells,
        "told": told,
        "barred": item.barred,
        "waits": say(f"holds.{item.waits}") if item.waits else "",
        "listed": not (item.barred or item.waits) if sheet is None else arrived or item.task in sheet.own,
        "out": sheet.taken_out.get(item.task, "") if sheet else "",
    }


# --- what was done, and its papers -------------------------------------------------------------------------------


@bp.get("/lists/done/<int:batch>")
def show(batch: int) -> str:
    with req.reading() as context:
        kept = batches.kept(context, batch)
        if batches.asking(context, kept):
            return _reason_page(context, kept)
        form = list_papers.form_of(context.session, kept)
        names = people_rows.names(context.session, _people(form, kept.shared))
        results = list_papers.results(context, kept)
        own = list_papers.of_household(context, kept)
        out = batches.left_out(context, kept)
        page = render_template(
            "lists/list_done.html",
            title=_title(context, kept.row.kind),
            on=kept.row.happened_on,
            at=kept.row.made_at,
            by=batches.made_by(context.session, batch, kept.row.made_by),
            unit=frame.unit_name(context.county, kept.row.org_unit),
            told=[
                {"label": title, "value": text, "note": None}
                for title, text in forms.told(form, kept.shared, {"officials": [(str(i), n) for i, n in names.items()]})
                if isinstance(text, str)
            ],
            households=[
                {
                    "case_id": i.case_id,
                    "head": i.head_name or say("status.erased"),
                    "village": frame.unit_name(context.county, i.village),
                    "result": results.get(i.case_id, ""),
                    "papers": own.get(i.case_id, []),
                }
                for i in kept.items
            ],
            left_out=[{"case_id": i.case_id, "head": i.head_name or say("status.erased"), "why": why} for i, why in out],
            next_list=_next_list(context, kept.row.kind),
            papers=[
                {
                    "name": say("papers.name.with_format", name=say(f"papers.name.{kind}"), format=form_.upper()),
                    "href": f"/lists/done/{batch}/{kind}.{form_}",
                }
                for kind in list_papers.kinds_of(context, kept)
                for form_ in MEDIA
            ],
            pages=list_papers.pages(context, kept),
        )
    _record(context, [i.household for i in (*kept.items, *(item for item, _ in out))])
    return page


def _reason_page(context: PageContext, kept: batches.KeptBatch, error: str | None = None, text: str = "") -> str:
    place = frame.unit_name(context.county, kept.row.org_unit)
    return frame.reason_page(f"/lists/done/{kept.row.id}/reason", place, error, text, many=True)


@bp.post("/lists/done/<int:batch>/reason")
def give_reason(batch: int) -> Any:
    """Why one looks at a list stands with every household on it."""
    reason = req.words("reason", 200)
    try:
        with req.writing() as context:
            kept = batches.kept(context, batch)
            asking = batches.asking(context, kept)
            readings.record_many(context, asking, "reason", reason)
    except Refused as error:
        with req.reading() as context:
            kept = batches.kept(context, batch)
            return make_response(_reason_page(context, kept, tell(error.code, **error.details), reason), 422)
    return redirect(f"/lists/done/{batch}")


NEXT = {"meeting": "notice", "town_report": "receipts", "county_decision": "", "notice": ""}


def _next_list(context: PageContext, kind: str) -> dict[str, str] | None:
    """The list that follows, if I work it and something waits."""
    name = NEXT.get(kind, "")
    if not name or name not in batches.kinds_for(context.actor, context.county):
        return None
    n = len(batches.agenda(context, name))
    return {"href": f"/lists/{name}", "title": _title(context, name), "n": str(n)} if n else None


def _people(form: Form, values: Any) -> list[int]:
    found: list[int] = []
    for item in form.fields:
        if item.widget == "officials" and item.name in values:
            value = values[item.name]
            found += value if isinstance(value, list) else [value]
    return found


def _record(context: PageContext, households: list[int]) -> None:
    req.seen(context, list(dict.fromkeys(households)), "list")


@bp.get("/lists/done/<int:batch>/<kind>.<any(pdf, docx):form>")
def paper(batch: int, kind: str, form: Any) -> Response:
    with req.reading() as context:
        kept = batches.kept(context, batch)
        asking = batches.asking(context, kept)
        if asking or kind not in list_papers.kinds_of(context, kept):
            raise NotFound
        content = list_papers.render(context, kept, kind, form)
    _record(context, [i.household for i in kept.items])
    return attachment(content, f"{kind}-{batch}.{form}", MEDIA[form])


@bp.post("/lists/<kind>/print")
def before(kind: str) -> Response:
    """A sheet or report for the households that are ticked, printed before it is posted or signed."""
    paper, _, wanted = request.form.get("_paper", "").partition(".")
    form: Format = "docx" if wanted == "docx" else "pdf"
    sheet = _sheet()
    with req.reading() as context:
        name = _known(kind)
        if paper not in list_papers.BEFORE.get(name, ()):
            raise NotFound
        items = [i for i in batches.agenda(context, name) if i.task in sheet.own]
        if not items:
            raise Refused("lists.nobody")
        content = list_papers.render_before(context, items, paper, form, sheet)
        seen = list_papers.households_of(context.session, [i.case_id for i in items])
    req.seen(context, seen, "list")
    return attachment(content, f"{paper}-{calendar.local_date(context.now).isoformat()}.{form}", MEDIA[form])
