"""APScheduler: interval ticks only; each asks the services what is due. A lease in the database lets one tick through."""

import logging
import os
import socket
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler

from app import clock
from app.services import upkeep
from app.store import jobs, time
from app.store.session import Store

LEASE, SECONDS, EVERY = "scheduler", 30, 5
log = logging.getLogger("shouwang.scheduler")


def start(store: Store, var: Path) -> BackgroundScheduler:
    """Start ticking in a thread of this process."""
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    holder = f"{socket.gethostname()}/{os.getpid()}"
    scheduler.add_job(
        lambda: tick(store, var, holder), "interval", seconds=EVERY, id="tick", next_run_time=clock.now()
    )
    scheduler.start()
    return scheduler


def tick(store: Store, var: Path, holder: str) -> bool:
    """One round, if this process holds the lease. Never raises: the next tick tries again."""
    try:
        with store.transaction() as session:
            if not jobs.hold_lease(session, LEASE, holder, clock.now(), SECONDS):
                return False
            now = time.now(session)
        upkeep.tick(store, now, var)
    except Exception as error:
        log.error("tick failed", extra={"cause": type(error).__name__})
        return False
    return True
