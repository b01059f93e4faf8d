"""自主申报: a household, or a neighbour for it, declares its trouble on a public page without an account.

The page knows only what the public file holds (see `public_file`): a public key, the secret of the puzzles, places, the form.
What is handed in is sealed at once; the main process makes clues of it, and the answer is found by the tracking code.
"""

import hmac
import json
import logging
import secrets
from base64 import b32decode, b32encode, b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import altcha

from app import crypto, forms, trouble
from app.crypto import Tampered
from app.forms import Cleaned, Form
from app.labels import say
from app.policy import calendar
from app.policy import parameters as params
from app.store import submissions as rows
from app.store import time as store_time
from app.store.session import Session, Store

from .. import definitions, doors, opening, places
from ..context import context_of
from ..people import SYSTEM, Refused, county_on
from ..places import Places
from . import receiving

log = logging.getLogger("shouwang.submissions")
FORM = "apply_online"
SEALED_FOR = b"shouwang/submission"
HARD = 4000
"""Rounds of PBKDF2 per try; 256 tries on average: about a second on a phone, nothing for the server to check."""
FRESH = timedelta(hours=2)
CHANNEL = "self"
OFFERED = ("places",)
"""Lists that a form of the public pages may choose from."""


@dataclass(frozen=True)
class Page:
    """What the public pages stand on. `choices`: places and troubles in words; `limits`: a hour per address, a day."""

    public_key: bytes
    secret: bytes
    form: Form
    places: Places
    limits: tuple[int, int]
    hotline: str
    families: tuple[tuple[str, str], ...]
    line: str
    demo: bool

    @property
    def choices(self) -> dict[str, Places]:
        return {"places": self.places}


def public_file(session: Session, now: datetime) -> dict[str, Any]:
    """Everything `serve --public` needs, and nothing that opens anything: written by `shouwang public-file`."""
    today = calendar.local_date(now)
    county = county_on(session, today)
    entries = county.entries
    behind = doors.process(session, doors.CLUE, today)
    files = definitions.raw_forms(session, behind)
    line = params.monitoring_line(entries, today)
    return {
        "public_key": b64encode(crypto.public_of(session.keyring.box)).decode(),
        "secret": session.keyring.blind("the secret of the puzzles").hex(),
        "form": json.loads(files[f"forms/{behind}/{FORM}.json"]),
        "codes": json.loads(files["forms/codes.json"]),
        "places": [list(p) for p in places.somewhere(county)],
        "limits": [params.number(entries, "apply_per_hour", today), params.number(entries, "apply_per_day", today)],
        "hotline": say("papers.hotline"),
        "line": f"{line.value_fen // 100:,}",
        "line_year": line.year,
        "demo": store_time.offset(session) is not None,
    }


def page_of(content: Mapping[str, Any]) -> Page:
    """The public file as pages use it."""
    form = forms.load(content["form"], content["codes"])
    families = tuple((o.code, o.title) for o in form.by_name["family"].options)
    return Page(
        b64decode(content["public_key"]),
        bytes.fromhex(content["secret"]),
        form,
        Places(((str(a), str(b), str(c)) for a, b, c in content["places"]), "/apply/places"),
        (content["limits"][0], content["limits"][1]),
        content["hotline"],
        families,
        content["line"],
        bool(content["demo"]),
    )


# --- the public side: no key but the public one -------------------------------------------------------------------


def puzzle(page: Page, now: datetime) -> str:
    """A sum for the visitor's own machine: costs a flood dearly and a person nothing."""
    until = int((now + FRESH).timestamp())
    made = altcha.create_challenge(
        "PBKDF2/SHA-256", HARD, key_length=32, key_prefix="00", expires_at=until, hmac_secret=page.secret
    )
    return json.dumps(made.to_dict(), separators=(",", ":"))


