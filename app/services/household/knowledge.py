"""What a person may be shown of a household: field groups of their roles within their area, or what a step `shows`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app import forms
from app.forms import Field, Form
from app.labels import say
from app.policy import family, identity, jurisdiction
from app.store import people as people_rows
from app.store.session import Session

from ..definitions import Bundle
from ..people import Actor, County

Document = Mapping[str, Any]
Row = dict[str, Any]
"""label, value, note: what a page shows of one field."""

GROUPS = (
    "basic",
    "identity",
    "risk",
    "health",
    "education",
    "labour",
    "income",
    "living",
    "asset_outcome",
    "assets",
    "measures",
)
_TABLE_CODES = {"income": "income_item", "costs": "cost_item", "self_paid": "self_paid_item", "claims": "claim_item"}


def groups_here(actor: Actor, village: str, county: County) -> frozenset[str]:
    """Field groups opened by the posts that cover this village; a department's posts open none."""
    found: set[str] = set()
    for held in actor.assignments:
        role = county.role(held.role)
        listed = role.get("sees")
        if not isinstance(listed, list) or role.get("no_household_data"):
            continue
        known = held.unit in county.units and village in county.units
        if role.get("reads_all") or (known and jurisdiction.covers(held.unit, village, county.units)):
            found.update(str(group) for group in listed)
    return frozenset(found)


def group_of(county: County, item: Field, step: str) -> str:
    """The sensitivity group of a form's field. `step`: that of what is asked about the step itself, as its diagram says;
    without one it is open to all who may see the household."""
    owner, _, key = item.belongs_to.partition(":")
    if item.sensitive or owner in ("household", "member", "case"):
        entry = county.entries.get("field", item.sensitive or key, county.on)
        if entry is not None:
            return str(entry.value["group"])
    if item.widget == "textarea":
        return "risk"  # free words may tell what is wrong with a household
    return step or "basic"


def groups_of(county: County, form: Form, step: str) -> frozenset[str]:
    """Every group that a step's form touches: a signed page of the step shows all of them at once."""
    return frozenset(group_of(county, f, step) for item in form.fields for f in (item, *item.columns))


def visible_values(county: County, form: Form, step: str, values: Document, groups: frozenset[str]) -> dict[str, Any]:
    """A form's values without the fields and columns that these groups do not open."""
    kept: dict[str, Any] = {}
    for item in form.fields:
        if item.name not in values or group_of(county, item, step) not in groups:
            continue
        if item.widget == "table":
            columns = [
                c.name for c in item.columns if not c.belongs_to.startswith("member:") or group_of(county, c, step) in groups
            ]
            kept[item.name] = [{name: row[name] for name in columns if name in row} for row in values[item.name]]
        else:
            kept[item.name] = values[item.name]
    return kept


def people_in(form: Form, values: Document) -> set[int]:
    """Ids of officials named in a form's values."""
    found: set[int] = set()
    for item in form.fields:
        if item.widget == "officials" and item.name in values:
            value = values[item.name]
            found.update(int(one) for one in (value if isinstance(value, list) else [value]))
    return found


def _places_in(form: Form, values: Document, county: County) -> dict[str, list[tuple[str, str]]]:
    """Villages and towns named in a form's values, by the list that they were chosen from."""
    found: dict[str, list[tuple[str, str]]] = {}
    for item in form.fields:
        value = values.get(item.name)
        for code in value if isinstance(value, list) else [value]:
            if item.choices and isinstance(code, str) and code in county.units:
                found.setdefault(item.choices, []).append((code, county.units[code].name))
    return found


def told_rows(form: Form, values: Document, names: Mapping[int, str], county: County) -> list[Row]:
    """Values as (label, value) rows; tables as one line per row."""
    choices: dict[str, Any] = {
        "officials": [(str(i), n) for i, n in names.items()],
        **_places_in(form, values, county),
    }
    return [{"label": title, "value": _flat(value), "note": None} for title, value in forms.told(form, values, choices)]


