"""Words of a file's cell -> a code, however they were spaced, quoted or wrapped."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from .identity import plain

_EDGES = "'\"`\u2018\u2019\u201c\u201d.,;:\u3002\u3001\uff0c\uff1b\uff1a"


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Without blanks, invisible marks, quotes and punctuation at the ends; full-width letters plain, all small."""
    return "".join(plain(text).split()).strip(_EDGES).casefold()


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
