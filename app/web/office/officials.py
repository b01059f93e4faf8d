"""Officials and posts: accounts by the system administrator, posts by the security administrator."""

import secrets
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request

from app import clock, forms
from app.labels import say
from app.policy import calendar
from app.services import places as service_places
from app.services.officials import accounts, posts, powers
from app.store import accounts as rows
from app.store import people as people_rows
from app.store import powers as power_rows
from app.store.processes import NotFound

from ..keeping import places
from ..shell import frame, marks
from ..shell import request as req
from ..shell.filters import tell
from ..shell.request import PageContext

bp = Blueprint("admin", __name__)
PAGE = 50


def _may(context: PageContext) -> None:
    if not (context.county.may(context.actor, "manage_accounts") or context.county.may(context.actor, "give_posts")):
        raise NotFound


@bp.get("/officials")
def listed() -> Any:
    with req.reading() as context:
        _may(context)
        return render_template("office/officials.html", **_context(context))


def _context(
    context: PageContext, *, fresh: dict[str, Any] | None = None, adding: dict[str, Any] | None = None
) -> dict[str, Any]:
    county = context.county
    query = req.asked("q", 40) if request.method == "GET" else adding["name"] if adding else ""
    page = req.page_number() if request.method == "GET" else 1
    there = [code for code, *_ in service_places.everything(county).find(query)[:200]]
    found, held = rows.listed(context.session, query, there, context.today, PAGE + 1, (page - 1) * PAGE)
    more, found = len(found) > PAGE, found[:PAGE]
    now = clock.now()
    shown = [
        {
            "id": o.id,
            "name": o.name,
            "username": o.username,
            "active": o.active,
            "locked_until": o.locked_until if o.locked_until and o.locked_until > now else None,
            "last_seen": calendar.local_date(o.last_seen) if o.last_seen else None,
            "posts": [
                {
                    "id": p.id,
                    "role": frame.role_name(county, p.role),
                    "place": frame.unit_name(county, p.org_unit),
                    "since": p.valid_from,
                    "until": p.valid_to,
                }
                for p in held.get(o.id, [])
            ],
        }
        for o in found
    ]
    link = f"/officials?q={query}&page="
    return {
        "officials": shown,
        "query": query,
        "pages": {
            "previous": f"{link}{page - 1}" if page > 1 else None,
            "next": f"{link}{page + 1}" if more else None,
            "said": "",
        }
        if page > 1 or more
        else None,
        "roles": [
            {"code": e.key, "name": str(e.value["title"]), "levels": list(e.value["levels"])}
            for e in county.entries.all("role", context.today)
        ],
        "units": _units(context),
        "adding": adding,
        "fresh": fresh,
        "command": req.new_command(),
        "can": {
            "manage": context.county.may(context.actor, "manage_accounts"),
            "assign": context.county.may(context.actor, "give_posts"),
        },
    }


def _units(context: PageContext) -> dict[str, Any]:
    """Where a post may be: found by typing."""
    listed = service_places.everything(context.county)
    value, options, finder = forms.searched(listed, req.words("unit", 24), *places.looked().get("unit", ("", "")))
    return {"chosen": value, "options": options, "finder": finder, "blank": forms.searched(listed, "")[2]}


@bp.post("/officials")
def create() -> Any:
    name, username = req.words("name", 60), req.words("username", 60)
    password, hashed = _new_password()
    with req.writing() as context:
        _may(context)
        posts.create(
            context,
            name=name,
            username=username or None,
            password=None,
            posts=[],
            hashed=hashed,
        )
    if not username:
        flash(tell("pages.official_created", name=name), "ok")
        return redirect("/officials")
    return _fresh(name, username, password)


def _new_password() -> tuple[str, str]:
    """(password, hash): only for who may give one, since hashing is dear; outside every writing transaction."""
    with req.reading() as context:
        if not context.county.may(context.actor, "manage_accounts"):
            raise NotFound
    password = secrets.token_urlsafe(9)
    return password, accounts.hash_password(password)


def _fresh(name: str, username: str, password: str) -> Any:
    """The first password is shown once, on a page that is not kept."""
    with req.reading() as context:
        fresh = {"name": name, "username": username, "password": password, "days": accounts.CODE_LASTS.days}
        return render_template("office/officials.html", **_context(context, fresh=fresh))


@bp.post("/officials/<int:official>/disable")
def disable(official: int) -> Any:
    with req.writing() as context:
        name = posts.disable(context, official)
    flash(tell("pages.official_disabled", name=name), "ok")
    return redirect(marks.came_from("/officials"))


