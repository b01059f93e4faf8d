"""Rounds of visits in words: which rounds there are, one round's list and progress, one village's grids."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from app.labels import say
from app.store import clues as clue_rows
from app.store import households as household_rows
from app.store import rescreening as runs
from app.store import visits as visit_rows
from app.store.processes import NotFound, Work
from app.store.session import Session

from .. import incomes, operations
from ..context import Context
from ..history import readings, signals
from ..household import knowledge
from ..people import Actor, County
from ..rescreening import department_files
from ..rescreening.report import hidden
from ..subjects.table import Reader
from . import rounds as lookback

PAGE = 50
VILLAGES, TOWNS = 300, 100
"""So many villages are listed each by itself, and so many towns on one page."""
SHOWN = ("visited", "left", "absent", "signs", "clues", "entered", "approved", "outside")


def may_read(actor: Actor, county: County) -> bool:
    return county.may(actor, "read_rounds")


def title(run: Any) -> str:
    """Which one of its kind a run is: a month, a quarter of visits, a year's look-back."""
    if run.kind in (runs.KIND, incomes.KIND):
        return signals.month(run.period)
    if run.kind not in (lookback.YEARLY, lookback.QUARTERLY):  # a campaign behind a designer's door
        on = say("pages.day_full", year=run.as_of.year, month=run.as_of.month, day=run.as_of.day)
        return say("cases.run", title=run.counts.get("title", run.kind), on=on)
    if run.kind == lookback.QUARTERLY:
        return say("visits.title.visits", year=int(run.period[:4]), quarter=int(run.period[6]))
    year, _, n = run.period.partition("-")
    return say("visits.title.more", year=year, n=n) if n else say("visits.title.lookback", period=year)


def part_of(context: Context, work: Work, item: str | None) -> dict[str, Any] | None:
    """{title, page}: which month or round a step belongs to, and where that is worked or read, for who has such a page."""
    actor, county = context.actor, context.county
    run = runs.run(context.session, work.subject_id)
    if run is None:
        return None
    page = None
    if run.kind == runs.KIND:
        page = f"/months/{run.period}" if county.may(actor, "read_months") else None
        if page is None and department_files.department_of(actor, county) is not None:
            page = "/department-files"
    elif run.kind == incomes.KIND:
        page = (
            f"/incomes?village={item}&month={run.period}" if incomes.may_collect(actor, item or "", context.county) else None
        )
    elif run.kind not in (lookback.YEARLY, lookback.QUARTERLY):
        page = f"/campaigns/{run.id}" if may_read(actor, county) else None
    elif may_read(actor, county):
        page = f"/rounds/{operations.rounds.key_of(run)}" + (f"?village={item}" if item else "")
    return {"title": title(run), "page": page}


def listed(context: Context) -> list[dict[str, Any]]:
    """Every round with how far it is in this person's area."""
    session = context.session
    units = _units(context.actor, context.county)
    found = []
    for kind in (lookback.YEARLY, lookback.QUARTERLY):
        for run in runs.listed(session, kind, limit=8):
            mine = visit_rows.by_status(session, run.id, units)
            found.append(
                {
                    "key": operations.rounds.key_of(run),
                    "title": title(run),
                    "status": say(f"visits.status.{run.status}"),
                    "open": run.status == "open",
                    "begun": run.started_at,
                    "done": mine[visit_rows.DONE],
                    "all": _all(mine),
                    "until": _until(run),
                }
            )
    return found


def _until(run: Any) -> date | None:
    return date.fromisoformat(run.counts["until"]) if run.counts.get("until") else None


def _all(counted: Mapping[str, int]) -> int:
    return counted[visit_rows.OPEN] + counted[visit_rows.DONE] + counted[visit_rows.LEFT]


def _units(actor: Actor, county: County) -> set[str] | None:
    """Villages whose progress this person may read; None: all."""
    if county.may(actor, "read_months"):
        return None
    return {code for code, *_ in lookback.villages_for(actor, county)}


def run_of(session: Session, key: str) -> Any:
    kind, _, period = key.partition(":")
    run = runs.run_of(session, period, kind) if kind in (lookback.YEARLY, lookback.QUARTERLY) else None
    if run is None:
        raise NotFound
    return run


