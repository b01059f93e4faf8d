"""One household's papers of one year as a ZIP with an index: what is printed from the record, and the signed pages."""

import csv
import io
import zipfile
from datetime import date
from hashlib import sha256

from app.labels import say
from app.papers import PaperError
from app.policy import calendar
from app.store import cases as case_rows
from app.store import record
from app.store.processes import NotFound
from app.store.rows import Case
from app.store.session import Session

from .. import doors, papers
from ..context import Context
from ..people import Refused
from .file import Opened

ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}


def years_of(session: Session, household: int) -> list[int]:
    """Years in which a case of this household was open."""
    found: set[int] = set()
    for case in case_rows.cases_of(session, household):
        last = calendar.local_date(case.closed_at) if case.closed_at else calendar.local_date(case.opened_at)
        found.update(range(case.clue_on.year, last.year + 1))
    return sorted(found, reverse=True)


def build(context: Context, one: Opened, year: int) -> bytes:
    """Only what this person may print or open. Raises NotFound for a year without papers, Refused once erased."""
    session, actor = context.session, context.actor
    if one.document is None:
        raise Refused("cases.erased")
    listed: Listed = []
    for case in case_rows.cases_of(session, one.row.id):
        listed += _drawn(context, one, case, year)
        listed += _scanned(context, case, year)
    if not listed:
        raise NotFound
    out, index = io.BytesIO(), io.StringIO()
    writer = csv.writer(index)
    writer.writerow([say(f"privacy.archive.{name}") for name in ("number", "file", "title", "on", "digest")])
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, (name, title, on, content) in enumerate(listed, 1):
            file = f"{n:02d}-{name}"
            archive.writestr(file, content)
            writer.writerow([n, file, title, on.isoformat(), sha256(content).hexdigest()])
        writer.writerow([])
        writer.writerow([say("privacy.archive.made", who=actor.name, on=calendar.local_date(context.now).isoformat())])
        archive.writestr("index.csv", b"\xef\xbb\xbf" + index.getvalue().encode())
    return out.getvalue()


Listed = list[tuple[str, str, date, bytes]]
"""(file name, title, day, content)"""


def _drawn(context: Context, one: Opened, case: Case, year: int) -> Listed:
    session, actor = context.session, context.actor
    found = []
    for run in doors.main_instances(session, case.id):
        file = papers.open_file(session, case, one.county, run.id)
        days = [event.on for event in file.told if event.kind == "task_completed"]
        if not any(day.year == year for day in days):
            continue
        for paper in papers.available(file):
            if papers.may_print(actor, case, paper.kind, one.county, file.bundle):
                try:
                    shown = file.at(paper.step) if paper.step else file
                    content = papers.render(shown, paper.kind, "pdf", actor, context.now)
                except (PaperError, NotFound):
                    continue
                name = "-".join(part for part in (run.process, paper.kind, paper.step) if part)
                found.append((f"{name}.pdf", paper.title, max(days), content))
    return found


def _scanned(context: Context, case: Case, year: int) -> Listed:
    session, found = context.session, []
    for row in case_rows.papers_of(session, case.id):
        on = calendar.local_date(row.added_at)
        if on.year != year or not papers.may_open_scan(context, case, row):
            continue
        kept = case_rows.paper(session, row.id)
        key = record.data_key(session, kept.data_key) if kept is not None else None
        if kept is None or key is None or key.bytes is None:
            continue
        content = key.suite.open(key.bytes, bytes(kept.secret), bytes(kept.hash))
        found.append((f"scan-{row.id}.{ENDINGS.get(row.media_type, 'bin')}", str(row.title), on, content))
    return found