@bp.post("/officials/<int:official>/enable")
def enable(official: int) -> Any:
    with req.writing() as context:
        given = posts.enable(context, official)
    _said(given, "pages.official_enabled", name=given.name)
    return redirect(marks.came_from("/officials"))


def _said(given: posts.Given, code: str, **args: object) -> None:
    """That it is done, or that a second person must confirm it."""
    flash(tell("pages.power_waits", name=given.name) if given.waits else tell(code, **args), "warn" if given.waits else "ok")


@bp.post("/officials/<int:official>/reset")
def reset(official: int) -> Any:
    password, hashed = _new_password()
    with req.writing() as context:
        command = req.command(f"reset/{official}")
        given = posts.reset_password(context, official, hashed, command)
    if given.waits:
        _said(given, "")
        return redirect(marks.came_from("/officials"))
    return _fresh(given.name, given.username or "", password)


@bp.post("/officials/<int:official>/posts")
def add_post(official: int) -> Any:
    role, unit = req.words("role", 40), req.words("unit", 24)
    if places.looks():
        with req.reading() as context:
            _may(context)
            name = people_rows.names(context.session, [official]).get(official, "")
            adding = {"official": official, "role": role, "name": name}
            return render_template("office/officials.html", **_context(context, adding=adding))
    with req.writing() as context:
        given = posts.add_post(context, official, role, unit)
        place, title = frame.unit_name(context.county, unit), frame.role_name(context.county, role)
    _said(given, "pages.post_added", name=given.name, place=place, role=title)
    return redirect(marks.came_from("/officials"))


@bp.post("/posts/<int:post>/end")
def end_post(post: int) -> Any:
    with req.writing() as context:
        name, role, unit = posts.end_post(context, post)
        place, title = frame.unit_name(context.county, unit), frame.role_name(context.county, role)
    flash(tell("pages.post_ended", name=name, place=place, role=title), "ok")
    return redirect(marks.came_from("/officials"))


# --- what needs two ----------------------------------------------------------------------------------------


@bp.get("/powers")
def asked() -> Any:
    with req.reading() as context:
        return render_template("office/powers.html", **_powers(context))


def _powers(context: PageContext, fresh: dict[str, Any] | None = None) -> dict[str, Any]:
    session, county = context.session, context.county
    if not powers.may_read(context.actor, county):
        raise NotFound
    found = power_rows.listed(session, powers.SHOWN)
    names = people_rows.names(session, [i for r in found for i in (r.asked_by, r.decided_by) if i])
    return {
        "powers": [
            {
                "id": r.id,
                "name": r.name,
                "asked_at": r.asked_at,
                "decided_at": r.decided_at,
                "what": _deed(context, r),
                "by": names.get(r.asked_by, "") if r.asked_by else say("powers.command_line"),
                "second": names.get(r.decided_by, ""),
                "status": say(f"powers.status.{_status(r, context)}"),
                "waits": _status(r, context) == power_rows.ASKED,
                "may": powers.refusal(context, r) is None,
                "mine": r.asked_by == context.actor.id,
            }
            for r in found
        ],
        "confirms": powers.may_confirm(context.actor, county),
        "fresh": fresh,
    }


def _deed(context: PageContext, row: Any) -> str:
    place, role = frame.unit_name(context.county, row.org_unit or ""), frame.role_name(context.county, row.role)
    return tell(f"powers.act.{row.deed}", place=place, role=role)


def _status(row: Any, context: PageContext) -> str:
    over = row.status == power_rows.ASKED and context.now - row.asked_at > powers.LASTS
    return "over" if over else str(row.status)


@bp.post("/powers/<int:ident>")
def decide(ident: int) -> Any:
    """The second person's word; a code that this gives is shown once, to who confirmed it."""
    act = req.words("act", 12)
    with req.reading() as context:
        row = power_rows.get(context.session, ident)
        if row is None or not powers.may_confirm(context.actor, context.county):
            raise NotFound
    password = secrets.token_urlsafe(9)
    hashed = accounts.hash_password(password) if row.deed == powers.RESET else ""
    with req.writing() as context:
        given = posts.decide(context, ident, act, hashed)
    if act == "allow" and row.deed == powers.RESET:
        with req.reading() as context:
            fresh = {"name": given.name, "username": given.username, "password": password, "days": accounts.CODE_LASTS.days}
            return render_template("office/powers.html", **_powers(context, fresh))
    back = row.asked_by == context.actor.id
    said = "pages.power_done" if act == "allow" else "pages.power_taken_back" if back else "pages.power_refused"
    flash(tell(said, name=given.name), "ok")
    return redirect("/powers")
