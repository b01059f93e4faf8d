"""CSV as offices write it: UTF-8, UTF-16 or GB18030, with commas, tabs or semicolons; an open quote is found."""

import csv
import io
import re

from .sheet import CELL, MOST_CELLS, MOST_ROWS, MOST_TEXT, Sheet, Unusable, line_of

DELIMITERS = ",\t;|\uff0c"
LOOKED_AT = 20
_TEXT_FORMULA = re.compile(r'="([^"]*)"\Z')
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b]")
TIMES = 3
"""So many times more zeros stand on the side of what is ASCII; a few words have one on the other, as U+4E00 does."""
_FEW = 100
"""One control character among so many is a slip in a cell; more of them are no text."""


def read(content: bytes) -> Sheet:
    text = _decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    if text.startswith("sep=") and "\n" in text:  # Excel's own first line; kept as an empty row
        text = text[text.index("\n") :]
    if text.endswith("\n"):
        text = text[:-1]
    if text.count("\n") >= MOST_ROWS * 2:
        raise Unusable("tables.too_many_rows", most=MOST_ROWS)
    delimiter = _delimiter(text)
    sheet = Sheet("", _parsed(text, delimiter))
    if "=" in text:
        _bare(sheet)
    return sheet


def _decoded(content: bytes) -> str:
    tried = ["utf-8-sig", "gb18030"]
    content = content.rstrip(b"\x1a")  # what old systems put behind the last row
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        tried = ["utf-16"]
    elif b"\x00" in content[:4096]:  # UTF-16 without its mark has a zero in every second byte of what is ASCII
        head = content[:4096]
        even, odd = head[::2].count(0), head[1::2].count(0)
        if TIMES * min(even, odd) > max(even, odd) or len(content) % 2:
            raise Unusable("tables.no_table")
        tried = ["utf-16-le" if odd > even else "utf-16-be"]
    for encoding in tried:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if len(_CONTROL.findall(text[:65536])) > len(text[:65536]) // _FEW:
            raise Unusable("tables.no_table")
        return text
    raise Unusable("tables.encoding")


def _delimiter(text: str) -> str:
    """Whatever stands in most of the first rows equally often; what is quoted does not count."""
    head = re.sub(r'"[^"\n]*"', "", text[:65536]).split("\n")[:LOOKED_AT]
    lines = [line for line in head if line.strip()]

    def rank(mark: str) -> tuple[int, int]:
        counts = [line.count(mark) for line in lines]
        usual = max((n for n in counts if n), key=counts.count, default=0)
        return counts.count(usual) if usual else 0, usual

    return max(DELIMITERS, key=rank, default=",")


def quick(content: bytes, sign: str) -> tuple[Sheet, bytes, int] | None:
    """Rows without quotes, equally wide, none of them empty or odd, as nearly every long export is: (the first rows and the
    last one, the rows behind the first, how many those are), without a look at each. None for others."""
    plain = content.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
    if any(mark in plain for mark in (b'"', b"#", b"=", b"E+", b"e+", b"\x00", b"\x1a", b"\x1f", b"\xff")):
        return None
    if plain.count(b"\r") != plain.count(b"\r\n"):
        return None
    try:
        plain.decode("utf-8")
    except UnicodeDecodeError:
        try:
            plain = plain.decode("gb18030").encode()
        except UnicodeDecodeError:
            return None
    rows = plain.count(b"\n") + 1
    delimiter = _delimiter(plain[:65536].decode(errors="ignore")).encode()
    if len(delimiter) > 1 or rows <= HEAD or rows > MOST_ROWS or len(plain) > MOST_TEXT:
        return None
    many = plain.partition(b"\n")[0].count(delimiter)
    kept = plain.translate(None, _OTHERS[delimiter])
    if not many or kept != (delimiter * many + b"\n") * (rows - 1) + delimiter * many:
        return None
    plain = plain.translate(_TO_CELL[delimiter], b"\r")
    lines = plain.split(b"\n", HEAD)
    behind = lines.pop()
    empty = CELL.encode() * many
    if b"\n" + empty + b"\n" in behind or behind.startswith(empty + b"\n") or sign.encode() in behind:
        return None
    if any(not re.search(rb"\d{6}", line) and line in behind for line in lines[:LOOKED_AT]):
        return None  # the titles again, further down
    return Sheet("", [line.decode() for line in (*lines, behind.rpartition(b"\n")[2])]), behind, rows - HEAD


HEAD = 60
_TO_CELL = {mark: bytes.maketrans(mark, CELL.encode()) for mark in (b",", b"\t", b";", b"|")}
_OTHERS = {mark: bytes(n for n in range(256) if n not in (mark[0], 10)) for mark in (b",", b"\t", b";", b"|")}


def _parsed(text: str, delimiter: str) -> list[str]:
    """Any CSV. Refused: a quote that nobody closed, which would swallow the rows behind it."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begun = 0
    total = 0
    try:
        for row in reader:
            if reader.line_num > begun + 1 and _swallowed(row, delimiter, rows):
                raise Unusable("tables.open_quote", row=len(rows) + 1)
            begun = reader.line_num
            rows.append([cell.strip() for cell in row])
            total += sum(map(len, row))
            if total > MOST_TEXT:
                raise Unusable("tables.too_much_inside")
    except csv.Error:
        raise Unusable("tables.open_quote", row=len(rows) + 1) from None
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) > MOST_ROWS and sum(1 for row in rows if any(row)) > MOST_ROWS:
        raise Unusable("tables.too_many_rows", most=MOST_ROWS)
    wide = max((len(row) for row in rows), default=0)
    if len(rows) * wide > MOST_CELLS:
        raise Unusable("tables.far_cell")
    return [line_of([*row, *[""] * (wide - len(row))]) for row in rows]


def _swallowed(row: list[str], delimiter: str, before: list[list[str]]) -> bool:
    """Whether a cell of several lines holds whole rows: as many delimiters as a row has, or nearly."""
    usual = max((len(each) for each in before[:LOOKED_AT]), default=len(row)) - 1
    enough = max(2, usual // 2)
    return any("\n" in cell and max(line.count(delimiter) for line in cell.split("\n")) >= enough for cell in row)


def _bare(sheet: Sheet) -> None:
    """Without the formula that only keeps a number text."""
    for at, line in enumerate(sheet.lines):
        if "=" in line:
            cells = line.split(CELL)
            plain = [_TEXT_FORMULA.sub(r"\1", cell.strip()) for cell in cells]
            if plain != cells:
                sheet.lines[at] = CELL.join(plain)
