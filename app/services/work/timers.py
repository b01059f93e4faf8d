"""The poller: fires due timers in order of their moments, each in its own transaction; several pollers may run."""

import logging
from datetime import datetime

from app import trouble
from app.engine.values import EngineError, TimerFired, element_of
from app.store import incidents, processes
from app.store.processes import NotFound
from app.store.session import Busy, Session, Store

from ..context import context_of
from ..definitions import bundle
from ..events import EventData
from ..people import SYSTEM
from . import commands

log = logging.getLogger("shouwang.timers")


def fire_due(store: Store, now: datetime, *, limit: int = 200) -> int:
    """Fire what is due, oldest first; after days of downtime this catches up in order. Returns how many fired."""
    fired = 0
    while fired < limit:
        with store.reading() as session:
            due = processes.due_timers(session, now, min(50, limit - fired))
        if not due:
            return fired
        progress = 0
        for timer in due:
            progress += fire(store, timer.instance, timer.address, now)
        fired += progress
        if not progress:
            return fired
    return fired


def fire(store: Store, instance: int, address: str, now: datetime) -> int:
    """1 for a timer that fired, once. One that cannot be fired is put an hour away, so that it never blocks the others."""
    try:
        with store.transaction() as session:
            return _fire(session, instance, address, now)
    except Busy:
        return 0
    except Exception as error:  # one broken case must not stop the others
        code = error.code if isinstance(error, EngineError) else type(error).__name__
        log.error("timer failed", extra={"instance": instance, "code": code, **trouble.of(error)})
        with store.transaction() as session:
            processes.postpone_timer(session, instance, address, now)
            element = element_of(address)
            incidents.open_incident(session, instance, address, element, "tasks.failed", {"cause": code}, now)
        return 0


def _fire(session: Session, instance: int, address: str, now: datetime) -> int:
    try:
        work = processes.lock_instance(session, instance)
    except NotFound:
        return 0
    if not processes.claim_timer(session, instance, address) or work.state is None:
        return 0
    made = bundle(session, work.deployment)
    world = commands.world_for(context_of(session, SYSTEM, now), work, made)
    commands.execute(world, TimerFired(address), EventData("timer_fired", address=address))
    return 1
