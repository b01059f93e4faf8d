"""APScheduler: interval ticks only; each asks the services what is due. A lease in the database lets one tick through."""

import logging
import os
import socket
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler

from app import clock, trouble
from app.config import Config
from app.services import background, upkeep
from app.services.history import readings
from app.services.officials import digest
from app.store import jobs, time
from app.store.session import Store

LEASE, SECONDS, EVERY = "scheduler", 30, 5
MAIL_LEASE, MAIL_SECONDS, MAIL_EVERY = "mail", 900, 300
log = logging.getLogger("shouwang.scheduler")


def start(store: Store, settings: Config) -> BackgroundScheduler:
    """Start ticking in a thread of this process; mail has its own tick, for a slow mail server must hold up nothing."""
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    holder = f"{socket.gethostname()}/{os.getpid()}"
    children = background.Children(settings)
    scheduler.add_job(
        lambda: tick(store, settings.var, holder, children), "interval", seconds=EVERY, id="tick", next_run_time=clock.now()
    )
    if settings.smtp:
        scheduler.add_job(lambda: post(store, settings, holder), "interval", seconds=MAIL_EVERY, id="mail")
    scheduler.start()
    return scheduler


def tick(store: Store, var: Path, holder: str, children: background.Children | None = None) -> bool:
    """One round, if this process holds the lease. Never raises: the next tick tries again."""
    try:
        readings.take_up(store, var)  # each process its own
        with store.transaction() as session:
            if not jobs.hold_lease(session, LEASE, holder, clock.now(), SECONDS):
                return False
            now = time.now(session)
        if children is not None:
            children.tick(store)
        upkeep.tick(store, now, var)
    except Exception as error:
        log.error("tick failed", extra=trouble.of(error))
        return False
    return True


def post(store: Store, settings: Config, holder: str) -> int:
    """Send what is due by mail, if this process holds the lease. Returns how many letters; never raises."""
    try:
        with store.transaction() as session:
            if not jobs.hold_lease(session, MAIL_LEASE, holder, clock.now(), MAIL_SECONDS):
                return 0
            now = time.now(session)
        return digest.send(store, settings, now)
    except Exception as error:
        log.error("mail failed", extra=trouble.of(error))
        return 0
