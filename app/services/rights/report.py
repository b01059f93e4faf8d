"""The processing register and the draft of an impact assessment, made from what is deployed: forms, roles and `shows`.

个人信息保护法 Articles 51, 55 and 56 ask for both. What a program can know is filled in; what a county has to judge stays a
named blank. The report holds no person's data.
"""

from collections.abc import Sequence
from datetime import date

from app.engine.graph import split
from app.labels import say
from app.labels.lanes import level_of_lane
from app.store.session import Session

from .. import definitions
from ..definitions import Bundle
from ..household import knowledge
from ..people import County, county_on
from . import retention

GROUPS = (
    "basic",
    "identity",
    "health",
    "education",
    "labour",
    "income",
    "living",
    "risk",
    "measures",
    "asset_outcome",
    "assets",
)
SENSITIVE = frozenset({"identity", "health", "income", "asset_outcome", "assets"})
"""Groups whose disclosure could harm (Article 28): identity numbers, health, money. Members may be under fourteen."""


def report(session: Session, on: date) -> str:
    """Markdown in Chinese: what each step collects and from whom, who sees what, what departments are shown, the draft."""
    county = county_on(session, on)
    bundles = [made for made in definitions.published(session) if made.subject == "case"]
    parts = [
        say("privacy.title", year=on.year, month=on.month, day=on.day),
        say("privacy.versions", said=say("stories.comma").join(f"{b.definition.top.name} v{b.version}" for b in bundles)),
        say("privacy.steps"),
        *_steps(county, bundles),
        say("privacy.roles"),
        *_roles(county),
        say("privacy.shown"),
        *_shown(county, bundles),
        say("privacy.kept"),
        *_kept(county),
        say("privacy.draft", suite=session.keyring.suite.name),
    ]
    return "\n".join(parts) + "\n"


def _steps(county: County, bundles: Sequence[Bundle]) -> list[str]:
    rows = [_head("privacy.steps.head")]
    for made in bundles:
        for element in made.definition.elements.values():
            form = made.forms.get(element.id)
            if form is None:
                continue
            groups = sorted(knowledge.groups_of(county, form, made.said(element.id, "group")), key=_order)
            fields = [f.title for item in form.fields for f in (item, *item.columns) if f.title]
            rows.append(
                _row(
                    made.definition.top.name,
                    element.name,
                    _roles_of(county, element.roles),
                    say("stories.comma").join(dict.fromkeys(fields)),
                    _groups(groups),
                    say("privacy.yes") if SENSITIVE & set(groups) else say("privacy.no"),
                    say("stories.comma").join(split(element.properties.get("clause"))) or say("privacy.default"),
                )
            )
    return rows


def _roles(county: County) -> list[str]:
    rows = [_head("privacy.roles.head")]
    for entry in county.entries.all("role", county.on):
        role = entry.value
        sees = role.get("sees")
        if role.get("no_household_data"):
            said = say("privacy.nothing")
        elif role.get("figures_only"):
            said = say("privacy.figures")
        elif isinstance(sees, list) and sees:
            said = _groups(sorted((str(g) for g in sees), key=_order))
        else:
            said = say("privacy.only_shown")
        area = "—"
        if role.get("reads_all"):
            area = say("privacy.whole_county")
        elif sees and not role.get("no_household_data") and not role.get("figures_only"):
            area = say("privacy.own_area")
        rows.append(_row(str(role["title"]), said, area, str(entry.source)))
    return rows


def _shown(county: County, bundles: Sequence[Bundle]) -> list[str]:
    rows = [_head("privacy.shown.head")]
    for made in bundles:
        for element in made.definition.elements.values():
            shows = split(element.properties.get("shows"))
            if not shows or level_of_lane(element.lane) != "department":
                continue
            names = []
            for key in shows:
                entry = county.entries.get("field", key, county.on)
                names.append(str(entry.value["label"]) if entry else key)
            rows.append(_row(made.definition.top.name, element.name, say("stories.comma").join(names)))
    return rows


def _kept(county: County) -> list[str]:
    """How long what is kept, by the dated parameters that the nightly job goes by."""
    rows = [_head("privacy.kept.head")]
    for kind in retention.KINDS:
        entry = county.entries.require("parameter", retention.key_of(kind), county.on)
        rows.append(_row(say(f"privacy.retention.{kind}"), say("privacy.months", n=entry.value["value"]), entry.source))
    return rows


def _roles_of(county: County, roles: Sequence[str] | frozenset[str]) -> str:
    return say("stories.comma").join(str(county.role(r).get("title", r)) for r in sorted(roles))


def _groups(groups: Sequence[str]) -> str:
    return say("stories.comma").join(say(f"groups.{g}") for g in groups)


def _order(group: str) -> int:
    return GROUPS.index(group) if group in GROUPS else len(GROUPS)


def _head(code: str) -> str:
    names = say(code).split()
    return _row(*names) + "\n" + _row(*["---"] * len(names))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"
