"""规模性风险: where many households fall at once. Figures are looked at, a signal opens a study, a quarter without one too.

Plain rules are looked at each day, the statistics once for each month that is over, so that a month has one chance of a false
signal and not thirty. What is looked at and what is found stand in one transaction: once, whatever happens.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.policy import calendar
from app.policy import parameters as params
from app.policy.calendar import RECORDS_BEGIN
from app.policy.months import after, before, between, first_day, month_of, next_begin, quarter_begin, quarter_of, through
from app.policy.parameters import MissingEntry
from app.store import jobs, record
from app.store import scale as rows
from app.store.session import Session, Store
from app.surveillance import cusum, rules

from .. import doors, events
from ..context import Context
from ..definitions import NotDeployed
from ..events import EventData
from ..files.figures import Overwrites, refuse_impossible
from ..people import SYSTEM, Actor, County, Refused, county_on
from ..work import commands

if TYPE_CHECKING:
    from app.surveillance import scan

DAILY, MONTHLY, QUARTERLY = "scale_day", "scale_month", "scale_quarter"
CATCH_UP = 24
YEARS = 3
"""Earlier years that say what a month usually brings."""


@dataclass(frozen=True)
class Signal:
    """`rule`: households (plain), series (plain), scan, drift. `about`: family:… or series:…. `figures`: whole numbers only.
    `since`: the month in which it began."""

    rule: str
    about: str
    unit: str
    since: str
    figures: Mapping[str, int]


def families(county: County) -> list[str]:
    return [e.key for e in county.entries.all("risk_family", county.on)]


def indicators(county: County) -> dict[str, Mapping[str, Any]]:
    return {e.key: e.value for e in county.entries.all("indicator", county.on)}


def places_of(county: County, indicator: Mapping[str, Any]) -> list[str]:
    """Which places have a value each month."""
    return [u.code for u in county.units.at_level(str(indicator["level"]))]


def _number(county: County, key: str) -> int:
    return params.number(county.entries, f"scale_{key}", county.on)


# --- looking --------------------------------------------------------------------------------------------------------


def gathered(session: Session, county: County, month: str) -> list[Signal]:
    """同村同类、同镇同类: so many households in one month."""
    counted: dict[str, dict[str, Counter[str]]] = {"village": {}, "town": {}}
    for family, _, unit, _ in rows.signs_found(session, first_day(month), next_begin(month)):
        known = county.units.get(unit)
        if known is None:
            continue
        counted["town"].setdefault(family, Counter())[unit if known.level == "town" else known.parent or ""] += 1
        if known.level == "village":
            counted["village"].setdefault(family, Counter())[unit] += 1
    return [
        Signal("households", f"family:{family}", g.place, month, {"value": g.value, "threshold": g.threshold})
        for family in families(county)
        for level in ("village", "town")
        for g in rules.gathered(counted[level].get(family, {}), _number(county, f"{level}_households"))
    ]


def scanned(session: Session, county: County, month: str, kept: dict[tuple[str, int], float]) -> list[Signal]:
    """比往常明显偏多: the space-time scan, one family after the other. Thresholds not kept yet are put into `kept`."""
    from app.surveillance import scan  # numpy and scipy, for a month that is over only  # noqa: PLC0415

    first = rows.first_found(session)
    if first is None:
        return []
    known = between(month_of(first), month)
    span = min(_number(county, "scan_months"), known)
    if span < _number(county, "scan_least_months"):
        return []
    window = through(before(month, span - 1), month)
    years = min(YEARS, (known - span) // 12)
    signs = rows.signs_found(session, first_day(before(window[0], 12 * years)), next_begin(month))
    villages = [u.code for u in county.units.at_level("village")]
    at = {code: n for n, code in enumerate(villages)}
    zones = [(code, [n]) for code, n in at.items()]
    for town in (u.code for u in county.units.at_level("town")):
        zones.append((town, [at[v.code] for v in county.children(town)]))
    zones.append((county.code, list(at.values())))
    people = rows.population(session)
    setting = scan.Setting(
        _number(county, "scan_longest"),
        _number(county, "scan_households"),
        _number(county, "scan_level"),
        _number(county, "scan_rounds"),
        _number(county, "scan_seed"),
    )
    found: list[Signal] = []
    for family in families(county):
        mine = _once({(m, u, who) for f, m, u, who in signs if f == family and u in at}, window[0])
        frame = scan.grid([people.get(v, 0) for v in villages], _shares(mine, window, years), zones)
        counts = _matrix(mine, window, at)
        best = scan.strongest(frame, counts, setting)
        if best is None:
            continue
        limit = _threshold(session, scan, frame, int(counts.sum()), setting, kept)
        if best.ratio > limit:
            figures = {
                "value": best.observed,
                "expected_hundredths": round(best.expected * 100),
                "months": best.months,
                "ratio_thousandths": round(best.ratio * 1000),
                "limit_thousandths": round(limit * 1000),
                "level_permille": setting.level,
                "years": years,
            }
            found.append(Signal("scan", f"family:{family}", best.zone, before(month, best.months - 1), figures))
    return found


def _once(signs: Collection[tuple[str, str, int]], begin: str) -> Counter[tuple[str, str]]:
    """(month, village) -> households; within the window each in its first month only: one that shows the same sign month
    after month is one household."""
    first: dict[int, tuple[str, str]] = {}
    counted: Counter[tuple[str, str]] = Counter()
    for month, unit, who in sorted(signs):
        if month < begin:
            counted[month, unit] += 1
        else:
            first.setdefault(who, (month, unit))
    counted.update(first.values())
    return counted


def _shares(mine: Mapping[tuple[str, str], int], window: Sequence[str], years: int) -> list[float]:
    """What each month usually brings: the same month of earlier years, drawn half way to the mean; even without them."""
    if years == 0:
        return [1.0] * len(window)
    begin = before(window[0], 12 * years)
    past: Counter[str] = Counter()
    for (month, _), n in mine.items():
        if begin <= month < window[0]:
            past[month[5:]] += n
    mean = sum(past.values()) / 12
    return [past[m[5:]] + mean if mean else 1.0 for m in window]


def _matrix(mine: Mapping[tuple[str, str], int], window: Sequence[str], at: Mapping[str, int]) -> "scan.Counts":
    import numpy as np  # noqa: PLC0415

    row = {month: n for n, month in enumerate(window)}
    counts = np.zeros((len(window), len(at)), dtype=np.int64)
    for (month, unit), n in mine.items():
        if month in row:
            counts[row[month], at[unit]] = n
    return counts


def _threshold(
    session: Session, scan: Any, frame: "scan.Grid", total: int, setting: "scan.Setting", kept: dict[tuple[str, int], float]
) -> float:
    """Looked up; simulated where nobody needed it before."""
    key = scan.key(frame, setting)
    known = rows.kept_threshold(session, key, total)
    if known is None:
        known = kept.get((key, total))
    if known is None:
        known = kept[key, total] = round(scan.threshold(frame, total, setting) * 1_000_000) / 1_000_000
    return known


def drifting(session: Session, county: County, month: str, keys: Collection[str]) -> list[Signal]:
    """行情: so many months in a row the bad way, or a drift away from what was usual. Looked at when a value is given, for it
    may come weeks after its month."""
    found: list[Signal] = []
    run, percent = _number(county, "series_months"), _number(county, "series_percent")
    usual, watched = _number(county, "drift_usual"), _number(county, "drift_watched")
    limit = _number(county, "drift_limit")
    for key, indicator in indicators(county).items():
        if key not in keys:
            continue
        for unit in places_of(county, indicator):
            series = _unbroken(rows.values_of(session, key, unit), month)
            bad = str(indicator["bad"])
            steady = rules.steady(series, run, percent, bad=bad)
            about = f"series:{key}"
            if steady is not None:
                figures = {
                    "months": steady.months,
                    "percent": steady.percent,
                    "first": steady.first,
                    "last": steady.last,
                    "threshold": percent,
                }
                found.append(Signal("series", about, unit, before(month, steady.months - 1), figures))
            watch = series[-watched:]
            level = series[: -len(watch)][-usual:] if watch else []
            if len(level) < 12:
                continue
            drift = cusum.drift(level, watch, bad=bad, limit=limit / 10)
            if drift.since is not None:
                figures = {
                    "last": series[-1],
                    "usual": round(drift.usual),
                    "sum_tenths": round(drift.sums[-1] * 10),
                    "threshold": limit,
                    "months": len(watch) - drift.since,
                }
                found.append(Signal("drift", about, unit, before(month, len(watch) - drift.since - 1), figures))
    return found


def _unbroken(values: Mapping[str, int], month: str) -> list[int]:
    """The values up to this month without a gap, oldest first; none if this month's is missing."""
    found: list[int] = []
    while month in values:
        found.append(values[month])
        month = before(month)
    return found[::-1]


