"""每月推送 (6.2): the three categories with monitoring and support go to civil affairs, and from there to the province.

As a file with a receipt, or posted to an address: an outbox, so that nothing is lost and nothing is delivered twice.
"""

import hashlib
import json
import logging
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app import config
from app.labels import say
from app.policy import calendar
from app.policy import parameters as params
from app.policy.months import after, before, month_of, next_begin, through
from app.policy.parameters import MissingEntry
from app.store import exchange as rows
from app.store import households as household_rows
from app.store import jobs, notifications, record
from app.store import people as people_rows
from app.store.processes import NotFound
from app.store.session import Session, Store

from .. import events
from ..context import Context, context_of
from ..events import EventData
from ..files import outside, sheets, tables
from ..history import progress, readings
from ..people import SYSTEM, County, Refused, county_on
from . import connector, content

log = logging.getLogger("shouwang.exchange")
KINDS = ("to_civil", "to_province")
BACK_OFF = (1, 5, 30, 120, 720, 1440)
"""Minutes until the next try; after the last it lies dead until a person sends it again."""
CLAIMED = timedelta(minutes=2)
CATCH_UP = 24
CATEGORIES = ("unstable", "marginal", "sudden")
"""三类户: what is handed on (wx2021-25#6.2.2); other people of low income are civil affairs' own."""
FEEDBACK = ("number", "why")


def tick(store: Store, now: datetime) -> int:
    """The month's exchanges are made on their day, and what is due is posted. Returns how many were delivered."""
    with store.reading() as session:
        county = county_on(session, calendar.local_date(now))
        month = month_of(county.on)
        try:
            due = county.on.day >= params.number(county.entries, "exchange_day", county.on)
        except MissingEntry:
            return 0
        wanted = [(kind, each) for kind in KINDS for each in _months(session, kind, month, due)]
    for kind, month in wanted:
        with store.transaction() as session:
            if jobs.begin_job(session, kind, month, now):
                jobs.end_job(
                    session, kind, month, now, {"exchange": make(Context(session, SYSTEM, county, now), kind, month)}
                )
    return deliver(store, now)


def _months(session: Session, kind: str, current: str, due: bool) -> list[str]:
    """This month once its day has come, and earlier ones that a standstill kept from being made."""
    last = jobs.last_period(session, kind)
    first = after(last) if last is not None else current
    return through(first, current if due else before(current))[-CATCH_UP:]


def make(context: Context, kind: str, month: str) -> int:
    """What is handed on into the outbox: as it stands now, of a month that is over without whom it did not know yet."""
    session, county, now = context.session, context.county, context.now
    households = content.households(session, county, CATEGORIES, calendar.end_of(next_begin(month) - timedelta(days=1)))
    key = basis_of(county, kind)
    made = {
        "kind": kind,
        "month": month,
        "as_of": county.on.isoformat(),
        "county": county.name,
        "basis": progress.basis(county, key),
        "households": households,
    }
    many, digest = len(households), hashlib.sha256(content.leaving(made)).digest()
    ident = rows.add(
        session,
        content.as_json(made),
        kind=kind,
        period=month,
        rows=many,
        digest=digest,
        token=secrets.token_hex(16),
        tries=0,
        status=rows.WAITING,
        next_at=now,
        made_at=now,
        basis=key,
    )
    body = {"kind": kind, "month": month, "rows": many, "digest": digest.hex(), "basis": key}
    _noted(context.acting(SYSTEM), ident, "exchange_made", body)
    return ident


def basis_of(county: County, kind: str) -> str:
    """The sentence of the plan by which this is handed on."""
    return str(county.entries.require("exchange", kind, county.on).value["basis"])


def deliver(store: Store, now: datetime) -> int:
    """Post what is due to whoever has an address; what has none waits for a person to hand over the file."""
    with store.reading() as session:
        due = [(r, config.peer(r.kind)) for r in rows.due(session, now)]
    delivered = 0
    for row, peer in due:
        if peer is None:
            continue
        with store.transaction() as session:
            if not rows.claim(session, row, now + CLAIMED):
                continue
            kept, fresh = rows.content(session, row.id), rows.get(session, row.id)
            leaving = content.leaving(content.in_words(session, json.loads(kept))) if kept is not None else None
        if leaving is None or fresh is None:
            continue
        answer = connector.post(peer, leaving, fresh.token)
        with store.transaction() as session:
            delivered += _answered(session, row.id, fresh.token, answer, now)
    return delivered


