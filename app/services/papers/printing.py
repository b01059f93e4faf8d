"""Which papers a case can print now, who may, and the paper itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from app import forms, papers
from app.config import ROOT
from app.forms import Field, yuan
from app.labels import say
from app.policy import calendar
from app.policy import parameters as params
from app.store import cases as case_rows
from app.store.processes import NotFound
from app.store.rows import Case

from ..context import Context
from ..definitions import Bundle, bundle
from ..history import stories
from ..household.knowledge import GROUPS as EVERY_GROUP
from ..household.knowledge import group_of, groups_here, groups_of, place_of
from ..people import Actor, County
from .entry import commitment, letter, minutes, notice
from .exit import acceptance, exit_letter, household_check, measures_plan, notice_exit
from .file import File, carries_monitoring, decision, outcome_words, posting_of

Format = Literal["pdf", "docx"]
MEDIA: dict[Format, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
BEFORE = ("notice_entry", "notice_exit")
"""Papers that carry what is typed for their step before it is done: the sheet hangs on the board, then it is entered."""
GROUPS = {
    "notice_entry": frozenset({"basic"}),
    "commitment": frozenset({"basic", "identity"}),
    "review_minutes": frozenset({"basic", "risk"}),
    "decision_letter": frozenset({"basic", "income"}),
    "notice_exit": frozenset({"basic"}),
    "exit_letter": frozenset({"basic", "income"}),
    "household_check": frozenset({"basic", "health", "education", "labour", "income", "living", "risk"}),
    "acceptance": frozenset({"basic", "income", "measures", "risk"}),
    "measures_plan": frozenset({"basic", "measures", "risk"}),
    "town_report": frozenset({"basic"}),
    "county_reply": frozenset({"basic"}),
}
"""Field groups whose values a paper carries: who lacks one of them neither sees nor prints it."""


def may_print(actor: Actor, case: Case, kind: str, county: County, made: Bundle | None = None) -> bool:
    """Whether this person may print a kind of paper. `made`: the procedure whose own kinds count too."""
    carries = GROUPS.get(kind) or (own_groups(made, kind, county) if made is not None else None)
    return carries is not None and carries <= groups_here(actor, case.org_unit, county)


def own_groups(made: Bundle, kind: str, county: County) -> frozenset[str] | None:
    """Field groups that a paper of a designer's own kind carries: those of the answers it prints, whatever it says of itself,
    and those it names besides; None for no such paper."""
    source = made.papers.get(f"{kind}.toml") if kind not in papers.KINDS else None
    if source is None:
        return None
    declared = papers.declared(kind, source)
    printed = {
        group_of(county, each, made.said(step, "group"))
        for step, form in made.forms.items()
        for item in form.fields
        if item.name in declared.prints
        for each in (item, *item.columns)
    }
    return declared.groups | printed


def may_open_scan(context: Context, case: Case, row: Any) -> bool:
    """An uploaded page shows everything that its step asks; one of an unknown step, everything there is. Who uploaded it
    has seen it."""
    session, actor, county = context.session, context.actor, context.county
    if row.added_by == actor.id:
        return True
    needed = frozenset(EVERY_GROUP)
    for instance in case_rows.instances_of(session, case.id):
        made = bundle(session, instance.deployment)
        form = made.forms.get(row.kind)
        if form is not None:
            needed = groups_of(county, form, made.said(row.kind, "group"))
    return needed <= groups_here(actor, case.org_unit, county)


def render(file: File, kind: str, form: Format, actor: Actor, now: datetime, typed: Mapping[str, str] | None = None) -> bytes:
    """The paper as bytes. Raises PaperError, NotFound (no such paper at this stage of the case)."""
    made = values(file, kind, actor, now, typed)
    template = file.bundle.papers.get(f"{kind}.toml")
    layout = file.bundle.papers.get("layout.typ")
    return papers.render(kind, made, form, template, papers.find_fonts(ROOT), layout=layout, made_at=now)


def values(file: File, kind: str, actor: Actor, now: datetime, typed: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a paper says, by name. `typed`: of the step that the paper is printed for, before that is done."""
    build: Callable[..., dict[str, Any]] | None = BUILDERS.get(kind)
    if build is None and kind in own_kinds(file, typed is not None):
        return own(file, kind, now, typed)
    if build is None:
        raise NotFound
    if not carries_monitoring(file.bundle) and kind != "review_minutes":
        raise NotFound
    return build(file, actor, now, typed) if kind in BEFORE else build(file, actor, now)


@dataclass(frozen=True)
class Printable:
    """A paper that can be printed now; `step` where several steps of the case have one of this kind."""

    kind: str
    title: str
    step: str = ""

    @property
    def query(self) -> str:
        return f"&step={self.step}" if self.step else ""


def available(file: File) -> list[Printable]:
    """Papers this procedure of the case can print now."""
    found = []
    for kind in _kinds(file):
        name = title_of(file.bundle, kind)
        steps = file.done("type", OF_STEP[kind]) if kind in OF_STEP else file.done("paper", kind)
        if len(steps) > 1:
            called = {step: file.bundle.definition.elements[step].name for step in steps}
            found += [Printable(kind, say("papers.name.of_step", name=name, step=called[step]), step) for step in steps]
        else:
            found.append(Printable(kind, name))
    return found


OF_STEP = {"household_check": "household_check", "review_minutes": "village_review", "acceptance": "exit_acceptance"}
"""Papers of one step -> its type."""


