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
from .shell import request as req
from .shell.filters import tell
from .shell.request import PageContext

bp = Blueprint("rounds", __name__)


@bp.get("/rounds")
def listed() -> str:
    with req.reading() as context:
        if not visit_pages.may_read(context.actor, context.county):
            raise NotFound
        return render_template(
            "visits/rounds.html",
            rounds=visit_pages.listed(context),
            grids=bool(rounds.villages_for(context.actor, context.county)),
            command=req.new_command(),
            may_begin=context.county.may(context.actor, "begin_rounds"),
            campaigns=campaigns.listed(context.session, context.county),
            offers=own_cases.offers_of_runs(context),
            commands=req.new_command,
        )


@bp.post("/rounds")
def begin() -> Response:
    try:
        with req.writing() as context:
            req.command("round")
            rounds.begin_more(context)
    except Refused as error:
        flash(tell(error.code, **error.details), "bad")
    else:
        flash(tell("visits.began"), "ok")
    return make_response(redirect("/rounds"))


@bp.post("/campaigns")
def begin_campaign() -> Any:
    """A campaign of the whole county behind a door of its own; on to its first step, for whoever may do that."""
    door = req.words("door", 40)
    try:
        with req.writing() as context:
            done = own_cases.begin_run(context, door, req.command(f"campaign/{door}"))
            mine = [
                t for t in inbox.open_of_instance(context.session, done.instance) if context.actor.has(*t.roles.split(","))
            ]
    except Refused as error:
        flash(tell(error.code, **error.details), "bad")
        return redirect("/rounds")
    flash(tell("visits.began"), "ok")
    return redirect(f"/tasks/{mine[0].id}" if mine else "/rounds")


@bp.get("/campaigns/<int:ident>")
def campaign(ident: int) -> str:
    with req.reading() as context:
        return render_template("visits/campaign.html", **campaigns.one(context, ident))


@bp.get("/rounds/<key>")
def show(key: str) -> str:
    with req.reading() as context:
        made = visit_pages.context(
            context,
            key,
            req.asked("village", 12),
            req.asked("grid", 12),
            req.asked("status", 8),
            req.page_number(),
            req.asked("town", 12),
        )
        chosen = made["village"]["code"] if made["village"] else ""
        way = places.way(made.pop("seen"), chosen, req.asked("find", 40), f"/rounds/{key}?village=")
        return render_template("visits/round.html", **made, way=way)


@bp.get("/rounds/<key>/<int:household>")
def household(key: str, household: int) -> str:
    with req.reading() as context:
        page = _visit_page(context, key, household)
    req.seen(context, [household], "visit")
    return page


def _visit_page(context: PageContext, key: str, household: int) -> str:
    made = visit_pages.household(context, key, household)
    return render_template("visits/visit.html", **made, today=context.today.isoformat(), command=req.new_command())


@bp.post("/rounds/<key>/<int:household>")
def visited(key: str, household: int) -> Any:
    ticked = [s[:40] for s in request.form.getlist("sign")[:12]]
    result, words, outside = req.words("result", 10), req.words("words", 500), request.form.get("outside") == "yes"
    visited_on, _ = people.trial(lambda: req.day(req.words("visited_on", 10)))
    with req.writing() as context:
        command = req.command(f"visit/{key}/{household}")
        run = visit_pages.run_of(context.session, key)
        made = rounds.visit(
            context,
            run,
            household,
            result=result,
            ticked=ticked,
            outside=outside,
            words=words,
            visited_on=visited_on,
            command_id=command,
        )
        head = visit_pages.household(context, key, household)
    result = tell(f"visits.result.{result}")
    flash(tell("visits.saved_clues" if made else "visits.saved", head=head["head"], result=result, n=len(made)), "ok")
    return redirect(f"/rounds/{key}?village={head['village']}")


# --- grids --------------------------------------------------------------------------------------------------------------


@bp.get("/grids")
def grids() -> str:
    with req.reading() as context:
        return _grids_page(context, req.asked("village", 12))


def _grids_page(context: PageContext, village: str) -> str:
    made = visit_pages.grids(context, village)
    way = places.way(made.pop("seen"), made["village"]["code"], req.asked("find", 40), "/grids?village=")
    return render_template("visits/grids.html", **made, way=way, command=req.new_command())


@bp.post("/grids")
def add() -> Any:
    village, name = req.words("village", 12), req.words("name", 40)
    return _carry_out(
        village,
        lambda context: rounds.add_grid(context, village, name, req.number("official")) and "visits.grid_saved",
    )


@bp.post("/grids/<int:grid>/person")
def person(grid: int) -> Any:
    def act(context: PageContext) -> str:
        official, reason = req.number("official"), req.words("reason", 200)
        rounds.put_person(context, grid, official, reason)
        return "visits.grid_saved"

    return _carry_out(req.words("village", 12), act)


@bp.post("/grids/<int:grid>/households")
def households(grid: int) -> Any:
    wanted = [int(t) for t in request.form.getlist("household") if t.isascii() and t.isdigit() and len(t) < 16]

    def act(context: PageContext) -> str:
        rounds.put_households(context, grid, wanted)
        return "visits.households_saved"

    return _carry_out(req.words("village", 12), act, n=len(wanted))


def _carry_out(village: str, act: Any, **said: Any) -> Any:
    with req.writing() as context:
        req.command("grid")
        code = act(context)
    flash(tell(code, **said), "ok")
    return redirect(f"/grids?village={village}")
