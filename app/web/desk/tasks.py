"""A task: its page, and claim, release, draft, complete, send back, transfer."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from app import forms
from app.forms import Cleaned, Form
from app.forms.model import CodedMessage
from app.services.desk import task_page
from app.services.history import readings
from app.services.people import Refused
from app.services.work import tasks
from app.services.work.tasks import FormErrors, Stale
from app.store import inbox
from app.store import people as people_rows
from app.store.processes import NotFound

from ..keeping import forms as keeping
from ..keeping import places, uploads
from ..shell import frame
from ..shell import request as req
from ..shell.filters import tell
from . import task_view

bp = Blueprint("tasks", __name__)

Submitted = dict[str, list[str]]


def submitted() -> Submitted:
    """The form's own fields; what belongs to the page stays out, except rows struck out."""
    return {
        name: values
        for name, values in request.form.lists()
        if name != "csrf_token" and (not name.startswith("_") or name.startswith("_remove-"))
    }


@bp.get("/tasks/<int:task>")
def show(task: int) -> Any:
    """Open: the page to work on. Closed: who did it. Opening it is recorded for the household."""
    with req.reading() as context:
        view = task_page.look(context, task)
        household = view.work.household
        if (view.is_open and view.held is None and view.above is None) or _must_say_why(context, view):
            page = frame.subject_page(view.work.subject_kind, view.work.subject_id)
            if page is None or view.area is None:
                raise NotFound
            return redirect(page)
        if view.is_open:
            page = render_template("desk/task.html", **task_view.context(context, view))
        else:
            page = render_template("desk/task_done.html", **task_view.closed(context, view))
    _record(context, household)
    return page


def _must_say_why(context: req.PageContext, view: task_page.Look) -> bool:
    """No way around the case page's question for who neither does nor did it."""
    work = view.work
    if view.held is not None or work.household is None or work.village is None:
        return False
    return readings.asks_reason(context, work.household, work.village)


def _record(context: req.PageContext, household: int | None) -> None:
    """Before the page leaves the house."""
    if household is not None:
        req.seen(context, [household], "task")


@bp.post("/tasks/<int:task>/claim")
def claim(task: int) -> Response:
    with req.writing() as context:
        tasks.claim(context, task, req.version() or 0)
    flash(tell("pages.claimed"), "ok")
    return make_response(redirect(url_for("tasks.show", task=task)))


@bp.post("/tasks/<int:task>/release")
def release(task: int) -> Response:
    with req.writing() as context:
        tasks.release(context, task, req.version() or 0)
    flash(tell("pages.released"), "ok")
    return make_response(redirect("/"))


@bp.post("/tasks/<int:task>/transfer")
def transfer(task: int) -> Response:
    to = req.number("official")
    with req.writing() as context:
        tasks.transfer(context, task, req.version() or 0, to, req.words("reason", 500))
        names = people_rows.names(context.session, [to])
    flash(tell("pages.transferred", name=names.get(to, "")), "ok")
    return make_response(redirect("/"))


@bp.post("/tasks/<int:task>/return")
def send_back(task: int) -> Response:
    target = req.words("target", 80)
    with req.writing() as context:
        command = req.command(f"return/{task}")
        tasks.send_back(
            context,
            task,
            req.version() or 0,
            target,
            req.words("reason", 1000),
            command,
        )
        view = task_page.look(context, task)
        name = view.bundle.definition.elements[target].name
    flash(tell("pages.returned", step=name), "ok")
    return make_response(redirect("/"))


@bp.post("/tasks/<int:task>/draft")
def draft(task: int) -> Response:
    """By script: 204. Without one: back to the page."""
    content = submitted()
    wrong = _uploads(task, content)
    with req.writing() as context:
        tasks.save_draft(context, task, content)
    if keeping.by_script():
        said = "".join(tell(code, **args) for code, args in wrong.values())
        return make_response(said, 422 if wrong else 204)
    flash(tell("pages.draft_saved"), "ok")
    for code, args in wrong.values():
        flash(tell(code, **args), "bad")
    return make_response(redirect(url_for("tasks.show", task=task)))


@bp.post("/tasks/<int:task>/complete")
def complete(task: int) -> Any:
    """Done: on to the next one. Refused: the same page with what was typed; pages once uploaded are kept."""
    content = submitted()
    wrong = _uploads(task, content)
    added = _added_rows()
    if added or places.looks():
        keeping.again()
        return _again(task, content, wrong, added)
    try:
        with req.writing() as context:
            done = tasks.complete(
                context,
                task,
                req.version(),
                req.command(f"complete/{task}"),
                content,
                found=wrong,
            )
            following = inbox.assigned_to(context.session, context.actor.id, limit=1)
    except FormErrors as error:
        return _again(task, content, error.cleaned.errors, {}, 422, error.cleaned)
    except Stale:
        raise
    except Refused as error:
        return _again(task, content, {"": (error.code, error.details)}, {}, 422)
    if done.ended:
        flash(tell("pages.completed_ended", ended=done.ended), "ok")
    if following:
        flash(tell("pages.completed_next", step=done.step), "ok")
        return make_response(redirect(url_for("tasks.show", task=following[0].id)))
    flash(tell("pages.completed_last", step=done.step), "ok")
    return make_response(redirect("/"))


def _added_rows() -> dict[str, int]:
    """ "Add a row" without a script."""
    return {name.removeprefix("_add_"): 2 for name in request.form if name.startswith("_add_")}


def _uploads(task: int, content: Submitted) -> dict[str, CodedMessage]:
    def check(context: req.PageContext) -> tuple[Form, str]:
        view = task_page.look(context, task)
        if view.form is None or not view.is_open or view.held is None:
            raise NotFound
        return view.form, view.element.id

    return uploads.keep(check, content)


def _again(
    task: int, content: Submitted, errors: Any, extra: dict[str, int], status: int = 200, cleaned: Cleaned | None = None
) -> Response:
    """The page once more, with everything that was typed."""
    with req.reading() as context:
        view = task_page.look(context, task)
        raw = cleaned.raw if cleaned is not None else None
        if raw is None and view.form is not None:
            raw = forms.clean(view.form, content, tasks.known_values(context.session, view.work, view.form)).raw
        shown = task_view.context(
            context, view, raw=raw, errors=errors, command=request.form.get("_command", "")[:64], extra=extra
        )
        page = render_template("desk/task.html", **shown)
    return make_response(page, status)
