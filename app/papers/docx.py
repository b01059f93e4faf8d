"""The same document as an editable DOCX: same words, same page, fonts named for East Asian text."""

import io
import re
from datetime import datetime
from typing import Any

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from app.papers import qr

Block = dict[str, Any]
_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}
_COLON = "\uff1a"  # a cell that ends with it gets a line to write on


def docx_bytes(document: dict[str, Any], made_at: datetime) -> bytes:
    writer = _Writer(document)
    writer.docx.core_properties.created = writer.docx.core_properties.modified = made_at
    for block in document["blocks"]:
        writer.write(block)
    out = io.BytesIO()
    writer.docx.save(out)
    return out.getvalue()


class _Writer:
    def __init__(self, document: dict[str, Any]) -> None:
        self.docx: DocumentObject = Document()
        self.page = document["page"]
        self.fonts = document["fonts"]
        self._page_setup(document)

    def write(self, block: Block) -> None:
        style = block["style"]
        if style == "table":
            self._table(block)
        elif style == "sign":
            self._sign(block["cells"])
        elif style == "issuer":
            for line in block["lines"]:
                paragraph = self._paragraph(line, "body", self.page["body"], WD_ALIGN_PARAGRAPH.RIGHT)
                paragraph.paragraph_format.right_indent = Pt(self.page["body"] * 2)
                paragraph.paragraph_format.keep_together = True
        elif style == "qr":
            paragraph = self.docx.add_paragraph()
            paragraph.alignment = _ALIGN["left"]
            paragraph.add_run().add_picture(qr.png(block["address"]), width=Mm(28))
        elif style == "title":
            paragraph = self._paragraph(block["text"], "title", self.page["title"], _ALIGN["center"], bold=True)
            paragraph.paragraph_format.line_spacing = Pt(self.page["title"] * 1.5)
            paragraph.paragraph_format.space_after = Pt(self.page["pitch"] / 2)
        elif style == "subtitle":
            self._paragraph(block["text"], "body", self.page["body"], _ALIGN["center"])
        elif style == "addressee":
            self._paragraph(block["text"], "body", self.page["body"], _ALIGN["left"])
        elif style == "heading":
            paragraph = self._paragraph(block["text"], "heading", self.page["body"], _ALIGN["left"])
            paragraph.paragraph_format.first_line_indent = Pt(self.page["body"] * self.page["indent"])
            paragraph.paragraph_format.keep_with_next = True
        else:
            role = "strong" if style == "emphasis" else "body"
            size = self.page["table"] if style == "note" else self.page["body"]
            paragraph = self._paragraph(block["text"], role, size, WD_ALIGN_PARAGRAPH.JUSTIFY)
            paragraph.paragraph_format.first_line_indent = Pt(size * self.page["indent"])

    def _page_setup(self, document: dict[str, Any]) -> None:
        page = self.page
        section = self.docx.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.left_margin = Mm(page["top"]), Mm(page["left"])
        section.right_margin = Mm(210 - page["left"] - page["width"])
        section.bottom_margin = Mm(297 - page["top"] - page["height"])
        section.footer_distance = Mm(max(8, (297 - page["top"] - page["height"]) / 2 - 4))
        grid = section._sectPr.find(qn("w:docGrid"))
        if grid is None:
            grid = OxmlElement("w:docGrid")
            section._sectPr.append(grid)
        grid.set(qn("w:type"), "lines")
        grid.set(qn("w:linePitch"), str(round(page["pitch"] * 20)))
        normal = self.docx.styles["Normal"]
        normal.font.name = self.fonts["body"][0]
        normal.font.size = Pt(page["body"])
        _east_asian(normal.element.get_or_add_rPr(), self.fonts["body"][0])
        properties = self.docx.core_properties
        properties.title, properties.author, properties.comments = document["title"], "", ""
        properties.language = "zh-CN"
        self._footer(document["footer"], document["number"])

    def _footer(self, footer: str, number: str) -> None:
        if not footer and not number:
            return
        paragraph = self.docx.sections[0].footer.paragraphs[0]
        paragraph.alignment = _ALIGN["center"]
        if footer:
            self._run(paragraph, f"{footer}\u3000\u3000", "body", 10.5)
        for part in re.split(r"(\{page\}|\{pages\})", number):
            if part in ("{page}", "{pages}"):
                self._field(paragraph, "PAGE" if part == "{page}" else "NUMPAGES")
            elif part:
                self._run(paragraph, part, "body", 10.5 if footer else 14)

    def _field(self, paragraph: Paragraph, name: str) -> None:
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), name)
        run = self._run(paragraph, "1", "body", 10.5)
        field.append(run._r)
        paragraph._p.append(field)

    def _paragraph(self, text: str, role: str, size: float, align: WD_ALIGN_PARAGRAPH, bold: bool = False) -> Paragraph:
        paragraph = self.docx.add_paragraph()
        paragraph.alignment = align
        form = paragraph.paragraph_format
        form.space_before = form.space_after = Pt(0)
        form.line_spacing = Pt(self.page["pitch"])
        self._run(paragraph, text, role, size, bold)
        return paragraph

    def _run(self, paragraph: Paragraph, text: str, role: str, size: float, bold: bool = False) -> Run:
        run = paragraph.add_run(text)
        run.font.size = Pt(size)
        run.font.name = self.fonts[role][0]
        run.bold = bold or role == "strong" or None
        _east_asian(run._r.get_or_add_rPr(), self.fonts[role][0])
        return run

    def _sign(self, cells: list[str]) -> None:
        """Labels with lines to write on, spread over the width by tab stops."""
        paragraph = self._paragraph("", "body", self.page["body"], _ALIGN["left"])
        step = self.page["width"] / len(cells)
        for place, cell in enumerate(cells):
            self._run(paragraph, cell, "body", self.page["body"])
            if cell.endswith(_COLON):
                self._run(paragraph, "\t", "body", self.page["body"])
                paragraph.paragraph_format.tab_stops.add_tab_stop(
                    Mm(step * (place + 1) - 4), WD_TAB_ALIGNMENT.LEFT, WD_TAB_LEADER.LINES
                )
            if place + 1 < len(cells):
                self._run(paragraph, "\t", "body", self.page["body"])
                paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(step * (place + 1)))

    def _table(self, block: Block) -> None:
        columns, size = block["columns"], self.page["table"]
        share = self.page["width"] / sum(column["width"] for column in columns)
        table = self.docx.add_table(rows=1, cols=len(columns), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        repeat = OxmlElement("w:tblHeader")
        table.rows[0]._tr.get_or_add_trPr().append(repeat)
        lines = [[column["head"] for column in columns], *block["cells"]]
        for number, line in enumerate(lines):
            row = table.rows[0] if number == 0 else table.add_row()
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
            if number and block["row_height"]:
                row.height = Mm(block["row_height"])
            for cell, column, text in zip(row.cells, columns, line, strict=True):
                cell.width = Mm(column["width"] * share)
                paragraph = cell.paragraphs[0]
                paragraph.alignment = _ALIGN["center" if number == 0 else column["align"]]
                paragraph.paragraph_format.space_after = Pt(0)
                self._run(paragraph, text, "heading" if number == 0 else "body", size)
        after = self.docx.add_paragraph()
        after.paragraph_format.space_after = Pt(0)


def _east_asian(properties: Any, name: str) -> None:
    """Word chooses the font of Chinese characters by this attribute alone."""
    fonts = properties.get_or_add_rFonts()
    for script in ("w:eastAsia", "w:ascii", "w:hAnsi"):
        fonts.set(qn(script), name)
