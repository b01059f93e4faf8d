"""One rule for a person's name, from entry to paper: how it is folded, and which characters it may hold.

Whatever a keyboard, a PDF or an old register makes of a name, it is stored in one form: NFKC, one middle dot, one
apostrophe, one hyphen, full-width brackets, no invisible characters. What is left is Han, letters, digits and those marks.
"""

import re
import unicodedata

LONGEST = 40
"""Characters of the longest name; a longer one is refused, never cut."""
MOST_DIGITS = 6
"""More of them are a number (ID, account, phone), which no public sheet may carry."""

DOT = "\u00b7"
_DOTS = (
    "\u00b7\u0387\u02d9\u1427\u16eb\u2022\u2023\u2024\u2027\u2219\u22c5\u25aa\u25cf\u25e6\u2981\u2e30\u2e31\u2e33\u30fb\ua78f\uff65"
    "\u26ab\u2b24\u318d\u119e\u2299\u2043"
)
_STOPS = "\u3002\uff61\uff0e\ufe52"
_APOSTROPHES = "\u2018\u2019\u201a\u201b\u02bc\u02bb\u02b9\u02bd\u2032\u2035\u00b4\u0060\uff07\uff40\ua78c\ua78b"
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_OPEN = "([{\u3010\u3014\u3008\u3016\ufe59\ufe5d\ufe35\uff3b\uff5b"
_CLOSE = ")]}\u3011\u3015\u3009\u3017\ufe5a\ufe5e\ufe36\uff3d\uff5d"
_BRACKETS = ("\uff08", "\uff09")

# Radicals of the supplement that have a character of their own (Unicode's EquivalentUnifiedIdeograph): what a PDF
# gives instead of the character. NFKC folds only the Kangxi ones.
_RADICALS = {
    0x2E84: 0x4E59,
    0x2E88: 0x5200,
    0x2E8A: 0x535C,
    0x2E8C: 0x5C0F,
    0x2E8D: 0x5C0F,
    0x2E8E: 0x5140,
    0x2E90: 0x5C22,
    0x2E92: 0x5DF3,
    0x2E93: 0x5E7A,
    0x2E9B: 0x65E1,
    0x2E9C: 0x65E5,
    0x2E9D: 0x6708,
    0x2EA0: 0x6C11,
    0x2EA7: 0x725B,
    0x2EA9: 0x738B,
    0x2EAB: 0x76EE,
    0x2EAC: 0x793A,
    0x2EAF: 0x7CF9,
    0x2EB0: 0x7E9F,
    0x2EB6: 0x7F8A,
    0x2EBB: 0x807F,
    0x2EBC: 0x8089,
    0x2EC1: 0x864E,
    0x2EC4: 0x897F,
    0x2EC5: 0x89C1,
    0x2EC6: 0x89D2,
    0x2EC9: 0x8D1D,
    0x2ECB: 0x8F66,
    0x2ED1: 0x9577,
    0x2ED3: 0x957F,
    0x2ED4: 0x95E8,
    0x2ED7: 0x96E8,
    0x2ED8: 0x9752,
    0x2ED9: 0x97E6,
    0x2EDA: 0x9875,
    0x2EDB: 0x98CE,
    0x2EDC: 0x98DE,
    0x2EDD: 0x98DF,
    0x2EE2: 0x9A6C,
    0x2EE3: 0x9AA8,
    0x2EE4: 0x9B3C,
    0x2EE5: 0x9C7C,
    0x2EE6: 0x9E1F,
    0x2EE7: 0x5364,
    0x2EE8: 0x9EA6,
    0x2EE9: 0x9EC4,
    0x2EEA: 0x9EFE,
    0x2EEB: 0x6589,
    0x2EEC: 0x9F50,
    0x2EED: 0x6B6F,
    0x2EEE: 0x9F7F,
    0x2EEF: 0x7ADC,
    0x2EF0: 0x9F99,
    0x2EF1: 0x9F9C,
    0x2EF2: 0x4E80,
}


def _gbk_private() -> dict[int, str]:
    """GBK's 80 characters that once had no place in Unicode: systems of before 2005 keep them as U+E815 to U+E864."""
    later = {
        0xFE51: 0x20087,
        0xFE52: 0x20089,
        0xFE53: 0x200CC,
        0xFE59: 0x9FB4,
        0xFE61: 0x9FB5,
        0xFE66: 0x9FB6,
        0xFE67: 0x9FB7,
        0xFE6C: 0x215D7,
        0xFE6D: 0x9FB8,
        0xFE76: 0x2298F,
        0xFE7E: 0x9FB9,
        0xFE90: 0x9FBA,
        0xFE91: 0x241FE,
        0xFEA0: 0x9FBB,
    }
    places = [0xFE00 + low for low in (*range(0x50, 0x7F), *range(0x80, 0xA1))]
    return {
        0xE815 + n: chr(later[code]) if code in later else code.to_bytes(2, "big").decode("gb18030")
        for n, code in enumerate(places)
    }


