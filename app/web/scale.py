"""规模性风险: map and series, one study, and the figures that departments give each month."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request

from app.policy.months import before, month_of
from app.services import places as service_places
from app.services.files import tables
from app.services.files.figures import Change, Overwrites
from app.services.history import signals
from app.services.people import Refused
from app.services.places import Places
from app.services.scale import indicators, watch
from app.services.scale import pages as scale_pages
from app.store.processes import NotFound

from .keeping import places
from .shell import files
from .shell import request as req
from .shell.filters import tell
from .shell.request import PageContext
from .shell.served import attachment

bp = Blueprint("scale", __name__)
MONTHS = 6
"""How many months back figures may be typed on the page; older ones come as a file."""


@bp.get("/scale")
def overview() -> str:
    with req.reading() as context:
        if not scale_pages.may_read(context.actor, context.county):
            raise NotFound
        span = req.asked("span", 3)
        made = scale_pages.overview(
            context,
            req.asked("family", 24),
            int(span) if span.isdigit() else 1,
            req.asked("town", 24),
        )
        chosen = next((f["key"] for f in made["families"] if f["current"]), "")
        listed = service_places.towns(context.county).only(set(scale_pages.towns_of(context.actor, context.county)))
        way = places.way(listed, "", req.asked("find", 40), f"/scale?family={chosen}&span={span}&town=")
        gives = bool(watch.indicators_of(context.actor, context.county))
        return render_template("scale/scale.html", **made, way=way, gives=gives)


@bp.get("/scale/<int:ident>")
def study(ident: int) -> str:
    with req.reading() as context:
        return render_template("scale/study.html", **scale_pages.context(context, ident))


# --- figures of a month ---------------------------------------------------------------------------------------------------


def _months(context: PageContext) -> list[str]:
    last = month_of(context.today)
    return [before(last, n) for n in range(MONTHS)]


def _places(context: PageContext) -> Places:
    """Towns that figures are given for."""
    towns = {
        u for one in watch.indicators_of(context.actor, context.county).values() for u in watch.places_of(context.county, one)
    }
    return service_places.towns(context.county).only(towns)


def _number() -> int:
    """The page asked for, or the one on which it was typed."""
    typed = request.form.get("page", "")
    return max(1, int(typed)) if typed.isascii() and typed.isdigit() and len(typed) < 4 else req.page_number()


def _page(
    context: PageContext,
    month: str,
    given: dict[str, str] | None = None,
    wrong: dict[str, Refused] | None = None,
    *,
    over: Sequence[Change] = (),
    again: dict[str, str] | None = None,
    file: Any = None,
) -> str:
    if not watch.indicators_of(context.actor, context.county):
        raise NotFound
    last = indicators.pages(context.actor, context.county)
    asked = req.asked("at", 24)
    number = indicators.page_of(context.actor, context.county, asked) if asked else min(_number(), last)
    if wrong and (first := next((name for name in wrong if "/" in name), None)):
        number = indicators.page_of(context.actor, context.county, first.partition("/")[2])
    cells = indicators.cells(context, month, number)
    for one in cells:
        for at in one["places"]:
            name = f"{one['key']}/{at['code']}"
            error = (wrong or {}).get(name)
            at |= {
                "name_of": name,
                "shown": (given or {}).get(name, at["now"]),
                "wrong": tell(error.code, **error.details) if error else None,
            }
    page = (wrong or {}).get("")
    return render_template(
        "scale/indicators.html",
        cells=cells,
        month=month,
        months=_months(context),
        before=signals.month(before(month)),
        title=signals.month(month),
        command=req.new_command(),
        wrong=tell(page.code, **page.details) if page else None,
        errors=len(wrong or {}),
        page=number,
        last=last,
        changes=indicators.changes(context.county, over),
        again=again or {},
        file=file,
        way=places.way(_places(context), "", req.asked("find", 40), f"/indicators?month={month}&at="),
    )


@bp.get("/indicators")
def figures() -> str:
    with req.reading() as context:
        asked = req.asked("month", 7)
        months = _months(context)
        return _page(context, asked if asked in months else months[1])


@bp.get("/indicators/<month>.xlsx")
def template(month: str) -> Response:
    with req.reading() as context:
        if not watch.indicators_of(context.actor, context.county):
            raise NotFound
        try:
            content = indicators.workbook(context.actor, context.county, indicators.month_named(month))
        except Refused:
            raise NotFound from None
    return attachment(content, f"indicators-{month}.xlsx")


@bp.post("/indicators")
def save() -> Any:
    """What was typed, or a file: all of it or nothing; what was typed is shown again with what is wrong."""
    content, wanted = files.content(), files.wanted()
    month, reason = req.words("month", 7), req.words("change_reason", 200)
    given = {k: v[:40] for k, v in request.form.items() if k.count("/") == 1}
    again = {k: v[:40] for k, v in request.form.items() if k.count("/") == 2}  # a file's figures, shown and confirmed
    wrong: dict[str, Refused] = {}
    asked: dict[str, Any] = {}
    try:
        found: dict[str, Any] = {}
        if content or again:  # read before anything is locked
            with req.reading() as context:
                if not watch.indicators_of(context.actor, context.county):
                    raise NotFound
            found = (
                indicators.read(context.actor, context.county, content, wanted)
                if content
                else indicators.of_fields(context.actor, context.county, again)
            )
            again = indicators.as_fields(context.county, found)
        with req.writing() as context:
            command = req.command("indicators")
            if not watch.indicators_of(context.actor, context.county):
                raise NotFound
            if month not in _months(context) and not content and not again:
                raise Refused("scale.no_month")
            if content or again:
                done = indicators.enter_file(context, found, command, reason)
                month = max(found, default=month)
            else:
                values, wrong = indicators.typed(context.actor, context.county, given)
                done = 0 if wrong else watch.enter(context, month, values, command, reason)
    except Overwrites as error:
        wrong[""] = error
        asked = {"over": error.changes, "again": again}
    except tables.Unasked as error:
        wrong[""] = error
        asked = {"file": tables.shown(error.read, wanted)}
    except Refused as error:
        wrong[""] = error
    if wrong:
        with req.reading() as context:
            chosen = month if month in _months(context) else _months(context)[1]
            return make_response(_page(context, chosen, given, wrong, **asked), 422)
    flash(tell("scale.saved" if done else "scale.same", month=signals.month(month), n=done), "ok")
    return redirect(f"/indicators?month={month}")