def _flat(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value and isinstance(value[0], list):
        return "\n".join(_flat(row) for row in value)
    return say("stories.joint").join(say("stories.pair", label=label, value=_flat(text)) for label, text in value)


def pages_in(form: Form, values: Document) -> list[Row]:
    """Uploaded pages named in a form's values."""
    found = []
    for item in form.fields:
        if item.widget == "scan" and values.get(item.name):
            pages = values[item.name] if isinstance(values[item.name], list) else [values[item.name]]
            for number, page in enumerate(pages, 1):
                name = item.title if len(pages) == 1 else say("stories.page", name=item.title, number=number)
                found.append({"id": page, "name": name})
    return found


# --- the household file in words ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """Titles of codes as this deployment has them. `named`: how a code that no list of codes has is called."""

    codes: Mapping[str, Any]
    named: Callable[[str], str] = str

    def title(self, listed: str, code: object) -> str:
        """A code, or a list of them, in words."""
        if isinstance(code, list):
            return self.titles(listed, code) or say("stories.none_of_list")
        for option in self.codes.get("$defs", {}).get(listed, {}).get("oneOf", ()):
            if option.get("const") == code:
                return str(option["title"])
        return self.named(str(code))

    def titles(self, listed: str, codes: Iterable[object]) -> str:
        return say("stories.comma").join(self.title(listed, code) for code in codes)


def field_words(words: Words, entry: Mapping[str, Any], key: str, value: Any, county: County) -> str:
    """One value of the household file as text."""
    kind = entry.get("kind")
    if kind == "money":
        return say("stories.yuan", amount=forms.yuan(int(value)))
    if kind == "code" and entry.get("codes"):
        return words.title(str(entry["codes"]), value)
    if kind == "codes":
        return words.titles(str(entry["codes"]), value)
    if kind == "org_unit" and value in county.units:
        return county.units[value].name
    if kind == "date":
        return forms.day_in_words(str(value))
    return str(value)


def known(
    session: Session, county: County, bundle: Bundle, document: Document, groups: frozenset[str], asked: frozenset[str]
) -> list[dict[str, Any]]:
    """The household file by group, without what a form asks (`asked`: keys of its household fields)."""
    words = Words(bundle.codes)
    rows: dict[str, list[Row]] = {}
    tables: list[dict[str, Any]] = []
    dates: dict[str, tuple[str, str]] = {}
    household, sources = document["household"], document.get("sources", {})
    for entry in county.entries.all("field", county.on):
        key, value = entry.key, entry.value
        if value["level"] != "household" or value["group"] not in groups or key in asked:
            continue
        if household.get(key) in (None, [], ""):
            continue
        group = str(value["group"])
        if value["kind"] == "table":
            tables.append(lines_table(words, str(value["label"]), key, household[key]))
        else:
            text = field_words(words, value, key, household[key], county)
            rows.setdefault(group, []).append({"label": value["label"], "value": text, "note": None})
        if key in sources:
            who, on = sources[key][:2]
            dates[group] = max(dates.get(group, ("", "")), (str(on), str(who)))
    if "members" not in asked and document["members"]:
        tables.insert(0, members_table(words, document["members"], groups, county))
    names = people_rows.names(session, [int(who) for _, who in dates.values() if who.isdigit()])
    found: list[dict[str, Any]] = []
    for group in GROUPS:
        if group in rows:
            on, who = dates.get(group, ("", ""))
            note = say("stories.source", who=names.get(int(who), ""), on=_day(on)) if who.isdigit() else None
            found.append(
                {"title": say(f"groups.{group}"), "open": not found, "note": note, "rows": rows[group], "table": None}
            )
    found += [{"title": t["title"], "open": False, "note": None, "rows": [], "table": t} for t in tables]
    return found


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return say("pages.day_full", year=day.year, month=day.month, day=day.day)


def lines_table(words: Words, title: str, key: str, lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    listed = _TABLE_CODES.get(key, "")
    columns = [say("stories.column.item"), say("stories.column.amount"), say("stories.column.source")]
    rows = [
        [
            words.title(listed, line.get("item")),
            forms.yuan(int(line.get("amount") or 0)),
            words.title("line_source", line.get("source", "")),
        ]
        for line in lines
    ]
    return {"title": title, "columns": columns, "rows": rows}


def members_table(
    words: Words, members: Iterable[Mapping[str, Any]], groups: frozenset[str], county: County
) -> dict[str, Any]:
    """The family, with the columns these groups open."""
    shown = [
        e
        for e in county.entries.all("field", county.on)
        if e.value["level"] == "member" and e.value["group"] in groups and e.key != "key"
    ]
    listed = list(members)
    shown = [e for e in shown if any(m.get(e.key) for m in listed)]
    rows = [[field_words(words, e.value, e.key, m[e.key], county) if m.get(e.key) else "" for e in shown] for m in listed]
    return {"title": say("stories.members"), "columns": [str(e.value["label"]) for e in shown], "rows": rows}


def _sex(number: str) -> str:
    return say("stories.male" if int(number[16]) % 2 else "stories.female")


def people_of(words: Words, document: Document, groups: frozenset[str], county: County) -> list[dict[str, Any]]:
    """Members for the case page: name, relation, age, sex, and a few facts of each."""
    found = []
    for member in document["members"]:
        number = member.get("id_number") or ""
        born = family.born(member)
        facts = []
        for entry in county.entries.all("field", county.on):
            key, value = entry.key, entry.value
            plain = key in ("key", "name", "relation", "status", "id_number", "born")
            if value["level"] == "member" and not plain and value["group"] in groups and member.get(key):
                text = field_words(words, value, key, member[key], county)
                facts.append(say("stories.pair", label=value["label"], value=text))
        if number and "identity" in groups:
            facts.append(say("stories.id_number", number=number))
        found.append(
            {
                "name": member.get("name", ""),
                "relation": words.title("relation", member.get("relation", "")),
                "age": identity.age(born, county.on) if born is not None else None,
                "sex": _sex(number) if identity.birth_date(number) else None,
                "facts": facts,
                "gone": words.title("member_status", "gone") if member.get("status") == "gone" else None,
            }
        )
    return found


# --- what a step shows a department --------------------------------------------------------------------------


def shown(
    bundle: Bundle,
    county: County,
    keys: Iterable[str],
    document: Document,
    case: Mapping[str, Any],
    *,
    village: str,
    category: str | None,
    department: str | None,
) -> list[dict[str, Any]]:
    """Exactly the fields a step names, whoever looks: the only access a department has."""
    words = Words(bundle.codes)
    rows: list[Row] = []
    tables: list[dict[str, Any]] = []
    household = document["household"]
    for key in keys:
        entry = county.entries.get("field", key, county.on)
        label = str(entry.value["label"]) if entry is not None else key
        if key == "village":
            rows.append({"label": label, "value": place_of(county, village), "note": None})
        elif key == "head_name":
            heads = [m.get("name", "") for m in document["members"] if m.get("relation") == "head"]
            rows.append({"label": label, "value": heads[0] if heads else "", "note": None})
        elif key == "category":
            text = words.title("category", category) if category else ""
            rows.append({"label": label, "value": text, "note": None})
        elif key in ("members", "members_authorised"):
            opened = frozenset({"basic", "identity"} if key == "members_authorised" else {"basic"})
            tables.append(members_table(words, _signed(document, case, key), opened, county))
        elif key == "measures_of_department":
            own = [m for m in case.get("measures_rows", ()) if m["lead"] == department]
            tables.append(
                {
                    "title": label,
                    "columns": [say("stories.column.risk"), say("stories.column.measure"), say("stories.column.planned")],
                    "rows": [
                        [words.title("risk", m["risk"]), words.title("measure_group", m["group"]), str(m["planned_on"] or "")]
                        for m in own
                    ],
                }
            )
        elif key in _TABLE_CODES and household.get(key):
            tables.append(lines_table(words, label, key, household[key]))
        elif entry is not None and (value := {**household, **case}.get(key)) not in (None, "", []):
            rows.append({"label": label, "value": field_words(words, entry.value, key, value, county), "note": None})
    found = [{"title": say("groups.shown"), "open": True, "note": None, "rows": rows, "table": None}] if rows else []
    return found + [{"title": t["title"], "open": True, "note": None, "rows": [], "table": t} for t in tables]


def _signed(document: Document, case: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The members who signed the authorisation (all of them, where the case does not say who)."""
    signed = set(case.get("signers", ()))
    members = [m for m in document["members"] if m.get("status") != "gone"]
    if key == "members" or not signed:
        return members
    return [m for m in members if m.get("id_number") in signed or m.get("name") in signed]


def place_of(county: County, village: str) -> str:
    """Town and village in words."""
    unit = county.units.get(village)
    if unit is None:
        return village
    town = county.units.get(unit.parent or "")
    return f"{town.name} {unit.name}" if town is not None and town.level == "town" else unit.name
