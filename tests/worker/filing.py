"""Files as their readers open them, and tables that are handed in: filled by their own headings, corrected by what is said of them."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

import docx
import openpyxl
import pypdf

from . import inventing
from .browser import File
from .reading import Page, words


def opens(file: File) -> str:
    """What kind of file it is, once it has been read as its reader would; raises where it cannot be."""
    content, name = file.content, file.name.lower()
    if content.startswith(b"%PDF"):
        pages = pypdf.PdfReader(io.BytesIO(content)).pages
        assert len(pages) and pages[0].extract_text().strip(), "an empty paper"
        return "pdf"
    if name.endswith(".docx"):
        assert any(p.text.strip() for p in docx.Document(io.BytesIO(content)).paragraphs), "an empty paper"
        return "docx"
    if name.endswith(".xlsx") or "spreadsheet" in file.media:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        assert any(cell for row in book.worksheets[0].iter_rows(values_only=True) for cell in row), "an empty sheet"
        return "xlsx"
    if content.startswith(b"PK"):
        assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
        return "zip"
    if "json" in file.media or name.endswith(".json"):
        json.loads(content)
        return "json"
    if content.startswith((b"\xff\xd8", b"\x89PNG")):
        return "picture"
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")))), "an empty table"
    return "csv"


class Table:
    """A template as its department fills it: its headings, and what its second sheet says may stand under each."""

    def __init__(self, template: bytes, persons: Sequence[str], rng: Random, today: date, most: int) -> None:
        book = openpyxl.load_workbook(io.BytesIO(template), read_only=True)
        data, *more = book.worksheets
        self.titles = [str(c) for c in next(data.iter_rows(max_row=1, values_only=True)) if c]
        self.said = {str(a): str(b) for sheet in more[:1] for a, b, *_ in sheet.iter_rows(values_only=True)}
        self.rng, self.today = rng, today
        chosen = rng.sample(list(persons), min(len(persons), rng.randint(1, most)))
        self.rows = [[person, *(self._value(title) for title in self.titles[1:])] for person in chosen]

    def _value(self, title: str) -> str | int | None:
        said = self.said.get(title)
        if said is None:
            return None
        if said.startswith("只能写"):
            return self.rng.choice(re.split("[、，]", said.partition("：")[2]))
        if "日期" in said:
            return (self.today - timedelta(days=self.rng.randint(5, 40))).isoformat()
        if "元" in said:
            return self.rng.randint(0, 400) * 100
        if "整数" in said:
            between = [int(n) for n in re.findall(r"\d+", said)] or [0, 12]
            return self.rng.randint(between[0], between[-1])
        return inventing.phrase(self.rng, 20)

    def mend(self, wrong: dict[tuple[int, str], str]) -> None:
        """Cells that were refused are written anew; a row whose person is refused is taken out."""
        gone = set()
        for row, title in wrong:
            if title in self.said and title in self.titles:
                self.rows[row - 2][self.titles.index(title)] = self._value(title)
            else:
                gone.add(row - 2)
        self.rows = [row for n, row in enumerate(self.rows) if n not in gone]

    def content(self) -> bytes:
        book, out = openpyxl.Workbook(write_only=True), io.BytesIO()
        sheet = book.create_sheet()
        for row in (self.titles, *self.rows):
            sheet.append(row)
        book.save(out)
        return out.getvalue()


def wrong_cells(page: Page) -> dict[tuple[int, str], str]:
    """(row, heading) -> why, as the page lists them."""
    found = {}
    for row in page.content.xpath(".//table[.//th[contains(., '为什么不行')]]/tbody/tr"):
        cells = [words(c) for c in row.iter("td")]
        found[int(cells[0]), cells[1]] = cells[-1]
    return found
