"""Papers of a list: one sheet, one set of minutes, one report, one reply for all its households."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from app import papers as printing
from app.config import ROOT
from app.forms import Form
from app.labels import say
from app.policy import calendar
from app.store import cases as case_rows
from app.store.processes import NotFound
from app.store.session import Session

from .. import doors, papers
from ..context import Context
from ..definitions import Bundle, bundle
from ..history import stories
from ..household import knowledge
from ..papers import File, Format, may_open_scan, may_print
from ..papers import entry as entry_papers
from ..papers import exit as exit_papers
from ..people import Actor, County, Refused
from .batches import Item, KeptBatch, Sheet, deployment_of

Own = Mapping[int, Mapping[str, str]]
"""What is typed for each case of a list."""
OF_KIND = {
    "meeting": ("review_minutes",),
    "notice": ("notice_entry", "notice_exit"),
    "town_report": ("town_report",),
    "county_decision": ("county_reply",),
    "receipts": (),
}
BEFORE = {
    "notice": ("notice_entry", "notice_exit"),
    "town_report": ("town_report",),
    "county_decision": ("county_reply",),
}
"""Papers that are printed before the list is done: the sheet is posted, the report signed, then it is entered."""


def form_of(session: Session, kept: KeptBatch) -> Form:
    first = kept.items[0]
    return bundle(session, deployment_of(session, first)).forms[first.element]


def kinds_of(context: Context, kept: KeptBatch) -> list[str]:
    """Papers of this list that this person may print."""
    session = context.session
    cases = [case_rows.known(session, item.case_id) for item in kept.items]
    steps = [(bundle(session, deployment_of(session, item)), item.element) for item in kept.items]
    return [
        kind
        for kind in OF_KIND.get(kept.row.kind, ())
        if any(_prints(made, element, kind) for made, element in steps)
        and all(may_print(context.actor, case, kind, context.county) for case in cases)
    ]


def before_of(session: Session, name: str, items: Sequence[Item]) -> Sequence[str]:
    """Papers of monitoring that are printed before this list is done; none where nobody on it is monitored."""
    carried = any(papers.carries_monitoring(bundle(session, item.deployment)) for item in items)
    return BEFORE.get(name, ()) if carried else ()


def _prints(made: Bundle, element: str, kind: str) -> bool:
    """Whether a household whose step this is stands on such a paper."""
    if kind in papers.BEFORE or not papers.carries_monitoring(made):
        return made.said(element, "paper") == kind
    return True


def of_household(context: Context, kept: KeptBatch) -> dict[int, list[dict[str, str]]]:
    """Case -> papers of a designer's own kind that its step in this list has, each printed for itself: {name, href}."""
    session = context.session
    found: dict[int, list[dict[str, str]]] = {}
    for item in kept.items:
        made = bundle(session, deployment_of(session, item))
        kind, case = made.said(item.element, "paper"), case_rows.known(session, item.case_id)
        if kind and kind not in printing.KINDS and may_print(context.actor, case, kind, context.county, made):
            name = papers.title_of(made, kind)
            found[item.case_id] = [
                {
                    "name": say("papers.name.with_format", name=name, format=form.upper()),
                    "href": f"/papers/{item.case_id}/{kind}.{form}?of={item.instance}&step={item.element}",
                }
                for form in papers.MEDIA
            ]
    return found


def pages(context: Context, kept: KeptBatch) -> list[dict[str, Any]]:
    """Signed pages that came back for the whole list."""
    session = context.session
    return [
        {"id": row.id, "name": row.title}
        for row in case_rows.papers_of_batch(session, kept.row.id)
        if all(may_open_scan(context, case_rows.known(session, i.case_id), row) for i in kept.items)
    ]


def households_of(session: Session, cases: Sequence[int]) -> list[int]:
    return [case.household for c in cases if (case := case_rows.get(session, c)) is not None]


def results(context: Context, kept: KeptBatch) -> dict[int, str]:
    """Case -> what this list decided for it, in the form's own words; nothing where that decides nothing."""
    session, county = context.session, context.county
    found = {}
    for item in kept.items:
        try:
            file = papers.open_file(session, case_rows.known(session, item.case_id), county, item.instance)
        except Refused:
            continue
        groups = knowledge.groups_here(context.actor, item.village, county)
        teller = stories.teller(session, county, _until(file, kept.row.id).told, groups)
        mine = [e for e in teller.told if (e.body.get("batch") or [None])[0] == kept.row.id]
        if mine:
            votes = (mine[-1].values or {}).get("votes")
            said = say("lists.votes", **{f"votes_{side}": n for side, n in votes.items()}) if votes else ""
            found[item.case_id] = say("papers.and").join(
                one for one in (teller.outcome(mine[-1]), said, teller.numbers(mine[-1]), teller.reasons(mine[-1])) if one
            )
    return found


