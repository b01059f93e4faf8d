"""The demo's first page: four doors, and behind each what to try."""

from typing import Any

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template

from app import clock
from app.policy import calendar
from app.services.demo import tour
from app.store import time
from app.store.processes import NotFound

from ..desk.auth import keep
from ..shell import request as req
from ..shell.filters import tell

bp = Blueprint("tour", __name__)


@bp.get("/start")
def doors() -> str:
    with req.store().reading() as session:
        if not tour.stands(session):
            raise NotFound
        g.demo = {"today": calendar.local_date(time.now(session)), "may_advance": False}
    return render_template("demo/start.html", doors=list(tour.DOORS))


@bp.post("/start/<door>")
def enter(door: str) -> Response:
    """Through a door: signed in as its account."""
    req.check_open_form()
    with req.store().transaction() as session:
        token = tour.enter(session, door, clock.now())
    answer = make_response(redirect("/tour"))
    keep(answer, token)
    answer.delete_cookie(req.ACTING)
    return answer


@bp.get("/tour")
def show() -> Any:
    with req.reading() as context:
        door = tour.door_of(context.session, context.actor) if context.signed_in.demo else None
        if door is None:
            return redirect("/start" if context.signed_in.demo else "/")
        seen = tour.look(context, door)
        return render_template("demo/tour.html", door=door, seen=seen)


@bp.post("/tour/forgery")
def forge() -> Response:
    """One record is changed behind the program's back, or put right again: for the auditor of the demo to find."""
    with req.writing() as context:
        if not context.signed_in.demo or not context.county.may(context.actor, "inspect"):
            raise NotFound
        altered = tour.alter(context.session)
    flash(tell("demo.altered" if altered else "demo.put_right"), "warn" if altered else "ok")
    return make_response(redirect("/tour"))
