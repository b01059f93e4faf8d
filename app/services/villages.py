"""Villages by the names that files give them: the code, the full name, or the name without what kind of committee it has."""

from app.policy.parameters import Entries

from .people import County


class Villages:
    """`endings` of the register's own column (import_column: village) may be left out of a name."""

    def __init__(self, place: County) -> None:
        self.endings = _endings(place.entries, place)
        self.codes: dict[str, str] = {}
        self.stems: dict[str, list[str]] = {}
        for unit in place.units.values():
            if unit.level == "village":
                self.codes[unit.code] = self.codes[unit.name] = unit.code
                self.stems.setdefault(self._stem(unit.name), []).append(unit.code)

    def code(self, text: str) -> str | None:
        """None for what no village is called, and for a short name that two share."""
        found = self.stems.get(self._stem(text), [])
        return self.codes.get(text) or (found[0] if len(found) == 1 else None)

    def _stem(self, name: str) -> str:
        end = next((e for e in self.endings if name.endswith(e) and len(name) > len(e)), "")
        return name.removesuffix(end)


def _endings(entries: Entries, place: County) -> tuple[str, ...]:
    column = entries.get("import_column", "village", place.on)
    return tuple(column.value.get("endings", ())) if column is not None else ()