def title_of(made: Bundle, kind: str) -> str:
    source = made.papers.get(f"{kind}.toml") if kind not in papers.KINDS else None
    return papers.declared(kind, source).title if source is not None else say(f"papers.name.{kind}")


def own_kinds(file: File, waiting: bool = False) -> list[str]:
    """Papers of the designer's own kinds that belong to steps which were done; `waiting`: those of every step."""
    steps = list(file.bundle.definition.elements) if waiting else [e.element for e in file.told if e.kind == "task_completed"]
    done = (file.bundle.said(step, "paper") for step in steps)
    return list(dict.fromkeys(kind for kind in done if kind and own_groups(file.bundle, kind, file.county) is not None))


def before(made: Bundle, kind: str) -> bool:
    """Whether a paper is printed before its step is done, with what is typed there."""
    source = made.papers.get(f"{kind}.toml") if kind not in papers.KINDS else None
    return kind in BEFORE if source is None else papers.declared(kind, source).before


def _in_words(file: File, kind: str, typed: Mapping[str, str]) -> dict[str, str]:
    """What is typed at the step of a paper and not sent yet, as far as it can be read."""
    step = next(step for step in file.bundle.definition.elements if file.bundle.said(step, "paper") == kind)
    form = file.bundle.forms[step]
    found = forms.clean(form, {name: [value] for name, value in typed.items()}, None).values
    said = {i.name: forms.told(replace(form, fields=(i,)), found) for i in form.fields if i.name in found and not i.columns}
    return {name: _with_unit(form.by_name[name], str(pairs[0][1])) for name, pairs in said.items() if pairs}


def _with_unit(item: Field, words: str) -> str:
    return say("stories.yuan", amount=words) if item.widget == "money" and words else words


def own(file: File, kind: str, now: datetime, typed: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a paper of a designer's own kind says: of answers given more than once the last. `typed`: of the step that it is
    printed for, before that is done."""
    told = stories.teller(file.session, file.county, file.told, frozenset(EVERY_GROUP))
    said = {
        name: _with_unit(file.bundle.forms[event.element].by_name[name], words)
        for event in file.told
        for name, words in told.words_of(event).items()
    }
    said |= _in_words(file, kind, typed or {})
    declared = papers.declared(kind, file.bundle.papers[f"{kind}.toml"])
    posted_on, ends_on = posting_of(file, (typed or {}).get("posted_on"))
    ended = file.case.outcome
    numbered = {"year": file.case.clue_on.year, "number": file.case.id}
    return {
        "posted_on": posted_on,
        "ends_on": ends_on,
        "head_name": file.head_name,
        "village": place_of(file.county, file.case.org_unit),
        "town": file.unit("town"),
        "county": file.unit("county"),
        "process": file.bundle.definition.top.name,
        "number": declared.number.format(**numbered) or say("papers.own_number", **numbered),
        "begun_on": calendar.local_date(file.case.opened_at),
        "made_on": calendar.local_date(now),
        "outcome": outcome_words(file.bundle, ended) if ended else "",
        **{name: said.get(name, "") for name in declared.prints if name not in ("posted_on", "ends_on")},
    }


def _kinds(file: File) -> list[str]:
    if not carries_monitoring(file.bundle):
        return [*own_kinds(file), *(["review_minutes"] if file.done("paper", "review_minutes") else [])]
    entering = file.entering
    kinds = ["commitment"] if entering else []
    if file.last("household_check") is not None:
        kinds.append("household_check")
    if file.last("village_review") is not None:
        kinds += ["review_minutes", "notice_entry" if entering else "notice_exit"]
    if file.last("exit_acceptance") is not None:
        kinds.append("acceptance")
    if decision(file) is not None:
        kinds.append("decision_letter" if entering else "exit_letter")
    if entering and case_rows.measures_of(file.session, file.case.id):
        kinds.append("measures_plan")
    return kinds


def leaflet(made: Bundle, county: County, form: Format, now: datetime, url: str = "") -> bytes:
    """The application leaflet for every household, with the numbers of today; no household's data on it. `url`: where one
    declares online, as a code to scan."""
    values = _leaflet(county, calendar.local_date(now), made.codes) | {"apply_url": url}
    template, layout = made.papers.get("leaflet.toml"), made.papers.get("layout.typ")
    return papers.render("leaflet", values, form, template, papers.find_fonts(ROOT), layout=layout, made_at=now)


def _leaflet(county: County, today: date, codes: Any) -> dict[str, Any]:
    issuer = say("papers.county_issuer", unit=county.name)
    line = params.monitoring_line(county.entries, today)
    risks = [str(o["title"]) for o in codes["$defs"]["risk"]["oneOf"] if o["const"] != "other"]
    return {
        "county": issuer,
        "year": line.year,
        "line": yuan(line.value_fen),
        "risks": risks,
        "hotline": say("papers.hotline"),
        "notice_days": params.number(county.entries, "notice_days", today),
        "limit_days": params.number(county.entries, "case_limit_days", today),
        "checkers": params.number(county.entries, "min_checkers", today),
        "printed_on": today,
    }


BUILDERS = {
    "notice_entry": notice,
    "decision_letter": letter,
    "commitment": commitment,
    "review_minutes": minutes,
    "notice_exit": notice_exit,
    "exit_letter": exit_letter,
    "household_check": household_check,
    "acceptance": acceptance,
    "measures_plan": measures_plan,
}
