"""A kind of operation: what a service task can do by itself, what it needs and gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.check import Declared

from .world import CaseWorld

Result = dict[str, Any]
Scope = Mapping[str, Any]
Run = Callable[[CaseWorld, str, Scope], Result]
ANY: tuple[str, ...] = ()
"""A value that is no code: a day, an id, a list of units."""


@dataclass(frozen=True, kw_only=True)
class Operation(Declared):
    """`run(world, address, process variables)` returns small JSON facts; what is missing or wrong raises and becomes an
    incident. A parameter bears the name of the entry that it asks for where the diagram says nothing. `day`: the process
    variable with the day whose standard it takes."""

    run: Run
    day: str = ""
