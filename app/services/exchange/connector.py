"""One post to another bureau's system: HTTPS, a bearer token, an idempotency key. What comes back is one of three things."""

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from app.config import Peer

SECONDS = 20
LARGEST = 4_000_000
AGAIN = (408, 425, 429)


@dataclass(frozen=True)
class Answer:
    """`kind`: sent, again (a passing trouble), refused (posting it again would not help). `trouble`: http_503, timeout, …
    `returned`: households that the other side gives back, with why."""

    kind: str
    receipt: str = ""
    returned: tuple[tuple[str, str], ...] = ()
    trouble: str = ""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token goes to the address it was given for and nowhere else."""

    def redirect_request(self, *args: Any) -> None:
        return None


def post(peer: Peer, content: bytes, token: str, seconds: float = SECONDS) -> Answer:
    """`token`: the idempotency key: the same one at every try, so that a lost answer makes no second delivery."""
    request = urllib.request.Request(  # noqa: S310 (config lets no other scheme in)
        peer.url,
        data=content,
        method="POST",
        headers={
            "Content-Type": "application/json",
            "Idempotency-Key": token,
            "User-Agent": "shouwang",
            **({"Authorization": f"Bearer {peer.token}"} if peer.token else {}),
        },
    )
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=seconds) as answer:
            return Answer("sent", *_said(answer.read(LARGEST)))
    except urllib.error.HTTPError as error:
        error.close()
        again = error.code >= 500 or error.code in AGAIN
        return Answer("again" if again else "refused", trouble=f"http_{error.code}")
    except TimeoutError:
        return Answer("again", trouble="timeout")
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        return Answer("again", trouble="timeout" if isinstance(reason, TimeoutError) else "unreachable")


def _said(body: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    """{"receipt", "returned": [{"number", "why"}]}: what the other side calls its receipt, and whom it gives back."""
    try:
        found = json.loads(body)
    except ValueError:
        return "", ()
    if not isinstance(found, dict):
        return "", ()
    listed = found.get("returned")
    returned = (
        tuple(
            (str(one["number"])[:60], str(one.get("why", ""))[:200])
            for one in listed
            if isinstance(one, dict) and isinstance(one.get("number"), int | str) and str(one["number"]).strip()
        )
        if isinstance(listed, list)
        else ()
    )
    return str(found.get("receipt", ""))[:200], returned
