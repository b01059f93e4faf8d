"""Reading a paper's text source and filling it: the neutral document that both renderers print.

`<kind>.toml` holds `[page]` (millimetres and points), `[fonts]`, `[words]` and the blocks in order. A block
has a `style` and `text` / `lines` / `cells` / `column`; `qr` draws its text as a code to scan. `{field}` stands for a value,
`{index}` for the place
in an `each`, `{no}` for the running number of a heading. `each` repeats a block for a list, `when` prints it
only if the field has a value (or `field=code`). Values are put in once and never read as template or markup.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from app.papers import qr
from app.papers.fields import PaperError, PaperValues
from app.papers.values import KINDS, own_class

STYLES: dict[str, set[str]] = {
    "title": {"text"},
    "subtitle": {"text"},
    "addressee": {"text"},
    "heading": {"text"},
    "paragraph": {"text"},
    "note": {"text"},
    "emphasis": {"text"},
    "qr": {"text"},
    "issuer": {"lines"},
    "sign": {"cells"},
    "table": {"rows", "column", "row_height"},
}
COLUMN_KEYS = {"head", "text", "width", "align"}
ALIGNS = {"left", "center", "right"}
PAGE_NUMBERS = {"top", "left", "width", "height", "body", "title", "table", "pitch", "indent"}
PAGE_WORDS = {"footer", "number"}
FONT_ROLES = {"body", "title", "heading", "strong"}
_SLOT = re.compile(r"\{([a-z_]+)\}")
_LONGEST = 200_000  # bytes of a text source

Block = dict[str, Any]


@dataclass(frozen=True)
class Template:
    cls: type[PaperValues]
    page: Mapping[str, Any]
    fonts: Mapping[str, list[str]]
    words: Mapping[str, Any]
    blocks: tuple[Block, ...]


def check_template(kind: str, source: bytes) -> tuple[tuple[str, dict[str, object]], ...]:
    """Why a text source cannot be deployed, as (code, args); empty when it can."""
    try:
        parse(kind, source)
    except PaperError as refused:
        return ((refused.code, refused.details),)
    return ()


def parse(kind: str, source: bytes) -> Template:
    """The template, with every name in it known to the kind; raises PaperError for the first fault. A kind that is not
    ours says in its `[paper]` which answers it prints."""
    if len(source) > _LONGEST:
        raise PaperError("papers.template.long", longest=_LONGEST)
    try:
        data = tomllib.loads(source.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise PaperError("papers.template.syntax", detail=str(error)[:200]) from None
    cls = KINDS[kind] if kind in KINDS else own_class(Declared.of(kind, data).prints)
    _only(data, {"page", "fonts", "words", "block"} | (set() if kind in KINDS else {"paper"}), "")
    parts = {"page": dict, "fonts": dict, "words": dict, "block": list}
    for part, shape in parts.items():
        if not isinstance(data.get(part), shape):
            raise PaperError("papers.template.part", part=part)
    page, fonts, words, blocks = (data[part] for part in parts)
    _check_page(page, cls)
    _check_fonts(fonts)
    _check_words(words, cls)
    headings = sum(isinstance(block, dict) and block.get("style") == "heading" for block in blocks)
    if headings > len(words["numerals"]):
        raise PaperError("papers.template.word", name="numerals", value=len(words["numerals"]) + 1)
    for number, block in enumerate(blocks, start=1):
        _check_block(block, cls, words, number)
    return Template(cls, page, fonts, words, tuple(blocks))


DECLARED = ("title", "groups", "prints", "number", "before")
"""What stands in `[paper]` of a kind of one's own."""


@dataclass(frozen=True)
class Declared:
    """What a paper of a designer's own kind says of itself: its title, groups of fields that it carries, the names under
    which forms ask the answers that it prints, how it is numbered ({year}, {number}), and whether it is printed before its
    step is done."""

    title: str
    groups: frozenset[str]
    prints: tuple[str, ...]
    number: str = ""
    before: bool = False

    @classmethod
    def of(cls, kind: str, data: Mapping[str, Any]) -> "Declared":
        said = data.get("paper")
        if not isinstance(said, dict):
            raise PaperError("papers.kind.unknown", kind=kind)
        _only(said, set(DECLARED), "paper.")
        title, groups, prints = said.get("title"), said.get("groups", ["basic"]), said.get("prints", [])
        lists = all(isinstance(each, list) and all(isinstance(one, str) for one in each) for each in (groups, prints))
        if not isinstance(title, str) or not title or not lists:
            raise PaperError("papers.template.key", key="paper")
        if not all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in prints):
            raise PaperError("papers.template.key", key="paper.prints")
        number, before = said.get("number", ""), said.get("before", False)
        try:
            fits = isinstance(number, str) and len(number.format(year=2021, number=1)) <= 40 and isinstance(before, bool)
        except (KeyError, ValueError, IndexError):
            fits = False
        if not fits:
            raise PaperError("papers.template.key", key="paper.number" if isinstance(before, bool) else "paper.before")
        return cls(title, frozenset(groups), tuple(prints), number, before)


