"""Villages by the names that files give them: the code, the full name, or the name without what kind of committee it has,
with or without the places above it."""

import difflib

from app.policy import wording

from ..people import County, Refused

LIKE = 5
"""So many names are offered where one was not understood."""


class Villages:
    """`endings` of the register's own column (import_column: village) may be left out of a name; which of them are those of a
    community (`communities`) tells a community from the village of the same name."""

    def __init__(self, county: County) -> None:
        column = county.entries.get("import_column", "village", county.on)
        said = column.value if column is not None else {}
        self.endings: tuple[str, ...] = tuple(said.get("endings", ()))
        self.communities: tuple[str, ...] = tuple(said.get("communities", ()))
        self.county = county
        self.names: dict[str, str] = {}
        self.stems: dict[str, list[str]] = {}
        self.towns: dict[str, str] = {}
        self.above: list[str] = []
        self.known: dict[tuple[str, str], str] = {}
        for unit in county.units.values():
            if unit.level == "village":
                self.names.setdefault(unit.code, unit.name)
                self.stems.setdefault(self._stem(unit.name)[0], []).append(unit.code)
            elif unit.level == "town":
                self.towns[unit.code] = unit.name
            elif unit.level == "county":
                self.above += [unit.name, unit.name[:-1]]

    def code(self, text: str, town: str = "") -> str | None:
        """None for what no village is called, and for a name that two share where `town` does not tell them apart."""
        found = self._found(_written(text), self._town(town))
        return found[0] if len(found) == 1 else None

    def read(self, text: str, town: str = "") -> str:
        """The code of what a cell says. Refused with the names that it may mean."""
        if (text, town) not in self.known:
            self.known[text, town] = self._read(text, town)
        return self.known[text, town]

    def _read(self, text: str, town: str) -> str:
        wanted, there = _written(text), self._town(town)
        found = self._found(wanted, there)
        if len(found) == 1:
            return found[0]
        if found:
            raise Refused("register.which_village", value=text[:20], villages=self._listed(found))
        elsewhere = self._found(wanted, "") if there else []
        if elsewhere:
            villages = self._listed(elsewhere)
            raise Refused("register.village_elsewhere", value=text[:20], town=self.towns[there], villages=villages)
        stem = self._stem(wanted)[0]
        close = difflib.get_close_matches(stem, self.stems, LIKE, 0.5)
        near = [code for name in close for code in self.stems[name]][:LIKE]
        code = "register.unlike_village" if near else "register.unknown_village"
        raise Refused(code, value=text[:20], villages=self._listed(near))

    def _found(self, wanted: str, town: str) -> list[str]:
        if number := next((n for n in self.names if n in wanted), None):
            return [number]
        for above in self.above:
            _, name, after = wanted.partition(above)
            if name and after and not self._matching(wanted, town):
                wanted = after
        found = self._matching(wanted, town)
        if found:
            return found
        for code, name in self.towns.items():
            for start in (name, name[:-1]):
                if wanted.startswith(start) and town in ("", code) and (inside := self._matching(wanted[len(start) :], code)):
                    return inside
        return []

    def _matching(self, name: str, town: str) -> list[str]:
        """Villages of that name, of a town or of all: those called so in full, else those of the same kind, else all."""
        stem, ending = self._stem(name)
        found = [code for code in self.stems.get(stem, ()) if not town or self.county.units[code].parent == town]
        full = [code for code in found if self.names[code] == name]
        same = [c for c in found if (self._stem(self.names[c])[1] in self.communities) == (ending in self.communities)]
        return full or (same if ending else []) or found

    def _town(self, text: str) -> str:
        """The code of the town that a cell names; "" for none."""
        wanted = _written(text)
        for above in self.above:
            wanted = wanted.rpartition(above)[2] or wanted
        return next((c for c, name in self.towns.items() if wanted and (wanted in (c, name, name[:-1]))), "")

    def _stem(self, name: str) -> tuple[str, str]:
        end = next((e for e in self.endings if name.endswith(e) and len(name) > len(e)), "")
        return name.removesuffix(end), end

    def _listed(self, codes: list[str]) -> str:
        return "\u3001".join(f"{self.towns.get(self.county.units[c].parent or '', '')}{self.names[c]}" for c in codes[:LIKE])


def _written(text: str) -> str:
    """Without blanks, marks between the places, and a spreadsheet's empty decimals."""
    return "".join(c for c in wording.folded(text).removesuffix(".0") if c.isalnum())
