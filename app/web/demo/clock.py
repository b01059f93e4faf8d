"""The demo's clock: moved forward by a button, then what falls due is done. There is no such thing in service."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, request

from app.policy import calendar
from app.services.work import timers
from app.store import time
from app.store.processes import NotFound

from ..shell import request as req
from ..shell.filters import tell

bp = Blueprint("clock", __name__)


@bp.post("/clock")
def advance() -> Any:
    days = req.number("days")
    with req.writing() as context:
        if not context.signed_in.demo or not 1 <= days <= 31 or context.county.may(context.actor, "inspect"):
            raise NotFound
        now = time.now(context.session) + timedelta(days=days)
        time.set_demo_moment(context.session, now)
    timers.fire_due(req.store(), now, limit=2_000)
    flash(tell("pages.clock_moved", today=calendar.local_date(now)), "ok")
    back = request.headers.get("Referer", "")
    path = "/" + back.partition("://")[2].partition("/")[2] if back.startswith(request.host_url) else "/"
    return redirect(path)
