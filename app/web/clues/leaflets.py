"""明白纸: which household of the village received it (3.2.1), ticked off as one goes from door to door."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request

from app.services import places as service_places
from app.services.places import Places
from app.store import clues as rows
from app.store import households
from app.store.processes import NotFound

from ..keeping import places
from ..shell import frame
from ..shell import request as req
from ..shell.filters import tell
from ..shell.request import PageContext

bp = Blueprint("leaflets", __name__)
KIND, PAGE = "apply", 100


def _village(context: PageContext, wanted: str) -> tuple[str, Places]:
    """(the village looked at, all one may look at)."""
    if not context.county.may(context.actor, "read_leaflets"):
        raise NotFound
    found = service_places.seen(context.actor, context.county)
    if not found:
        raise NotFound
    return (wanted if found.named(wanted) else found[0][0]), found


def _gives(context: PageContext, village: str) -> bool:
    giving = context.county.who_may("give_leaflets")
    return any(a.role in giving and a.unit == village for a in context.actor.assignments)


@bp.get("/leaflets")
def show() -> str:
    with req.reading() as context:
        village, villages = _village(context, req.asked("village", 12))
        page = req.page_number()
        found = households.households_page(context.session, [village], limit=PAGE + 1, offset=(page - 1) * PAGE)
        given = rows.leaflet_days(context.session, [r.id for r in found], KIND)
        have, of = rows.leaflets_in(context.session, village, KIND)
        names = [(r.id, r.head_name) for r in found[:PAGE] if r.head_name]
        shown: dict[str, Any] = {
            "village": {"code": village, "name": frame.unit_name(context.county, village)},
            "way": places.way(villages, village, req.asked("find", 40), "/leaflets?village="),
            "households": [{"id": ident, "head": head, "given_on": given.get(ident)} for ident, head in names],
            "given": have,
            "total": of,
            "may_give": _gives(context, village),
            "today": context.today.isoformat(),
            "previous": f"/leaflets?village={village}&page={page - 1}" if page > 1 else None,
            "next": f"/leaflets?village={village}&page={page + 1}" if len(found) > PAGE else None,
        }
        return render_template("clues/leaflets.html", **shown)


@bp.post("/leaflets")
def give() -> Response:
    wanted = [int(t) for t in request.form.getlist("household")[:PAGE] if t.isascii() and t.isdigit() and len(t) < 16]
    village = req.words("village", 12)
    with req.writing() as context:
        if not _gives(context, village):
            raise NotFound
        mine = {r.id for r in households.households_page(context.session, [village], idents=wanted, limit=len(wanted) or 1)}
        n = rows.give_leaflets(context.session, mine, KIND, context.today, context.actor.id)
    flash(tell("clues.leaflets_given", n=n), "ok")
    return make_response(redirect(f"/leaflets?village={village}"))