def refuse_month(county: County, month: str) -> None:
    """Refused: a month that has not come yet, or one from before there was any register."""
    if month > month_of(county.on):
        raise Refused("scale.in_future", month=month)
    if int(month[:4]) < RECORDS_BEGIN.year:
        raise Refused("scale.month_too_early", month=month, year=RECORDS_BEGIN.year)


def enter(
    context: Context,
    month: str,
    values: Mapping[tuple[str, str], int],
    command_id: bytes | None,
    reason: str = "",
) -> int:
    """Values of one month, (indicator, place) -> whole number, by who may give them. Returns how many are new or changed.
    Refused: what cannot be; Overwrites, where another value stands there and there is no reason."""
    session, actor, county = context.session, context.actor, context.county
    refuse_month(county, month)
    mine = indicators_of(actor, county)
    for key, unit in values:
        if key not in mine or unit not in places_of(county, mine[key]):
            raise Refused("scale.not_yours")
    head = record.lock_stream(session, STREAM)
    if command_id is not None and record.event_of_command(session, command_id) is not None:
        return 0
    for (key, _), value in values.items():
        refuse_impossible(county, key, value)
    known = {(r.indicator, r.org_unit): r.value for r in rows.values_since(session, mine, month) if r.period == month}
    changed = {which: value for which, value in values.items() if known.get(which) != value}
    if not changed:
        return 0
    over = [(month, *which, known[which], value) for which, value in sorted(changed.items()) if which in known]
    if over and not reason.strip():
        raise Overwrites(over)
    rows.put_values(
        session,
        [
            {
                "indicator": key,
                "org_unit": unit,
                "period": month,
                "value": value,
                "entered_by": actor.id,
                "entered_at": context.now,
            }
            for (key, unit), value in sorted(changed.items())
        ],
    )
    told = [[key, unit, known.get((key, unit)), value] for (key, unit), value in sorted(changed.items())]
    held = next(a for a in actor.assignments if a.role in county.who_may("enter_indicators"))
    data = EventData(
        "indicators_entered",
        held.role,
        held.unit,
        command_id=command_id,
        body={"month": month, "values": told},
        values={"reason": reason.strip()} if over else None,
    )
    events.append(context, head, record.new_data_key(session, "indicators") if over else None, data)
    keys = {key for key, _ in changed}
    lately = before(month_of(county.on), _number(county, "series_months"))  # years of figures handed in late open no study
    for later in sorted({r.period for r in rows.values_since(session, keys, max(month, lately))}):  # their series changed too
        raise_signals(context, later, drifting(session, county, later, keys))
    return len(changed)


