"""A list of households as a file: asked for with a reason, above a number of rows allowed by a second person, marked with
who took it and when, and written into the record and into who-saw-it of every household on it.

What the list shows is what the page shows: no ID number, no telephone, no figure.
"""

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.properties import PageSetupProperties

from app.labels import say
from app.policy import calendar
from app.policy import parameters as params
from app.store import exports as rows
from app.store import households, inbox, notifications, record
from app.store import people as people_rows
from app.store.households import Narrow
from app.store.processes import NotFound
from app.store.record import DataKey, NewEvent
from app.store.session import Session

from .. import definitions, doors
from ..context import Context
from ..files import outside
from ..history import readings
from ..household.knowledge import Words
from ..people import Actor, County, Refused, all_right, villages_seen

FILTERS = ("town", "village", "category", "status", "risk")
SHORTEST = 4
HIGHEST = ("county", "department", "town", "village")
STATUS = {"allow": "allowed", "refuse": "refused"}
SHOWN, SHOWN_ALL = 30, 200
COLUMNS = ("number", "town", "village", "head", "category", "status", "step", "due", "contacts", "export")
A4 = "9"
WIDTHS = (16, 12, 18, 12, 18, 12, 20, 14, 20, 14)


@dataclass(frozen=True)
class Row:
    """One household of a list, in words."""

    ident: int
    cells: tuple[str, ...]


def narrow_of(filters: Mapping[str, str], county: County) -> Narrow:
    """The filters of a page as the store understands them: a town is its villages."""
    town = filters.get("town")
    among = tuple(u.code for u in county.children(town)) if town else None
    rest = {name: value for name, value in filters.items() if name != "town" and value}
    return Narrow(**rest, among=among)


def post(actor: Actor, county: County) -> Any | None:
    """The highest post under which this person may take lists out, so that who allows it sees as much; None if none."""
    held = [a for a in actor.assignments if a.unit in county.units and _entry(county, a.role) is not None]
    return min(held, key=lambda a: HIGHEST.index(county.units[a.unit].level), default=None)


def _entry(county: County, role: str) -> Any | None:
    return county.entries.get("export_role", role, county.on)


def ask(context: Context, filters: Mapping[str, str], reason: str, command_id: bytes) -> bool:
    """Ask for the households of one's area under these filters. Returns whether a second person has to allow it: also
    when this and what was asked for in the last days come to too many, so that a long list in pieces is still a long one."""
    session, actor, county, now = context.session, context.actor, context.county, context.now
    head = record.lock_stream(session, "exports")
    held = post(actor, county)
    if held is None:
        raise NotFound
    if record.event_of_command(session, command_id) is not None:
        return rows.latest_waits(session, actor.id)
    reason = reason.strip()
    all_right(reason="exports.reason_needed" if len(reason) < SHORTEST else None)
    wanted = {name: value for name, value in filters.items() if name in FILTERS and value}
    n = households.households_count(session, villages_seen(actor, county), narrow_of(wanted, county))
    if n == 0:
        raise Refused("exports.empty")
    since = now - timedelta(days=params.number(county.entries, "export_days", county.on))
    waits = n + rows.asked_alone(session, actor.id, since) > params.number(county.entries, "export_rows", county.on)
    ident, key = rows.add(
        session, official=actor.id, unit=held.unit, filters=wanted, rows=n, reason=reason, now=now, waits=waits
    )
    body = {"export": ident, "unit": held.unit, "role": held.role, "filters": wanted, "rows": n, "waits": waits}
    _note(
        session,
        head,
        key,
        NewEvent("export_asked", now, actor.id, body, {"values": {"reason": reason}}, command_id=command_id),
    )
    if waits:
        notifications.add(session, deciders(session, held.unit, county), "export_asked", actor.id, now)
    return waits


def _note(session: Session, head: record.Head, key: DataKey | None, draft: NewEvent) -> None:
    _, writes = record.append(session, head, key, draft)
    session.write(writes)


def deciders(session: Session, unit: str, county: County) -> list[int]:
    """Who may allow a list asked for at this unit: holders of an allowing post there or above."""
    roles = [e.key for e in county.entries.all("export_role", county.on) if e.value.get("allows")]
    return [row.id for row in people_rows.holders(session, roles, county.upward(unit), county.on)]


def allows(actor: Actor, county: County) -> list[str]:
    """Units for whose lists this person's word counts."""
    return [a.unit for a in actor.assignments if (e := _entry(county, a.role)) is not None and e.value.get("allows")]


def waiting(context: Context) -> Sequence[Any]:
    """Lists that wait for this person's word; one's own never."""
    actor, county = context.actor, context.county
    posts = allows(actor, county)
    if not posts:
        return []
    below = None if county.code in posts else {unit.code for top in posts for unit in county.units.within(top)}
    own = {actor.id} | {a.for_whom for a in actor.assignments if a.for_whom is not None}  # a substitute is both people
    return rows.waiting(context.session, below, own)


def decide(context: Context, ident: int, act: str, why: str) -> None:
    """A second person's word: `act` allow or refuse; a refusal says why."""
    session, actor, county, now = context.session, context.actor, context.county, context.now
    head = record.lock_stream(session, "exports")
    row = rows.get(session, ident)
    if row is None or ident not in {w.id for w in waiting(context)}:
        if row is not None and row.official == actor.id and row.status == "asked":
            raise Refused("exports.second_person")
        mine = {unit.code for top in allows(actor, county) for unit in county.units.within(top)}
        if row is not None and row.decided_by is not None and row.org_unit in mine:
            raise Refused("exports.decided_already")
        raise NotFound
    why = why.strip()
    if act not in STATUS:
        raise Refused("exports.choose")
    status = STATUS[act]
    all_right(why="exports.say_why" if status == "refused" and not why else None)
    rows.decide(session, row, status, actor.id, why, now)
    key = record.data_key(session, row.data_key)
    secret = {"values": {"reason": why}} if why else None
    _note(session, head, key, NewEvent(f"export_{status}", now, actor.id, {"export": ident}, secret))
    notifications.add(session, [row.official], f"export_{status}", actor.id, now)


