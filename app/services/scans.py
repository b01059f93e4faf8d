"""Uploaded pages: what they are is read from their bytes, photographs are made small, and each waits for its form."""

import io
import warnings
from collections.abc import Iterable
from datetime import datetime

from PIL import Image, ImageOps

from app.store import cases as case_rows
from app.store.session import Session

from .people import Actor, Refused

LARGEST = 1_000_000
"""Bytes of a stored picture."""
LONGEST_SIDE = 2_000
MAX_PIXELS = 60_000_000
PDF_LARGEST = 6_000_000
_TYPES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"%PDF-", "application/pdf"))


def type_of(content: bytes) -> str:
    """The media type by the first bytes, whatever the name says. Refused for anything but JPEG, PNG and PDF."""
    for magic, media in _TYPES:
        if content.startswith(magic):
            return media
    raise Refused("scans.not_a_page")


def small(content: bytes) -> tuple[bytes, str]:
    """(bytes, media type) as they are kept: pictures upright, without camera data, at most LARGEST bytes."""
    media = type_of(content)
    if media == "application/pdf":
        if len(content) > PDF_LARGEST:
            raise Refused("scans.too_large", megabytes=PDF_LARGEST // 1_000_000)
        return content, media
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=("JPEG", "PNG"))
            if picture.width * picture.height > MAX_PIXELS:
                raise Refused("scans.too_large", megabytes=PDF_LARGEST // 1_000_000)
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except Refused:
        raise
    except Exception as error:
        raise Refused("scans.unreadable") from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    for quality in (85, 70, 55, 40):
        out = io.BytesIO()
        upright.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= LARGEST:
            break
        upright.thumbnail((upright.width * 4 // 5, upright.height * 4 // 5))
    return out.getvalue(), "image/jpeg"


def keep(session: Session, actor: Actor, title: str, page: tuple[bytes, str], now: datetime) -> int:
    """Store a page that no case names yet; returns its id."""
    content, media = page
    ident, _ = case_rows.add_paper(
        session, case_id=None, kind="scan", title=title[:200], media_type=media, content=content, by=actor.id, now=now
    )
    return ident


def foreign(session: Session, actor: Actor, idents: Iterable[int], case_id: int | None) -> bool:
    """Whether a form names a page that is neither this person's own unbound one nor the case's."""
    for ident in idents:
        row = case_rows.paper(session, ident)
        mine = row is not None and row.case_id is None and row.added_by in (actor.id, None)
        if row is None or not (mine or (case_id is not None and row.case_id == case_id)):
            return True
    return False
