"""Open tasks filled in from their forms alone, and what comes of it: judged, carried out, kept or taken back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import select

from app.labels import say
from app.labels.lanes import level_of_lane
from app.policy import calendar
from app.services import people
from app.services.context import context_of
from app.services.definitions import bundle
from app.services.people import Actor, Refused
from app.services.work import tasks
from app.store import cases as case_rows
from app.store import people as people_rows
from app.store import processes, tables
from app.store.session import Session, Store
from tests.worker.filling import FILE, Filler, Habits
from tests.worker.questions import Sent, Sheet, of_form

TRIES = 4


class TakenBack(Exception):
    """Nothing of the transaction stays."""


def hands(session: Session, task: int, now: datetime) -> list[Actor]:
    """Who may do it: its holder, else everybody who holds its post there, by id."""
    work = processes.see_task(session, task)
    row: Any = work.task
    on = calendar.local_date(now)
    place = people.county_on(session, on)
    element = bundle(session, work.deployment).definition.elements[row["element"]]
    held = people_rows.holders(session, row["roles"].split(","), [row["org_unit"]], on)
    idents = {r.id for r in held} | {c.official for c in people_rows.contacts_of(session, work.household or 0)}
    if row["assignee"] is not None:
        idents = {row["assignee"]}
    found = [people.actor(session, ident, on) for ident in sorted(idents)]
    return [a for a in found if people.may_handle(session, a, row, level_of_lane(element.lane), place, work.household)]


def sheet(session: Session, task: int, now: datetime) -> Sheet:
    """The questions of a task as its page would ask them."""
    work = processes.see_task(session, task)
    row: Any = work.task
    on = calendar.local_date(now)
    form = bundle(session, work.deployment).forms[row["element"]]
    choices = tasks.choices_for(session, row["org_unit"], on, people.county_on(session, on), work)
    return of_form(row["element"], form, known=tasks.known_values(session, work, form), choices=choices)


def fillings(session: Session, task: int, seed: int, now: datetime, want: Mapping[str, Sequence[str]]) -> "Filling":
    filler = Filler(Random(seed), Habits(), calendar.local_date(now), first=0.7)
    return Filling(filler, sheet(session, task, now), want)


class Filling:
    """What is sent, and sent again after a refusal."""

    def __init__(self, filler: Filler, asked: Sheet, want: Mapping[str, Sequence[str]]) -> None:
        self.filler, self.asked, self.want = filler, asked, want
        self.sent = self._wanted(filler.fill(asked))

    def mend(self, errors: Mapping[str, Any], tried: int) -> None:
        told = {path: say(code, **args) for path, (code, args) in errors.items() if path}
        whole = [say(code, **args) for path, (code, args) in errors.items() if not path]
        self.sent = self._wanted(self.filler.mend(self.asked, self.sent, told, whole, tried))

    def _wanted(self, sent: Sent) -> Sent:
        return {**sent, **{name: list(values) for name, values in self.want.items()}}


def send(
    session: Session, who: Actor, task: int, sent: Mapping[str, Sequence[str]], now: datetime, command: bytes
) -> tasks.Completed:
    """A page that is named is handed in before."""
    given = {}
    for name, values in sent.items():
        given[name] = [_page(session, who, task, now) if value == FILE else value for value in values]
    return tasks.complete(context_of(session, who, now), task, None, command, given)


def _page(session: Session, who: Actor, task: int, now: datetime) -> str:
    step = str((processes.see_task(session, task).task or {})["element"])
    ident, _ = case_rows.add_paper(
        session, case_id=None, kind=step, title="page", media_type="image/jpeg", content=b"page", by=who.id, now=now
    )
    return str(ident)


def go_on(store: Store, kind: str, want: Mapping[str, Sequence[str]], now: datetime, number: int) -> None:
    """The newest open task of a type of step is done, with these answers among its own."""
    t = tables.tasks.c
    with store.reading() as session:
        asked = select(t.id).where(t.type == kind, t.status == "open").order_by(t.id.desc())
        found = list(session.conn.execute(asked).scalars())
    for task in found:
        if _done(store, task, want, now, number):
            return
    raise AssertionError(f"no {kind} could be done with {dict(want)}")


def _done(store: Store, task: int, want: Mapping[str, Sequence[str]], now: datetime, number: int) -> bool:
    for seed in range(6):
        with store.reading() as session:
            able = hands(session, task, now)
            filling = fillings(session, task, seed, now, want) if able else None
        for tried in range(TRIES if filling else 0):
            assert filling is not None
            try:
                with store.transaction() as session:
                    send(
                        session,
                        able[seed % len(able)],
                        task,
                        filling.sent,
                        now,
                        f"{task}/{number}".encode().ljust(16, b".")[:16],
                    )
                return True
            except tasks.FormErrors as error:
                filling.mend(error.cleaned.errors, tried)
            except Refused:
                break
    return False


__all__ = ["TakenBack", "fillings", "go_on", "hands", "send"]
