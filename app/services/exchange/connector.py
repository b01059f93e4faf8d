"""One post to another bureau's system: HTTPS, a bearer token, an idempotency key. What comes back is one of three things."""

import json
import ssl
from dataclasses import dataclass

import httpx

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


def post(peer: Peer, content: bytes, token: str, seconds: float = SECONDS) -> Answer:
    """The other side's answer to one posting. `token`: the idempotency key, the same one at every try, so that a lost answer
    makes no second delivery.

    The bearer token goes to the address it was given for and nowhere else: no redirect is followed. Certificates are those
    that the machine trusts, proxies those of its environment (`https_proxy`, `no_proxy`).
    """
    headers = {
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "Idempotency-Key": token,
        "User-Agent": "shouwang",
        **({"Authorization": f"Bearer {peer.token}"} if peer.token else {}),
    }
    try:
        with (
            httpx.Client(verify=ssl.create_default_context(), timeout=seconds) as client,
            client.stream("POST", peer.url, content=content, headers=headers) as answer,
        ):
            if answer.is_success:
                return Answer("sent", *_said(_read(answer)))
            again = answer.is_server_error or answer.status_code in AGAIN
            return Answer("again" if again else "refused", trouble=f"http_{answer.status_code}")
    except httpx.TimeoutException:
        return Answer("again", trouble="timeout")
    except (httpx.HTTPError, httpx.InvalidURL):
        return Answer("again", trouble="unreachable")


def _read(answer: httpx.Response) -> bytes:
    """The body as it was sent, cut at LARGEST."""
    body = bytearray()
    for part in answer.iter_raw():
        body += part
        if len(body) >= LARGEST:
            break
    return bytes(body[:LARGEST])


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
