"""What every page has around it: who I am, where I may go, the demo clock."""

import re
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, render_template, request

from app.labels import say
from app.policy.jurisdiction import Assignment
from app.services.clues import pages as clue_pages
from app.services.lists.batches import kinds_for
from app.services.officials import powers
from app.services.officials.accounts import Post
from app.services.people import Actor, County
from app.services.scale import pages as scale_pages
from app.services.subjects.table import SUBJECTS
from app.services.visits import pages as visit_pages

from .request import PageContext, csrf_token

LARGE = "sw_large"
"""The cookie of a browser that wants large type."""


def may_see_households(actor: Actor, county: County) -> bool:
    """Whether any of this person's roles opens households at all."""
    return any(
        county.role(a.role).get("reads_all")
        or (county.role(a.role).get("sees") and not county.role(a.role).get("no_household_data"))
        for a in actor.assignments
    )


def places(actor: Actor, county: County) -> list[tuple[str, str, str]]:
    """(href, code of the label, icon) of what this person may open from the rail."""
    found = []
    if county.may(actor, "have_inbox"):
        found.append(("/", "pages.nav.inbox", "inbox"))
    if may_see_households(actor, county):
        found.append(("/cases", "pages.nav.households", "people"))
    if kinds_for(actor, county):
        found.append(("/lists", "pages.nav.lists", "card-checklist"))
    if may_see_clues(actor, county):
        found.append(("/clues", "pages.nav.clues", "flag"))
    if county.may(actor, "read_months") or county.may(actor, "send_department_files"):
        found.append(("/months", "pages.nav.months", "calendar-event"))
    if visit_pages.may_read(actor, county):
        found.append(("/rounds", "pages.nav.rounds", "house-door"))
    if county.may(actor, "enter_incomes"):
        found.append(("/incomes", "pages.nav.incomes", "pencil"))
    if scale_pages.may_read(actor, county):
        found.append(("/scale", "pages.nav.scale", "graph-up"))
    if county.may(actor, "register_applications"):
        found.append(("/applications/new", "pages.nav.apply", "plus-lg"))
    if county.may(actor, "retry_incidents"):
        found.append(("/incidents", "pages.nav.incidents", "exclamation-triangle"))
    if county.may(actor, "manage_accounts") or county.may(actor, "give_posts"):
        found.append(("/officials", "pages.nav.officials", "person-circle"))
    if county.may(actor, "verify_record"):
        found.append(("/audit", "pages.nav.audit", "shield-check"))
    if powers.may_read(actor, county):
        found.append(("/powers", "pages.nav.powers", "people"))
    if county.may(actor, "read_procedures"):
        found.append(("/diagrams", "pages.nav.diagrams", "diagram-3"))
    return found


def may_see_clues(actor: Actor, county: County) -> bool:
    return may_see_households(actor, county) or clue_pages.may_send(actor, county)


def subject_page(kind: str, ident: int) -> str | None:
    """The page of what a procedure is about."""
    page = SUBJECTS[kind].page
    return f"/{page}/{ident}" if page else None


def unit_name(county: County, unit: str) -> str:
    found = county.units.get(unit)
    return found.name if found else unit


def role_name(county: County, role: str | None) -> str:
    return str(county.role(role).get("title", role)) if role else ""


def post_name(county: County, unit: str, role: str) -> str:
    return say("pages.post", place=unit_name(county, unit), role=role_name(county, role))


def reason_page(action: str, place: str, error: str | None, text: str, *, many: bool = False) -> str:
    """The page that asks why somebody looks, before they may. `many`: at a list of households."""
    common = [say(f"pages.reason.{n}") for n in (1, 2, 3)]
    context = {"action": action, "place": place, "error": error, "text": text, "common": common, "many": many}
    return render_template("cases/case_reason.html", **context)


def _title(county: County, post: Post) -> str:
    """The post in words: of a substitute, in whose place it is held."""
    role = role_name(county, post.role)
    return say("pages.for_role", absent=post.absent, role=role) if post.for_whom is not None else role


def absent_of(context: PageContext, held: Assignment | None) -> str:
    """For whom this person stands in where this post is used; empty where it is their own."""
    if held is None or held.for_whom is None:
        return ""
    return next((p.absent for p in context.signed_in.posts if p.for_whom == held.for_whom), "")


def begin(app: Flask) -> None:
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.context_processor(_frame)


def _frame() -> dict[str, Any]:
    context: PageContext | None = g.get("context")
    if context is None:
        empty = {"me": None, "nav": [], "demo": g.get("demo"), "feedback_url": None, "now": None}
        return {**empty, "unread": 0, "large": _large()}
    actor, county, posts = context.actor, context.county, context.signed_in.posts
    first = posts[0] if posts else None
    me = {
        "name": actor.name,
        "role": _title(county, first) if first else say("pages.no_post"),
        "place": unit_name(county, first.unit) if first else "",
        "absent": list(dict.fromkeys(p.absent for p in posts if p.absent and p is not first)),
        "assignments": [
            {
                "id": p.id,
                "label": say("pages.post", place=unit_name(county, p.unit), role=_title(county, p)),
                "current": p is first,
            }
            for p in sorted(posts, key=lambda p: p.id)
        ],
    }
    path = request.path
    nav = [
        {
            "href": href,
            "label": say(code),
            "icon": icon,
            "count": g.get("waiting") if href == "/" else None,
            "current": path == href or (href != "/" and path.startswith(href)),
        }
        for href, code, icon in places(actor, county)
    ]
    if context.signed_in.must_change:
        nav = []
    demo = {"today": county.on, "may_advance": not county.may(actor, "inspect")} if context.signed_in.demo else None
    page = re.sub("<[^>]+>", "*", request.url_rule.rule) if request.url_rule else "/"
    report = "/feedback?" + urlencode({"from": page}) if nav else None
    return {
        "me": me,
        "nav": nav,
        "demo": demo,
        "feedback_url": report,
        "now": context.now,
        "unread": context.signed_in.told,
        "large": _large(),
    }


def _large() -> bool:
    return request.cookies.get(LARGE) == "1"


def home(actor: Actor, county: County) -> str:
    """Where this person's day begins: administrators have no inbox."""
    found = [href for href, _, _ in places(actor, county)]
    return found[0] if found and "/" not in found else "/"
