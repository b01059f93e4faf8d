"""Process variables whose long lists lie beside the state, under the digest of what they say: a state stays as small with a
province's 1,600 towns in it as with ten."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .values import World

INLINE = 20
"""Lists of more entries than this lie beside the state."""
_MARK = "$list"


class Variables(dict[str, Any]):
    """A scope; a list kept beside the state is fetched from the world when it is first read."""

    def __init__(self, values: Mapping[str, Any], world: World) -> None:
        super().__init__(values)
        self.world = world

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        return list(self.world.kept_list(value[_MARK])) if isinstance(value, dict) and _MARK in value else value

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401 (dict.get would not fetch)

    def put_aside(self) -> dict[str, list[Any]]:
        """Replace long lists by their digest; gives what was replaced."""
        found: dict[str, list[Any]] = {}
        for name, value in list(self.items()):
            if isinstance(value, list) and len(value) > INLINE:
                digest = digest_of(value)
                found[digest] = value
                dict.__setitem__(self, name, {_MARK: digest})
        return found


def digest_of(value: list[Any]) -> str:
    """The name of a list kept beside the state: 32 hex digits of SHA-256 over its JSON."""
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()[:32]
