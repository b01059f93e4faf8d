"""One step of several households done at once with the same answers: a result for each, in a transaction of its own.

Only steps that the dated `together` entries name (a sheet taken down, measures acknowledged); what differs from household
to household, and every judgement, is worked on its own page, or as a list.
"""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request

from app import forms
from app.forms import Form
from app.forms.model import CodedMessage
from app.services.desk import task_page
from app.services.desk.task_page import Look
from app.services.people import Refused
from app.services.work import tasks
from app.services.work.tasks import FormErrors
from app.store.processes import NotFound

from ..keeping import forms as keeping
from ..keeping import places
from ..shell import frame
from ..shell import request as req
from ..shell.errors import page as refused
from ..shell.filters import tell
from ..shell.request import PageContext
from . import task_view
from .tasks import submitted

bp = Blueprint("many", __name__)
MOST = 100


def chosen(names: list[str]) -> list[tuple[int, int]]:
    """(task, version) of ticked lines, as "id:version"."""
    return [
        (int(ident), int(version))
        for ident, _, version in (one.partition(":") for one in dict.fromkeys(names))
        if ident.isascii() and version.isascii() and ident.isdigit() and version.isdigit() and len(ident + version) < 24
    ][:MOST]


@bp.get("/inbox/complete")
def ask() -> Response:
    """The form that is asked once, for the lines that the address names."""
    wanted = chosen(request.args.getlist("task"))
    with req.reading() as context:
        views = [task_page.look(context, ident) for ident, _ in wanted]
        return _page(context, views, _common(views, context, False), wanted)


@bp.post("/inbox/complete")
def complete() -> Any:
    """Ticked in the inbox: the form is asked once. Sent from there: every household is done, or its sentence says why not."""
    wanted, sent = chosen(request.form.getlist("task")), request.form.get("_send") == "1"
    here = f"/inbox/complete?{urlencode([('task', f'{ident}:{version}') for ident, version in wanted])}"
    if sent:
        keeping.stands_at(here)
    else:
        keeping.only_ticked()
    with req.reading() as context:
        views = [task_page.look(context, ident) for ident, _ in wanted]
        form = _common(views, context, sent)
        heads = [_head(context, view) for view in views]
        if not sent:
            keeping.stands_at(here)  # what cannot be done together comes back in the inbox, ticked as it was
            return _page(context, views, form, wanted)
    content = {name: values for name, values in submitted().items() if name != "task"}
    if places.looks():
        with req.reading() as context:
            views = [task_page.look(context, ident) for ident, _ in wanted]
            return _page(context, views, form, wanted, content)
    done, wrong, errors = 0, list[tuple[str, Refused]](), dict[str, CodedMessage]()
    for (ident, version), head in zip(wanted, heads, strict=True):
        try:
            with req.writing() as context:
                command = req.command(f"complete/{ident}")
                tasks.complete(context, ident, version, command, content)
            done += 1
        except FormErrors as error:
            errors = errors or error.cleaned.errors
            code, args = next(iter(error.cleaned.errors.values()))
            wrong.append((head, Refused(code, **args)))
        except NotFound:
            wrong.append((head, Refused("desk.gone")))
        except Refused as error:
            wrong.append((head, error))
    if errors and not done:
        with req.reading() as context:
            views = [task_page.look(context, ident) for ident, _ in wanted]
            return make_response(_page(context, views, form, wanted, content, errors), 422)
    told = [{"head": head, "cause": tell(refusal.code, **refusal.details)} for head, refusal in wrong]
    if not done:  # the form comes back, with why not
        return refused(422, "".join(tell("desk.many.not_done", **one) for one in told))
    flash(tell("desk.many.done", step=views[0].element.name, n=done), "ok")
    if not wrong:
        return make_response(redirect("/"))
    with req.reading():  # names go onto the page, never into the cookie that carries a note to the next one
        return make_response(
            render_template(
                "desk/many.html",
                step=views[0].element.name,
                ask="",
                errors={},
                told=told,
                rows=[],
                cells=(),
                command=req.new_command(),
            )
        )


def _common(views: list[Look], context: PageContext, sent: bool) -> Form:
    """The one form of all of them. Refused for different steps, or for one that is not done together. Once sent, each is
    judged by itself: one that somebody else has done meanwhile is named and the others are done."""
    if not views:
        raise Refused("desk.none_chosen")
    if any(view.held is None for view in views):
        raise NotFound  # seeing a household is not doing its step: no name is told here
    if not sent and not all(view.mine and not view.erased for view in views):
        raise Refused("desk.many.not_in_hand")
    first = views[0].form
    steps = {(view.work.process, view.element.id) for view in views}
    if first is None or len(steps) > 1 or any(v.form is None or v.form.fields != first.fields for v in views):
        raise Refused("desk.many.one_step")
    if context.county.entries.get("together", "/".join(steps.pop()), context.today) is None:
        raise Refused("desk.many.each_apart")
    return first


def _page(
    context: PageContext,
    views: list[Look],
    form: Form,
    wanted: list[tuple[int, int]],
    content: Any = None,
    errors: dict[str, CodedMessage] | None = None,
) -> Response:
    unit = views[0].task["org_unit"]
    choices = tasks.choices_for(context.session, unit, context.today, context.county)
    raw = forms.clean(form, content, None, choices=choices).raw if content is not None else None
    return make_response(
        render_template(
            "desk/many.html",
            step=views[0].element.name,
            ask=form.description,
            errors=errors or {},
            command=req.new_command(),
            told=[],
            cells=forms.draw(form, raw, errors, choices=choices, looked=places.looked()),
            rows=[
                {"pick": f"{ident}:{version}", "head": _head(context, view), "absent": frame.absent_of(context, view.held)}
                for (ident, version), view in zip(wanted, views, strict=True)
            ],
        )
    )


def _head(context: PageContext, view: Look) -> str:
    shown = task_view.household(context, view, task_page.document(view), False)
    return str(shown["head"]) if shown else view.element.name
