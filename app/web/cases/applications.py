"""A new application: clue, case and instance are made and the first step completed, in one transaction."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from app import forms
from app.forms.model import CodedMessage
from app.policy import calendar
from app.policy import parameters as params
from app.services import doors
from app.services.cases import applications
from app.services.operations import entering
from app.services.people import Refused
from app.services.work.tasks import FormErrors
from app.store.processes import NotFound

from ..desk.tasks import submitted
from ..keeping import forms as keeping
from ..keeping import places
from ..shell import request as req
from ..shell.filters import tell
from ..shell.request import PageContext

bp = Blueprint("applications", __name__)
AT_WINDOW, IN_FIELD = ("self", "hotline", "grassroots"), ("visit", "self", "grassroots", "hotline", "platform")


def _may(context: PageContext) -> None:
    if not context.county.may(context.actor, "register_applications"):
        raise NotFound


@bp.get("/applications/new")
def new() -> str:
    with req.reading() as context:
        _may(context)
        return render_template("cases/new_application.html", **_context(context))


@bp.post("/applications/new")
def register() -> Any:
    content = submitted()
    channel, clue_on = req.words("_channel", 20), req.words("_clue_on", 10)
    added = {name.removeprefix("_add_"): 2 for name in request.form if name.startswith("_add_")}
    looks = places.looks()
    try:
        with req.writing() as context:
            _may(context)
            command = req.command("register")
            page_errors = _page_errors(context, channel, clue_on)
            if page_errors and not added and not looks:
                cleaned = applications.application(context, content)
            elif not added and not looks:
                done = applications.open_application(
                    context,
                    content,
                    channel=channel,
                    found_on=date.fromisoformat(clue_on),
                    command_id=command,
                    demo=context.signed_in.demo,
                )
                limit = params.number(context.county.entries, "case_limit_days", date.fromisoformat(clue_on))
    except FormErrors as error:
        return _again(error.cleaned.raw, error.cleaned.errors, {})
    except Refused as error:
        return _again(None, {"": (error.code, error.details)}, {})
    if added:
        keeping.again()
    if added or looks:
        return _again(None, {}, {}, added, 200)
    if page_errors:
        return _again(cleaned.raw, cleaned.errors, page_errors)
    ends = calendar.add_days(date.fromisoformat(clue_on), limit)
    flash(tell("pages.registered", clue_on=date.fromisoformat(clue_on), ends_on=ends), "ok")
    return redirect(url_for("cases.show", case_id=done.case_id))


def _page_errors(context: PageContext, channel: str, clue_on: str) -> dict[str, str]:
    found = {}
    if channel not in dict(_channels(context)):
        found["channel"] = tell("pages.channel_needed")
    return found | day_error(context, "clue_on", clue_on)


def earliest_day(context: PageContext) -> date:
    """How far back a clue's date may lie when it is registered on a page."""
    days = params.number_since(context.county.entries, "clue_found_days_back", context.today, 60)
    return context.today - timedelta(days=days)


def day_error(context: PageContext, name: str, typed: str) -> dict[str, str]:
    """What is wrong with the day on which something was found: {name: sentence}, or nothing."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return {name: tell("pages.found_needed")}
    if day > context.today:
        return {name: tell("pages.found_in_future")}
    earliest = earliest_day(context)
    return {name: tell("pages.found_too_early", earliest=earliest)} if day < earliest else {}


def _channels(context: PageContext) -> list[tuple[str, str]]:
    made = doors.latest(context.session, doors.APPLICATION, context.today)
    only = AT_WINDOW if not context.county.may(context.actor, "register_in_field") else IN_FIELD
    options: Any = made.codes["$defs"]
    return [(o["const"], o["title"]) for o in options["channel"]["oneOf"] if o["const"] in only]


def _again(
    raw: Mapping[str, Any] | None,
    errors: Mapping[str, CodedMessage],
    page_errors: dict[str, str],
    extra: Mapping[str, int] | None = None,
    status: int = 422,
) -> Response:
    with req.reading() as context:
        shown = _context(context, raw, errors, page_errors, extra)
        return make_response(render_template("cases/new_application.html", **shown), status)


def _context(
    context: PageContext,
    raw: Mapping[str, Any] | None = None,
    errors: Mapping[str, CodedMessage] | None = None,
    page_errors: dict[str, str] | None = None,
    extra: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    made = doors.latest(context.session, doors.APPLICATION, context.today)
    first = entering.first_of(made)
    form, element = made.forms[first], made.definition.elements[first]
    villages = applications.registering_villages(context.actor, element.roles, context.county)
    if raw is None and request.method == "POST":
        raw = forms.clean(form, submitted(), None, choices={"villages": villages}).raw
    if raw is None and len(villages) == 1:
        raw = {"village": villages[0][0]}
    twin = next((m for m in (errors or {}).values() if m[0] in ("cases.person_elsewhere", "cases.already_open")), None)
    channels = _channels(context)
    chosen = req.words("_channel", 20) if request.method == "POST" else channels[0][0]
    return {
        "command": request.form.get("_command", "")[:64] or req.new_command(),
        "channels": [{"code": code, "name": name, "current": code == chosen} for code, name in channels],
        "clue_on": req.words("_clue_on", 10) if request.method == "POST" else context.today.isoformat(),
        "clue_earliest": earliest_day(context).isoformat(),
        "today": context.today.isoformat(),
        "form": form,
        "cells": forms.draw(form, raw, errors, choices={"villages": villages}, extra=extra, looked=places.looked()),
        "errors": dict(errors or {}),
        "page_errors": page_errors or {},
        "limit_days": params.number(context.county.entries, "case_limit_days", context.today),
        "twin": {"sentence": tell(twin[0], **twin[1]), "case_id": None} if twin else None,
    }
