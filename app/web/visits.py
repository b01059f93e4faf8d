"""走访: rounds of visits with their lists, one visit on a phone, and the grids of a village."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request

from app.services import people
from app.services.cases import campaigns
from app.services.cases import own as own_cases
from app.services.people import Refused
from app.services.visits import pages as visit_pages
from app.services.visits import rounds
from app.store import inbox
from app.store.processes import NotFound

from .keeping import places
from .shell import request as visits
from .shell.filters import tell
from .shell.request import Visit

bp = Blueprint("rounds", __name__)


@bp.get("/rounds")
def listed() -> str:
    with visits.reading() as visit:
        if not visit_pages.may_read(visit.actor):
            raise NotFound
        return render_template(
            "visits/rounds.html",
            rounds=visit_pages.listed(visit.session, visit.actor, visit.county),
            grids=bool(rounds.villages_for(visit.actor, visit.county)),
            command=visits.new_command(),
            may_begin=visit.actor.has("county_officer", "county_leader"),
            campaigns=campaigns.listed(visit.session, visit.county),
            offers=own_cases.offers_of_runs(visit.session, visit.actor, visit.county),
            commands=visits.new_command,
        )


@bp.post("/rounds")
def begin() -> Response:
    try:
        with visits.writing() as visit:
            visits.command("round")
            rounds.begin_more(visit.session, visit.actor, visit.county, visit.now)
    except Refused as error:
        flash(tell(error.code, **error.details), "bad")
    else:
        flash(tell("lookback.began"), "ok")
    return make_response(redirect("/rounds"))


@bp.post("/campaigns")
def begin_campaign() -> Any:
    """A campaign of the whole county behind a door of its own; on to its first step, for whoever may do that."""
    door = visits.words("door", 40)
    try:
        with visits.writing() as visit:
            done = own_cases.begin_run(visit.session, visit.actor, door, visit.now, visits.command(f"campaign/{door}"))
            mine = [t for t in inbox.open_of_instance(visit.session, done.instance) if visit.actor.has(*t.roles.split(","))]
    except Refused as error:
        flash(tell(error.code, **error.details), "bad")
        return redirect("/rounds")
    flash(tell("lookback.began"), "ok")
    return redirect(f"/tasks/{mine[0].id}" if mine else "/rounds")


@bp.get("/campaigns/<int:ident>")
def campaign(ident: int) -> str:
    with visits.reading() as visit:
        return render_template(
            "visits/campaign.html", **campaigns.one(visit.session, visit.actor, visit.county, ident, visit.now)
        )


@bp.get("/rounds/<key>")
def show(key: str) -> str:
    with visits.reading() as visit:
        made = visit_pages.context(
            visit.session,
            visit.actor,
            visit.county,
            key,
            visits.asked("village", 12),
            visits.asked("grid", 12),
            visits.asked("status", 8),
            visits.page_number(),
            visit.now,
            visits.asked("town", 12),
        )
        chosen = made["village"]["code"] if made["village"] else ""
        way = places.way(made.pop("seen"), chosen, visits.asked("find", 40), f"/rounds/{key}?village=")
        return render_template("visits/round.html", **made, way=way)


@bp.get("/rounds/<key>/<int:household>")
def household(key: str, household: int) -> str:
    with visits.reading() as visit:
        page = _visit_page(visit, key, household)
    visits.seen(visit, [household], "visit")
    return page


def _visit_page(visit: Visit, key: str, household: int) -> str:
    made = visit_pages.household(visit.session, visit.actor, visit.county, key, household)
    return render_template("visits/visit.html", **made, today=visit.today.isoformat(), command=visits.new_command())


@bp.post("/rounds/<key>/<int:household>")
def visited(key: str, household: int) -> Any:
    ticked = [s[:40] for s in request.form.getlist("sign")[:12]]
    result, words, outside = visits.words("result", 10), visits.words("words", 500), request.form.get("outside") == "yes"
    visited_on, _ = people.trial(lambda: visits.day(visits.words("visited_on", 10)))
    with visits.writing() as visit:
        command = visits.command(f"visit/{key}/{household}")
        run = visit_pages.run_of(visit.session, key)
        made = rounds.visit(
            visit.session,
            visit.actor,
            visit.county,
            run,
            household,
            result=result,
            ticked=ticked,
            outside=outside,
            words=words,
            visited_on=visited_on,
            command_id=command,
            now=visit.now,
        )
        head = visit_pages.household(visit.session, visit.actor, visit.county, key, household)
    result = tell(f"lookback.result.{result}")
    flash(tell("lookback.saved_clues" if made else "lookback.saved", head=head["head"], result=result, n=len(made)), "ok")
    return redirect(f"/rounds/{key}?village={head['village']}")


# --- grids --------------------------------------------------------------------------------------------------------------


@bp.get("/grids")
def grids() -> str:
    with visits.reading() as visit:
        return _grids_page(visit, visits.asked("village", 12))


def _grids_page(visit: Visit, village: str) -> str:
    made = visit_pages.grids(visit.session, visit.actor, visit.county, village)
    way = places.way(made.pop("seen"), made["village"]["code"], visits.asked("find", 40), "/grids?village=")
    return render_template("visits/grids.html", **made, way=way, command=visits.new_command())


@bp.post("/grids")
def add() -> Any:
    village, name = visits.words("village", 12), visits.words("name", 40)
    return _carry_out(
        village,
        lambda visit: (
            rounds.add_grid(visit.session, visit.actor, visit.county, village, name, visits.number("official"), visit.now)
            and "lookback.grid_saved"
        ),
    )


@bp.post("/grids/<int:grid>/person")
def person(grid: int) -> Any:
    def act(visit: Visit) -> str:
        official, reason = visits.number("official"), visits.words("reason", 200)
        rounds.put_person(visit.session, visit.actor, visit.county, grid, official, reason, visit.now)
        return "lookback.grid_saved"

    return _carry_out(visits.words("village", 12), act)


@bp.post("/grids/<int:grid>/households")
def households(grid: int) -> Any:
    wanted = [int(t) for t in request.form.getlist("household") if t.isascii() and t.isdigit() and len(t) < 16]

    def act(visit: Visit) -> str:
        rounds.put_households(visit.session, visit.actor, visit.county, grid, wanted, visit.now)
        return "lookback.households_saved"

    return _carry_out(visits.words("village", 12), act, n=len(wanted))


def _carry_out(village: str, act: Any, **said: Any) -> Any:
    with visits.writing() as visit:
        visits.command("grid")
        code = act(visit)
    flash(tell(code, **said), "ok")
    return redirect(f"/grids?village={village}")
