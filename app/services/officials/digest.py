"""Notifications by e-mail: one letter a day to whoever left an address and has something unread.

A letter says how many, never about whom: mail leaves the house unencrypted.
"""

import logging
import smtplib
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from app import trouble
from app.config import Config
from app.labels import say
from app.policy import calendar
from app.store import notifications
from app.store import people as people_rows
from app.store.session import Session, Store

from ..people import Actor, all_right

FROM_HOUR = 8
"""Local hour before which nothing is sent."""
AT_ONCE = 500
SECONDS = 20
log = logging.getLogger("shouwang.mail")


def change_address(session: Session, actor: Actor, text: str) -> None:
    """Empty: no more letters."""
    text = text.strip()
    if text:
        try:
            domain = Address(addr_spec=text).domain
        except Exception:
            domain = ""
        good = text.isascii() and "." in domain and len(text) <= 120
        all_right(email=None if good else "desk.bad_address")
    people_rows.change_official(session, actor.id, email=text or None)


def send(store: Store, settings: Config, now: datetime) -> int:
    """Everybody's letter of today that is not sent yet. A letter that fails is tried again at the next tick; one
    connection serves all. Returns how many went out."""
    local = now.astimezone(calendar.LOCAL)
    if local.hour < FROM_HOUR:
        return 0
    midnight = calendar.end_of(local.date() - timedelta(days=1))
    with store.reading() as session:
        due = notifications.unmailed(session, midnight, AT_ONCE)
    if not due:
        return 0
    sent = 0
    with _connect(settings.smtp) as server:
        for row in due:
            try:
                server.send_message(_letter(settings, row.email, row.n))
            except smtplib.SMTPException as error:
                log.warning("letter refused", extra={"official": row.official, **trouble.of(error)})
                continue
            with store.transaction() as session:
                notifications.mark_mailed(session, row.official, row.newest, now)
            sent += 1
    return sent


def _connect(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host = parts.hostname or ""
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SECONDS)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=SECONDS)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls()
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _letter(settings: Config, to: str, n: int) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"] = settings.mail_from, to
    letter["Subject"] = say("desk.subject", n=n)
    link = say("desk.link", url=f"{settings.url}/notifications") if settings.url else ""
    letter.set_content(say("desk.text", n=n) + link)
    return letter
