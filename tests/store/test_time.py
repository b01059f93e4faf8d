"""The demo clock: real time plus an offset that only grows."""

from datetime import UTC, datetime, timedelta

import pytest

from app.store import time
from tests.conftest import START, County

A_MINUTE = timedelta(minutes=1)


def test_in_service_the_clock_is_real(county: County) -> None:
    with county.store.reading() as session:
        assert time.offset(session) is None
        before = datetime.now(UTC)
        assert before <= time.now(session) <= datetime.now(UTC)


def test_a_demo_begins_at_any_moment_and_moves_forward_only(county: County) -> None:
    with county.store.transaction() as session:
        time.set_demo_moment(session, START)  # long ago
        assert timedelta() <= time.now(session) - START < A_MINUTE
        begun = time.offset(session)
        assert begun is not None and begun < timedelta()
        with pytest.raises(ValueError):
            time.set_demo_moment(session, START - A_MINUTE)
        assert time.offset(session) == begun
        time.set_demo_moment(session, START + timedelta(days=30))
        assert timedelta() <= time.now(session) - START - timedelta(days=30) < A_MINUTE
        moved = time.offset(session)
        assert moved is not None and moved > begun
    with county.store.reading() as session:
        assert time.offset(session) == moved
