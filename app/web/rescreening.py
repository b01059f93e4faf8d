"""每月比对: a month's run with its figures, the department's own files, and the report."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request

from app.labels import say
from app.services.files import tables
from app.services.files import templates as file_templates
from app.services.people import Actor, County, Refused
from app.services.rescreening import department_files
from app.services.rescreening import month as rescreening
from app.services.rescreening import report as month_report
from app.services.rescreening.department_files import Prepared, Taken
from app.store import rescreening as rows
from app.store.processes import NotFound

from .keeping import forms as keeping
from .shell import files, frame
from .shell import request as req
from .shell.filters import tell
from .shell.request import PageContext
from .shell.served import attachment

bp = Blueprint("months", __name__)
SHOWN, TOWNS = 200, 100


def may_read(actor: Actor, county: County) -> bool:
    return county.may(actor, "read_months") or department_files.department_of(actor, county) is not None


@bp.get("/months")
def listed() -> str:
    with req.reading() as context:
        if not may_read(context.actor, context.county):
            raise NotFound
        found = rows.listed(context.session)
        runs = [{**_head(context, run), "duties": rows.duty_counts(context.session, run.period)} for run in found]
        return render_template(
            "rescreening/months.html",
            runs=runs,
            reads=context.county.may(context.actor, "read_months"),
            exchanges=context.county.may(context.actor, "read_exchanges"),
            department=_department(context.county, department_files.department_of(context.actor, context.county)),
        )


def _department(county: County, key: str | None) -> str | None:
    entry = county.entries.get("department", key or "", county.on)
    return str(entry.value["name"]) if entry else None


def _head(context: PageContext, run: Any) -> dict[str, Any]:
    return {
        "period": run.period,
        "status": run.status,
        "status_name": say(f"rescreening.status.{run.status}"),
        "late": run.late,
        "started_at": run.started_at,
        "closed_at": run.closed_at,
        "households": run.counts.get("households", 0),
        "missing": [_department(context.county, d) for d in run.counts.get("missing", [])],
        "as_of": run.as_of,
    }


def _run(context: PageContext, period: str) -> Any:
    run = rows.run_of(context.session, period)
    if run is None or not context.county.may(context.actor, "read_months"):
        raise NotFound
    return run


@bp.get("/months/<period>")
def show(period: str) -> str:
    with req.reading() as context:
        run = _run(context, period)
        return render_template("rescreening/month.html", **_context(context, run, req.page_number()))


def _context(context: PageContext, run: Any, page: int = 1) -> dict[str, Any]:
    made = _seen(context, month_report.figures(context.session, context.county, run))
    files = rows.files_of(context.session, run.id)
    towns = made["towns"]
    if len(towns) > TOWNS:  # those with the most first; all of them stand in the file
        towns = sorted(towns, key=lambda t: -_whole(t["total"]))[(page - 1) * TOWNS : page * TOWNS]
    made = {**made, "towns": towns, "of": len(made["towns"])}
    return {
        "page": page,
        "last": -(-made["of"] // TOWNS),
        "run": _head(context, run),
        "title": _title(context, run),
        "figures": made,
        "compared": sum(f.status == "compared" for f in files),
        "files": len(files),
        "duties": [(say(f"rescreening.duty.{k}"), n) for k, n in made["duties"].items()],
    }


def _whole(told: Any) -> int:
    """A number, or the words for too few to be told."""
    return told if isinstance(told, int) else 1


def _seen(context: PageContext, made: dict[str, Any]) -> dict[str, Any]:
    """Cells under three only for those who may see the households behind them."""
    if frame.may_see_households(context.actor, context.county):
        return made
    return {**made, "towns": [month_report.hidden(context.county, t) for t in made["towns"]]}


def _title(context: PageContext, run: Any) -> str:
    return say("rescreening.report_title", county=context.county.name, year=int(run.period[:4]), month=int(run.period[5:]))


@bp.get("/months/<period>/report.xlsx")
def report(period: str) -> Response:
    with req.reading() as context:
        run = _run(context, period)
        made = _seen(context, month_report.figures(context.session, context.county, run))
        content = month_report.workbook(made, _title(context, run))
    return attachment(content, f"report-{period}.xlsx")


# --- the department's own files -------------------------------------------------------------------------------------


@bp.get("/department-files")
def mine() -> str:
    with req.reading() as context:
        return render_template("rescreening/department_files.html", **_files(context))


def _files(context: PageContext, **more: Any) -> dict[str, Any]:
    department = department_files.department_of(context.actor, context.county)
    if department is None:
        raise NotFound
    templates_ = file_templates.templates(context.county, department)
    open_to = [r.period for r in reversed(rows.open_runs(context.session, ("open",)))]
    open_to += [
        r.period
        for r in rows.listed(context.session, limit=6)
        if r.period not in open_to and any(rows.to_be_mended(context.session, r.id, t.key) for t in templates_)
    ]
    sent = [
        {
            "period": run.period,
            "title": _template_title(context, f.template),
            "at": f.uploaded_at,
            "data_on": f.data_on,
            "good": f.counts.get("good", 0),
            "bad": f.counts.get("bad", 0),
            "found": f.counts.get("found"),
            "status": say(f"rescreening.file.{f.status}"),
            "waiting": f.status == "kept",
            "nowhere": _nowhere(f.counts),
        }
        for run in rows.listed(context.session, limit=6)
        for f in rows.files_of(context.session, run.id, department)
    ]
    templates = [
        {
            "key": t.key,
            "title": t.title,
            "purpose": t.purpose,
            "basis": t.basis,
            "catalogue": t.catalogue,
            "until": t.until,
            "usable": t.usable(context.today),
            "columns": [c.titles[0] for c in t.columns],
        }
        for t in templates_
    ]
    return {
        "department": _department(context.county, department),
        "templates": templates,
        "sent": sent,
        "months": open_to,
        "today": context.today.isoformat(),
        "chosen": "",
        "month": "",
        "data_on": "",
        "preview": None,
        "problems": [],
        "file": None,
        "columns": [],
        "fields": [],
        "wrong": None,
        "command": req.new_command(),
        **more,
    }


def _nowhere(counts: Mapping[str, Any]) -> str:
    """Rows whose person is in no household and no village, to be put right."""
    listed = [str(n) for n in counts.get("nowhere", [])]
    shown = say("stories.comma").join(listed[:20]) + (say("rescreening.and_more", n=len(listed)) if listed[20:] else "")
    return say("rescreening.nowhere", rows=shown) if listed else ""


def _template_title(context: PageContext, key: str) -> str:
    entry = context.county.entries.get("file_template", key, context.county.on)
    return str(entry.value["title"]) if entry else key


@bp.get("/department-files/<template>.xlsx")
def template(template: str) -> Response:
    with req.reading() as context:
        made = _template(context, template)
        content = department_files.workbook(made, context.county)
    return attachment(content, f"{made.key}.xlsx")


def _template(context: PageContext, key: str) -> file_templates.Template:
    department = department_files.department_of(context.actor, context.county)
    found = next((t for t in file_templates.templates(context.county, department) if t.key == key), None)
    if department is None or found is None:
        raise NotFound
    return found


@bp.post("/department-files/<template>")
def send(template: str) -> Any:
    """Look first, then the same file again to hand it in: what can be used, or nothing."""
    request.max_content_length = files.LARGEST
    with req.reading() as context:
        made = _template(context, template)
        county, actor, now = context.county, context.actor, context.now
        saved = department_files.saved(context.session, made)
    content, wanted, act = files.content(), files.wanted(), files.act()
    month, data_on = req.words("month", 7), req.words("data_on", 10)
    shown: dict[str, Any] = {"chosen": template, "month": month, "data_on": data_on}
    try:
        day = files.data_day(data_on, county.on)
        read = department_files.open_file(content, made, saved, wanted)
        known = department_files.titles(made)
        columns = {key: n for n, key in files.chosen(read.header, known).items()}
        guessed = columns or department_files.guess(read.header, made, saved)
        shown |= {
            "file": tables.shown(read, wanted),
            "columns": files.columns(read.header, {n: k for k, n in guessed.items()}),
            "fields": [{"key": key, "title": titles[0]} for key, titles in known.items()],
        }
        if act != "look":
            tables.refuse_unasked(read, wanted)
        prepared = department_files.check(read, content, made, county, day, Taken(wanted, guessed), saved)
        if act == "errors":
            keeping.stays()
            return attachment(department_files.errors(prepared), f"{template}-errors.xlsx")
        if act != "keep":
            counts = {**prepared.counts(), "places": len(prepared.problems)}
            keeping.again(looked=True)
            return _answer(preview=counts, problems=_problems(prepared), **shown)
        if not prepared.good and prepared.problems:
            raise Refused("comparison.no_good_row")
        return _keep(prepared, actor, month, day, now)
    except Refused as error:
        return _answer(422, wrong=tell(error.code, **error.details), **shown)


def _keep(prepared: Prepared, actor: Actor, month: str, day: date, now: Any) -> Response:
    with req.writing() as context:  # the form is this session's own, and an auditor writes nothing
        req.command("department-file")
        department_files.remember(context.session, prepared.template, prepared)
    kept = rescreening.take_in(req.store(), actor, month, prepared, day, now)
    flash(tell("rescreening.again" if kept.again else "rescreening.received", good=prepared.good), "ok")
    return make_response(redirect("/department-files"))


def _problems(made: Prepared) -> list[dict[str, Any]]:
    return [
        {
            "row": made.row(p.row),
            "column": p.column,
            "value": department_files.value_of(made, p)[:40],
            "why": tell(p.code, **department_files.details_of(made, p)),
        }
        for p in made.problems[:SHOWN]
    ]


def _answer(status: int = 200, **more: Any) -> Response:
    with req.reading() as context:
        return make_response(render_template("rescreening/department_files.html", **_files(context, **more)), status)
