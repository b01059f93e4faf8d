"""One person entered twice in a household: put together, and taken apart again if it was a mistake.

Nobody is deleted: the second entry stays in the file, no longer counted, and says into whom it went; what the first one
took over from it is remembered, so that taking apart gives both back as they were. Two entries with different numbers are put
together by two people: one proposes, another agrees.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from app.policy import family, naming
from app.store import questions
from app.store.processes import NotFound
from app.store.session import Session

from ..context import Context
from ..people import Refused
from .file import Change, to_edit

TOLD = ("merged_on", "merged_by", "merge_asked_by")
"""When and by whom an entry was put to another."""
OWN = ("key", "relation", "status", "gone_why", "gone_on", "gone_kind", "merged_into", "took", *TOLD)
"""What stays each entry's own."""


def alike(members: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of counted members that may be one person: the same name, or ID numbers that differ by a slip."""
    counted = [m for m in members if m.get("status") != "gone"]
    return [(one["key"], other["key"]) for one, other in combinations(counted, 2) if _alike(one, other)]


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    first, second = str(one.get("id_number") or ""), str(other.get("id_number") or "")
    return family.slip(first, second) or naming.same(one.get("name"), other.get("name"))


def merge(context: Context, household: int, keep: str, drop: str, reason: str, command_id: bytes) -> bool:
    """`drop` is the same person as `keep`: it is no longer counted, and fills what `keep` has empty. Whether it is done; with
    different numbers it is only proposed, and another person must agree."""
    session, actor = context.session, context.actor
    if not keep:
        raise Refused("register.merge_two")
    change = to_edit(context, household, reason, command_id)
    if change is None:
        return True
    made = change.draft()
    kept, dropped = _pair(made, keep, drop)
    if kept.get("id_number") and dropped.get("id_number") and kept["id_number"] != dropped["id_number"]:
        if questions.one(session, household, "merge", drop) is not None:
            raise Refused("register.merge_asked")
        asked = {"keep": keep, "reason": change.reason, "by": actor.id, "on": change.one.county.on.isoformat()}
        made["merges_asked"] = {**made.get("merges_asked", {}), drop: asked}
        change.save(session, made, "merge_proposed", {"member": keep, "merged": drop}, {})
        questions.add(
            session, [{"household": household, "kind": "merge", "member": drop, "other": keep}], context.now, actor.id
        )
        return False
    _put(session, change, made, kept, dropped, change.reason, None)
    return True


def answer(context: Context, household: int, drop: str, yes: bool, reason: str, command_id: bytes) -> None:
    """What another person says to a proposed merge; who proposed it may take it back."""
    session, actor = context.session, context.actor
    change = to_edit(context, household, reason, command_id)
    if change is None:
        return
    question = questions.one(session, household, "merge", drop)
    made = change.draft()
    asked = dict(made.get("merges_asked", {}))
    said = asked.pop(drop, None)
    if question is None or said is None:
        raise Refused("register.answered_already")
    if yes and actor.id == said["by"]:
        raise Refused("register.merge_second")
    made["merges_asked"] = asked
    questions.close(session, [question.id], "yes" if yes else "no", context.now, actor.id)
    if yes:
        kept, dropped = _pair(made, str(said["keep"]), drop)
        _put(session, change, made, kept, dropped, str(said["reason"]), int(said["by"]))
    else:
        change.save(session, made, "merge_refused", {"member": said["keep"], "merged": drop}, {})


def _pair(made: Mapping[str, Any], keep: str, drop: str) -> tuple[dict[str, Any], dict[str, Any]]:
    kept, dropped = _member(made, keep), _member(made, drop)
    if keep == drop:
        raise Refused("register.merge_two")
    if dropped.get("relation") == "head" or "gone" in (kept.get("status"), dropped.get("status")):
        raise Refused("register.merge_counted")
    return kept, dropped


def _put(
    session: Session,
    change: Change,
    made: dict[str, Any],
    kept: dict[str, Any],
    dropped: dict[str, Any],
    reason: str,
    asked_by: int | None,
) -> None:
    actor, keep, drop, on = change.actor, kept["key"], dropped["key"], change.one.county.on.isoformat()
    empty = (None, "")
    took = {
        name: kept.get(name)
        for name, value in dropped.items()
        if name not in OWN and value not in empty and kept.get(name) in empty
    }
    kept |= {name: dropped[name] for name in took}
    dropped |= {
        "status": "gone",
        "gone_why": reason.strip(),
        "merged_into": keep,
        "took": took,
        "merged_on": on,
        "merged_by": actor.id,
    }
    if asked_by is not None:
        dropped["merge_asked_by"] = asked_by
    for member in (keep, drop):
        made["sources"][f"member:{member}"] = [str(actor.id), on]
    body = {"member": keep, "merged": drop} | ({"asked_by": asked_by} if asked_by is not None else {})
    change.save(session, made, "members_merged", body, {})


def part(context: Context, household: int, member: str, reason: str, command_id: bytes) -> None:
    """They are two people after all: what was taken over goes back, unless it was corrected since."""
    change = to_edit(context, household, reason, command_id)
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
    for name in ("gone_why", "merged_into", "took", *TOLD):
        dropped.pop(name, None)
    dropped["status"] = "present"
    for one in (str(keep), member):
        made["sources"][f"member:{one}"] = [str(context.actor.id), change.one.county.on.isoformat()]
    change.save(context.session, made, "members_parted", {"member": str(keep), "merged": member}, {})


def _member(made: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = next((m for m in made["members"] if m["key"] == key), None)
    if found is None:
        raise NotFound
    member: dict[str, Any] = found
    return member
