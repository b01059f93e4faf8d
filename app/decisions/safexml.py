"""XML from strangers: elements and text, in UTF-8, and nothing that can open, expand or hang.

Built on expat itself, because ElementTree's parser offers no hook that sees a document type before it acts.
"""

from typing import NoReturn
from xml.etree.ElementTree import Element
from xml.parsers import expat

from app.decisions.errors import TableError


class UnsafeXml(TableError):
    """Codes: xml.too_big, xml.encoding, xml.doctype, xml.entity, xml.too_deep, xml.malformed."""


class _Located(Element):
    line: int


def parse_xml(data: bytes, *, max_bytes: int = 5_000_000, max_depth: int = 200) -> Element:
    """The root element, names written `{namespace}local`; comments and processing instructions are dropped.

    Raises UnsafeXml; every code but xml.too_big carries `line`. `line_of` gives an element's line.
    """
    if len(data) > max_bytes:
        raise UnsafeXml("decisions.xml.too_big", size=len(data), limit=max_bytes)
    _refuse_other_encodings(data)
    parser = expat.ParserCreate(encoding="UTF-8", namespace_separator="}")
    builder = _Builder(parser, max_depth)
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        code = "decisions.xml.entity" if error.code == _UNDEFINED_ENTITY else "decisions.xml.malformed"
        raise UnsafeXml(code, line=error.lineno) from None
    if builder.root is None:
        raise UnsafeXml("decisions.xml.malformed", line=1)
    return builder.root


def line_of(element: Element) -> int | None:
    """The line where an element of `parse_xml` opens, counted from 1; None for any other element."""
    return element.line if isinstance(element, _Located) else None


_UNDEFINED_ENTITY = expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]


def _refuse_other_encodings(data: bytes) -> None:
    # Expat takes UTF-16 by its zero bytes, whatever encoding it was told; no XML in UTF-8 has any.
    zero = data.find(b"\0")
    if zero >= 0:
        raise UnsafeXml("decisions.xml.encoding", line=data.count(b"\n", 0, zero) + 1)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnsafeXml("decisions.xml.encoding", line=data.count(b"\n", 0, error.start) + 1) from None


class _Builder:
    """Receives expat's events; a refusal raised in a handler leaves `Parse` at once."""

    def __init__(self, parser: expat.XMLParserType, max_depth: int) -> None:
        self.root: _Located | None = None
        self.parser = parser
        self.max_depth = max_depth
        self.open: list[_Located] = []
        self.closed: _Located | None = None
        self.text: list[str] = []
        parser.buffer_text = True
        parser.XmlDeclHandler = self.declaration
        parser.StartDoctypeDeclHandler = self.doctype
        parser.EntityDeclHandler = self.entity
        parser.ExternalEntityRefHandler = self.entity
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text.append

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.upper() != "UTF-8":
            self.refuse("decisions.xml.encoding")

    def doctype(self, *_: object) -> None:
        self.refuse("decisions.xml.doctype")

    def entity(self, *_: object) -> NoReturn:
        self.refuse("decisions.xml.entity")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= self.max_depth:
            self.refuse("decisions.xml.too_deep", limit=self.max_depth)
        self.place_text()
        element = _Located(_clark(name), {_clark(key): value for key, value in attributes.items()})
        element.line = self.parser.CurrentLineNumber
        if self.open:
            self.open[-1].append(element)
        else:
            self.root = element
        self.open.append(element)
        self.closed = None

    def end(self, name: str) -> None:
        self.place_text()
        self.closed = self.open.pop()

    def place_text(self) -> None:
        text = "".join(self.text)
        self.text.clear()
        if not text:
            return
        if self.closed is not None:
            self.closed.tail = (self.closed.tail or "") + text
        elif self.open:
            self.open[-1].text = (self.open[-1].text or "") + text

    def refuse(self, code: str, **details: object) -> NoReturn:
        raise UnsafeXml(code, line=self.parser.CurrentLineNumber, **details)


def _clark(name: str) -> str:
    return "{" + name if "}" in name else name