def context(
    context: Context,
    key: str,
    village: str,
    grid: str,
    status: str,
    page: int,
    town: str = "",
) -> dict[str, Any]:
    """One round: progress by village, figures of its report, and the list of one village, the own grid first. Why a
    household must be visited is told to whom its page would open without asking why."""
    session, actor, county = context.session, context.actor, context.county
    if not may_read(actor, county):
        raise NotFound
    run, units = run_of(session, key), _units(actor, county)
    seen = lookback.villages_for(actor, county)
    opens = {code for code, *_ in seen}
    chosen = village if village in opens else seen[0][0] if len(seen) == 1 else ""
    progress = _progress(session, county, run.id, units, opens, town, chosen, 1 if chosen else page)
    mine = set(visit_rows.my_grids(session, actor.id))
    in_village = visit_rows.grids_of(session, [chosen]) if chosen else []
    ids = [g.id for g in in_village if str(g.id) == grid or (grid == "" and g.id in mine)] if grid != "all" else []
    status = visit_rows.DONE if status == visit_rows.DONE else visit_rows.OPEN
    found = (
        visit_rows.page(
            session, run.id, [chosen], grid_ids=ids or None, status=status, limit=PAGE + 1, offset=(page - 1) * PAGE
        )
        if chosen
        else []
    )
    titles = {e.key: str(e.value["title"]) for e in county.entries.all("visit_group", county.on)}
    asking = set(readings.asking(context, ((row.household, chosen) for row in found[:PAGE] if row.groups)))
    kept = operations.rounds.figures(session, run) if units is None or run.counts.get("figures") else None
    return {
        "round": {
            "key": key,
            "title": title(run),
            "status": say(f"visits.status.{run.status}"),
            "open": run.status == "open",
            "until": _until(run),
        },
        **progress,
        "seen": seen,
        "village": {"code": chosen, "name": county.units[chosen].name} if chosen else None,
        "grids": [{"id": g.id, "name": g.name, "who": g.official_name, "current": g.id in ids} for g in in_village],
        "status_now": status,
        "grid": grid,
        "items": [_item(row, {} if row.household in asking else titles) for row in found[:PAGE]],
        "hides": bool(asking),
        "more": len(found) > PAGE,
        "page": page,
        "may_visit": bool(chosen) and run.status == "open" and lookback.may_visit(actor, chosen, county),
        "figures": _figures(kept, run) if kept else [],
    }


def _progress(
    session: Session,
    county: County,
    run: int,
    units: set[str] | None,
    opens: Collection[str],
    town: str,
    chosen: str,
    page: int,
) -> dict[str, Any]:
    """How far each village is; of too many, each town, those with the most left to do first, or one town's villages."""
    below = {u.code for u in county.children(town)}
    near = units if not town else below if units is None else below & units
    if (len(county.units.at_level("village")) if near is None else len(near)) <= VILLAGES:
        counted = visit_rows.counts(session, run, near)
        known = sorted(code for code in counted if code in county.units)
        lines = [_line(county, code, counted[code], code in opens, code == chosen) for code in known]
        return {
            "villages": lines,
            "by_town": False,
            "more_towns": False,
            "town": {"code": town, "name": county.name_of(town)} if town else None,
        }
    above = {code: unit.parent or "" for code, unit in county.units.items()}
    sums = visit_rows.counts(session, run, near, above)
    last = sorted(sums, key=lambda code: (-sums[code][visit_rows.OPEN] - sums[code][visit_rows.LEFT], code))[
        (page - 1) * TOWNS :
    ]
    lines = [_line(county, code, sums[code], bool(opens), False) for code in last[:TOWNS] if code in county.units]
    return {"villages": lines, "by_town": True, "more_towns": len(last) > TOWNS, "town": None}


def _line(county: County, code: str, c: Mapping[str, int], opens: bool, current: bool) -> dict[str, Any]:
    unit = county.units[code]
    return {
        "code": code,
        "name": unit.name,
        "town": county.name_of(unit.parent or "") if unit.level == "village" else "",
        "done": c[visit_rows.DONE],
        "all": _all(c),
        "left": c[visit_rows.LEFT],
        "opens": opens,
        "current": current,
        **_told(county, {k: c[k] for k in ("signs", "absent")}, opens),
    }


def _told(county: County, counted: Mapping[str, int], exact: bool) -> Mapping[str, Any]:
    """Small figures are not told to who may see no household there."""
    return counted if exact else hidden(county, counted)


