"""Style sheet, scripts and icons: names with their hash, kept for a year by browsers, sent compressed."""

import gzip
import io
import json
from pathlib import Path

from flask import Flask, Response, make_response, request, send_file

YEAR = "public, max-age=31536000, immutable"
_PACKED: dict[str, bytes] = {}
_TEXT = ("text/", "application/javascript", "text/javascript", "image/svg+xml", "application/json", "application/xml")
LEAST = 1_000
MANIFEST = "manifest.json"


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attachment(content: bytes, name: str, media: str = XLSX) -> Response:
    """A file to keep; `name` in ASCII."""
    answer = make_response(send_file(io.BytesIO(content), mimetype=media, max_age=0))
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def begin(app: Flask) -> None:
    path = Path(app.static_folder or "") / MANIFEST
    names: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}

    def asset(name: str) -> str:
        return f"/static/{names.get(name, name)}"

    app.jinja_env.globals["asset"] = asset
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    """Compress what is text. Pages mask their form token anew each time, so compression tells nothing about it."""
    if request.endpoint == "static" and request.args.get("v") and response.status_code in (200, 304):
        response.headers["Cache-Control"] = YEAR
    if (
        response.status_code != 200
        or "gzip" not in request.headers.get("Accept-Encoding", "").lower()
        or "Content-Encoding" in response.headers
        or not (response.mimetype or "").startswith(_TEXT)
        or (response.content_length or LEAST) < LEAST
    ):
        return response
    response.direct_passthrough = False
    source = response.response
    plain = response.get_data()
    if hasattr(source, "close"):
        source.close()  # the file behind it
    if request.endpoint == "static":
        key = request.full_path
        packed = _PACKED.get(key)
        if packed is None:
            packed = gzip.compress(plain, 9, mtime=0)
            if request.args.get("v") and len(_PACKED) < 50:
                _PACKED[key] = packed
    else:
        packed = gzip.compress(plain, 4, mtime=0)
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"
    response.headers.add("Vary", "Accept-Encoding")
    return response
