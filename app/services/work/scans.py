"""Uploaded pages: what they are is read from their bytes, photographs are made small, and each waits for its form."""

import io
import threading
import warnings
from collections.abc import Iterable

from PIL import Image, ImageOps

from app.store import cases as case_rows
from app.store.session import Session

from ..context import Context
from ..people import Actor, Refused

LARGEST = 1_000_000
"""Bytes of a stored picture."""
LONGEST_SIDE = 2_000
MAX_PIXELS = {"image/jpeg": 110_000_000, "image/png": 25_000_000}
"""A JPEG is read at a fraction of its size; a PNG must be unpacked whole."""
MOST_UNBOUND = 200
"""Pages one person may have uploaded that no form has named yet."""
_one_at_a_time = threading.Semaphore(2)
"""Pictures opened at once in this process: each may take some 100 MB for a second."""
PDF_LARGEST = 6_000_000
_TYPES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"%PDF-", "application/pdf"))


_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif")
"""What telephones write that no browser here opens; the brand stands in the ninth byte."""


def type_of(content: bytes) -> str:
    """The media type by the first bytes, whatever the name says. Refused for anything but JPEG, PNG and PDF."""
    for magic, media in _TYPES:
        if content.startswith(magic):
            return media
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        raise Refused("scans.heic")
    raise Refused("scans.not_a_page")


def small(content: bytes) -> tuple[bytes, str]:
    """(bytes, media type) as they are kept: pictures upright, without camera data, at most LARGEST bytes."""
    media = type_of(content)
    if media == "application/pdf":
        if len(content) > PDF_LARGEST:
            raise Refused("scans.too_large", megabytes=PDF_LARGEST // 1_000_000)
        return content, media
    if not _one_at_a_time.acquire(timeout=20):
        raise Refused("scans.busy")
    try:
        upright = _upright(content, MAX_PIXELS[media])
    finally:
        _one_at_a_time.release()
    for quality in (85, 70, 55, 40):
        out = io.BytesIO()
        upright.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= LARGEST:
            break
        upright.thumbnail((upright.width * 4 // 5, upright.height * 4 // 5))
    return out.getvalue(), "image/jpeg"


def _upright(content: bytes, most: int) -> Image.Image:
    """The picture, turned as it was taken and no longer than LONGEST_SIDE: made small before anything else is done to it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is below, before decoding
            picture = Image.open(io.BytesIO(content), formats=("JPEG", "PNG"))
            if picture.width * picture.height > most:
                raise Refused("scans.too_many_pixels", millions=most // 1_000_000)
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return ImageOps.exif_transpose(picture).convert("RGB")
    except Refused:
        raise
    except Image.DecompressionBombError:
        raise Refused("scans.too_many_pixels", millions=most // 1_000_000) from None
    except Exception as error:
        raise Refused("scans.unreadable") from error


def keep(context: Context, step: str, title: str, page: tuple[bytes, str]) -> int:
    """Store a page of a step's form that no case names yet; returns its id."""
    session, actor = context.session, context.actor
    if case_rows.unbound_papers(session, actor.id) >= MOST_UNBOUND:
        raise Refused("scans.too_many_waiting", most=MOST_UNBOUND)
    content, media = page
    ident, _ = case_rows.add_paper(
        session, case_id=None, kind=step, title=title[:200], media_type=media, content=content, by=actor.id, now=context.now
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
