"""Papers: scanned pages as they were uploaded, and sheets, letters and minutes drawn from the record."""

import io
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, send_file

from app.crypto import SUITES
from app.labels import say
from app.services import doors, papers
from app.services.cases import applications
from app.services.lists import batches
from app.services.lists import papers as list_papers
from app.services.people import Refused
from app.store import cases as case_rows
from app.store import inbox, record
from app.store.processes import NotFound
from app.store.rows import Case

from ..shell import request as req
from ..shell.filters import tell
from ..shell.served import attachment
from .pages import gate

bp = Blueprint("papers", __name__)


@bp.get("/papers/<int:paper>")
def scan(paper: int) -> Response:
    """An uploaded page, to those who may open its household; a page not yet bound, to who uploaded it."""
    with req.reading() as context:
        row = case_rows.paper(context.session, paper)
        if row is None:
            raise NotFound
        household = None
        if row.batch is not None:
            kept = batches.kept(context, row.batch)
            if batches.asking(context, kept):
                raise NotFound
            if row.id not in [page["id"] for page in list_papers.pages(context, kept)]:
                raise NotFound
        elif row.case_id is None:
            if row.added_by != context.actor.id:
                raise NotFound
        else:
            case = applications.visible_case(context, row.case_id)
            gate(context, case)
            if not papers.may_open_scan(context, case, row):
                raise NotFound
            household = case.household
        key = record.data_key(context.session, row.data_key)
        if key.bytes is None:
            raise Refused("papers.expired")
        suite = next(s for s in SUITES.values() if s.key_bytes == len(key.bytes))
        content = suite.open(key.bytes, bytes(row.secret), bytes(row.hash))
    if household is not None:
        req.seen(context, [household], "paper")
    answer = make_response(send_file(io.BytesIO(content), mimetype=row.media_type, max_age=0))
    answer.headers["Content-Disposition"] = "inline"
    return answer


@bp.get("/papers/<int:case_id>/<kind>.<any(pdf, docx):form>")
def drawn(case_id: int, kind: str, form: papers.Format) -> Response:
    return _drawn(case_id, kind, form, None)


@bp.post("/papers/<int:case_id>/<kind>.<form>")
def filled(case_id: int, kind: str, form: str) -> Response:
    """The same from a form that is not sent yet, with what is typed there."""
    known: papers.Format | None = next((each for each in papers.MEDIA if each == form), None)
    return _drawn(case_id, kind, known, {name: value for name, value in request.form.items() if not name.startswith("_")})


def _drawn(case_id: int, kind: str, form: papers.Format | None, typed: dict[str, str] | None) -> Response:
    with req.reading() as context:
        if form is None:
            raise NotFound
        case = applications.visible_case(context, case_id)
        gate(context, case)
        file = papers.open_file(context.session, case, context.county, req.asked_id("of"))
        if not papers.may_print(context.actor, case, kind, context.county, file.bundle):
            raise NotFound
        step = request.args.get("step", "")[:80]
        file = file.at(step) if step else file
        content = papers.render(file, kind, form, context.actor, context.now, typed)
    req.seen(context, [case.household], "paper")
    return attachment(content, f"{kind}-{case_id}.{form}", papers.MEDIA[form])


@bp.get("/leaflet.<any(pdf, docx):form>")
def leaflet(form: papers.Format) -> Response:
    """明白纸 with today's numbers, for anybody who receives applications."""
    with req.reading() as context:
        if not context.county.may(context.actor, "print_blank_forms"):
            raise NotFound
        made = doors.shared(context.session)
        village = next((a.unit for a in context.actor.assignments if context.county.units[a.unit].level == "village"), "")
        address = context.session.store.url
        url = f"{address}/apply" + (f"?at={village}" if village else "") if address else ""
        content = papers.leaflet(made, context.county, form, context.now, url)
    return attachment(content, f"leaflet.{form}", papers.MEDIA[form])


@bp.get("/papers/<int:case_id>/notice")
def notice(case_id: int) -> str:
    """The sheet as it will be printed."""
    with req.reading() as context:
        case = applications.visible_case(context, case_id)
        gate(context, case)
        if not papers.may_print(context.actor, case, "notice_entry", context.county):
            raise NotFound
        file = papers.open_file(context.session, case, context.county)
        made = papers.values(file, "notice_entry", context.actor, context.now)
        page = render_template("cases/notice.html", **_sheet(context, case, file, made))
    req.seen(context, [case.household], "notice")
    return page


def _sheet(context: req.PageContext, case: Case, file: papers.File, made: dict[str, Any]) -> dict[str, Any]:
    row = case_rows.notice(context.session, case.id)
    posting = next((t for t in inbox.open_tasks_of_case(context.session, case.id) if t.type == "notice_posting"), None)
    sheet = made["rows"][0]
    shown = row if row is not None and row.web_token and row.void_at is None and row.taken_down_on is None else None
    return {
        "notice": {
            "id": case.id,
            "title": made["title"],
            "village": made["village"],
            "town": file.unit("town"),
            "reviewed_on": made["meeting_on"],
            "posted_on": made["posted_on"],
            "ends_on": made["ends_on"],
            "days": (made["ends_on"] - made["posted_on"]).days
            if made["posted_on"]
            else papers.days_of_notice(file, posting.element if posting is not None else "", context.today),
            "void": say("papers.void") if row is not None and row.void_at is not None and posting is None else None,
            "objections_to": made["objection_where"],
            "phone": made["objection_phone"],
            "seal": made["village"],
        },
        "households": [
            {
                "head": sheet["head_name"],
                "group": sheet["group"],
                "size": sheet["people"],
                "category": file.words.title("category", sheet["category"]),
            }
        ],
        "opening": tell("papers.opening", on=made["meeting_on"]),
        "task_id": posting.id if posting is not None else None,
        "downloads": [{"name": form.upper(), "href": f"/papers/{case.id}/notice_entry.{form}"} for form in papers.MEDIA],
        "web": {"url": f"/public/notices/{shown.web_token}", "until": shown.ends_on} if shown is not None else None,
    }
