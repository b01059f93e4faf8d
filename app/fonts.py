"""The open fonts papers are printed with: where they lie, and which characters they have.

npm and pip packages that the project locks come first, then what the machine has; a font for rare characters (Debian's
fonts-hanazono) widens by itself what names may hold.
"""

import importlib.util
import mmap
import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SERIF = "node_modules/@expo-google-fonts/noto-serif-sc"
SERIF_WEIGHTS = ("400Regular", "700Bold")
SANS_MODULE = "noto_cjk_sans_otc"  # one collection; also the fallback for rare characters
SYSTEM = (
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/google-noto-cjk",
    "/usr/share/fonts/truetype/hanazono",
    "/usr/share/fonts/truetype/babelstone",
    "/usr/share/fonts/truetype/dejavu",
    "/usr/local/share/fonts",
)
_FILES = {".ttf", ".otf", ".ttc", ".otc"}
MARK = "\u3013"
"""What printers have always set where a character is missing."""


def find_fonts(project: Path = ROOT) -> tuple[Path, ...]:
    """Existing folders with fonts, the project's own before the machine's."""
    folders = [project / SERIF / weight for weight in SERIF_WEIGHTS]
    spec = importlib.util.find_spec(SANS_MODULE)
    if spec is not None and spec.origin is not None:
        folders.append(Path(spec.origin).parent)
    folders += [Path(folder) for folder in SYSTEM]
    return tuple(folder for folder in folders if folder.is_dir())


@lru_cache(maxsize=16)
def covered(folder: Path) -> frozenset[int]:
    """Code points that at least one font of the folder can print."""
    found: set[int] = set()
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in _FILES:
            found.update(*_mapped(path))
    return frozenset(found)


def _mapped(path: Path) -> Iterator[range]:
    """The stretches of Unicode that a font file maps to glyphs: its `cmap` tables of format 12, and 4 where there is none
    (OpenType 1.9). A few kilobytes are read, where a font library parses every table of every font of a collection."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            starts: tuple[int, ...] = (0,)
            if data[:4] == b"ttcf":
                starts = struct.unpack_from(f">{struct.unpack_from('>I', data, 8)[0]}I", data, 12)
            for table in {at for start in starts if (at := _table(data, start))}:
                yield from _subtables(data, table)
        except struct.error:
            return  # a damaged file adds nothing; the one that prints will say so


def _table(data: mmap.mmap, start: int) -> int:
    """Where the `cmap` of the font at `start` lies; 0 for none."""
    for n in range(struct.unpack_from(">H", data, start + 4)[0]):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, start + 12 + 16 * n)
        if tag == b"cmap":
            return int(offset)
    return 0


def _subtables(data: mmap.mmap, table: int) -> Iterator[range]:
    found: dict[int, int] = {}
    for n in range(struct.unpack_from(">H", data, table + 2)[0]):
        platform, _, offset = struct.unpack_from(">HHI", data, table + 4 + 8 * n)
        if platform in (0, 3):
            found[struct.unpack_from(">H", data, table + offset)[0]] = table + offset
    if 12 in found:
        at = found[12]
        for n in range(struct.unpack_from(">I", data, at + 12)[0]):
            first, last, glyph = struct.unpack_from(">III", data, at + 16 + 12 * n)
            yield range(first + (glyph == 0), last + 1)
    elif 4 in found:
        at = found[4]
        twice = struct.unpack_from(">H", data, at + 6)[0]
        many = twice // 2
        lasts = struct.unpack_from(f">{many}H", data, at + 14)
        firsts = struct.unpack_from(f">{many}H", data, at + 16 + twice)
        yield from (range(first, last + 1) for first, last in zip(firsts, lasts, strict=True) if last != 0xFFFF)


def missing(text: str, folders: tuple[Path, ...] | None = None) -> list[str]:
    """The characters of a text that no font has, in order. Blanks, line ends and variation selectors need none."""
    odd = [c for c in dict.fromkeys(text) if not (c.isascii() or 0x4E00 <= ord(c) <= 0x9FA5 or c.isspace())]
    odd = [c for c in odd if not (0xFE00 <= ord(c) <= 0xFE0F or 0xE0100 <= ord(c) <= 0xE01EF)]
    for folder in find_fonts() if folders is None and odd else folders or ():
        odd = [c for c in odd if ord(c) not in covered(folder)]
        if not odd:
            break
    return odd


def lost(text: str) -> dict[str, str] | None:
    """The first character of a text that no font has, and its code point, as a sentence names them."""
    found = missing(text)
    return {"char": found[0], "point": f"U+{ord(found[0]):04X}"} if found else None


def marked(text: str, folders: tuple[Path, ...] | None = None) -> str:
    """The text with the printers' mark in place of what no font has."""
    lost = missing(text, folders)
    return text.translate(dict.fromkeys(map(ord, lost), MARK)) if lost else text