def ready_until(row: Any, county: County) -> datetime:
    """When an allowed list can no longer be taken: end of the last day."""
    days = params.number(county.entries, "export_days", county.on)
    return calendar.end_of(calendar.local_date(row.decided_at or row.asked_at) + timedelta(days=days))


@dataclass(frozen=True)
class File:
    """A list as it leaves the house; `households`: whom it names."""

    name: str
    content: bytes
    households: tuple[int, ...]
    reason: str


def build(context: Context, ident: int) -> File:
    """The list as the register stands now; only for who asked, only in time, only within today's area."""
    session, actor, county, now = context.session, context.actor, context.county, context.now
    row = rows.get(session, ident)
    if row is None or row.official != actor.id or post(actor, county) is None:
        raise NotFound
    if row.status != "allowed":
        raise Refused("exports.not_decided" if row.status == "asked" else "exports.refused")
    if now > ready_until(row, county):
        raise Refused("exports.too_late")
    villages = villages_seen(actor, county)
    now_listed = households.households_count(session, villages, narrow_of(row.filters, county))
    if now_listed > row.rows * 11 // 10:  # a few may have come in between
        raise Refused("exports.grown")
    listed = list(_listed(session, villages, row.filters, county, say("exports.number", export=ident)))
    reason = rows.words(session, row)[0]
    content = _workbook(actor, row, reason, listed, county, now)
    return File(f"shouwang-list-{ident}.xlsx", content, tuple(r.ident for r in listed), reason)


def note_taken(context: Context, ident: int, file: File) -> None:
    """Who took which file; every household on it sees that it was."""
    session, now = context.session, context.now
    head = record.lock_stream(session, "exports")
    readings.record_many(context, file.households, "export", file.reason)
    rows.change(session, ident, taken_at=now)
    digest = session.keyring.suite.digest(file.content).hex()
    body = {"export": ident, "rows": len(file.households), "file": digest}
    _note(session, head, None, NewEvent("export_taken", now, context.actor.id, body))


AT_ONCE = 500


def _listed(
    session: Session, villages: Collection[str] | None, filters: Mapping[str, str], county: County, mark: str
) -> Iterator[Row]:
    words = Words(doors.shared(session).codes)
    offset = 0
    while found := households.households_page(session, villages, narrow_of(filters, county), limit=AT_ONCE, offset=offset):
        offset += len(found)
        steps = inbox.open_steps(session, [r.case_id for r in found if r.case_id])
        contacts = people_rows.contacts_of_many(session, [r.id for r in found])
        for one in found:
            yield Row(one.id, _cells(session, one, steps.get(one.case_id), contacts.get(one.id, []), words, county, mark))


def _cells(
    session: Session, one: Any, step: Any | None, contacts: list[str], words: Words, county: County, mark: str
) -> tuple[str, ...]:
    village = county.units.get(one.org_unit)
    town = county.units.get(village.parent or "") if village else None
    element = definitions.bundle(session, step.deployment).definition.elements[step.element] if step else None
    running = one.case_status == "open" and one.closed_at is None
    return (
        outside.number(session, one.id, one.number),
        town.name if town else "",
        village.name if village else one.org_unit,
        one.head_name or say("status.erased"),
        words.title("category", one.category) if one.category else "",
        say(f"status.{household_status(one)}"),
        element.name if element else "",
        calendar.local_date(one.limit_at).isoformat() if running else "",
        say("exports.and").join(contacts),
        mark,
    )


OWN_STATUS = ("monitored", "erased", "watched", "eliminated")


def household_status(row: Any) -> str:
    """What a list says of a household: its own status, or where its newest case stands."""
    return str(row.status if row.status in OWN_STATUS or not row.case_status else row.case_status)


def _workbook(actor: Actor, row: Any, reason: str, listed: Sequence[Row], county: County, now: datetime) -> bytes:
    """The mark stands on top, in every printed page's head and foot, and as a number on each row."""
    unit = county.units[row.org_unit].name if row.org_unit in county.units else row.org_unit
    at = now.astimezone(calendar.LOCAL)
    mark = say("exports.mark", who=actor.name, unit=unit, at=f"{at:%Y-%m-%d %H:%M}", export=row.id)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(say("exports.sheet"))
    for n, width in enumerate(WIDTHS):
        sheet.column_dimensions["ABCDEFGHIJ"[n]].width = width
    sheet.freeze_panes = "A4"
    sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = "landscape", A4, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:3"
    for band in (sheet.oddHeader, sheet.oddFooter):
        band.center.text = mark.replace("&", "&&")

    def cell(text: str, *, bold: bool = False) -> Any:
        made = WriteOnlyCell(sheet, text)
        made.data_type = "s"  # never a formula, whatever a name begins with
        made.font = Font(bold=bold)
        made.alignment = Alignment(vertical="top", wrap_text=bold)
        return made

    sheet.append([cell(mark, bold=True)])
    sheet.append([cell(say("exports.why", reason=reason))])
    sheet.append([cell(say(f"exports.column.{name}"), bold=True) for name in COLUMNS])
    for one in listed:
        sheet.append([cell(text) for text in one.cells])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
