"""The public web copy of a notice: masked, by an address nobody can guess, gone after the period. No sign-in."""

from typing import Any

from flask import Blueprint, Response, g, make_response, render_template

from app.labels.papers import COMPOUND_SURNAMES
from app.papers import masked_name
from app.policy import calendar
from app.services import papers, people
from app.services.people import SYSTEM
from app.store import cases as case_rows
from app.store import time

from ..shell import request as req

bp = Blueprint("notices", __name__)


@bp.get("/public/notices/<token>")
def public(token: str) -> Response:
    """404 with the same page for what is over, void or never was."""
    context: dict[str, Any] = {"gone": True, "notice": None, "households": [], "demo": None}
    if len(token) == 32 and token.isalnum():
        with req.store().reading() as session:
            now = time.now(session)
            today = calendar.local_date(now)
            county = people.county_on(session, today)
            if time.offset(session) is not None:
                g.demo = context["demo"] = {"today": today, "may_advance": False}
            row = case_rows.notice_by_token(session, token, today)
            case = case_rows.get(session, row.case_id) if row is not None else None
            if row is not None and case is not None and row.posted_on <= today:
                file = papers.open_file(session, case, county)
                made = papers.values(file, "notice_entry", SYSTEM, now)
                sheet = made["rows"][0]
                context |= {
                    "gone": False,
                    "notice": {
                        "title": made["title"],
                        "village": made["village"],
                        "town": file.unit("town"),
                        "reviewed_on": made["meeting_on"],
                        "posted_on": row.posted_on,
                        "ends_on": row.ends_on,
                        "days": (row.ends_on - row.posted_on).days,
                        "objections_to": made["objection_where"],
                        "phone": made["objection_phone"],
                    },
                    "households": [
                        {
                            "masked": masked_name(sheet["head_name"], COMPOUND_SURNAMES),
                            "group": sheet["group"],
                            "size": sheet["people"],
                            "category": file.words.title("category", sheet["category"]),
                        }
                    ],
                }
    answer = make_response(render_template("cases/web_notice.html", **context), 404 if context["gone"] else 200)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/robots.txt")
def robots() -> Response:
    return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")