STREAM = "indicators"


def indicators_of(actor: Actor, county: County) -> dict[str, Mapping[str, Any]]:
    """The series that this person's department gives."""
    units = {a.unit.partition("-")[2] for a in actor.assignments if a.role in county.who_may("enter_indicators")}
    return {key: one for key, one in indicators(county).items() if one["department"] in units}


# --- what a signal opens --------------------------------------------------------------------------------------------


def tick(store: Store, now: datetime) -> int:
    """Today's plain rules, months that are over, and quarters without a study. Returns how many signals are new."""
    with store.reading() as session:
        county = county_on(session, calendar.local_date(now))
        try:
            doors.latest(session, doors.SCALE, county.on)
            months = _months_due(session, county)
            today = county.on.isoformat()
            daily = jobs.job_result(session, DAILY, today) is None
        except (NotDeployed, MissingEntry):
            return 0
    new = sum(look_at_month(store, month, now) for month in months)
    if daily:
        with store.transaction() as session:
            county = county_on(session, calendar.local_date(now))
            if jobs.begin_job(session, DAILY, today, now):
                month = month_of(county.on)
                new += raise_signals(Context(session, SYSTEM, county, now), month, gathered(session, county, month))
                jobs.end_job(session, DAILY, today, now, {})
    quarter_round(store, now)
    return new


