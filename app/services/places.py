"""Places to choose from: found by typing a name, its pinyin or initials, with or without the town; never a list of all."""

import unicodedata
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from itertools import islice, product

from pypinyin import Style, pinyin

from app.labels import say
from app.policy.model import OrgUnit

from .people import Actor, County, villages_seen

SHORT = 60
"""A list up to here is shown whole."""
OUTSIDE = "outside"
READINGS = 12
"""So many ways to read a name are looked at: nearly every name has one to four."""


class Places(tuple[tuple[str, ...], ...]):
    """(code, name) or (code, name, town), in order. `url`: where a script asks for what fits; `?` or `&` and `q=` follow."""

    url: str

    def __new__(cls, listed: Iterable[tuple[str, ...]], url: str) -> "Places":
        made = super().__new__(cls, listed)
        made.url = url
        return made

    def without(self, code: str) -> "Places":
        """The same but for one; a script is offered it all the same, and told that it does not fit."""
        return Places((p for p in self if p[0] != code), self.url)

    def only(self, codes: Collection[str]) -> "Places":
        return self if len(codes) >= len(self) else Places((p for p in self if p[0] in codes), self.url)

    @property
    def long(self) -> bool:
        return len(self) > SHORT

    @property
    def groups(self) -> list[str]:
        """The towns, each once; nothing where they are too many to choose from."""
        found = list(dict.fromkeys(p[2] for p in self if len(p) > 2 and p[2]))
        return found if len(found) <= SHORT else []

    def find(self, text: str, group: str = "") -> list[tuple[str, ...]]:
        """What fits every word typed, best first: a name that begins so, then one that holds it, then a town that does."""
        there = [p for p in self if not group or group in p[2:]]
        words = _plain(text).split()
        if not words:
            return there if group else []
        ranked = [(rank, n) for n, p in enumerate(there) if (rank := _fits(p, words)) is not None]
        if not ranked and len(words) == 1:  # town and village written as one
            ranked = [(3, n) for n, p in enumerate(there) if len(p) > 2 and _run_on(_plain(p[2]), _plain(p[1]), words[0])]
        return [there[n] for _, n in sorted(ranked)]

    def named(self, code: str) -> tuple[str, ...] | None:
        return next((p for p in self if p[0] == code), None)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("\u3001", " ").replace(",", " ").lower().strip()


def _fits(place: tuple[str, ...], words: list[str]) -> int | None:
    """How well: 0 best; None not at all."""
    worst = 0
    for word in words:
        rank = _rank(place, word)
        if rank is None:
            return None
        worst = max(worst, rank)
    return worst


def _rank(place: tuple[str, ...], word: str) -> int | None:
    name = place[1]
    if word in name:
        return 0 if name.startswith(word) else 1
    if word == place[0] or any(word in group for group in place[2:]):
        return 2
    if not word.isascii():
        return None
    if f" {word}" in (spelt := spelling(name)):
        return 0 if spelt.startswith(f" {word}") else 1
    return 2 if any(f" {word}" in spelling(group) for group in place[2:]) else None


def _run_on(town: str, village: str, word: str) -> bool:
    if word.isascii():
        return any(f" {word[:n]}" in spelling(town) and f" {word[n:]}" in spelling(village) for n in range(2, len(word)))
    return any(town.startswith(word[:n]) and word[n:] in village for n in range(1, len(word)))


@lru_cache(maxsize=2**16)
def spelling(name: str) -> str:
    """Every ending of a name in pinyin and in initials, each after a space: " lingtoucun toucun cun ltc tc c".

    Otherwise than in people's names (`finding.index`) every reading of every character counts: places are read as locals do.
    """
    letters = [_readings(letter) for letter in name]
    found: dict[str, None] = {}
    for one in islice(product(*letters), READINGS):
        for spelt in (one, [syllable[:1] for syllable in one]):
            found |= dict.fromkeys("".join(spelt[n:]) for n in range(len(spelt)))
    return " " + " ".join(found)


@lru_cache(maxsize=2**13)
def _readings(letter: str) -> tuple[str, ...]:
    """All of one character; \u00fc is typed as v."""
    found = pinyin(letter, style=Style.NORMAL, heteronym=True, errors="default")[0]
    return tuple(dict.fromkeys(one.replace("\u00fc", "v").lower() for one in found)) or (letter,)


# --- which places ---------------------------------------------------------------------------------------------------


def listed(units: Iterable[OrgUnit], county: County, url: str) -> Places:
    """(code, name, what it lies in)."""
    return Places(((u.code, u.name, county.name_of(u.parent) if u.parent else "") for u in units), url)


def _once(county: County, name: str, make: Callable[[], Places]) -> Places:
    """Made once for each tree of units."""
    memo = county.units.memo
    if name not in memo:
        memo[name] = make()
    found: Places = memo[name]
    return found


def anywhere(county: County) -> Places:
    """Every village, each under its town."""
    return _once(county, "village", lambda: listed(county.units.at_level("village"), county, "/places?of=village"))


def elsewhere(county: County) -> Places:
    """Every village, and what lies outside."""
    outside = (OUTSIDE, say("clues.outside"), "")
    return _once(county, "elsewhere", lambda: Places([outside, *anywhere(county)], "/places?of=elsewhere"))


def towns(county: County) -> Places:
    return _once(county, "town", lambda: Places(((u.code, u.name) for u in county.units.at_level("town")), "/places?of=town"))


def somewhere(county: County) -> Places:
    """Every village, and each town where the village is not known."""
    return _once(county, "somewhere", lambda: Places(_somewhere(county, None), "/places?of=report"))


def reported(county: County, near: Collection[str]) -> Places:
    """The same of some towns and villages."""
    return Places(_somewhere(county, near), "/places?of=report")


def _somewhere(county: County, near: Collection[str] | None) -> Iterable[tuple[str, ...]]:
    for town in county.units.at_level("town"):
        if near is None or town.code in near:
            yield (town.code, say("clues.somewhere_in", town=town.name), town.name)
        for village in county.children(town.code):
            if near is None or village.code in near or town.code in near:
                yield (village.code, village.name, town.name)


def seen(actor: Actor, county: County) -> Places:
    """The villages whose households this person may open."""
    codes = villages_seen(actor, county)
    if codes is None:
        return _once(county, "seen", lambda: Places(anywhere(county), "/places?of=seen"))
    units = (u for u in county.units.at_level("village") if u.code in codes)
    return listed(units, county, "/places?of=seen")


def around(actor: Actor, county: County) -> Places:
    """The same villages with their towns before them."""
    villages = seen(actor, county)
    if len(villages) < len(county.units.at_level("village")):
        return _around(villages, county)
    return _once(county, "around", lambda: _around(villages, county))


def _around(villages: Places, county: County) -> Places:
    towns_ = dict.fromkeys(county.units[code].parent or "" for code, *_ in villages)
    return Places([*((t, county.name_of(t), "") for t in towns_ if t), *villages], "/places?of=around")


def below(county: County, unit: str) -> Places:
    return listed(county.units.children(unit), county, f"/places?of=below&in={unit}")


def everything(county: County) -> Places:
    """County, towns, departments, villages: where a post may be."""
    groups = {
        level: say(f"pages.group.{name}")
        for level, name in (("county", "county"), ("town", "towns"), ("department", "departments"))
    }
    units = ((u.code, u.name, groups.get(u.level) or county.name_of(u.parent or "")) for u in county.units.values())
    return _once(county, "unit", lambda: Places(units, "/places?of=unit"))
