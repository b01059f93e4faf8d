"""One person entered twice in a household: put together, and taken apart again if it was a mistake.

Nobody is deleted: the second entry stays in the file, no longer counted, and says into whom it went; what the first one
took over from it is remembered, so that taking apart gives both back as they were.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any

from app.policy import naming
from app.store.processes import NotFound
from app.store.session import Session

from .household import to_edit
from .people import Actor, Refused

OWN = ("key", "relation", "status", "gone_why", "merged_into", "took")
"""What stays each entry's own."""
SLIPS = 2
"""So many digits may differ between two ID numbers that mean one person."""


def alike(members: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of counted members that may be one person: the same name, or ID numbers that differ by a slip."""
    counted = [m for m in members if m.get("status") != "gone"]
    return [(one["key"], other["key"]) for one, other in combinations(counted, 2) if _alike(one, other)]


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    first, second = str(one.get("id_number") or ""), str(other.get("id_number") or "")
    slip = len(first) == len(second) == 18 and sum(a != b for a, b in zip(first, second, strict=True)) <= SLIPS
    return slip or naming.same(one.get("name"), other.get("name"))


def merge(
    session: Session, actor: Actor, household: int, keep: str, drop: str, reason: str, now: datetime, command_id: bytes
) -> None:
    """`drop` is the same person as `keep`: it is no longer counted, and fills what `keep` has empty."""
    change = to_edit(session, actor, household, reason, now, command_id)
    if change is None:
        return
    made = change.draft()
    kept, dropped = _member(made, keep), _member(made, drop)
    if keep == drop:
        raise Refused("register.merge_two")
    if dropped.get("relation") == "head" or "gone" in (kept.get("status"), dropped.get("status")):
        raise Refused("register.merge_counted")
    empty = (None, "")
    took = {
        name: kept.get(name) for name, value in dropped.items()
        if name not in OWN and value not in empty and kept.get(name) in empty
    }  # fmt: skip
    kept |= {name: dropped[name] for name in took}
    dropped |= {"status": "gone", "gone_why": reason.strip()[:200], "merged_into": keep, "took": took}
    for member in (keep, drop):
        made["sources"][f"member:{member}"] = [str(actor.id), change.one.place.on.isoformat()]
    change.save(session, made, "members_merged", {"member": keep, "merged": drop}, {})


def part(session: Session, actor: Actor, household: int, member: str, reason: str, now: datetime, command_id: bytes) -> None:
    """They are two people after all: what was taken over goes back, unless it was corrected since."""
    change = to_edit(session, actor, household, reason, now, command_id)
    if change is None:
        return
    made = change.draft()
    dropped = _member(made, member)
    keep = dropped.get("merged_into")
    if not keep:
        raise Refused("register.not_merged")
    kept = _member(made, str(keep))
    for name, before in dict(dropped.get("took") or {}).items():
        if kept.get(name) == dropped.get(name):
            kept[name] = before
            if before is None:
                del kept[name]
    for name in ("gone_why", "merged_into", "took"):
        dropped.pop(name, None)
    dropped["status"] = "present"
    for one in (str(keep), member):
        made["sources"][f"member:{one}"] = [str(actor.id), change.one.place.on.isoformat()]
    change.save(session, made, "members_parted", {"member": str(keep), "merged": member}, {})


def _member(made: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = next((m for m in made["members"] if m["key"] == key), None)
    if found is None:
        raise NotFound
    member: dict[str, Any] = found
    return member
