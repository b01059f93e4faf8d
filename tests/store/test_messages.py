"""Messages of an instance, as they came."""

from sqlalchemy import insert

from app.store import messages
from app.store.tables import messages as rows
from tests.conftest import START, County
from tests.store.planting import HOUR, run


def test_messages_of_a_name_stand_as_they_came(county: County) -> None:
    with county.store.transaction() as session:
        one, other = run(session), run(session)

        def sent(instance: int, name: str = "objection", **columns: object) -> int:
            row = {"instance": instance, "name": name, "sent_at": START, "secret": b"sealed", **columns}
            return session.conn.execute(insert(rows).values(**row).returning(rows.c.id)).scalar_one()

        first = sent(one, sender=3, sent_at=START + HOUR)
        second = sent(one, delivered_event=7)
        sent(one, "look_again")
        sent(other)
        assert [tuple(row) for row in messages.of_instance(session, one, "objection")] == [
            (first, START + HOUR, 3, None),
            (second, START, None, 7),
        ]
        assert messages.of_instance(session, one, "none") == []
        assert len(messages.of_instance(session, other, "objection")) == 1