def _months_due(session: Session, county: County) -> list[str]:
    """Months that are over and were not looked at; a county that never looked begins with the last one."""
    last = before(month_of(county.on))
    known = jobs.last_period(session, MONTHLY)
    return through(after(known) if known is not None else last, last)[:CATCH_UP]


def look_at_month(store: Store, month: str, now: datetime) -> int:
    """Everything about one month that is over, once. The simulation runs before anything is locked."""
    kept: dict[tuple[str, int], float] = {}
    with store.reading() as session:
        county = county_on(session, calendar.local_date(now))
        found = gathered(session, county, month) + scanned(session, county, month, kept)
    with store.transaction() as session:
        if not jobs.begin_job(session, MONTHLY, month, now):
            return 0
        for (key, total), value in kept.items():
            if rows.kept_threshold(session, key, total) is None:
                rows.keep_threshold(session, key, total, value)
        new = raise_signals(Context(session, SYSTEM, county, now), month, found)
        jobs.end_job(session, MONTHLY, month, now, {"signals": len(found), "new": new})
    return new


def raise_signals(context: Context, month: str, found: Sequence[Signal]) -> int:
    """Each signal is kept once a month; one study for each kind of risk, whatever the places: one meeting looks at all."""
    session = context.session
    new = 0
    for signal in found:
        if rows.has_signal(session, month, signal.rule, signal.about, signal.unit):
            continue
        risk = rows.open_risk(session, signal.about) or _lately(context, signal)
        fresh = risk is None
        if risk is None:
            risk = open_study(context, "signal", month, signal.about, signal.unit)
        ident = rows.add_signal(
            session,
            period=month,
            rule=signal.rule,
            about=signal.about,
            org_unit=signal.unit,
            since=signal.since,
            figures=dict(signal.figures),
            found_at=context.now,
            risk=risk,
            fresh=fresh,
        )
        head = record.lock_stream(session, f"scale:{risk}")
        body = {
            "signal": ident,
            "rule": signal.rule,
            "about": signal.about,
            "at": signal.unit,
            "month": month,
            "since": signal.since,
            "figures": dict(signal.figures),
        }
        events.append(context.acting(SYSTEM), head, None, EventData("scale_signal", body=body))
        new += fresh
    return new


def _lately(context: Context, signal: Signal) -> int | None:
    """A study of the same thing in the same place that ended not long ago stands for it."""
    since = context.now - timedelta(days=_number(context.county, "again_days"))
    return rows.closed_risk(context.session, signal.about, signal.unit, since)


def open_study(context: Context, why: str, period: str, about: str, unit: str) -> int:
    session, county = context.session, context.county
    key = record.new_data_key(session, "scale")
    ident = rows.add_risk(
        session, key, {}, why=why, period=period, about=about, org_unit=unit, opened_at=context.now, status="open"
    )
    record.name_owner(session, key, f"scale:{ident}")
    bundle = doors.latest(session, doors.SCALE, county.on)
    world = commands.new_instance(context.acting(SYSTEM), ("scale", ident), bundle, county.code, key)
    commands.start(world, {"why": why}, EventData("instance_started", body={"why": why, "about": about, "at": unit}))
    return ident


# --- every quarter --------------------------------------------------------------------------------------------------


def quarter_round(store: Store, now: datetime) -> int | None:
    """A quarter that brought no study gets its regular one, once. The first quarter a county knows is not made up for."""
    today = calendar.local_date(now)
    begun = quarter_begin(quarter_of(today))
    quarter = quarter_of(begun - timedelta(days=1))
    with store.reading() as session:
        county = county_on(session, today)
        if today < begun + timedelta(days=_number(county, "quarter_day") - 1):
            return None
        if jobs.job_result(session, QUARTERLY, quarter) is not None:
            return None
    with store.transaction() as session:
        first = jobs.last_period(session, QUARTERLY) is None
        if not jobs.begin_job(session, QUARTERLY, quarter, now):
            return None
        opened = None
        if not first and not rows.opened_between(session, calendar.end_of(quarter_begin(quarter) - timedelta(days=1)), now):
            opened = open_study(Context(session, SYSTEM, county, now), "quarter", quarter, f"round:{quarter}", county.code)
        jobs.end_job(session, QUARTERLY, quarter, now, {"opened": opened} if opened is not None else {"held": True})
    return opened
