"""What a format adds to a number: a figure is read as the sheet shows it, or named where nobody could say which was meant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

BUILT_IN = {"9": "0%", "10": "0.00%"}
"""Number of a format that no workbook writes down -> its code, where it is one of ours."""
EXACT = 2**53
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|[\\!](?P<escaped>.)|_.|\*.|\[\$(?P<coin>[^\]-]*)(?:-[^\]]*)?\]|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<figure>General|G/\u901a\u7528\u683c\u5f0f|[0#?][0#?,.]*(?:E[+-]0+)?)|(?P<per>%)|(?P<end>;)|(?P<bare>.)",
    re.IGNORECASE | re.DOTALL,
)
_TIME = re.compile(r"[ymdhsebg]", re.IGNORECASE)
_YUAN = chr(0x5143)
_HARMLESS = frozenset(("", "\u00a5", "\uffe5", "RMB", "CNY", "CN\u00a5", "+", _YUAN, chr(0x5706), _YUAN + chr(0x6574)))
"""What may stand beside a number without saying anything else than the number does: yuan, nothing larger."""


class Token(NamedTuple):
    """`kind`: "word" | "figure" | "per" | "end" | "bracket" | "text" | "time"."""

    kind: str
    text: str


@dataclass(frozen=True)
class Format:
    """`tokens`: words and places of figures in their order. `hides`: "" | "number" | "all". `unclear`: it shows another
    figure than is there."""

    tokens: tuple[Token, ...] = ()
    percent: bool = False
    hides: str = ""
    unclear: bool = False


def _tokens(code: str) -> list[Token]:
    made = []
    for found in _TOKEN.finditer(code):
        kind, text = str(found.lastgroup or ""), found[found.lastgroup] if found.lastgroup else ""
        if kind == "bracket":
            made.append(Token("time" if re.fullmatch("[hms]+", text, re.IGNORECASE) else "bracket", text))
        elif kind in ("quoted", "escaped", "coin"):
            made.append(Token("word", text))
        elif kind == "bare":
            made.append(Token("text" if text == "@" else "time" if _TIME.match(text) else "word", text))
        elif kind:
            made.append(Token(kind, text))
    return made


def parsed(code: str) -> Format | None:
    """None: a number of this format may be read as it is."""
    tokens = _tokens(code)
    sections: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "end":
            sections.append([])
        else:
            sections[-1].append(token)
    if any(token.kind == "time" for token in tokens):
        return None
    if not any(token.text for token in tokens if token.kind not in ("end", "bracket")):
        return Format(hides="all" if len(sections) > 3 else "number") if len(sections) > 2 else None
    first = [token for token in sections[0] if token.kind != "bracket"]
    if any(token.kind == "text" for token in first):
        return None
    figures = [token.text for token in first if token.kind == "figure"]
    words = "".join("".join(token.text.split()) for token in first if token.kind == "word")
    depends = any(t.kind == "bracket" and t.text[:1] in "<>=" for section in sections for t in section if t.text)
    unclear = (
        any(figure.endswith(",") for figure in figures)
        or (not figures and bool(words))
        or (depends and _says_more(tokens))
        or (len(figures) > 1 and bool(re.search(r"[.,\d]", words)))
    )
    percent = any(token.kind == "per" for token in first)
    if not (unclear or percent or _says_more(first) or any(re.fullmatch("0{2,}", figure) for figure in figures)):
        return None
    return Format(tuple(t for t in first if t.kind in ("word", "figure")), percent, "", unclear)


def _says_more(tokens: Sequence[Token]) -> bool:
    words = ["".join(token.text.split()).strip("()-/") for token in tokens if token.kind == "word"]
    joined = any(token.kind == "figure" for token in tokens) and sum(token.kind == "figure" for token in tokens) > 1
    return any(word.upper() not in _HARMLESS for word in words) or (joined and any(t.text == "-" for t in tokens))


def shown(value: str, format_: Format) -> str | None:
    """A number as its format shows it, its decimals all of them; None where it shows another figure than is there."""
    try:
        number = float(value)
    except ValueError:
        return value
    if format_.percent:
        return f"{round(number * 100, 8):.15g}%"
    if format_.unclear:
        return None
    if abs(number) >= EXACT:
        return value
    figures = [token.text for token in format_.tokens if token.kind == "figure"]
    whole = number.is_integer() and all(re.fullmatch("[0#?]+", figure) for figure in figures)
    sign, digits = "-" if number < 0 else "", str(int(abs(number))) if number.is_integer() else f"{abs(number):.15g}"
    if len(figures) > 1:
        return sign + _spread(digits, format_.tokens) if whole else value
    if whole and set(figures[0]) == {"0"}:
        digits = digits.zfill(len(figures[0]))
    return "".join(sign + digits if token.kind == "figure" else token.text for token in format_.tokens).strip()


def _spread(digits: str, tokens: Sequence[Token]) -> str:
    """The digits over several places of figures, from the last; what is left stands before the first."""
    made, left = "", list(digits)
    for token in reversed(tokens):
        if token.kind == "word":
            made = token.text + made
            continue
        for place in reversed(token.text):
            made = (left.pop() if left else "0" if place == "0" else "") + made
    return "".join(left) + made
