"""A kind of step: what it asks beyond its form, what it keeps, what going back undoes, what its page shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.engine.check import Declared
from app.engine.instance import scope_of
from app.forms.model import CodedMessage
from app.store import cases as case_rows
from app.store.processes import Work

from ..context import Context, Within
from ..definitions import Bundle

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Here(Within):
    """Where a step is being judged or kept."""

    context: Context
    work: Work
    bundle: Bundle
    batch: int | None = None
    element: str = ""
    partly: bool = False
    """Only what could be read is judged; what needs the rest waits."""

    @property
    def task_item(self) -> str | None:
        """Which of many this step is about: a department, a town, a village."""
        return (self.work.task or {}).get("item")

    @property
    def scope(self) -> Values:
        """The process variables."""
        return scope_of(self.work.state) if self.work.state else {}

    def parameter(self, kind: "StepType", name: str) -> str:
        """The entry that this step asks for one of its type's parameters: named in the diagram, else the type's own."""
        return kind.parameter(self.bundle.said, self.element, name)

    def details(self) -> dict[str, Any]:
        if self.work.case_id is None or self.work.key is None:
            return {}
        row = case_rows.get(self.session, self.work.case_id)
        return case_rows.details(self.session, self.work.case_id, row.details if row else None, self.work.key)


@dataclass(frozen=True)
class Judged:
    """`errors` by field path as forms give them; `process` is what the step adds to the process variables."""

    errors: dict[str, CodedMessage] = field(default_factory=dict)
    process: dict[str, Any] = field(default_factory=dict)


Judge = Callable[[Here, Values], Judged]
Keep = Callable[[Here, Values], None]


@dataclass(frozen=True)
class StepType(Declared):
    """`teaches`: what it learns goes to the household's file although no
    question belongs to it; `shows`: what stands beside its form (reasons, differences, objection)."""

    key: str
    judge: Judge | None = None
    keep: Keep | None = None
    learn: Callable[[Here, dict[str, Any], Values], dict[str, Any]] | None = None
    """What the household's file learns beside the answers that belong to it: (file, answers) -> file."""
    teaches: bool = False
    shows: tuple[str, ...] = ()