def solved(page: Page, payload: str) -> bytes:
    """What identifies the solved puzzle, so that it counts once. Refused where it was not solved, or is stale."""
    if not payload or len(payload) > 4000:
        raise Refused("apply.puzzle")
    try:
        if not altcha.verify_solution(payload, page.secret).verified:
            raise Refused("apply.puzzle")
        return bytes.fromhex(json.loads(b64decode(payload))["challenge"]["parameters"]["nonce"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused("apply.puzzle") from None


def judged(page: Page, submitted: Mapping[str, Sequence[str]], today: date) -> Cleaned:
    return forms.clean(page.form, submitted, None, choices=page.choices, today=today)


def hand_in(session: Session, page: Page, values: Mapping[str, Any], payload: str, address: str, now: datetime) -> bytes:
    """Seal and keep. Returns the tracking code (128 random bits); raises Refused for a flood or an unsolved puzzle."""
    nonce = solved(page, payload)
    code = secrets.token_bytes(16)
    plain = json.dumps({"values": dict(values), "code": code.hex()}, ensure_ascii=False).encode()
    source = hmac.digest(page.secret, f"{address}/{now.date()}".encode(), "sha256")[:16]
    try:
        rows.add(
            session,
            code=code,
            sealed=crypto.seal_for(page.public_key, plain, SEALED_FOR),
            source=source,
            puzzle=nonce,
            now=now,
            limits=page.limits,
        )
    except rows.Known:
        raise Refused("apply.twice") from None
    except rows.Flood as error:
        raise Refused(f"apply.flood_{error.args[0]}", hotline=page.hotline) from None
    return code


def written(code: bytes) -> str:
    """A tracking code as people write it down: letters and digits that cannot be taken for each other, in groups."""
    plain = b32encode(code).decode().rstrip("=").translate(_TO)
    return "-".join(plain[n : n + 5] for n in range(0, len(plain), 5))


def read_back(text: str) -> bytes | None:
    """The code behind what somebody typed; None for what cannot be one."""
    plain = "".join(c for c in text.upper() if c.isalnum()).translate(_MENDED).translate(_BACK)
    if len(plain) != 26:
        return None
    try:
        return b32decode(plain + "=" * 6)
    except ValueError:
        return None


_PLAIN, _SHOWN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TO, _BACK = str.maketrans(_PLAIN, _SHOWN), str.maketrans(_SHOWN, _PLAIN)
_MENDED = str.maketrans("ILO", "110")


def status(session: Session, code: bytes) -> dict[str, Any] | None:
    """How it stands: {state, outcome, answer, on}; None for a code that nobody has."""
    found = rows.status(session, code)
    if found is None:
        return None
    state, sealed, received = found
    content: dict[str, str] = {}
    if sealed:
        try:
            content = json.loads(crypto.open_under(code, bytes(sealed)))
        except Tampered:
            return None
    return {
        "state": state,
        "outcome": content.get("outcome", ""),
        "answer": content.get("answer", ""),
        "on": calendar.local_date(received),
    }


# --- the main process ---------------------------------------------------------------------------------------------


AT_ONCE = 200


def take_up(store: Store, now: datetime) -> int:
    """Make clues of what came in. One that cannot be read is set aside, unless the fault may be our own key file's; one that
    a passing trouble hindered waits for the next tick; the others go on."""
    with store.reading() as session:
        waiting = rows.new(session, AT_ONCE)
        opened = {row.id: _opened(store.keyring, bytes(row.sealed)) for row in waiting}
        ours = any(opened.values()) or opening.belongs(session, store.keyring)
    done = 0
    for row in waiting:
        content = opened[row.id]
        try:
            with store.transaction() as session:
                if content is not None:
                    done += _take(session, row, content, now)
                elif ours:
                    rows.set_aside(session, row.id, now)
        except Exception as error:
            log.error("submission waits", extra=trouble.of(error))
        if content is None:
            log.error("submission unreadable", extra={"ours": ours})
    return done


def _opened(keyring: crypto.Keyring, sealed: bytes) -> dict[str, Any] | None:
    try:
        return dict(json.loads(crypto.open_sealed(keyring.box, sealed, SEALED_FOR)))
    except (Tampered, ValueError, TypeError):
        return None


def _take(session: Session, row: Any, content: Mapping[str, Any], now: datetime) -> int:
    values = content["values"]
    received = row.received_at + (store_time.offset(session) or timedelta())
    found_on = min(calendar.local_date(received), calendar.local_date(now))
    report = report_of(values, CHANNEL, found_on, code=content["code"], demo=store_time.offset(session) is not None)
    if not rows.take(session, row.id, None, "checking", now):
        return 0
    made = receiving.receive(context_of(session, SYSTEM, now), report)
    rows.bind(session, row.id, made.clue)
    return 1


def report_of(
    values: Mapping[str, Any],
    channel: str,
    found_on: date,
    *,
    source: str | None = None,
    sender_unit: str | None = None,
    code: str = "",
    demo: bool = False,
) -> receiving.Report:
    """The answers of apply_online or report_clue as a report."""
    content = {
        "words": values["situation"],
        "phone": values.get("phone"),
        "id_number": values.get("head_id_number"),
        "code": code,
    }
    return receiving.Report(
        channel=channel,
        found_on=found_on,
        sign=f"reported_{values['family']}",
        place=values["place"],
        name=values["head_name"],
        content={k: v for k, v in content.items() if v},
        source=source,
        sender_unit=sender_unit,
        demo=demo,
    )


def forget(session: Session, now: datetime) -> int:
    """Old answers, and from where anything was sent."""
    today = calendar.local_date(now)
    days = params.number(county_on(session, today).entries, "keep_answer_days", today)
    return rows.forget(session, now - timedelta(days=days), now - timedelta(days=2))
