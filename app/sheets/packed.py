"""What an XLSX holds, before a sheet is opened: how large its parts unpack, which sheets there are, which formats."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any
from xml.parsers import expat

from .numbers import BUILT_IN, Format, parsed
from .sheet import Unusable

UNPACKED = 400_000_000
MOST_PARTS = 5_000
SUSPECT = 50_000_000
MOST_TIMES = 100
"""A part above SUSPECT bytes that unpacks to more than so many times its size holds nothing that anybody typed."""
SMALL_PART = 20_000_000
AT_ONCE = 1 << 20
OLE = b"\xd0\xcf\x11\xe0"
Began = Callable[[str, Mapping[str, str]], None]
BROKEN = (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, EOFError, expat.ExpatError, OSError, UnicodeError)


@dataclass(frozen=True)
class Part:
    """A worksheet: its name, "visible" | "hidden" | "very_hidden", its place among all sheets, where it lies."""

    name: str
    state: str
    index: int
    path: str


def refuse_others(content: bytes) -> None:
    """Refused: what is called a spreadsheet and is none that we read, each with its own remedy."""
    if content.startswith(OLE):
        locked = "EncryptedPackage".encode("utf-16-le") in content
        raise Unusable("tables.locked" if locked else "tables.old_excel")
    head = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<?xml", b"<head")):
        raise Unusable("tables.web_page")
    if content.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"GIF8")):
        raise Unusable("tables.no_table")


def opened(content: bytes) -> zipfile.ZipFile:
    """Refused: broken, locked, or larger inside than any table; only the list of its parts is looked at."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except BROKEN:
        raise Unusable("tables.unreadable") from None
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise Unusable("tables.too_much_inside")
    if any(part.file_size > max(SUSPECT, MOST_TIMES * part.compress_size) for part in parts):
        raise Unusable("tables.too_much_inside")
    if any(part.flag_bits & 1 for part in parts):
        raise Unusable("tables.locked")
    names = {name.lower() for name in archive.namelist()}
    if "xl/workbook.bin" in names:
        raise Unusable("tables.old_excel")
    if "mimetype" in names and "content.xml" in names:
        raise Unusable("tables.open_document")
    if not any(name.endswith("workbook.xml") or name.startswith("xl") for name in names):
        packed = any(name.endswith((".xlsx", ".xls", ".csv", ".et")) for name in names)
        raise Unusable("tables.archive" if packed else "tables.no_table")
    return archive


class Parts:
    """The parts of a workbook by path, whatever its slashes and capitals."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.paths = {name.replace("\\", "/").lstrip("/").lower(): name for name in archive.namelist()}

    def open(self, path: str) -> IO[bytes]:
        return self.archive.open(self.paths[path.lower()])

    def has(self, path: str) -> bool:
        return path.lower() in self.paths

    def pieces(self, path: str) -> Iterator[bytes]:
        """A part a megabyte at a time, never cut within a tag."""
        rest = b""
        with self.open(path) as part:
            while piece := part.read(AT_ONCE):
                piece = rest + piece
                cut = piece.rfind(b"<")
                if cut <= 0 and len(piece) > 4 * AT_ONCE:
                    raise Unusable("tables.too_much_inside")
                yield piece[:cut] if cut > 0 else b""
                rest = piece[cut:] if cut > 0 else piece
        yield rest

    def elements(self, path: str, began: Began, **more: Callable[..., Any]) -> None:
        """Call `began(local name, attributes by local name)` for every element; `ended`, `text` as well if given."""
        parser = expat.ParserCreate()

        def start(name: str, attributes: dict[str, str]) -> None:
            if any(":" in key for key in attributes):
                attributes = {key.rpartition(":")[2]: value for key, value in attributes.items()}
            began(name.rpartition(":")[2], attributes)

        def refuse(*_: object) -> None:
            raise Unusable("tables.unreadable")

        parser.StartElementHandler = start
        parser.StartDoctypeDeclHandler = refuse
        if "ended" in more:
            parser.EndElementHandler = lambda name: more["ended"](name.rpartition(":")[2])
        if "text" in more:
            parser.CharacterDataHandler = more["text"]
        with self.open(path) as part:
            parser.ParseFile(part)

    def listed(self, path: str, names: Collection[str]) -> list[tuple[str, Mapping[str, str]]]:
        """These elements of a small part, in order."""
        found: list[tuple[str, Mapping[str, str]]] = []
        if self.archive.getinfo(self.paths[path.lower()]).file_size > SMALL_PART:
            raise Unusable("tables.too_much_inside")
        self.elements(path, lambda name, attributes: found.append((name, dict(attributes))) if name in names else None)
        return found


def _relations(parts: Parts, path: str) -> dict[str, tuple[str, str]]:
    """Id -> (last word of its type, path) of what a part refers to."""
    folder, name = posixpath.split(path)
    beside = f"{folder}/_rels/{name}.rels".lstrip("/")
    if not parts.has(beside):
        return {}
    found = {}
    for _, one in parts.listed(beside, {"Relationship"}):
        target = one.get("Target", "").replace("\\", "/")
        at = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}").lstrip("/")
        found[one.get("Id", "")] = (one.get("Type", "").rpartition("/")[2], at)
    return found


def worksheets(parts: Parts) -> tuple[list[Part], str]:
    """(the worksheets in their order, where the formats lie). Charts and macros are no worksheets."""
    root = next((path for kind, path in _relations(parts, "").values() if kind == "officeDocument"), "xl/workbook.xml")
    relations = _relations(parts, root)
    found = []
    for index, (_, sheet) in enumerate(parts.listed(root, {"sheet"})):
        kind, path = relations.get(sheet.get("id", ""), ("", ""))
        state = {"hidden": "hidden", "veryhidden": "very_hidden"}.get(sheet.get("state", "").lower(), "visible")
        if kind == "worksheet" and parts.has(path):
            found.append(Part(sheet.get("name", ""), state, index, path))
    if not found:
        raise Unusable("tables.empty")
    return found, next((path for kind, path in relations.values() if kind == "styles"), "")


def formats(parts: Parts, path: str) -> dict[str, Format]:
    """Number of a cell's format -> what it adds to a number, where a number is not shown as it is."""
    if not parts.has(path):
        return {}
    codes = dict(BUILT_IN)
    found: dict[str, Format] = {}
    inside = False
    number = 0
    for name, one in parts.listed(path, {"numFmt", "cellXfs", "cellStyleXfs", "cellStyles", "dxfs", "xf"}):
        if name == "numFmt":
            codes[one.get("numFmtId", "")] = one.get("formatCode", "")
        elif name != "xf":
            inside = name == "cellXfs"
        elif inside:
            shown = parsed(codes.get(one.get("numFmtId", ""), ""))
            if shown is not None:
                found[str(number)] = shown
            number += 1
    return found
