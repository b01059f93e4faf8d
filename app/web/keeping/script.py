"""What the page's own script asks: what is typed is kept before it is sent, files arrive one by one. And: put it away."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request

from app.services.people import Refused
from app.services.work import scans
from app.store import kept_forms
from app.store.kept_forms import FormFile, KeptForm

from ..shell import marks
from ..shell import request as req
from ..shell.filters import tell
from ..shell.marks import Mark
from . import forms as keeping
from . import memory as kept_memory
from . import refill

bp = Blueprint("kept", __name__)


@bp.post("/kept")
def autosave() -> Response:
    """What stands in a form of this page now. By script only."""
    mark, action = _asked()
    sent = [(n, v) for n, v in request.form.items(multi=True) if n not in ("csrf_token", marks.MARK, "_action")]
    if sum(len(n) + len(v) for n, v in sent) > keeping.MOST_TYPED:
        return make_response("", 413)
    with req.writing() as context:
        before = _before(context, mark, action)
        sent = refill.together(before.content.get("sent") if before else None, sent)
        content = {"said": [], "main": None, **(before.content if before else {}), "sent": sent}
        _put(context, mark, action, content, before)
    return make_response("", 204)


def _before(context: req.PageContext, mark: Mark, action: str) -> KeptForm | None:
    return keeping.before_of(kept_forms.for_action(context.session, context.actor.id, action), mark)


def _put(context: req.PageContext, mark: Mark, action: str, content: dict[str, Any], before: KeptForm | None) -> int:
    ident = before.id if before else None
    return kept_forms.put(
        context.session, context.actor.id, mark.page, action, content, True, context.now, mark.form, mark.tab, ident
    )


@bp.post("/kept/file")
def take_file() -> Any:
    """One file of a form, before the form is sent. Answers its number and the line that stands for it."""
    mark, action = _asked()
    field = req.words("_field", 200)
    came = request.files.get("file")
    if came is None:
        return make_response("", 400)
    with req.reading():
        pass  # who asks, before any picture is opened
    content, media = came.read(), came.mimetype
    if field.startswith("_file-"):
        try:
            content, media = scans.small(content)
        except Refused as error:
            return make_response(tell(error.code, **error.details), 422)
    with req.writing() as context:
        before = _before(context, mark, action)
        form = before.id if before else _put(context, mark, action, {"sent": None, "said": [], "main": None}, None)
        name = came.filename or ""
        ident = kept_forms.add_file(context.session, form, field, name, media, content)
    if ident is None:
        return make_response(tell("pages.kept.no_room", name=name), 422)
    return jsonify(line=render_template("keeping/kept_file.html", file=FormFile(ident, field, name, media, len(content))))


def _asked() -> tuple[Mark, str]:
    """(mark, address) of the form that a script speaks for: this person's own page only."""
    with req.reading() as context:
        marked = marks.of_request()
        action = urlsplit(request.form.get("_action", "")).path[:290]
        if marked is None or marked.official != context.actor.id or not action.startswith("/"):
            raise req.BadToken
    return marked, action


@bp.post("/kept/drop")
def put_away() -> Response:
    """The person does not want it any more."""
    with req.writing() as context:
        tab, named = marks.tab(), keeping.numbers("_kept")
        gone = [
            one.id
            for one in kept_forms.places(context.session, context.actor.id)
            if keeping.filled_with(one) or (one.id in named and one.tab == tab)
        ]
        kept_forms.drop_own(context.session, context.actor.id, gone, context.now)
        kept_memory.forget(context.actor.id, idents=named)
    marked = marks.of_request()
    return make_response(redirect(marks.in_tab(marked.page, marked.tab) if marked else "/", 303))
