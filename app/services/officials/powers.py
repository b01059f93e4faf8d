"""Powers that one person alone does not give: which posts are guarded, who confirms, and who is told.

What is guarded, who may confirm and who may stand in for whom is dated data (`post_rule`); a post without a rule is guarded.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.store import accounts as account_rows
from app.store import notifications, processes, record
from app.store import people as people_rows
from app.store import powers as rows
from app.store.record import NewEvent
from app.store.session import Session

from ..context import Context
from ..people import Actor, County, Refused

RESET, POST, ENABLE = "reset", "post", "enable"
LASTS = timedelta(days=7)
"""A question that nobody answered in this time is void."""
SHOWN = 100
DONE_TELLS = {RESET: "password_reset", POST: "post_given", ENABLE: "account_enabled"}
"""What the person hears whom it is about."""


def rule(county: County, role: str) -> Mapping[str, Any]:
    entry = county.entries.get("post_rule", role, county.on)
    return entry.value if entry is not None else {}


def guarded(county: County, role: str) -> bool:
    return bool(rule(county, role).get("guarded", True))


def holds_guarded(session: Session, official: int, county: County) -> bool:
    """Whether this person holds a guarded post, or will, be it in somebody's place."""
    return any(guarded(county, p.role) for p in account_rows.posts_of(session, official, county.on))


def may_confirm(actor: Actor, county: County) -> bool:
    return any(rule(county, a.role).get("confirms") and a.for_whom is None for a in actor.assignments)


def may_read(actor: Actor, county: County) -> bool:
    return may_confirm(actor, county) or any(county.role(a.role).get("reads_all") for a in actor.assignments)


def _roles(county: County, what: str) -> list[str]:
    return [e.key for e in county.entries.all("post_rule", county.on) if e.value.get(what)]


def confirmers(session: Session, county: County, but: Collection[int | None]) -> list[int]:
    """Who could be the second person: a confirming administrator with a password that nobody else knows."""
    return [r.id for r in rows.holders(session, _roles(county, "confirms"), county.on) if r.own and r.id not in but]


def stands(session: Session, county: County) -> bool:
    """Whether the county ever had every kind of administrator: from then on nobody gives a guarded post alone."""
    wanted = _roles(county, "confirms")
    return bool(wanted) and rows.roles_ever(session, wanted) >= set(wanted)


def waiting(session: Session, now: datetime) -> int:
    return rows.waiting(session, now - LASTS)


def ask(
    context: Context,
    act: str,
    official: int,
    *,
    role: str | None = None,
    unit: str | None = None,
) -> int:
    """A question for the second person."""
    session, now = context.session, context.now
    head = record.lock_stream(session, "people")
    if rows.waiting_alike(session, act, official, role, unit, now - LASTS):
        raise Refused("powers.asked_already")
    asked_by = context.actor.id or None
    could = confirmers(session, context.county, (asked_by, official))
    if not could:
        raise Refused("powers.nobody_to_confirm")
    ident = rows.add(session, deed=act, official=official, role=role, org_unit=unit, asked_by=asked_by, asked_at=now)
    body = {"power": ident, "deed": act, "official": official} | ({"role": role, "unit": unit} if role else {})
    _, writes = record.append(session, head, None, NewEvent("power_asked", now, asked_by, body))
    session.write(writes)
    notifications.add(session, could, "power_asked", asked_by, now)
    return ident


def refusal(context: Context, row: Any) -> str | None:
    """Why this person may not confirm this question; None if they may."""
    session, by = context.session, context.actor
    if not may_confirm(by, context.county):
        return "powers.not_a_confirmer"
    if by.id in (row.asked_by, row.official):
        return "powers.second_person"
    own, whom = people_rows.official(session, by.id), people_rows.official(session, row.official)
    if own is None or own.must_change:
        return "powers.own_password_first"
    if whom is not None and whom.must_change and whom.code_by == by.id and row.deed != RESET:
        return "powers.knows_the_code"
    asker = people_rows.official(session, row.asked_by) if row.asked_by is not None else None
    if asker is not None and not asker.active:
        return "powers.asker_gone"
    if context.now - row.asked_at > LASTS:
        return "powers.too_old"
    return None


def to_decide(context: Context, ident: int) -> Any:
    """The question, to be confirmed by this person now; else NotFound or Refused."""
    row = to_refuse(context, ident)
    code = refusal(context, row)
    if code is not None:
        raise Refused(code)
    return row


def to_refuse(context: Context, ident: int) -> Any:
    """The question, to be turned down or taken back by this person."""
    row = rows.get(context.session, ident)
    if row is None or not may_confirm(context.actor, context.county):
        raise processes.NotFound
    if row.status != rows.ASKED:
        raise Refused("powers.decided_already")
    return row


def decided(context: Context, row: Any, status: str) -> None:
    """Written down, and who asked is told."""
    session, now, by = context.session, context.now, context.actor
    rows.decide(session, row.id, status, by.id, now)
    head = record.lock_stream(session, "people")
    body = {"power": row.id, "deed": row.deed, "official": row.official}
    _, writes = record.append(session, head, None, NewEvent(f"power_{status}", now, by.id, body))
    session.write(writes)
    if status == rows.DONE:
        notifications.add(session, [row.official], DONE_TELLS[row.deed], by.id, now)
        tell_others(context, row.official)
    elif row.asked_by:
        notifications.add(session, [row.asked_by], "power_refused", by.id, now)


def tell_others(context: Context, official: int) -> None:
    """The administrators and the auditors hear of what was given to this person."""
    session, county = context.session, context.county
    sender = context.actor.id or None
    readers = [e.key for e in county.entries.all("role", county.on) if e.value.get("reads_all")]
    others = {r.id for r in rows.holders(session, [*_roles(county, "confirms"), *readers], county.on)}
    notifications.add(session, others - {official}, "power_done", sender, context.now)
