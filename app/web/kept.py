"""What the page's own script asks: what is typed is kept before it is sent, files arrive one by one. And: put it away."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, request

from app.services import scans
from app.services.people import Refused
from app.store import kept_forms
from app.store.kept_forms import File, Kept

from . import keeping, kept_memory, visits
from .filters import tell

bp = Blueprint("kept", __name__)


@bp.post("/kept")
def autosave() -> Response:
    """What stands in a form of this page now. By script only."""
    page, action = _asked()
    sent = [(n, v) for n, v in request.form.items(multi=True) if n not in ("csrf_token", keeping.MARK, "_action")]
    if sum(len(n) + len(v) for n, v in sent) > keeping.MOST_TYPED:
        return make_response("", 413)
    with visits.writing() as visit:
        before = _before(visit, page, action)
        content = {"said": [], "main": None, **(before.content if before else {}), "sent": sent}
        at = before.page if before else page
        kept_forms.put(visit.session, visit.actor.id, at, action, content, True, visit.now)
    return make_response("", 204)


def _before(visit: visits.Visit, page: str, action: str) -> Kept | None:
    """What is kept of this form already."""
    rows, idents = kept_forms.for_action(visit.session, visit.actor.id, action), keeping.numbers("_kept")
    return next((one for one in rows if one.id in idents or one.page == page), None)


@bp.post("/kept/file")
def take_file() -> Any:
    """One file of a form, before the form is sent. Answers its number and the line that stands for it."""
    page, action = _asked()
    field = visits.words("_field", 200)
    came = request.files.get("file")
    if came is None:
        return make_response("", 400)
    with visits.reading():
        pass  # who asks, before any picture is opened
    content, media = came.read(), came.mimetype
    if field.startswith("_file-"):
        try:
            content, media = scans.small(content)
        except Refused as error:
            return make_response(tell(error.code, **error.details), 422)
    with visits.writing() as visit:
        before = _before(visit, page, action)
        empty: dict[str, Any] = {"sent": None, "said": [], "main": None}
        form = before.id if before else kept_forms.put(visit.session, visit.actor.id, page, action, empty, True, visit.now)
        name = came.filename or ""
        ident = kept_forms.add_file(visit.session, form, field, name, media, content)
    if ident is None:
        return make_response(tell("pages.kept.no_room", name=name), 422)
    return jsonify(line=render_template("kept_file.html", file=File(ident, field, name, media, len(content))))


def _asked() -> tuple[str, str]:
    """(page, address) of the form that a script speaks for: this person's own page only."""
    with visits.reading() as visit:
        marked = keeping.read_mark(request.form.get(keeping.MARK, ""))
        action = urlsplit(request.form.get("_action", "")).path[:290]
        if marked is None or marked[0] != visit.actor.id or not action.startswith("/"):
            raise visits.BadToken
    return marked[1], action


@bp.post("/kept/drop")
def put_away() -> Response:
    """The person does not want it any more."""
    idents = keeping.numbers("_kept")
    with visits.writing() as visit:
        kept_forms.drop_own(visit.session, visit.actor.id, idents, visit.now)
        kept_memory.forget(visit.actor.id, idents=idents)
    marked = keeping.read_mark(request.form.get(keeping.MARK, ""))
    return make_response(redirect(marked[1] if marked else "/", 303))
