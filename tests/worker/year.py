"""The loop of days: the clock moves, what falls due happens, whoever has something on the desk comes to work, and people come
to the desks with what nobody planned."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sqlalchemy import select

from app.store import tables

from . import reading
from .county import Official, Place
from .worker import Worker


@dataclass(frozen=True)
class Life:
    """What happens in this county on a working day, beside what the procedures bring: chances and counts."""

    applications: float = 0.5
    clues: float = 0.5
    online: float = 0.1
    callers: int = 2
    objections: float = 0.02
    """Of each notice that hangs, a day."""
    told: bool = True
    passes: int = 1


@dataclass
class Year:
    place: Place
    worker: Worker
    life: Life
    rng: Random

    def run(self, first: date, last: date, each: Callable[[date], None] = lambda _: None) -> None:
        day = first
        while day <= last:
            self.place.go_on(day, 9)
            if day.weekday() < 5:
                self.working_day(day)
            each(day)
            day += timedelta(days=1)

    def working_day(self, day: date) -> None:
        self.come_in()
        for _ in range(self.life.passes):
            for who, tabs in self.called():
                self.worker.day(who, tabs)
        if self.life.told:
            for who, paths in self.told().items():
                for path in paths:
                    self.worker.case(who, path)
        for who, path in self.callers():
            self.worker.case(who, path)
        for who, path in self.readers():
            self.worker.case(who, path, "objection")
        self.chores(day)

    # --- who comes to work ----------------------------------------------------------------------------------------------

    def called(self) -> list[tuple[Official, tuple[str, ...]]]:
        """Of every desk with something on it one person, and everybody who has taken something: which lists they open."""
        t = tables.tasks.c
        with self.place.store.reading() as session:
            rows = session.conn.execute(select(t.roles, t.org_unit, t.assignee).where(t.status == "open").distinct()).all()
        desks = sorted({(r.org_unit, r.roles) for r in rows if r.assignee is None})
        found = {r.assignee: ["mine"] for r in rows if r.assignee is not None}
        for unit, roles in desks:
            there = [o.id for role in roles.split(",") for o in self.place.at(unit, role)]
            if there:
                found.setdefault(there[0] if self.rng.random() < 0.85 else self.rng.choice(there), []).append("open")
        return [
            (self.place.officials[i], tuple(dict.fromkeys(tabs)))
            for i, tabs in sorted(found.items())
            if i in self.place.officials
        ]

    def told(self) -> dict[Official, list[str]]:
        """Who has unread messages about a household opens them, and the pages they lead to."""
        t = tables.notifications.c
        with self.place.store.reading() as session:
            rows = session.conn.execute(
                select(t.official).where(t.read_at.is_(None), t.case_id.is_not(None)).distinct()
            ).all()
        found: dict[Official, list[str]] = {}
        for ident in sorted(r.official for r in rows):
            who = self.place.officials[ident]
            browser = self.worker.browser(who)
            page = browser.get("/notifications")
            new = [li for li in page.content.iter("li") if any(reading.words(s) == "新" for s in li.iter("span"))]
            links = [a.get("href").partition("#")[0] for li in new for a in li.iter("a")]
            for form in page.forms:
                browser.send(form, {}, form.buttons[0])
            found[who] = [h for h in dict.fromkeys(links) if h.startswith("/cases/")]
        return found

    def callers(self) -> list[tuple[Official, str]]:
        """Households that come and ask, rather when nothing seems to move: who is asked opens their page."""
        c, h, t = tables.cases.c, tables.households.c, tables.tasks.c
        with self.place.store.reading() as session:
            asks = (
                select(c.id, c.status, h.org_unit).join(tables.households, h.id == c.household).where(c.closed_at.is_(None))
            )
            alive = session.conn.execute(asks.order_by(c.id)).all()
            busy = set(session.conn.execute(select(t.case_id).where(t.status == "open")).scalars())
        waits = [r for r in alive if r.id not in busy and r.status == "open"]
        helped = [r for r in alive if r.id not in busy and r.status != "open"]
        chosen = [self.rng.choice(pool) for pool in (waits, helped, alive) if pool for _ in range(self.life.callers)]
        found = []
        for row in dict.fromkeys(chosen):
            desks = self.place.at(row.org_unit, "village_officer") + self.place.at(row.org_unit, "grid_worker")
            if self.rng.random() < 0.25:
                desks = self.place.at(self._town(row.org_unit), "town_officer")
            found.append((self.rng.choice(desks), f"/cases/{row.id}"))
        return found

    def readers(self) -> list[tuple[Official, str]]:
        """Neighbours who read a notice that hangs and come to the village with what they know."""
        n, c, h = tables.notices.c, tables.cases.c, tables.households.c
        with self.place.store.reading() as session:
            hangs = (
                select(c.id, h.org_unit).join(tables.cases, c.id == n.case_id).join(tables.households, h.id == c.household)
            )
            asked = hangs.where(n.void_at.is_(None), n.taken_down_on.is_(None)).order_by(c.id)
            found = session.conn.execute(asked).all()
        return [
            (self.rng.choice(self.place.at(r.org_unit, "village_officer")), f"/cases/{r.id}")
            for r in found
            if self.rng.random() < self.life.objections
        ]

    def _town(self, village: str) -> str:
        return village[:9] + "000"

    # --- what begins by itself ------------------------------------------------------------------------------------------

    def come_in(self) -> None:
        """New applications, reports and declarations."""
        for chance, path, roles in (
            (self.life.applications, "/applications/new", ("village_officer", "grid_worker", "window_clerk")),
            (self.life.clues, "/clues/new", ("village_officer", "hotline_officer", "dept_liaison", "grid_worker")),
        ):
            while self.rng.random() < chance:
                chance -= 1
                who = self.rng.choice(self.place.holders(self.rng.choice(roles)))
                page = self.worker.browser(who).get(path)
                form = next((f for f in page.forms if f.main is not None and f.method == "post"), None)
                if page.status == 200 and form is not None:
                    self.worker.send(who, page, form)

    def chores(self, day: date) -> None:
        """What people of some posts do without being asked, each month: reports read, lists and sheets taken out, what goes to
        others sent and its receipt noted."""
        place, worker = self.place, self.worker
        if day.day == 14:
            who = self.rng.choice(place.holders("county_officer"))
            reports = [a.href for a in worker.browser(who).get("/months").links() if a.href.startswith("/months/")]
            for href in reports[:1]:
                page = worker.browser(who).get(href)
                for link in [a.href for a in page.links() if a.href.endswith(".xlsx")]:
                    worker.read(who, link)
        if day.day in (15, 16):
            for role, path in (
                ("village_officer", "/incomes"),
                ("window_clerk", "/applications/new"),
                ("county_officer", "/cases"),
            ):
                self.files_of(self.rng.choice(place.holders(role)), path)
            for who in (*place.holders("county_officer"), *place.holders("county_leader")):
                self.files_of(who, "/exports", every=True)
        if day.day in (26, 27, 28, 29):
            for role in ("county_officer", "civil_officer"):
                self.files_of(self.rng.choice(place.holders(role)), "/exchange", every=True)

    def files_of(self, who: Official, path: str, *, every: bool = False) -> None:
        """Files that a page offers, by link and by button; `every`: whatever the page asks beside them is filled in too."""
        worker = self.worker
        page = worker.browser(who).get(path)
        for link in [a.href for a in page.links() if a.href.endswith((".pdf", ".docx", ".xlsx"))][:3]:
            worker.read(who, link)
        for form in page.forms:
            files = any(q.kind == "file" for q in form.sheet.questions)
            offers = any("导出" in b.words or "下载" in b.words for b in form.buttons)
            if form.method == "post" and not files and (every or offers):
                worker.send(who, page, form)


__all__ = ["Life", "Year"]
