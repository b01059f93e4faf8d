"""Letters to a real local mail server: one a day, to whom wants them, naming nobody; a server that is away loses nothing."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from app import config, scheduler
from app.services.officials import digest
from app.services.people import Refused
from app.store import notifications
from tests.conftest import County


class Post:
    """Keeps what arrives; refuses one address."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("refused@"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def post() -> Iterator[tuple[Post, config.Config]]:
    kept = Post()
    port = free_port()
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    yield kept, settings(port)
    server.stop()


def settings(port: int) -> config.Config:
    return replace(
        config.load(), smtp=f"smtp://127.0.0.1:{port}", mail_from="shouwang@example.cn", url="https://sw.example.cn"
    )


def tell(county: County, *names: str) -> None:
    with county.store.transaction() as session:
        notifications.add(session, [county.ids[n] for n in names], "leave", None, county.now)


def test_one_letter_a_day_that_names_nobody(county: County, post: tuple[Post, config.Config]) -> None:
    kept, mail = post
    with county.store.transaction() as session:
        digest.change_address(session, county.actor("village_1"), " wei@example.cn ")
        digest.change_address(session, county.actor("village_2"), "refused@example.cn")
        with pytest.raises(Refused):
            digest.change_address(session, county.actor("village_3"), "not an address")
    tell(county, "village_1", "village_1", "village_2", "village_3")
    tell(county, "village_1")
    early = county.now.replace(hour=22, minute=0) - timedelta(days=1)  # six in the morning here
    assert digest.send(county.store, mail, early) == 0
    assert digest.send(county.store, mail, county.now) == 1 and digest.send(county.store, mail, county.now) == 0
    assert len(kept.letters) == 1
    letter = kept.letters[0]
    assert letter["To"] == "wei@example.cn" and "2 条" in letter["Subject"]
    text = letter.get_content()
    assert "https://sw.example.cn/notifications" in text and "village" not in text
    tell(county, "village_1")
    assert digest.send(county.store, mail, county.now + timedelta(hours=2)) == 0  # already a letter today
    assert digest.send(county.store, mail, county.now + timedelta(days=1)) == 1
    with county.store.transaction() as session:
        digest.change_address(session, county.actor("village_1"), "")
    tell(county, "village_1")
    assert digest.send(county.store, mail, county.now + timedelta(days=2)) == 0


def test_a_mail_server_that_is_away_stops_nothing_and_loses_nothing(county: County) -> None:
    away = settings(free_port())
    with county.store.transaction() as session:
        digest.change_address(session, county.actor("village_1"), "wei@example.cn")
    tell(county, "village_1")
    assert scheduler.post(county.store, away, "one") == 0
    kept = Post()
    port = free_port()
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    try:
        assert digest.send(county.store, settings(port), county.now) == 1
    finally:
        server.stop()
    assert len(kept.letters) == 1
