"""What a household is found by: its head's name from any syllable on, in every reading, by initials, without marks."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice, product
from typing import Any

from pypinyin import lazy_pinyin

from app.labels.readings import COMPOUND, GIVEN, SURNAMES
from app.policy import naming
from app.store import households as rows
from app.store import jobs
from app.store.session import Store

MOST_READINGS, OF_LONG, LONG = 24, 2, 6
"""Readings of a name; of one with more syllables, which no usual surname makes longer."""
VERSION = "3"
"""Of `index`. Another one has every household's words made anew."""
_HAN = re.compile(rf"([{chr(0x3005)}{chr(0x3007)}{chr(0x3400)}-{chr(0x9FFF)}{chr(0x20000)}-{chr(0x3FFFF)}]+)")
_UMLAUT = re.compile(r"([ln])v")


@lru_cache(maxsize=10_000)
def index(name: str) -> str:
    """The words a name is found by, each after a blank: every part that begins with a syllable, in characters, in pinyin and
    in initials."""
    folded = naming.folded(name)
    syllables = list(_syllables(folded))
    found = _parts([naming.key(token) for token, _ in syllables])
    most = OF_LONG if len(syllables) > LONG else MOST_READINGS
    for reading in islice(product(*(readings for _, readings in syllables)), most):
        found |= _parts(reading) | _parts([one[:1] for one in reading])
    return " " + " ".join(found)


def _parts(tokens: Sequence[str]) -> dict[str, None]:
    return {part: None for n in range(len(tokens)) if (part := "".join(tokens[n:]))}


def _syllables(name: str) -> Iterator[tuple[str, list[str]]]:
    """Each character of Han, and each word of letters, with its readings, the likeliest first."""
    at = 0
    for run in _HAN.split(name):
        if not _HAN.match(run):
            yield from ((word, [naming.key(word)]) for word in re.split(r"[\W_]+", run) if word)
            at += len(run)
            continue
        family = COMPOUND.get(name[:2], "").split() if at == 0 else []
        read = lazy_pinyin(run, errors=_each)
        for n, (char, usual) in enumerate(zip(run, read if len(read) == len(run) else run, strict=True)):
            if n < len(family):
                more = [family[n]]
            else:
                more = (SURNAMES if at + n == 0 else GIVEN).get(char, "").split()
            readings = dict.fromkeys([*more, usual.lower()])
            yield char, list(dict.fromkeys(written for one in readings for written in _spellings(one)))
        at += len(run)


def _each(unknown: str) -> Any:
    return list(unknown)


def _spellings(syllable: str) -> list[str]:
    """One with \u00fc is typed with v, as on passports with yu, or with a plain u."""
    return [_UMLAUT.sub(rf"\1{vowel}", syllable) for vowel in ("v", "yu", "u")] if _UMLAUT.match(syllable) else [syllable]


def refresh(store: Store, now: datetime) -> int:
    """Households kept before today's `index` get their words; once for each version of it. Returns how many."""
    with store.reading() as session:
        if jobs.job_result(session, "names_index", VERSION) is not None:
            return 0
    changed = after = 0
    while True:
        with store.transaction() as session:
            piece = rows.names(session, after)
            words = {row.id: index(row.head_name) for row in piece}
            changed += rows.write_index(session, {row.id: words[row.id] for row in piece if words[row.id] != row.pinyin})
            if not piece:
                if jobs.begin_job(session, "names_index", VERSION, now):
                    jobs.end_job(session, "names_index", VERSION, now, {"changed": changed})
                return changed
            after = piece[-1].id
