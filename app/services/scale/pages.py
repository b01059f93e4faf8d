"""规模性风险 in words and figures: the map, the series, one study with what it led to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from app.labels import say
from app.policy.model import OrgUnit
from app.policy.months import before, first_day, month_of, next_begin, through
from app.store import scale as rows
from app.store.processes import NotFound, Work
from app.store.record import data_key
from app.store.session import Session

from ..context import Context
from ..history import signals as scale_words
from ..history import stories
from ..people import Actor, County, units_seen
from ..rescreening.report import few
from ..subjects.table import Reader
from . import watch

SPANS = (1, 3, 12)
SERIES_MONTHS = 36
TILES = 600
"""So many villages are drawn each by itself; of more, their towns."""
TOWNS, LINES, MANY = 100, 12, 40
"""So many towns are listed; of more than MANY, so many lines are drawn in one series: those that matter most first."""


def may_read(actor: Actor, county: County) -> bool:
    return county.may(actor, "read_scale") or county.may(actor, "read_scale_of_town")


def towns_of(actor: Actor, county: County) -> list[str]:
    """The towns whose figures this person may read."""
    towns = [u.code for u in county.units.at_level("town")]
    if county.may(actor, "read_scale"):
        return towns
    own = {a.unit for a in actor.assignments if a.role in county.who_may("read_scale_of_town")}
    return [town for town in towns if town in own]


def line(county: County, row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "about": scale_words.subject(county, row.about),
        "place": scale_words.where(county, row.org_unit),
        "why": say(f"scale.why.{row.why}"),
        "opened_at": row.opened_at,
        "open": row.status == "open",
        "outcome": say(f"scale.outcome.{row.outcome}") if row.outcome else "",
        "closed_at": row.closed_at,
    }


def _told(row: Any) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "about": row.about,
        "at": row.org_unit,
        "month": row.period,
        "since": row.since,
        "figures": row.figures,
    }


def signals(session: Session, county: County, risk: int) -> list[dict[str, Any]]:
    return [
        {"on": r.found_at, "words": scale_words.signal(county, _told(r)), "rule": r.rule}
        for r in rows.signals_of(session, risk)
    ]


def overview(context: Context, family: str, span: int, town: str = "") -> dict[str, Any]:
    """Studies, the map of one family over the last months, and every series. `town`: only this one's villages."""
    session, actor, county = context.session, context.actor, context.county
    towns = towns_of(actor, county)
    read = set(towns)
    families = [(e.key, str(e.value["label"])) for e in county.entries.all("risk_family", county.on)]
    family = family if family in dict(families) else families[0][0]
    span = span if span in SPANS else SPANS[0]
    last = month_of(county.on)
    mine: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for one in rows.sign_counts(session, first_day(before(last, span - 1)), next_begin(last)):
        known = county.units.get(one.org_unit)
        above = one.org_unit if known is not None and known.level == "town" else known.parent if known is not None else None
        if above in read:
            totals[one.family] += one.n
            if one.family == family:
                mine[one.org_unit] += one.n
                sums[above or ""] += one.n
    marked = {s.org_unit for s in rows.signals_since(session, before(last, span - 1)) if s.about == f"family:{family}"}
    opened = units_seen(actor, county, "town")
    exact = {t: opened is None or t in opened for t in towns}
    chosen = town if town in read else ""
    shown = [chosen] if chosen else towns
    whole = bool(chosen) or sum(len(county.children(t)) for t in shown) <= TILES
    if not whole:  # a signal in a village is one in its town
        marked |= {county.units[code].parent or "" for code in marked if code in county.units}
    lines = [_town(county, t, sums[t], mine, marked, exact[t], whole) for t in shown]
    return {
        "studies": [line(county, r) for r in rows.risks(session)],
        "families": [
            {"key": k, "title": t, "n": _n(county, totals[k], all(exact.values())), "current": k == family}
            for k, t in families
        ],
        "family": dict(families)[family],
        "spans": [{"n": n, "current": n == span} for n in SPANS],
        "towns": lines if whole else _worst(lines),
        "tiles": lines if whole else _as_tiles(lines),
        "by_town": not whole,
        "town": county.units[chosen].name if chosen else "",
        "of": len(lines),
        "series": _series(session, county, shown, last),
    }