def _item(row: Any, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "household": row.household,
        "head": row.head_name or say("status.erased"),
        "groups": [titles.get(g, g) for g in (row.groups or "").split(",") if g] if titles else [],
        "grid": row.grid_name or say("visits.no_grid"),
        "on": row.visited_on,
        "result": say(f"visits.result.{row.result}") if row.result else "",
    }


def _figures(kept: Mapping[str, int], run: Any) -> list[dict[str, Any]]:
    found = dict(kept) | {"left": int(run.counts.get("left", 0))}
    return [
        {
            "label": say(f"visits.row.{k}"),
            "note": None,
            "value": say("visits.clues" if k == "clues" else "visits.households", n=found[k]),
        }
        for k in SHOWN
    ]


def household(context: Context, key: str, ident: int) -> dict[str, Any]:
    """One visit's page: what is known of the household, so that only what changed is asked."""
    session, actor, county = context.session, context.actor, context.county
    run = run_of(session, key)
    row = visit_rows.item(session, run.id, ident)
    kept = household_rows.get(session, ident)
    if row is None or kept is None or not lookback.may_visit(actor, row.org_unit, county):
        raise NotFound
    groups = knowledge.groups_here(actor, row.org_unit, county)
    titles = {e.key: str(e.value["title"]) for e in county.entries.all("visit_group", county.on)}
    open_signs = (
        [
            {"title": str(entry.value["title"]), "id": c.id}
            for c in clue_rows.open_of(session, ident)
            if (entry := county.entries.get("sign", c.sign or "", county.on)) is not None
        ]
        if "risk" in groups
        else []
    )
    return {
        "round": {"key": key, "title": title(run), "first": run.as_of, "open": run.status == "open"},
        "head": kept.head_name or say("status.erased"),
        "household": ident,
        "village": row.org_unit,
        "place": knowledge.place_of(county, row.org_unit),
        "groups": [titles.get(g, g) for g in (row.groups or "").split(",") if g],
        "done": row.status != visit_rows.OPEN,
        "status": say(f"status.{kept.status}") if kept.status else "",
        "open_signs": open_signs,
        "signs": lookback.signs(county),
    }


def facts(session: Session, county: County, work: Work, item: str | None, reader: Reader) -> list[dict[str, Any]]:
    """What a step of the look-back shows: how far the lists are, and the figures of the report."""
    run = runs.run(session, work.subject_id)
    if run is None or run.kind != lookback.YEARLY:
        return []
    counted = visit_rows.counts(session, run.id, [item] if item is not None else None)
    rows = []
    if counted:
        done, left = (sum(c[k] for c in counted.values()) for k in (visit_rows.DONE, visit_rows.OPEN))
        words = say("visits.row.progress", done=done, open=left)
        rows = [{"label": say("visits.row.list"), "value": words, "note": None}]
    if item is not None:
        rows.append({"label": say("visits.row.where"), "value": say("visits.row.where_words"), "note": None})
    elif run.counts.get("figures"):
        rows += _figures(operations.rounds.figures(session, run), run)
    return [{"title": title(run), "open": True, "note": None, "rows": rows, "table": None}] if rows else []


def grids(context: Context, village: str) -> dict[str, Any]:
    """The grids of one village with their people and households."""
    session, actor, county = context.session, context.actor, context.county
    seen = lookback.villages_for(actor, county)
    if not seen:
        raise NotFound
    chosen = village if seen.named(village) else seen[0][0]
    rows = visit_rows.grids_of(session, [chosen])
    return {
        "village": {"code": chosen, "name": county.units[chosen].name},
        "seen": seen,
        "grids": [
            {
                "id": g.id,
                "name": g.name,
                "who": g.official_name,
                "official": g.official,
                "since": g.from_on,
                "households": g.households,
                "before": [
                    {"name": p.name, "from_on": p.from_on, "until_on": p.until_on}
                    for p in visit_rows.people_of(session, g.id)
                    if p.until_on is not None
                ],
            }
            for g in rows
        ],
        "people": [{"id": p.id, "name": p.name} for p in lookback.candidates(session, county, chosen)],
        "free": [{"id": h.id, "head": h.head_name} for h in visit_rows.households_of(session, chosen) if h.grid is None],
        "may_manage": lookback.may_manage(actor, chosen, county),
    }
