"""What a procedure carries of the law and the plan, and what a newer version of it does not carry any more."""

from app.engine.check import Declared
from app.labels import say
from app.store import dated
from app.store.session import Session

from ..definitions import Bundle, bundle
from ..history.progress import clauses
from ..operations import OPERATIONS
from ..people import County
from ..steps import type_of


def protected(made: Bundle) -> dict[str, str]:
    """Sentence of what steps and operations protect (a quorum, two visitors, people kept apart) -> clauses that ask it."""
    found: dict[str, str] = {}
    for element in made.definition.elements.values():
        operation = OPERATIONS.get(element.properties.get("operator", ""))
        kind: Declared | None = type_of(made, element.id) if element.kind == "userTask" else operation
        clause, named = element.properties.get("clause", ""), made.said(element.id, "type")
        for key in kind.protects if kind is not None else ():
            found.setdefault(say(f"types.protects.{key}"), clause)
        if element.properties.get("separate_from") and named:
            step = say(f"types.{named}").partition(say("stories.stop"))[0]
            found.setdefault(say("types.protects.apart", step=step), clause)
    return found


def carried(made: Bundle) -> dict[str, str]:
    """Clause -> the first step that names it."""
    found: dict[str, str] = {}
    for element in made.definition.elements.values():
        for clause in element.properties.get("clause", "").split():
            found.setdefault(clause, element.name)
    return found


def lost(before: Bundle, after: Bundle, county: County) -> list[tuple[str, dict[str, str]]]:
    """What `before` carried and `after` does not, as sentences with their arguments."""
    kept = protected(after)
    gone = [
        ("types.lost", {"what": what, "clause": clause or say("types.no_clause")})
        for what, clause in protected(before).items()
        if what not in kept
    ]
    left = carried(after)
    for clause, step in carried(before).items():
        if clause not in left:
            mark = clauses(county, {"clause": clause})[0]
            gone.append(("types.not_carried", {"mark": mark["mark"], "text": mark["text"], "step": step}))
    return gone


def lost_by(session: Session, deployment: int, county: County) -> list[str]:
    """What a published version does not carry any more of what the one before it did."""
    after = bundle(session, deployment)
    earlier = [row for row in dated.all_deployments(session) if row.process == after.process and row.version < after.version]
    if not earlier:
        return []
    before = bundle(session, max(earlier, key=lambda row: int(row.version)).id)
    return [say(code, **said) for code, said in lost(before, after, county)]