def _worst(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The towns with a signal, then those with the most households; without any are none."""
    some = [one for one in lines if one["marked"] or one["n"] != 0]
    return sorted(some, key=lambda one: (not one["marked"], -(one["n"] or 0)))[:TOWNS]


def _as_tiles(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One tile for each of these towns, in one block."""
    tiles = [{"name": one["name"], "n": one["n"], "marked": one["marked"]} for one in _worst(lines)]
    return [{"name": "", "n": None, "marked": False, "villages": tiles}]


def _town(
    county: County, town: str, total: int, counted: Mapping[str, int], marked: set[str], exact: bool, whole: bool
) -> dict[str, Any]:
    """One town, with its villages where these are drawn; small figures are not told to who may see no household."""
    return {
        "name": county.units[town].name,
        "n": _n(county, total, exact),
        "marked": town in marked,
        "villages": [
            {"name": v.name, "n": _n(county, counted.get(v.code, 0), exact), "marked": v.code in marked}
            for v in _most(county.children(town), counted, marked)
        ]
        if whole
        else [],
    }


def _most(villages: Sequence[OrgUnit], counted: Mapping[str, int], marked: set[str]) -> Sequence[OrgUnit]:
    """All of a town, or of a very large one those that matter most."""
    if len(villages) <= TILES:
        return villages
    return sorted(villages, key=lambda v: (v.code not in marked, -counted.get(v.code, 0)))[:TILES]


def _n(county: County, n: int, exact: bool) -> int | None:
    """None: too few to be told."""
    return n if exact or not 0 < n < few(county) else None


def _series(session: Session, county: County, towns: Sequence[str], last: str) -> list[dict[str, Any]]:
    """Each series as months and lines, oldest first; months without a value are None."""
    months = through(before(last, SERIES_MONTHS - 1), last)
    known = watch.indicators(county)
    marks: dict[tuple[str, str], list[str]] = {}
    for s in rows.signals_since(session, months[0]):
        kind, _, key = s.about.partition(":")
        if kind == "series":
            marks.setdefault((key, s.org_unit), []).append(s.period)
    drawn = _drawn(session, county, known, towns, marks, months)
    every = {u for units in drawn.values() for u in units}
    values = {(r.indicator, r.org_unit, r.period): r.value for r in rows.values_since(session, known, months[0], every)}
    found = []
    for key, one in known.items():
        units = drawn[key]
        lines = [
            {
                "name": county.units[u].name,
                "values": [values.get((key, u, m)) for m in months],
                "marks": marks.get((key, u), []),
            }
            for u in units
        ]
        lines = [one for one in lines if any(v is not None for v in one["values"])]
        if lines:
            first = min(next(i for i, v in enumerate(one["values"]) if v is not None) for one in lines)
            for one_line in lines:
                one_line["values"] = one_line["values"][first:]
            found.append(
                {
                    "key": key,
                    "title": one["title"],
                    "unit": one["unit"],
                    "decimals": one["decimals"],
                    "months": months[first:],
                    "lines": lines,
                    "signals": sum(len(one_line["marks"]) for one_line in lines),
                }
            )
    return found


def _drawn(
    session: Session,
    county: County,
    known: Mapping[str, Mapping[str, Any]],
    towns: Sequence[str],
    marks: Mapping[tuple[str, str], Any],
    months: Sequence[str],
) -> dict[str, list[str]]:
    """Whose lines each series shows: everybody's, or of too many towns those with a signal, then those with the highest value
    of late."""
    mine = set(towns)
    found = {
        key: [u for u in watch.places_of(county, one) if one["level"] == "county" or u in mine] for key, one in known.items()
    }
    if len(mine) <= MANY:
        return found
    late: dict[tuple[str, str], int] = {
        (r.indicator, r.org_unit): r.value for r in rows.values_since(session, known, months[-2])
    }
    for key, units in found.items():
        if len(units) > LINES:
            units.sort(key=lambda u: (not marks.get((key, u)), (key, u) not in late, -late.get((key, u), 0)))
            found[key] = units[:LINES]
    return found


# --- one study ------------------------------------------------------------------------------------------------------


def facts(session: Session, county: County, work: Work, item: str | None, reader: Reader) -> list[dict[str, Any]]:
    """What a step of a study shows: what was noticed; for a department or town what it was asked, for the county all."""
    row = rows.risk(session, work.subject_id)
    if row is None:
        return []
    content = rows.content(session, row)
    noticed = [
        {"label": scale_words.month(s.period), "value": scale_words.signal(county, _told(s)), "note": None}
        for s in rows.signals_of(session, row.id)
    ]
    if not noticed:
        noticed = [{"label": say("scale.row.why"), "value": say(f"scale.why.{row.why}"), "note": None}]
    groups = [{"title": scale_words.subject(county, row.about), "open": True, "note": None, "rows": noticed, "table": None}]
    study = content.get("study")
    if study:
        asked = _asked(county, study, item)
        groups.append({"title": say("scale.ordered"), "open": True, "note": None, "rows": asked, "table": None})
    answers = _answers(county, content) if item is None else []
    if answers:
        groups.append({"title": say("scale.answered"), "open": True, "note": None, "rows": answers, "table": None})
    return groups


def _asked(county: County, study: Mapping[str, Any], item: str | None) -> list[dict[str, Any]]:
    found = [{"label": say("scale.row.findings"), "value": study["study_findings"], "note": None}]
    for measure in study.get("scale_measures", ()):
        if item in (None, measure["department"]):
            words = say("scale.until", measure=measure["measure"], until=measure["until"])
            found.append({"label": county.name_of(measure["department"]), "value": words, "note": None})
    towns = study.get("scale_towns", ())
    if towns and item not in {m["department"] for m in study.get("scale_measures", ())}:
        names = say("stories.comma").join(county.name_of(t) for t in towns)
        found.append({"label": say("scale.row.towns"), "value": names, "note": None})
    if study.get("why_none"):
        found.append({"label": say("scale.row.why_none"), "value": study["why_none"], "note": None})
    return found


def _answers(county: County, content: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for key, one in content.get("departments", {}).items():
        words = say("scale.carried", how=say(f"scale.carried.{one['carried']}"), note=one["carried_note"])
        found.append({"label": county.name_of(key), "value": words, "note": one["carried_on"]})
    for key, one in content.get("towns", {}).items():
        words = say("scale.guarded", asked=one["households_asked"], found=one["households_found"], note=one["guard_note"])
        found.append({"label": county.name_of(key), "value": words, "note": one["guarded_on"]})
    for one in content.get("tracks", ()):
        words = one.get("scale_outcome") or one["track_note"]
        found.append({"label": say("scale.row.track"), "value": words, "note": one["tracked_on"]})
    return found


def context(context: Context, ident: int) -> dict[str, Any]:
    """NotFound for who may not read studies; a town reads those it was asked in."""
    session, actor, county = context.session, context.actor, context.county
    row = rows.risk(session, ident)
    if row is None or not may_read(actor, county):
        raise NotFound
    duties = rows.town_duties(session, ident)
    if not county.may(actor, "read_scale") and not {d.org_unit for d in duties} & {a.unit for a in actor.assignments}:
        raise NotFound
    content = rows.content(session, row)
    told = stories.events_in(session, f"scale:{ident}", data_key(session, row.data_key))
    told = [e for e in told if e.kind != "scale_signal"]
    return {
        "study": {**line(county, row), "signals": signals(session, county, ident)},
        "asked": _asked(county, content["study"], None) if content.get("study") else [],
        "answers": _answers(county, content),
        "duties": [
            {"town": county.units[d.org_unit].name, "status": say(f"scale.duty.{d.status}"), "due_on": d.due_on}
            for d in duties
            if d.org_unit in county.units
        ],
        "story": stories.story(stories.teller(session, county, told, frozenset())),
    }
