"""Gateway conditions: `name == 'code'` joined by and / or. Nothing else is evaluated anywhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .values import EngineError

MAX_LENGTH = 500
_TERM = re.compile(r"\s*([a-z][a-z0-9_]*)\s*==\s*'([A-Za-z0-9_\-]*)'\s*\Z")


@dataclass(frozen=True)
class Condition:
    """Alternatives of conjunctions: true when every (name, code) of one alternative holds."""

    alternatives: tuple[tuple[tuple[str, str], ...], ...]

    def holds(self, scope: Mapping[str, Any]) -> bool:
        return any(all(scope.get(name) == code for name, code in terms) for terms in self.alternatives)

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        return tuple(term for terms in self.alternatives for term in terms)


@lru_cache(maxsize=4096)
def parse(text: str) -> Condition:
    """Parse a condition; anything but equality with a constant is refused (EngineError)."""
    if len(text) > MAX_LENGTH:
        raise EngineError("engine.condition.too_long", limit=MAX_LENGTH)
    alternatives = []
    for part in re.split(r"\bor\b", text):
        terms = []
        for term in re.split(r"\band\b", part):
            match = _TERM.match(term)
            if match is None:
                raise EngineError("engine.condition.not_understood", text=text[:80])
            terms.append((match[1], match[2]))
        alternatives.append(tuple(terms))
    return Condition(tuple(alternatives))