_FOLD: dict[int, str] = {
    **{code: chr(to) for code, to in _RADICALS.items()},
    **_gbk_private(),
    **{ord(c): DOT for c in _DOTS},
    **{ord(c): "." for c in _STOPS},
    **{ord(c): "'" for c in _APOSTROPHES},
    **{ord(c): "-" for c in _HYPHENS},
}
_AFTER: dict[int, str] = {**{ord(c): _BRACKETS[0] for c in _OPEN}, **{ord(c): _BRACKETS[1] for c in _CLOSE}}
_HAN = f"{chr(0x3005)}{chr(0x3007)}{chr(0x3400)}-{chr(0x9FFF)}{chr(0xF900)}-{chr(0xFAFF)}{chr(0x20000)}-{chr(0x3FFFF)}"
_PLAIN = re.compile(f"[{chr(0x4E00)}-{chr(0x9FA5)}]+")
_HAN_STOP = re.compile(rf"(?<=[{_HAN}])\s*\.\s*|\s*\.\s*(?=[{_HAN}])")
_AROUND_MARK = re.compile(rf"\s*([{DOT}\-'{_BRACKETS[0]}{_BRACKETS[1]}])\s*")
_HAN_GAP = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}0-9])")
_DOTS_RUN = re.compile(rf"{DOT}{{2,}}")
_MARKS = frozenset(f" .{DOT}'-{_BRACKETS[0]}{_BRACKETS[1]}")
_UNSEEN = frozenset(
    (
        0x034F,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    )
)
"""Selectors, which only choose between shapes of one character, and fillers."""


def folded(name: str) -> str:
    """A name in the one form in which it is stored, compared and printed. Nothing is refused here."""
    if _PLAIN.fullmatch(name):
        return name
    text = unicodedata.normalize("NFKC", name.translate(_FOLD)).translate(_FOLD).translate(_AFTER)
    text = "".join(c for c in text if not _invisible(c))
    text = _HAN_STOP.sub(DOT, text)
    text = _AROUND_MARK.sub(r"\1", " ".join(text.split()))
    return _DOTS_RUN.sub(DOT, _HAN_GAP.sub("", text)).strip(f"{DOT} ")


def _invisible(c: str) -> bool:
    """Control and direction marks, joiners, noncharacters, selectors and fillers."""
    code = ord(c)
    return (
        (unicodedata.category(c) in ("Cc", "Cf") and not c.isspace())
        or code & 0xFFFE == 0xFFFE
        or 0xFDD0 <= code <= 0xFDEF
        or code in _UNSEEN
    )


def problem(name: str) -> tuple[str, dict[str, object]] | None:
    """What a folded name must not be: (message code, arguments), or None. Whether fonts can print it is asked elsewhere."""
    if _PLAIN.fullmatch(name) and len(name) <= LONGEST:
        return None
    if len(name) > LONGEST:
        return "forms.too_long", {"max": LONGEST}
    for c in name:
        if unicodedata.category(c) == "Co":
            return "forms.name.private", {"point": f"U+{ord(c):04X}"}
        if not _allowed(c):
            return "forms.name.character", {"char": c}
    if sum(c.isdigit() for c in name) > MOST_DIGITS:
        return "forms.name.number", {}
    if not any(_letter(c) for c in name):
        return "forms.name.no_letter", {}
    return None


def _allowed(c: str) -> bool:
    return _letter(c) or unicodedata.category(c)[0] == "M" or c in _MARKS or "0" <= c <= "9"


def _letter(c: str) -> bool:
    """Letters and Han; planes 2 and 3 are Han throughout, also what is younger than this Python's tables."""
    return unicodedata.category(c)[0] == "L" or c == chr(0x3007) or 0x20000 <= ord(c) <= 0x3FFFD


def key(name: str) -> str:
    """What two writings of one name share: no marks, blanks, accents and case. For comparing and finding, never shown."""
    if _PLAIN.fullmatch(name):
        return name
    apart = unicodedata.normalize("NFKD", folded(name).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in apart if _letter(c) or unicodedata.category(c)[0] == "N"))


def same(one: str | None, other: str | None) -> bool:
    """Whether both are the same name, however each was written."""
    return bool(one) and bool(other) and key(str(one)) == key(str(other))