def declared(kind: str, source: bytes) -> Declared:
    """The same from a text source."""
    try:
        return Declared.of(kind, tomllib.loads(source.decode("utf-8")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise PaperError("papers.template.syntax", detail=str(error)[:200]) from None


def fill(template: Template, values: PaperValues) -> dict[str, Any]:
    """The document as plain JSON values: page, fonts, footer, number, title and blocks of literal strings."""
    filler = _Filler(template.words, values)
    blocks: list[Block] = []
    for block in template.blocks:
        if "when" in block and not filler.holds(block["when"]):
            continue
        if "each" in block:
            items = getattr(values, block["each"])
            for index, item in enumerate(items, start=1):
                blocks += filler.block(block, item, index)
        else:
            blocks += filler.block(block, None, 0)
    page = dict(template.page)
    footer = filler.text(page.pop("footer", ""))
    number = str(page.pop("number", ""))
    title = next((block["text"] for block in blocks if block["style"] == "title"), "")
    return {
        "page": page,
        "fonts": dict(template.fonts),
        "footer": footer,
        "number": number,
        "title": title,
        "blocks": blocks,
    }


class _Filler:
    """Puts values into one paper; counts its headings."""

    def __init__(self, words: Mapping[str, Any], values: PaperValues) -> None:
        self._words = words
        self._values = values
        self._heading = 0

    def holds(self, when: str) -> bool:
        name, _, code = when.partition("=")
        value = getattr(self._values, name)
        return bool(value == code if code else value)

    def block(self, block: Block, item: object, index: int) -> list[Block]:
        style = block["style"]
        if style == "heading":
            self._heading += 1
        if style == "issuer":
            return [{"style": style, "lines": [self.text(line, item, index) for line in block["lines"]]}]
        if style == "sign":
            return [{"style": style, "cells": [self.text(cell, item, index) for cell in block["cells"]]}]
        if style == "table":
            return [self._table(block)]
        text = self.text(block["text"], item, index)
        if style == "qr":
            return [{"style": style, "address": text, "svg": qr.svg(text)}]
        return [{"style": style, "text": line.strip()} for line in text.split("\n") if line.strip()]

    def _table(self, block: Block) -> Block:
        rows = getattr(self._values, block["rows"])
        columns = [
            {"head": column["head"], "width": column["width"], "align": column.get("align", "left")}
            for column in block["column"]
        ]
        cells = [
            [self.text(column["text"], row, index) for column in block["column"]] for index, row in enumerate(rows, start=1)
        ]
        return {
            "style": "table",
            "columns": columns,
            "cells": cells,
            "row_height": block.get("row_height", 0),
        }

    def text(self, pattern: str, item: object = None, index: int = 0) -> str:
        def slot(match: re.Match[str]) -> str:
            name = match.group(1)
            if name == "index":
                return str(index)
            if name == "no":
                return str(self._words["numerals"][self._heading - 1])
            if isinstance(item, PaperValues):
                owner = item if name in _names(type(item)) else self._values
                return self._shown(name, getattr(owner, name))
            if name == "item":
                return str(item)
            return self._shown(name, getattr(self._values, name))

        return _SLOT.sub(slot, pattern)

    def _shown(self, name: str, value: object) -> str:
        if isinstance(value, str) and isinstance(self._words.get(name), dict):
            return str(self._words[name][value]) if value else ""
        if value is None:
            return str(self._words["blank_date"])
        if isinstance(value, datetime):
            return _dated(self._words["moment"], value).replace("{time}", f"{value:%H:%M}")
        if isinstance(value, date):
            return _dated(self._words["date"], value)
        if isinstance(value, tuple):
            return str(self._words["joint"]).join(str(item) for item in value)
        return str(value)


def _dated(pattern: str, day: date) -> str:
    return pattern.replace("{year}", str(day.year)).replace("{month}", str(day.month)).replace("{day}", str(day.day))


def _names(cls: type[PaperValues]) -> set[str]:
    return {f.name for f in fields(cls)}


def _row_class(of: type[PaperValues], name: object) -> type[PaperValues] | None:
    """The class of a list field's items, or None when its items are texts; refuses what is no list."""
    for f in fields(of):
        if f.name == name and f.metadata["rows"] is not None:
            cls: type[PaperValues] = f.metadata["rows"]()
            return cls
        if f.name == name and str(f.type).startswith("tuple"):
            return None
    raise PaperError("papers.template.list", name=str(name))


def _only(table: Mapping[str, Any], keys: set[str], where: str) -> None:
    for key in table:
        if key not in keys:
            raise PaperError("papers.template.key", key=f"{where}{key}")


def _check_page(page: Mapping[str, Any], cls: type[PaperValues]) -> None:
    _only(page, PAGE_NUMBERS | PAGE_WORDS, "page.")
    for key in PAGE_NUMBERS:
        value = page.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 300:
            raise PaperError("papers.template.number", key=f"page.{key}")
    if page["left"] + page["width"] > 210 or page["top"] + page["height"] > 297:
        raise PaperError("papers.template.number", key="page.width, page.height")
    _check_text(page.get("footer", ""), _names(cls), "page.footer")
    if not isinstance(page.get("number", ""), str):
        raise PaperError("papers.template.key", key="page.number")


def _check_fonts(fonts: Mapping[str, Any]) -> None:
    _only(fonts, FONT_ROLES, "fonts.")
    for role in FONT_ROLES:
        names = fonts.get(role)
        if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
            raise PaperError("papers.template.key", key=f"fonts.{role}")


def _check_words(words: Mapping[str, Any], cls: type[PaperValues]) -> None:
    """Every code that the kind may hold, its lists included, has its words."""
    for key in ("date", "moment", "blank_date", "joint"):
        if not isinstance(words.get(key), str):
            raise PaperError("papers.template.key", key=f"words.{key}")
    if not isinstance(words.get("numerals"), list):
        raise PaperError("papers.template.key", key="words.numerals")
    classes = [cls, *(f.metadata["rows"]() for f in fields(cls) if f.metadata["rows"])]
    for f in (f for each in classes for f in fields(each)):
        said = words.get(f.name)
        for code in f.metadata["codes"]:
            if not isinstance(said, dict) or not isinstance(said.get(code), str):
                raise PaperError("papers.template.word", name=f.name, value=code)


def _check_block(block: object, of: type[PaperValues], words: Mapping[str, Any], number: int) -> None:
    where = f"block {number}"
    style = block.get("style") if isinstance(block, dict) else None
    if not isinstance(block, dict) or not isinstance(style, str) or style not in STYLES:
        raise PaperError("papers.template.style", where=where, style=str(style))
    _only(block, STYLES[style] | {"style", "when", "each"}, f"{where}: ")
    names = _names(of)
    when = block.get("when")
    if when is not None and (not isinstance(when, str) or when.partition("=")[0] not in names):
        raise PaperError("papers.template.name", where=where, name=str(when))
    inner = set(names)
    if "each" in block:
        cls = _row_class(of, block["each"])
        inner |= {"index"} | (_names(cls) if cls else {"item"})
    if style == "heading":
        _only(block, {"style", "text", "when"}, f"{where}: ")
        inner.add("no")
    if style == "table":
        _check_table(block, of, where)
        return
    texts = block.get("lines") if style == "issuer" else block.get("cells") if style == "sign" else [block.get("text")]
    if not isinstance(texts, list) or not texts:
        raise PaperError("papers.template.key", key=f"{where}: text")
    for text in texts:
        _check_text(text, inner, where)


def _check_table(block: Mapping[str, Any], of: type[PaperValues], where: str) -> None:
    cls = _row_class(of, block.get("rows"))
    inner = _names(of) | {"index"} | (_names(cls) if cls else {"item"})
    columns = block.get("column")
    height = block.get("row_height", 0)
    if not isinstance(columns, list) or not columns or not isinstance(height, int | float) or not 0 <= height <= 200:
        raise PaperError("papers.template.key", key=f"{where}: column")
    for column in columns:
        if not isinstance(column, dict) or column.get("align", "left") not in ALIGNS:
            raise PaperError("papers.template.key", key=f"{where}: column")
        _only(column, COLUMN_KEYS, f"{where}: column.")
        width = column.get("width")
        if isinstance(width, bool) or not isinstance(width, int | float) or not 0 < width <= 100:
            raise PaperError("papers.template.number", key=f"{where}: column.width")
        _check_text(column.get("head"), set(), where)
        _check_text(column.get("text"), inner, where)


def _check_text(text: object, names: set[str], where: str) -> None:
    if not isinstance(text, str):
        raise PaperError("papers.template.key", key=f"{where}: text")
    for name in _SLOT.findall(text):
        if name not in names:
            raise PaperError("papers.template.name", where=where, name=name)
    if re.search(r"[{}]", _SLOT.sub("", text)):
        raise PaperError("papers.template.brace", where=where)
