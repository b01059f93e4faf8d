"""Names for the web copy of a notice: enough to know oneself, too little to be searched for."""

import re
from collections.abc import Collection

MASK = "*"
_ASIDE = re.compile("[(\uff08].*?[)\uff09]")  # what stands in brackets tells namesakes apart
SEPARATORS = "\u00b7\u2022\u30fb"  # the dots written inside transliterated names


def masked_name(name: str, compound_surnames: Collection[str] = ()) -> str:
    """Surname, stars, last character; two-part names keep only the surname.

    `compound_surnames` (labels/papers.py) keeps a two-character surname whole. Names with a dot keep their
    first character only. A single character is hidden. Never shows more than surname and last character.
    """
    name = "".join(_ASIDE.sub("", name).split()) or "".join(name.split())
    if any(dot in name for dot in SEPARATORS):
        return name[0] + MASK * 2
    if len(name) < 2:
        return MASK * len(name)
    surname = 2 if len(name) > 2 and name[:2] in compound_surnames else 1
    given = len(name) - surname
    if given == 1:
        return name[:surname] + MASK
    return name[:surname] + MASK * (given - 1) + name[-1]