def _answered(session: Session, ident: int, token: str, answer: connector.Answer, now: datetime) -> bool:
    """What came back for the content of this token: made anew since then, it is still to be posted."""
    row = rows.get(session, ident, lock=True)
    if row is None or row.status != rows.WAITING or row.token != token:
        return False
    if answer.kind == "sent":
        rows.change(session, ident, status=rows.SENT, receipt=answer.receipt or None, closed_at=now, trouble=None)
        key = row.basis or basis_of(county_on(session, calendar.local_date(now)), row.kind)
        rows.change(session, ident, basis=key)
        kept = json.loads(rows.content(session, ident) or b'{"households": []}')
        rows.hand_on(session, ident, [content.ident(one) for one in kept["households"]])
        body = {"receipt": answer.receipt, "tries": row.tries, "basis": key}
        _noted(context_of(session, SYSTEM, now), ident, "exchange_sent", body)
        if answer.returned:
            _returned(context_of(session, SYSTEM, now), row, dict(answer.returned))
        return True
    if answer.kind == "again" and row.tries <= len(BACK_OFF):
        wait = timedelta(minutes=BACK_OFF[row.tries - 1])
        rows.change(session, ident, next_at=now + wait, trouble=answer.trouble)
        return False
    rows.change(session, ident, status=rows.DEAD, trouble=answer.trouble)
    _noted(context_of(session, SYSTEM, now), ident, "exchange_dead", {"trouble": answer.trouble, "tries": row.tries})
    log.error("exchange dead", extra={"cause": answer.trouble, "exchange": ident})
    return False


def forget(session: Session, now: datetime) -> int:
    """What was delivered is readable for the days of a department's file, then its hash and figures stay."""
    county = county_on(session, calendar.local_date(now))
    before = now - timedelta(days=params.number(county.entries, "department_file_days", county.on))
    over = [row.data_key for row in rows.readable(session) if row.closed_at is not None and row.closed_at < before]
    record.destroy_keys(session, over, now)
    return len(over)


def without(session: Session, household: int, now: datetime) -> None:
    """The outbox without a household that is being erased: what was delivered and names it goes; what was not is made anew
    without it, under a key and a token of its own."""
    for row in rows.readable(session):
        made = json.loads(rows.content(session, row.id) or b'{"households": []}')
        rest = [one for one in made["households"] if content.ident(one) != household]
        if len(rest) == len(made["households"]):
            continue
        record.destroy_keys(session, [row.data_key], now)
        if row.status != rows.SENT:
            made = content.in_words(session, made | {"households": rest})
            digest = hashlib.sha256(content.leaving(made)).digest()
            token = secrets.token_hex(16)
            rows.replace(session, row.id, content.as_json(made), rows=len(rest), digest=digest, token=token)
            _noted(context_of(session, SYSTEM, now), row.id, "exchange_made", {"rows": len(rest), "digest": digest.hex()})


# --- by hand ------------------------------------------------------------------------------------------------------------


def _may(context: Context, row: Any | None) -> Any:
    if row is None or not context.county.may(context.actor, f"send_{row.kind}"):
        raise NotFound
    return row


def file(context: Context, ident: int, reason: str | None = None) -> tuple[bytes, str]:
    """(the exchange as a workbook, its name); who took it and why (pages always ask) is on record, and in who-saw-it of
    every household."""
    session = context.session
    row = _may(context, rows.get(session, ident))
    kept = rows.content(session, ident)
    if kept is None:
        raise NotFound
    made = content.in_words(session, json.loads(kept))
    households = [content.ident(one) for one in made["households"]]
    readings.record_many(context, households, "export", reason)
    _noted(context, ident, "exchange_taken", {"rows": row.rows, "basis": row.basis or ""}, reason)
    return sheets.book(content.lines(made)), f"{row.kind}-{row.period}.xlsx"


def receipt(context: Context, ident: int, number: str) -> None:
    """The other side has it: its receipt, typed by who handed the file over."""
    session = context.session
    row = _may(context, rows.get(session, ident, lock=True))
    if row.status == rows.SENT:
        raise Refused("exchange.has_receipt")
    if not number.strip():
        raise Refused("exchange.receipt_needed")
    rows.change(session, ident, status=rows.SENT, receipt=number.strip(), closed_at=context.now, trouble=None)
    _noted(context, ident, "exchange_sent", {"receipt": number.strip()})


