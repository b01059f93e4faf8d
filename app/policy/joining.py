"""What a list says about a household, joined to the file that is kept: the newer value stays, nobody is lost or doubled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from . import family
from .family import Source
from .kinship import HEAD, OTHER
from .model import GONE

SOURCE = "import"
"""Who a value is from, in the file's sources: [SOURCE, day of the data]."""
Document = dict[str, Any]
Say = tuple[str, dict[str, str]]
"""What the result tells of the household: (code, what fills the sentence)."""


@dataclass(frozen=True)
class Listed:
    """A household as a list of a day tells it: household values, a row for each person, measures of earlier years."""

    day: date
    values: Mapping[str, Any]
    members: Sequence[Mapping[str, Any]]
    measures: Sequence[str] = ()

    def replaces(self, source: Source, late: bool = False) -> bool:
        """Whether its values go before one from this source: of an earlier day, or of a list of the same day."""
        who, on = source
        day = self.day.isoformat()
        return not late and (on < day or (on == day and who == SOURCE))


@dataclass
class Joined:
    """`older`: values that were left because ours are newer; `absent`: keys of those who are counted and not in the list;
    `present`: keys of those who are in both."""

    document: Document
    older: int = 0
    absent: list[str] = field(default_factory=list)
    present: list[str] = field(default_factory=list)
    says: list[Say] = field(default_factory=list)


def strangers(document: Mapping[str, Any], listed: Listed) -> bool:
    """Whether nobody of the list is of this family."""
    return bool(document["members"]) and not family.recognised(document["members"], listed.members)


def join(document: Document, listed: Listed, listed_on: date | None = None) -> Joined:
    """The file with what a list says. `listed_on`: the day of the newest list that told of this household; an older one fills
    what is empty and changes nothing else."""
    late = listed_on is not None and listed_on > listed.day
    made = {
        **document,
        "household": dict(document["household"]),
        "members": [dict(m) for m in document["members"]],
        "sources": dict(document["sources"]),
    }
    found = Joined(made)
    _household(found, listed, late)
    _people(found, listed, late)
    if listed.measures:
        made["past_measures"] = list(dict.fromkeys([*document.get("past_measures", []), *listed.measures]))
    return found


def _household(found: Joined, listed: Listed, late: bool) -> None:
    household, sources = found.document["household"], found.document["sources"]
    for key, value in listed.values.items():
        if household.get(key) == value:
            continue
        if household.get(key) in (None, "", []) or listed.replaces(_of(sources, key), late):
            household[key] = value
            sources[key] = [SOURCE, listed.day.isoformat()]
        else:
            found.older += 1


def _of(sources: Mapping[str, Sequence[str]], key: str) -> Source:
    who, on = (*sources.get(key, ("", "")), "")[:2]
    return str(who), str(on)


def _people(found: Joined, listed: Listed, late: bool) -> None:
    made = found.document
    known = family.recognised(made["members"], listed.members)
    keys = dict(known)
    if not late:
        for at, row in enumerate(listed.members):
            if at not in keys:
                keys[at] = f"m{len(made['members']) + 1}"
                made["members"].append({"key": keys[at], **row, "relation": OTHER})
                made["sources"][f"member:{keys[at]}"] = [SOURCE, listed.day.isoformat()]
    follows = _head(found, listed, late, keys)
    by_key = {m["key"]: m for m in made["members"]}
    for at, row in enumerate(listed.members):
        if at not in keys:  # an older list that names somebody of whom the newer one did not know
            found.older += 1
            continue
        member = by_key[keys[at]]
        if member.get("status") == GONE:
            _still_listed(found, listed, late, member, row)
            continue
        found.present.append(member["key"])
        if follows and at not in known:
            member["relation"] = row["relation"]
        elif at in known:
            _values(found, listed, late, member, {k: v for k, v in row.items() if follows or k != "relation"})
    if not late:
        found.absent = [
            m["key"]
            for m in family.counted(made["members"])
            if m["key"] not in keys.values() and listed.replaces(family.newest_source(made["sources"], m["key"]))
        ]


def _head(found: Joined, listed: Listed, late: bool, keys: Mapping[int, str]) -> bool:
    """Take the head of the list where it is newer; whether relations are told to the same head as ours."""
    made = found.document
    at = next((n for n, row in enumerate(listed.members) if row.get("relation") == HEAD), None)
    ours = family.head_of(made["members"])
    if at is None or at not in keys:
        return False
    head = next(m for m in made["members"] if m["key"] == keys[at])
    if ours is not None and ours["key"] == head["key"]:
        return True
    if head.get("status") == GONE:
        return False  # said where the people are gone through
    if ours is not None:
        seen = family.source_of(made["sources"], ours["key"], "relation")
        since = max(_of(made["sources"], "head"), seen, key=lambda source: source[1])
        if not listed.replaces(since, late):
            found.older += 1
            return False
        found.says.append(
            ("register.head_changed", {"old": str(ours.get("name", "")), "new": str(listed.members[at].get("name", ""))})
        )
    said = {keys[n]: str(row["relation"]) for n, row in enumerate(listed.members) if n in keys and row.get("relation")}
    made["members"], _ = family.with_head(made["members"], head["key"], said)
    made["sources"]["head"] = [SOURCE, listed.day.isoformat()]
    return True


def _still_listed(found: Joined, listed: Listed, late: bool, member: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    """Who left is in the list: an older one does not know yet, a newer one is to be looked into."""
    if listed.replaces(family.newest_source(found.document["sources"], member["key"]), late):
        code = "register.head_gone" if row.get("relation") == HEAD else "register.gone_listed"
        found.says.append((code, {"name": str(member.get("name", ""))}))
    else:
        found.older += 1


def _values(found: Joined, listed: Listed, late: bool, member: dict[str, Any], row: Mapping[str, Any]) -> None:
    sources, key = found.document["sources"], member["key"]
    for name, value in row.items():
        old = member.get(name)
        if name == "status" or old == value or (name == "relation" and HEAD in (old, value)):
            continue
        if old not in (None, "") and not listed.replaces(family.source_of(sources, key, name), late):
            found.older += 1
            continue
        if name == "id_number":
            code = "register.number_corrected" if old else "register.number_came"
            found.says.append((code, {"name": str(row.get("name") or member.get("name", ""))}))
        elif name == "name" and old:
            found.says.append(("register.name_corrected", {"old": str(old), "new": str(value)}))
        member[name] = value
        sources[f"member:{key}:{name}"] = [SOURCE, listed.day.isoformat()]
