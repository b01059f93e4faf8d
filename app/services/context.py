"""Who acts, when, on which day's entries and units, inside one open transaction: what most actions begin with."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from app.policy import calendar
from app.store.session import Session

from .people import Actor, County, county_on


@dataclass(frozen=True)
class Context:
    """An open transaction with the person who acts in it. `now` is the procedure's clock; `county` is of that day."""

    session: Session
    actor: Actor
    county: County
    now: datetime

    @property
    def today(self) -> date:
        return self.county.on

    def acting(self, actor: Actor) -> "Context":
        """The same moment and transaction, with another who acts: the scheduler, whoever is stood in for."""
        return replace(self, actor=actor)


def context_of(session: Session, actor: Actor, now: datetime, newest_entry: int | None = None) -> Context:
    """The context of a moment. `newest_entry`: the highest entry id, where the caller has just read it."""
    return Context(session, actor, county_on(session, calendar.local_date(now), newest_entry), now)


class Within:
    """What happens in a context (`context`): its parts by name."""

    context: Context

    @property
    def session(self) -> Session:
        return self.context.session

    @property
    def actor(self) -> Actor:
        return self.context.actor

    @property
    def county(self) -> County:
        return self.context.county

    @property
    def now(self) -> datetime:
        return self.context.now

    @property
    def today(self) -> date:
        return self.context.today
