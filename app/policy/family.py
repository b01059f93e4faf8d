"""The people of a household's file: exactly one head, who counts, who is who, and since when each value is known."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from . import naming
from .identity import age, birth_date
from .kinship import HEAD, OTHER, seen_from
from .model import GONE

Member = Mapping[str, Any]
Source = tuple[str, str]
"""Who gave a value, and the day (ISO); two empty strings where nobody said."""

SLIPS = 2
"""So many digits may differ between two ID numbers that mean one person."""


def counted(members: Iterable[Member]) -> list[Member]:
    return [m for m in members if m.get("status") != GONE]


def head_of(members: Iterable[Member]) -> Member | None:
    """The head among those who are counted; None where there is none."""
    return next((m for m in counted(members) if m.get("relation") == HEAD), None)


def born(member: Member) -> date | None:
    """The birth date as the number or, without one, the file says."""
    found = birth_date(str(member.get("id_number") or ""))
    if found is None and member.get("born"):
        return date.fromisoformat(str(member["born"]))
    return found


def is_minor(member: Member, on: date, adult: int) -> bool:
    """Younger than `adult` years on that day; who has no known birth date is taken for grown-up."""
    day = born(member)
    return day is not None and day <= on and age(day, on) < adult


def guardian_of(member: Member, members: Iterable[Member], on: date, adult: int) -> Member | None:
    """The grown-up of the household who would sign for a minor: the head, else the nearest by relation."""
    near = ("head", "spouse", "parent", "grandparent", "parent_in_law", "sibling")
    grown = [m for m in counted(members) if m.get("key") != member.get("key") and not is_minor(m, on, adult)]
    listed = [m for m in grown if m.get("relation") in near]
    return min(listed, key=lambda m: near.index(m["relation"]), default=None)


def with_head(
    members: Iterable[Member], key: str, said: Mapping[str, str] | None = None
) -> tuple[list[dict[str, Any]], list[str]]:
    """(the members with another head, their relations told anew; keys of those whose relation nobody said and none follows:
    they are `other`). `said`: relations to the new head, by member."""
    listed = [dict(m) for m in members]
    head = next(m for m in listed if m["key"] == key)
    was = str(head.get("relation") or OTHER)
    told, open_ = said or {}, []
    for member in listed:
        if member["key"] == key:
            member["relation"] = HEAD
            continue
        found = told.get(member["key"]) or seen_from(was, str(member.get("relation") or OTHER))
        if found is None and member.get("status") != GONE:
            open_.append(member["key"])
        member["relation"] = found or OTHER
    return listed, open_


def source_of(sources: Mapping[str, Sequence[str]], member: str, field: str) -> Source:
    """Who gave a member's value and when: the newest of the value's own, the member's and the whole table's."""
    own = sources.get(f"member:{member}:{field}") or sources.get(f"member:{member}")
    return max(_source(own), _source(sources.get("members")), key=lambda source: source[1])


def newest_source(sources: Mapping[str, Sequence[str]], member: str) -> Source:
    """Who said the last thing about a member, and when."""
    own = [_source(v) for k, v in sources.items() if k == f"member:{member}" or k.startswith(f"member:{member}:")]
    return max([*own, _source(sources.get("members"))], key=lambda source: source[1])


def _source(found: Sequence[str] | None) -> Source:
    return (str(found[0]), str(found[1])) if found else ("", "")


def plain_name(name: object) -> str:
    """A name for comparing: dots, blanks and forms of the same letter make no difference."""
    return naming.key(str(name or ""))


def slip(one: str, other: str) -> bool:
    """Two ID numbers that differ in one or two places."""
    return len(one) == len(other) == 18 and sum(a != b for a, b in zip(one, other, strict=True)) <= SLIPS


def recognised(members: Sequence[Member], rows: Sequence[Member]) -> dict[int, str]:
    """Row of a list -> key of the member it means: by the number of a paper, else by name where number, birth date or the
    others of the family bear it out. Nobody is taken for one of another name, but for a child whose number came later. Of
    several whom nothing tells apart each is meant by one row, in their order."""
    order = sorted(members, key=lambda m: m.get("status") == GONE)
    by_key = {m["key"]: m for m in members}
    by_number: dict[str, Member] = {}
    for member in order:
        if member.get("id_number"):
            by_number.setdefault(member["id_number"], member)
    found: dict[int, str] = {}
    for at, row in enumerate(rows):
        numbered = by_number.get(row.get("id_number") or "")
        if numbered is not None:
            found[at] = str(by_key.get(numbered.get("merged_into") or "", numbered)["key"])
    anchored = bool(found)
    for same, alike in ((_same_name, _either), (_same_birth, _unnamed), (_same_gone, _either)):
        taken = set(found.values())
        free = [m for m in order if m["key"] not in taken and not m.get("merged_into")]
        left = [at for at in range(len(rows)) if at not in found]
        pairs = [(at, m) for at in left for m in free if same(m, rows[at], anchored)]
        for at, member in pairs:
            if [p for p in pairs if p[0] == at or p[1] is member] == [(at, member)]:
                found[at] = str(member["key"])
        pairs = [(at, m) for at, m in pairs if alike(m, rows[at], [other for n, other in pairs if n == at])]
        for at, member in sorted(pairs, key=lambda pair: _likeness(pair[1], rows[pair[0]]), reverse=True):
            if at not in found and member["key"] not in found.values():
                found[at] = str(member["key"])
    return found


def _likeness(member: Member, row: Member) -> tuple[bool, bool, bool, int]:
    """How much speaks for it that a row means this one and not another of the same name."""
    day = born(member)
    return (
        day is not None and day == born(row),
        (day is None) == (born(row) is None),
        member.get("relation") == row.get("relation"),
        sum(member.get(k) == v for k, v in row.items()),
    )


def _either(member: Member, row: Member, others: Sequence[Member]) -> bool:
    """Two different numbers are two people, unless nobody else comes into question."""
    return not (member.get("id_number") and row.get("id_number"))


def _unnamed(member: Member, row: Member, others: Sequence[Member]) -> bool:
    """Children who bear one name, as those without one do, until each has its own."""
    return len({plain_name(other.get("name")) for other in others}) == 1


def _same_name(member: Member, row: Member, anchored: bool) -> bool:
    name = plain_name(row.get("name"))
    if not name or name != plain_name(member.get("name")) or member.get("status") == GONE:
        return False
    one, other = str(member.get("id_number") or ""), str(row.get("id_number") or "")
    if not one or not other:
        known, told = born(member), born(row)
        agrees = known is None or told is None or known == told
        return agrees and (anchored or member.get("relation") == row.get("relation"))
    if slip(one, other) or (birth_date(one) is not None and birth_date(one) == birth_date(other)):
        return True
    return anchored and member.get("relation") == row.get("relation")


def _same_birth(member: Member, row: Member, anchored: bool) -> bool:
    """A child entered before it had a number (and perhaps a name): same relation, same birth date."""
    day = born(member)
    if not anchored or member.get("id_number") or member.get("status") == GONE or day is None:
        return False
    return day == born(row) and member.get("relation") == row.get("relation")


def _same_gone(member: Member, row: Member, anchored: bool) -> bool:
    """Somebody who left and is still in the list, without a number on one side."""
    if not anchored or member.get("status") != GONE or not _either(member, row, ()):
        return False
    return _same_name({**member, "status": ""}, row, False)