def render(context: Context, kept: KeptBatch, kind: str, form: Format) -> bytes:
    session, county = context.session, context.county
    files = []
    for item in kept.items:
        try:
            file = papers.open_file(session, case_rows.known(session, item.case_id), county, item.instance)
        except Refused:  # lawfully erased since: the list goes on without this household
            continue
        if _prints(file.bundle, item.element, kind):
            files.append(_until(file, kept.row.id))
    return _render(files, kind, form, context.actor, county, context.now, kept.shared, kept.row.happened_on, {})


def render_before(
    context: Context,
    items: Sequence[Item],
    kind: str,
    form: Format,
    sheet: Sheet,
) -> bytes:
    """What is typed for each household stands on it, as far as it is typed."""
    session, actor, county = context.session, context.actor, context.county
    files = []
    for item in items:
        case = case_rows.known(session, item.case_id)
        if not may_print(actor, case, kind, county):
            raise NotFound
        if _prints(bundle(session, item.deployment), item.element, kind):
            files.append(papers.open_file(session, case, county, item.instance))
    shared = {name: values[0] for name, values in sheet.shared.items() if values}
    own = {item.case_id: {n: str(v[0]) for n, v in sheet.own.get(item.task, {}).items() if v} for item in items}
    return _render(files, kind, form, actor, county, context.now, shared, None, own)


def _until(file: File, batch: int) -> File:
    """The file as it stood when this list was done: a later review of the same household is another meeting's."""
    told = list(file.told)
    for place, event in enumerate(told):
        if (event.body.get("batch") or [None])[0] == batch:
            return replace(file, told=told[: place + 1])
    return file


def _render(
    files: Sequence[File],
    kind: str,
    form: Format,
    actor: Actor,
    county: County,
    now: datetime,
    shared: Any,
    on: date | None,
    own: Own,
) -> bytes:
    """`own`: what is typed for each case and not carried out yet."""
    if not files:
        raise Refused("lists.no_paper")
    first = files[0]
    values = _VALUES[kind](files, actor, now, shared, on, own)
    made = first.bundle.papers if f"{kind}.toml" in first.bundle.papers else doors.shared(first.session).papers
    return printing.render(
        kind, values, form, made.get(f"{kind}.toml"), printing.find_fonts(ROOT), layout=made.get("layout.typ"), made_at=now
    )


def _minutes(files: Sequence[File], actor: Actor, now: datetime, shared: Any, on: date | None, own: Own) -> dict[str, Any]:
    made = [entry_papers.minutes(file, actor, now) for file in files]
    return {
        **made[0],
        "rows": [row for one in made for row in one["rows"]],
        "recusals": [recusal for one in made for recusal in one["recusals"]],
    }


def _matter(file: File) -> str:
    return papers.matter(file.bundle)


def _sheet(build: Any) -> Any:
    def values(files: Sequence[File], actor: Actor, now: datetime, shared: Any, on: date | None, own: Own) -> dict[str, Any]:
        made = [build(file, actor, now, shared) for file in files]
        meetings = say("papers.and").join(dict.fromkeys(one["meeting_on"] for one in made))
        return {**made[0], "rows": [row for one in made for row in one["rows"]], "meeting_on": meetings}

    return values


def _listed(file: File, matter: str) -> dict[str, Any]:
    category = file.case.category or papers.category(file)  # of monitoring only: see `_prints`
    return {
        "head_name": file.head_name,
        "village": file.village,
        "people": file.people,
        "category": file.words.title("category", category),
        "matter": matter,
    }


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _report(files: Sequence[File], actor: Actor, now: datetime, shared: Any, on: date | None, own: Own) -> dict[str, Any]:
    return {
        "town": say("papers.town_government", town=files[0].unit("town")),
        "county": say("papers.county_issuer", unit=files[0].unit("county")),
        "number": str(shared.get("report_number") or ""),
        "signed_on": on or _day(shared.get("signed_on")),
        "rows": [_listed(file, _matter(file)) for file in files],
    }


def _reply(files: Sequence[File], actor: Actor, now: datetime, shared: Any, on: date | None, own: Own) -> dict[str, Any]:
    rows_ = []
    for file in files:
        decided = file.last("entry_decision", "exit_decision")
        code = own.get(file.case.id, {}).get("decision") or ((decided.values or {}).get("decision") if decided else None)
        listed = "decision" if file.entering else "exit_decision"
        rows_.append(_listed(file, file.words.title(listed, code) if code else _matter(file)))
    return {
        "town": say("papers.town_government", town=files[0].unit("town")),
        "county": say("papers.county_issuer", unit=files[0].unit("county")),
        "number": str(shared.get("approval_number") or ""),
        "decided_on": on or calendar.local_date(now),
        "rows": rows_,
    }


_VALUES: dict[str, Any] = {
    "review_minutes": _minutes,
    "notice_entry": _sheet(entry_papers.notice),
    "notice_exit": _sheet(exit_papers.notice_exit),
    "town_report": _report,
    "county_reply": _reply,
}