def read_feedback(content: bytes, wanted: tables.Wanted | None = None) -> dict[str, str]:
    """The other side's file of households it gives back, (number, why) a row. Refused names the row."""
    titles = [say(f"exchange.column.{c}") for c in FEEDBACK]
    also = {title: say(f"exchange.also.{c}").split(say("stories.comma")) for title, c in zip(titles, FEEDBACK, strict=True)}
    table, odd = tables.read_plain(content, titles, wanted, also)
    if not table.begins_with(titles):
        raise Refused("exchange.columns", columns=say("stories.comma").join(titles))
    found: dict[str, str] = {}
    wrong: list[Refused] = []
    for at, (number, why, *_) in enumerate(table.rows, 1):
        wrong += odd.get(at - 1, {}).values()
        if not any(table.rows[at - 1]) or at - 1 in odd:
            continue
        number, why = number.strip(), why.strip()
        if not number or not why:
            wrong.append(Refused("exchange.bad_row", row=table.row(at)))
        elif found.get(number, why) != why:
            wrong.append(Refused("exchange.row_twice", row=table.row(at), number=number[:60]))
        elif len(number) > 60 or len(why) > 200:
            wrong.append(Refused("exchange.row_long", row=table.row(at)))
        else:
            found[number] = why
    tables.refuse_all(wrong)
    return found


def feedback(context: Context, ident: int, found: Mapping[str, str]) -> int:
    """Households that the other side gives back, and why. Returns how many."""
    row = _may(context, rows.get(context.session, ident, lock=True))
    if row.status != rows.SENT:
        raise Refused("exchange.receipt_first")
    strange = _returned(context, row, found)
    if strange:
        raise Refused("exchange.not_of_it", numbers=say("stories.comma").join(strange[:5]))
    return len(found)


def _returned(context: Context, row: Any, found: Mapping[str, str]) -> list[str]:
    """Kept with what was handed on, and the county is told. Returns numbers that the exchange does not name. A household is
    known by the province's number of today or of that day, by our mark, and by the number that older files gave it."""
    session, county, now = context.session, context.county, context.now
    kept = rows.content(session, row.id)
    if kept is None:
        raise Refused("exchange.gone")
    made = json.loads(kept)
    idents = [content.ident(one) for one in made["households"]]
    known = {str(one["number"]): content.ident(one) for one in made["households"]}
    numbers = household_rows.numbers_of(session, idents)
    known |= outside.numbers(session, [(one, numbers.get(one)) for one in idents])
    mine = {ident: why for number, why in found.items() if (ident := outside.called(number, known)) is not None}
    strange = [number for number in found if outside.called(number, known) is None]
    if not mine:
        return strange
    before = {content.ident(one): one["why"] for one in made.get("returned", [])}
    made["returned"] = [{"id": ident, "why": why} for ident, why in sorted((before | mine).items())]
    record.destroy_keys(session, [row.data_key], now)
    rows.replace(session, row.id, content.as_json(made))
    told = people_rows.who_hold(session, county.who_may("hear_of_months"), [county.code], county.on)
    notifications.add(session, told, "exchange_returned", context.actor.id or None, now)
    _noted(context, row.id, "exchange_returned", {"households": sorted(mine)})
    return strange


def returned(session: Session, ident: int) -> list[dict[str, Any]]:
    """[{id, number, why}] that the other side gave back."""
    found = json.loads(rows.content(session, ident) or b"{}").get("returned", [])
    numbers = household_rows.numbers_of(session, [content.ident(one) for one in found])
    return [
        {"id": (own := content.ident(one)), "number": outside.number(session, own, numbers.get(own)), "why": one["why"]}
        for one in found
    ]


def again(context: Context, ident: int) -> None:
    """What lies dead is tried anew, under the same idempotency key."""
    session = context.session
    row = _may(context, rows.get(session, ident, lock=True))
    if row.status != rows.DEAD:
        raise Refused("exchange.not_dead")
    rows.change(session, ident, status=rows.WAITING, tries=0, next_at=context.now)
    _noted(context, ident, "exchange_again", {})


def _noted(context: Context, ident: int, kind: str, body: dict[str, Any], reason: str | None = None) -> None:
    """The words of who took it stand with each household, under its key; here that there are some."""
    held = next(iter(context.actor.assignments), None)
    head = record.lock_stream(context.session, f"exchange:{ident}")
    said = {"reasoned": True} if reason else {}
    data = EventData(kind, held.role if held else None, held.unit if held else None, body=body | said)
    events.append(context, head, None, data)
