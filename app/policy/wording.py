"""Words of a file's cell -> a code, however they were spaced, quoted or wrapped."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from .identity import plain

_EDGES = "'\"`\u2018\u2019\u201c\u201d.,;:\u3002\u3001\uff0c\uff1b\uff1a"


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Without blanks, invisible marks, brackets, quotes and punctuation at the ends; full-width letters plain, all small."""
    return _BRACKETS.sub("", "".join(plain(text).split())).strip(_EDGES).casefold()


_BRACKETS = re.compile("[()\\[\\]{}\u3008-\u3011\u3014-\u301b]")
_NOTHING = re.compile(r"[-_/\\|.\u2010-\u2015\u2212\u2500\u30fc]+\Z")


def says_nothing(text: str) -> bool:
    """Whether only dashes, slashes or dots stand there, as people fill a cell that has nothing to say."""
    return not text[:1].isalnum() and _NOTHING.match("".join(plain(text).split())) is not None


def find(text: str, words: Mapping[str, str], around: Iterable[str] = ()) -> str | None:
    """The code of a word; `words` holds folded ones. `around`: what may stand before or behind it and says nothing here."""
    if text in words:
        return words[text]
    wanted, edges = folded(text), [folded(word) for word in around]
    while wanted:
        if wanted in words:
            return words[wanted]
        shorter = next((wanted.removeprefix(e) for e in edges if e and wanted.startswith(e)), None) or next(
            (wanted.removesuffix(e) for e in edges if e and wanted.endswith(e)), None
        )
        if not shorter:
            return None
        wanted = shorter
    return None
