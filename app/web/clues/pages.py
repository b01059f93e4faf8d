"""风险线索: what was found in my area, what I sent and what came of it, entering one by hand, and debts of procedure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request

from app import forms
from app.forms.model import CodedMessage
from app.services import doors
from app.services.clues import pages as clue_pages
from app.services.clues import receiving, submissions
from app.services.clues.pages import TABS
from app.services.history import readings
from app.services.household import knowledge
from app.services.people import Refused
from app.store import clues as rows
from app.store.processes import NotFound

from ..cases.applications import day_error, earliest_day
from ..desk.tasks import submitted
from ..keeping import places
from ..shell import frame
from ..shell import request as req
from ..shell.filters import tell
from ..shell.request import PageContext

bp = Blueprint("clues", __name__)
PAGE = 50
FORM = "report_clue"
STATUS = {"open": ("open",), "watching": ("watching",), "done": ("entered", "excluded", "duplicate", "forwarded"), "sent": ()}


@bp.get("/clues")
def listed() -> str:
    with req.reading() as context:
        units = clue_pages.clues_seen(context.actor, context.county)
        mine = clue_pages.may_send(context.actor, context.county)
        if not mine and units is not None and not units:
            raise NotFound
        tab = req.asked("tab", 10)
        tabs = [t for t in TABS if t == "sent" or units is None or units]
        if tab not in tabs:
            tab = tabs[0]
        grade = req.asked("grade", 8)
        page = req.page_number()
        found = _rows(context, units, tab, grade, page)
        session, actor, county = context.session, context.actor, context.county
        counted = rows.counts(session, units) if tab != "sent" and (units is None or units) else {}
        totals = {t: clue_pages.tab_count(counted, STATUS[t]) for t in tabs if counted and t != "sent"}
        chips = clue_pages.grades(counted, STATUS[tab]) if tab == "open" else []
        return render_template(
            "clues/clues.html",
            tab=tab,
            tabs=[{"code": t, "count": totals.get(t)} for t in tabs],
            clues=[clue_pages.line(context, row, row.head_name) for row in found[:PAGE]],
            grades=[{"code": g, "count": n} for g, n in chips if n],
            grade=grade,
            previous=_link(tab, grade, page - 1) if page > 1 else None,
            next=_link(tab, grade, page + 1) if len(found) > PAGE else None,
            debts=clue_pages.debts(session, county, units, context.today) if tab == "open" else [],
            can_report=bool(receiving.channels_of(actor, county)),
            can_give=context.county.may(actor, "read_leaflets"),
        )


def _rows(context: PageContext, units: Any, tab: str, grade: str, page: int) -> Any:
    common: dict[str, Any] = {"grade": grade, "limit": PAGE + 1, "offset": (page - 1) * PAGE}
    if tab == "sent":
        held = tuple(a.unit for a in context.actor.assignments if a.role in context.county.who_may("send_department_files"))
        return rows.page(context.session, sender=context.actor.id, sender_units=held, **common)
    return rows.page(context.session, units=units, status=STATUS[tab], **common)


def _link(tab: str, grade: str, page: int) -> str:
    wanted = {"tab": tab, "grade": grade, "page": str(page) if page > 1 else ""}
    return "/clues?" + urlencode({k: v for k, v in wanted.items() if v})


@bp.get("/clues/<int:clue>")
def show(clue: int) -> str:
    with req.reading() as context:
        seen = receiving.visible(context, clue)
        if _asks_reason(context, seen):
            if not seen.sent:
                return _reason_page(context, seen)
            seen = replace(seen, area=False)  # what they sent and what came of it needs no reason, the household does
        page = render_template("clues/clue.html", **clue_pages.context(context, seen))
        household = seen.row.household if seen.area else None
    if household is not None:
        req.seen(context, [household], "clue")
    return page


def _asks_reason(context: PageContext, seen: receiving.Seen) -> bool:
    row = seen.row
    return row.household is not None and seen.area and readings.asks_reason(context, row.household, row.org_unit or "")


def _reason_page(context: PageContext, seen: receiving.Seen, error: str | None = None, text: str = "") -> str:
    return frame.reason_page(
        f"/clues/{seen.row.id}/reason", knowledge.place_of(context.county, seen.row.org_unit or ""), error, text
    )


@bp.post("/clues/<int:clue>/reason")
def give_reason(clue: int) -> Any:
    reason = req.words("reason", 200)
    try:
        with req.writing() as context:
            seen = receiving.visible(context, clue)
            if seen.row.household is None or not seen.area:
                raise NotFound
            readings.record(context, seen.row.household, "reason", reason)
    except Refused as error:
        with req.reading() as context:
            seen = receiving.visible(context, clue)
            return make_response(_reason_page(context, seen, tell(error.code), reason), 422)
    return redirect(f"/clues/{clue}")


# --- entering one ----------------------------------------------------------------------------------------------


@bp.get("/clues/new")
def new() -> str:
    with req.reading() as context:
        return render_template("clues/clue_new.html", **_context(context))


@bp.post("/clues/new")
def report() -> Any:
    content = submitted()
    channel, source, found_on = req.words("_channel", 20), req.words("_source", 24), req.words("_found_on", 10)
    with req.reading() as context:
        form = doors.latest(context.session, doors.CLUE, context.today).forms[FORM]
        choices = {"places": receiving.places_for(context.actor, context.county)}
        page_errors = _page_errors(context, channel, source, found_on)
    cleaned = forms.clean(form, content, None, choices=choices, today=context.today)
    if places.looks():
        return _again(cleaned.raw, {}, {}, 200)
    if not cleaned.ok or page_errors:
        return _again(cleaned.raw, cleaned.errors, page_errors)
    try:
        with req.writing() as context:
            command = req.command("clue")
            if channel not in receiving.channels_of(context.actor, context.county):
                raise NotFound
            made = receiving.receive(
                context,
                submissions.report_of(
                    cleaned.values,
                    channel,
                    date.fromisoformat(found_on),
                    source=source or None,
                    sender_unit=receiving.sending_unit(context.actor, context.county, channel),
                    demo=context.signed_in.demo,
                ),
                command,
            )
    except Refused as error:
        return _again(cleaned.raw, {"": (error.code, error.details)}, {})
    if made.joined is not None:
        flash(tell("clues.joined", number=made.joined), "ok")
    else:
        flash(tell("clues.received", number=made.clue), "ok")
    return redirect(f"/clues/{made.clue}")


def _page_errors(context: PageContext, channel: str, source: str, found_on: str) -> dict[str, str]:
    found = {}
    if channel not in receiving.channels_of(context.actor, context.county):
        found["channel"] = tell("clues.no_channel")
    if channel == "hotline" and source not in dict(clue_pages.sources(context.county, channel)):
        found["source"] = tell("pages.channel_needed")
    return found | day_error(context, "found_on", found_on)


def _again(
    raw: Mapping[str, Any], errors: Mapping[str, CodedMessage], page_errors: dict[str, str], status: int = 422
) -> Response:
    with req.reading() as context:
        page = render_template("clues/clue_new.html", **_context(context, raw, errors, page_errors))
    return make_response(page, status)


def _context(
    context: PageContext,
    raw: Mapping[str, Any] | None = None,
    errors: Mapping[str, CodedMessage] | None = None,
    page_errors: dict[str, str] | None = None,
) -> dict[str, Any]:
    channels = receiving.channels_of(context.actor, context.county)
    if not channels:
        raise NotFound
    bundle = doors.latest(context.session, doors.CLUE, context.today)
    near = receiving.places_for(context.actor, context.county)
    if raw is None and len(near) == 1:
        raw = {"place": near[0][0]}
    posted = request.method == "POST"
    chosen = req.words("_channel", 20) if posted else channels[0]
    sources = [s for c in channels for s in clue_pages.sources(context.county, c)]
    return {
        "command": request.form.get("_command", "")[:64] or req.new_command(),
        "channels": [
            {"code": c, "name": clue_pages.channel_name(context.county, c), "current": c == chosen} for c in channels
        ],
        "sources": [
            {"code": code, "name": name, "current": posted and code == req.words("_source", 24)} for code, name in sources
        ],
        "found_on": req.words("_found_on", 10) if posted else context.today.isoformat(),
        "earliest": earliest_day(context).isoformat(),
        "today": context.today.isoformat(),
        "form": bundle.forms[FORM],
        "cells": forms.draw(bundle.forms[FORM], raw, errors, choices={"places": near}, looked=places.looked()),
        "errors": dict(errors or {}),
        "page_errors": page_errors or {},
        "can_search": frame.may_see_households(context.actor, context.county),
    }
