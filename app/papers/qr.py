"""An address as a QR code that a phone reads off a sheet."""

import io

import segno


def svg(address: str) -> str:
    """Scalable, for the PDF."""
    return str(segno.make(address, error="m", micro=False).svg_inline(scale=4, border=2))


def png(address: str) -> io.BytesIO:
    """300 dpi at 30 mm, for the DOCX."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="png", scale=10, border=2)
    out.seek(0)
    return out
