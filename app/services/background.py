"""Long work that a page asks for (a long file, a whole verification): a row says what is wanted, the tick takes it to a child
process, which writes how far it is. Nothing of it runs in a thread of a request."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app import clock, trouble
from app.config import ROOT, Config
from app.store import jobs
from app.store.session import Session, Store

from . import audit
from .register import long_files

log = logging.getLogger("shouwang.background")
SILENT = timedelta(minutes=5)
"""Work that gave no sign of life for so long broke off."""
BEAT = 20.0
"""Seconds from one sign of life to the next."""


@dataclass(frozen=True)
class Job:
    """A kind of long work. `run(store, asked, progress)` gives its result; `failed(asked, trouble)` what is kept where it
    broke off."""

    run: Callable[[Store, Mapping[str, Any], Callable[[dict[str, Any]], None]], dict[str, Any]]
    failed: Callable[[Mapping[str, Any], Mapping[str, str]], dict[str, Any]]


JOBS: Mapping[str, Job] = {
    long_files.JOB: Job(long_files.run, long_files.failed),
    audit.JOB: Job(audit.run, audit.failed),
}


def is_alive(run: Any) -> bool:
    """Whether this row's work is under way or waits to be taken."""
    return run.ended_at is None and (run.beat_at or run.started_at) > clock.now() - SILENT


@dataclass
class Children:
    """The child processes of one scheduler."""

    settings: Config
    running: dict[tuple[str, str], subprocess.Popen[bytes]] = field(default_factory=dict)

    def tick(self, store: Store) -> int:
        """Take what waits; say of what broke off that it did. Returns how many were taken."""
        for (job, period), child in list(self.running.items()):
            if child.poll() is not None:
                del self.running[job, period]
                _broken(store, job, period, {"exit": str(child.returncode)})
        with store.reading() as session:
            waiting = jobs.waiting_jobs(session)
            silent = [r for r in jobs.silent_jobs(session, clock.now() - SILENT) if (r.job, r.period) not in self.running]
        for row in silent:
            _broken(store, row.job, row.period, {})
        for row in waiting:
            with store.transaction() as session:
                jobs.beat(session, row.job, row.period, clock.now())
            self.running[row.job, row.period] = self._child(store, row.job, row.period)
        return len(waiting)

    def wait(self, store: Store, seconds: float = 600) -> None:
        """Until what was taken is over."""
        for child in self.running.values():
            child.wait(seconds)
        self.tick(store)

    def _child(self, store: Store, job: str, period: str) -> subprocess.Popen[bytes]:
        said = {
            "DATABASE_URL": store.engine.url.render_as_string(hide_password=False),
            "SHOUWANG_VAR": str(self.settings.var),
            "SHOUWANG_KEYS": str(self.settings.keys),
            "SHOUWANG_SUITE": self.settings.suite,
        }
        command = [sys.executable, "-m", "app.cli.job", job, period]
        return subprocess.Popen(command, env={**os.environ, **said}, cwd=ROOT, stdin=subprocess.DEVNULL)


def _broken(store: Store, job: str, period: str, why: Mapping[str, str]) -> None:
    """The work ended without a word of its own."""
    with store.transaction() as session:
        row = jobs.job_result(session, job, period)
        if row is None or row.ended_at is not None:
            return
        log.error("job broke off", extra={"job": job, "period": period, **why})
        jobs.end_job(session, job, period, clock.now(), JOBS[job].failed(row.asked, why))


def carry_out(store: Store, job: str, period: str) -> bool:
    """One job from its row to its result, in the process of its own. False: it failed, and its row says so."""
    with store.reading() as session:
        row = jobs.job_result(session, job, period)
    if row is None or row.ended_at is not None or row.asked is None:
        return False
    made, right = JOBS[job], True

    def progress(said: dict[str, Any]) -> None:
        with store.transaction() as session:
            jobs.note_progress(session, job, period, said)

    with _alive(store, job, period):
        try:
            result = made.run(store, row.asked, progress)
        except Exception as error:
            said = trouble.of(error)
            log.error("job failed", extra={"job": job, **said})
            result, right = made.failed(row.asked, said), False
    with store.transaction() as session:
        jobs.end_job(session, job, period, clock.now(), result)
    return right


@contextmanager
def _alive(store: Store, job: str, period: str) -> Iterator[None]:
    """Signs of life while the work lasts."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT):
            try:
                with store.transaction() as session:
                    jobs.beat(session, job, period, clock.now())
            except Exception as error:  # the next one tries again
                log.info("no sign of life", extra=trouble.of(error))

    thread = threading.Thread(target=beat, daemon=True, name="beat")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def ask(session: Session, job: str, asked: dict[str, Any], progress: dict[str, Any]) -> str:
    """Ask for long work; returns its period. The tick takes it."""
    now = clock.now()
    period = now.strftime("%Y%m%dT%H%M%S%f")[:20]
    jobs.ask_job(session, job, period, asked, progress, now)
    return period
