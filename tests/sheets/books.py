"""Workbooks for tests, as spreadsheets of several makers write them."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook

from app.sheets import child
from app.sheets.reading import Read, Wanted
from app.sheets.sheet import Unusable, plain_title

TITLES = ("户编号", "行政村", "姓名", "身份证号", "与户主关系", "联系电话", "务工月数", "金额")
WORDS = {"total": "(?:合计|总计|小计)[:：]?.{0,12}", "note": "(?:注|填表人)[:：]", "sign": "计"}
HEADER = ["户编号", "行政村", "姓名", "身份证号", "与户主关系", "务工月数"]


def person(n: int, months: Any = 3) -> list[Any]:
    return [f"X{n:03}", "岭头村委会", f"演示{n}", f"99999919700101{n:03}X", "户主", months]


def book(*sheets: tuple[str, Sequence[Sequence[Any]]], change: Callable[[Workbook], None] | None = None) -> bytes:
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    if change:
        change(made)
    made.save(out := io.BytesIO())
    return out.getvalue()


def plain(rows: Sequence[Sequence[Any]], change: Callable[[Any], None] | None = None) -> bytes:
    return book(("表一", rows), change=(lambda made: change(made.worksheets[0])) if change else None)


def rewritten(content: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    """The same workbook with parts written anew; None leaves one out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            made = change(item.filename, old.read(item))
            if made is not None:
                new.writestr(item.filename, made)
    return out.getvalue()


def sheet_xml(content: bytes, change: Callable[[str], str]) -> bytes:
    return rewritten(content, lambda name, data: change(data.decode()).encode() if "worksheets/sheet" in name else data)


def of_rows(xml: str) -> bytes:
    """A workbook whose one sheet holds exactly these rows of XML."""
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return sheet_xml(plain([["a", "b"]]), lambda _: f"{head}{xml}</sheetData></worksheet>")


def answered(content: bytes, wanted: Wanted | None = None, titles: Sequence[str] = TITLES) -> Read:
    """What the child would answer, within this process."""
    chosen = wanted or Wanted()
    header = None if chosen.header is None else chosen.header - 1
    job = {**chosen.as_dict(), "titles": [plain_title(t) for t in titles], "words": WORDS, "header": header}
    head, body = child.answered(content, job)
    if "refused" in head:
        raise Unusable(head["refused"], **head["details"])
    return Read(
        tuple(head["header"]), body, {(r, c): why for r, c, why in head["odd"]}, head["parts"], head["found"], head["typed"]
    )


def refused(content: bytes) -> str:
    try:
        answered(content)
    except Unusable as error:
        return error.code
    return ""


def filled(read: Read) -> dict[int, tuple[str, ...]]:
    """Rows that hold something, by their number."""
    return {n: row for n, row in enumerate(read.rows(), 1) if any(row)}
