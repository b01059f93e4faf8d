"""Law: a paper says only what its kind may say; values go in, a PDF and a DOCX with the same words come out.

A kind has one text source, `bpmn/papers/<kind>.toml`, and both renderers read it; `bpmn/papers/layout.typ`
is the one PDF layout. Values enter through frozen dataclasses that check themselves, so a field that a paper
must not show cannot reach it. Errors are `PaperError(code, args)`; their sentences are labels.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, assert_never

from app.fonts import find_fonts, marked
from app.papers.docx import docx_bytes
from app.papers.fields import PaperError, PaperValues
from app.papers.masking import masked_name
from app.papers.pdf import TIME_LIMIT, close_compiler, pdf_bytes
from app.papers.template import DECLARED, check_template, declared, fill, parse
from app.papers.values import (
    KINDS,
    Adult,
    Commitment,
    DecisionLetter,
    NoticeRow,
    NoticeSheet,
    Recusal,
    ReviewMinutes,
    ReviewRow,
    Ward,
    checked,
    values_of,
)

__all__ = [
    "DECLARED",
    "KINDS",
    "Adult",
    "Commitment",
    "DecisionLetter",
    "NoticeRow",
    "NoticeSheet",
    "PaperError",
    "PaperValues",
    "Recusal",
    "ReviewMinutes",
    "ReviewRow",
    "Ward",
    "check_template",
    "close_compiler",
    "declared",
    "default_template",
    "find_fonts",
    "masked_name",
    "parse",
    "render",
    "values_of",
]

PAPERS = Path(__file__).resolve().parents[2] / "bpmn" / "papers"


def render(
    kind: str,
    values: Mapping[str, object] | PaperValues,
    format: Literal["pdf", "docx"],
    template: bytes | None = None,
    fonts: Sequence[Path] = (),
    *,
    layout: bytes | None = None,
    made_at: datetime | None = None,
    limit: float = TIME_LIMIT,
) -> bytes:
    """The paper as bytes. `template` is a `<kind>.toml`, `layout` a `.typ`; without them, the project's own.
    `made_at` goes into the file's properties (the demo clock, or now); same arguments, same PDF bytes.

    Raises `PaperError` for values outside the kind's list, a template that does not fit, a layout that
    fails or runs longer than `limit` seconds. A character that no font can print becomes a mark in the PDF.
    """
    made = parse(kind, default_template(kind) if template is None else template)
    document = fill(made, checked(made.cls, values))
    moment = datetime.now(UTC) if made_at is None else made_at
    if format == "docx":
        return docx_bytes(document, moment)
    if format == "pdf":
        source = (PAPERS / "layout.typ").read_bytes() if layout is None else layout
        folders = tuple(fonts) or find_fonts()
        return pdf_bytes(_marked(document, folders), source, folders, moment, limit)
    assert_never(format)


def _marked(part: Any, folders: tuple[Path, ...]) -> Any:
    """The document with the printers' mark for every character that no font has: it must not stop the others' paper."""
    if isinstance(part, str):
        return marked(part, folders)
    if isinstance(part, dict):
        return {key: _marked(value, folders) for key, value in part.items()}
    return [_marked(one, folders) for one in part] if isinstance(part, list | tuple) else part


def default_template(kind: str) -> bytes:
    if kind not in KINDS:
        raise PaperError("papers.kind.unknown", kind=kind)
    return (PAPERS / f"{kind}.toml").read_bytes()
