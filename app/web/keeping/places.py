"""Places found by typing: what fits, for the script of a form; and the same for a form that was sent to look once more."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from app.forms.model import Findable
from app.forms.view import MOST
from app.services import doors, incomes, places
from app.services.cases import applications
from app.services.clues import receiving
from app.services.operations import entering
from app.services.places import Places
from app.store import incomes as income_rows

from ..shell import request as req
from ..shell.request import PageContext
from . import forms as keeping

bp = Blueprint("places", __name__)

Looked = dict[str, tuple[str, str]]


@bp.get("/places")
def found() -> Response:
    """`of` which list, `q` what was typed, `group` the town chosen before."""
    with req.reading() as context:
        return answer(_list(context, req.asked("of", 12)))


def answer(listed: Findable) -> Response:
    there = listed.find(req.asked("q", 40), req.asked("group", 40))
    return jsonify(found=len(there), places=[dict(zip(("code", "name", "group"), p, strict=False)) for p in there[:MOST]])


def _list(context: PageContext, of: str) -> Places:
    county = context.county
    if of == "report":
        return receiving.places_for(context.actor, county)
    if of == "register":
        made = doors.latest(context.session, doors.APPLICATION, context.today)
        return applications.registering_villages(
            context.actor, made.definition.elements[entering.first_of(made)].roles, county
        )
    if of in ("seen", "around"):
        return (places.seen if of == "seen" else places.around)(context.actor, county)
    if of == "income":
        return incomes.villages_for(context.actor, county, income_rows.villages(context.session))
    if of == "below":
        return places.below(county, req.asked("in", 24))
    lists = {"elsewhere": places.elsewhere, "town": places.towns, "unit": places.everything}
    return lists.get(of, places.anywhere)(county)


# --- a form that was sent to look, without a script ----------------------------------------------------------------------


def looked() -> Looked:
    """Name of an input -> what was typed to find its place, and the town chosen before."""
    found: Looked = {}
    for name, text in request.form.items():
        kind, _, path = name.partition("-")
        if path and kind in ("_find", "_in"):
            before = found.get(path, ("", ""))
            typed = req.plain(text)[:40]
            found[path] = (typed, before[1]) if kind == "_find" else (before[0], typed)
    return found


def looks() -> bool:
    """Whether the form was sent to look: by its button, or with words typed that nobody has looked for yet."""
    said = {path: f"{group}|{text}" for path, (text, group) in looked().items()}
    new = any(words not in ("|", request.form.get(f"_found-{path}", "|")) for path, words in said.items())
    if new or "_look" in request.form:
        keeping.again()
        return True
    return False


def way(listed: Places, code: str, text: str, go: str, notes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """To another village's page: a short list to choose from, else what was found. `go`: the address that a code follows;
    `notes`: words after some names."""
    found = listed.find(text) if listed.long else list(listed)
    shown = [
        {"code": p[0], "name": p[1] + (notes or {}).get(p[0], ""), "town": "".join(p[2:]), "current": p[0] == code}
        for p in (found[:MOST] if listed.long else found)
    ]
    return {
        "long": listed.long,
        "url": listed.url,
        "go": go,
        "text": text,
        "found": len(found),
        "places": shown,
        "many": len(listed) > 1,
    }
