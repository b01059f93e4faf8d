"""Forms that were refused or never arrived whole, each drawn form by itself, with the files that came along: sealed under a
key of their own, which goes with them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update

from .record import DataKey, data_key, destroy_keys, new_data_key, open_secret, seal_secret
from .session import Session
from .tables import kept_files, kept_forms

MOST_FORMS = 40
"""Forms of one official; the oldest makes room, those that nobody waits for first."""
MOST_BYTES = 150_000_000
"""Bytes of files of one official's kept forms."""


@dataclass(frozen=True)
class FormFile:
    """A file that was received; `size` in bytes."""

    id: int
    field: str
    name: str
    media: str
    size: int


@dataclass(frozen=True)
class KeptForm:
    """What was typed (`content`) into the form of `page` that posts to `action`; `typed`: by a person, not the page; `tab`:
    where it was typed, if that is known."""

    id: int
    page: str
    action: str
    typed: bool
    content: dict[str, Any]
    files: tuple[FormFile, ...]
    saved_at: datetime
    tab: str = ""
    form: str = ""


@dataclass(frozen=True)
class FormPlace:
    """Where a kept form stands; `form`: the drawing that was sent last."""

    id: int
    page: str
    action: str
    typed: bool
    form: str
    tab: str


def _place(official: int, page: str, action: str) -> str:
    return f"kept:{official}/{page}/{action}"


def put(
    session: Session,
    official: int,
    page: str,
    action: str,
    content: Mapping[str, Any],
    typed: bool,
    now: datetime,
    form: str = "",
    tab: str = "",
    before: int | None = None,
) -> int:
    """Keep this drawing of a form, or replace it, or (`before`) what it was filled with; its files stay. Returns its id."""
    row = _one(session, official, page, action, form, before)
    if row is None:
        _make_room(session, official, now)
        key = new_data_key(session, f"kept:{official}")
        secret = seal_secret(session, key, _place(official, page, action), content)
        made = insert(kept_forms).values(
            official=official,
            page=page,
            action=action,
            typed=typed,
            data_key=key.id,
            secret=secret,
            saved_at=now,
            form=form or None,
            tab=tab or None,
        )
        return session.conn.execute(made.returning(kept_forms.c.id)).scalar_one()
    secret = seal_secret(session, data_key(session, row.data_key), _place(official, row.page, row.action), content)
    said = {"secret": secret, "typed": typed, "saved_at": now, "form": form or row.form, "tab": tab or row.tab}
    session.conn.execute(update(kept_forms).where(kept_forms.c.id == row.id).values(**said))
    return int(row.id)


def _one(session: Session, official: int, page: str, action: str, form: str, before: int | None) -> Any | None:
    mine = select(kept_forms).where(kept_forms.c.official == official, kept_forms.c.action == action)
    if form and (found := session.conn.execute(mine.where(kept_forms.c.form == form)).one_or_none()):
        return found
    if before is not None and (found := session.conn.execute(mine.where(kept_forms.c.id == before)).one_or_none()):
        return found
    unmarked = mine.where(kept_forms.c.page == page, kept_forms.c.form.is_(None)).order_by(kept_forms.c.id)
    return None if form else session.conn.execute(unmarked).first()


def _make_room(session: Session, official: int, now: datetime) -> None:
    newest = (kept_forms.c.typed.desc(), kept_forms.c.saved_at.desc())
    mine = select(kept_forms).where(kept_forms.c.official == official).order_by(*newest)
    _drop(session, session.conn.execute(mine.offset(MOST_FORMS - 1)).all(), now)


def at(session: Session, official: int, page: str) -> list[KeptForm]:
    """What this official left on that page, whatever its address asked for; the latest last."""
    there = or_(kept_forms.c.page == page, kept_forms.c.page.startswith(f"{page}?", autoescape=True))
    here = select(kept_forms).where(kept_forms.c.official == official, there)
    return [_read(session, row) for row in session.conn.execute(here.order_by(kept_forms.c.saved_at)).all()]


def for_action(session: Session, official: int, action: str) -> list[KeptForm]:
    """What this official left in forms that post to this address."""
    mine = select(kept_forms).where(kept_forms.c.official == official, kept_forms.c.action == action)
    return [_read(session, row) for row in session.conn.execute(mine).all()]


def places(session: Session, official: int) -> list[FormPlace]:
    """Where this official has kept forms."""
    c = kept_forms.c
    found = session.conn.execute(select(c.id, c.page, c.action, c.typed, c.form, c.tab).where(c.official == official))
    return [FormPlace(row.id, row.page, row.action, row.typed, row.form or "", row.tab or "") for row in found]


def _read(session: Session, row: Any) -> KeptForm:
    key = data_key(session, row.data_key)
    content = open_secret(session, key, _place(row.official, row.page, row.action), bytes(row.secret)) or {}
    files = tuple(_files(session, row.id, key))
    return KeptForm(row.id, row.page, row.action, row.typed, content, files, row.saved_at, row.tab or "", row.form or "")


def waiting(session: Session, official: int) -> list[tuple[str, str, datetime]]:
    """(page, tab, when) of what a person typed and never sent, the latest first."""
    c = kept_forms.c
    mine = select(c.page, c.tab, c.saved_at).where(c.official == official, c.typed).order_by(c.saved_at.desc())
    return [(row.page, row.tab or "", row.saved_at) for row in session.conn.execute(mine)]


# --- files ------------------------------------------------------------------------------------------------------------


def add_file(session: Session, form: int, field: str, name: str, media: str, content: bytes) -> int | None:
    """Its id; None when there is no room for it."""
    row = session.conn.execute(select(kept_forms).where(kept_forms.c.id == form)).one()
    held = select(func.coalesce(func.sum(kept_files.c.size), 0)).select_from(kept_files.join(kept_forms))
    if session.conn.execute(held.where(kept_forms.c.official == row.official)).scalar_one() + len(content) > MOST_BYTES:
        return None
    key = data_key(session, row.data_key)
    told = {"field": field[:200], "name": name[:200], "media": media[:100]}
    made = insert(kept_files).values(form=form, size=len(content), secret=b"", content=b"")
    ident = session.conn.execute(made.returning(kept_files.c.id)).scalar_one()
    sealed = {
        "secret": seal_secret(session, key, f"kept-name:{ident}", told),
        "content": key.suite.seal(key.bytes or b"", content, f"kept-file:{ident}".encode()),
    }
    session.conn.execute(update(kept_files).where(kept_files.c.id == ident).values(**sealed))
    return int(ident)


def _files(session: Session, form: int, key: DataKey) -> Iterable[FormFile]:
    columns = (kept_files.c.id, kept_files.c.size, kept_files.c.secret)
    for row in session.conn.execute(select(*columns).where(kept_files.c.form == form).order_by(kept_files.c.id)).all():
        told = open_secret(session, key, f"kept-name:{row.id}", bytes(row.secret))
        if told is not None:
            yield FormFile(row.id, told["field"], told["name"], told["media"], row.size)


def contents(session: Session, official: int, idents: Collection[int]) -> list[tuple[FormFile, bytes]]:
    """The official's own files among these."""
    mine = (
        select(kept_files, kept_forms.c.data_key)
        .select_from(kept_files.join(kept_forms))
        .where(kept_forms.c.official == official, kept_files.c.id.in_(list(idents)))
    )
    found = []
    for row in session.conn.execute(mine.order_by(kept_files.c.id)).all():
        key = data_key(session, row.data_key)
        told = open_secret(session, key, f"kept-name:{row.id}", bytes(row.secret))
        if told is not None and key.bytes is not None:
            content = key.suite.open(key.bytes, bytes(row.content), f"kept-file:{row.id}".encode())
            found.append((FormFile(row.id, told["field"], told["name"], told["media"], row.size), content))
    return found


def drop_files(session: Session, form: int, but: Collection[int] = ()) -> None:
    session.conn.execute(delete(kept_files).where(kept_files.c.form == form, kept_files.c.id.not_in(list(but))))


# --- the end ----------------------------------------------------------------------------------------------------------


def settle(session: Session, idents: Collection[int], files_stay: bool, now: datetime) -> None:
    """What was typed is sent, or in a draft: it goes; files that the draft does not hold stay."""
    for row in session.conn.execute(select(kept_forms).where(kept_forms.c.id.in_(list(idents)))).all():
        held = select(func.count()).where(kept_files.c.form == row.id)
        if files_stay and session.conn.execute(held).scalar_one():
            empty: dict[str, Any] = {"sent": None, "said": [], "main": None}
            put(session, row.official, row.page, row.action, empty, True, row.saved_at, before=row.id)
        else:
            _drop(session, [row], now)


def drop_own(session: Session, official: int, idents: Collection[int], now: datetime) -> None:
    mine = select(kept_forms).where(kept_forms.c.official == official, kept_forms.c.id.in_(list(idents)))
    _drop(session, session.conn.execute(mine).all(), now)


def drop_old(session: Session, before: datetime, now: datetime) -> int:
    old = session.conn.execute(select(kept_forms).where(kept_forms.c.saved_at < before)).all()
    _drop(session, old, now)
    return len(old)


def drop_tables(session: Session, field: str, before: datetime, now: datetime) -> int:
    """Forms with a file in this field: a table of many people is kept for days, not weeks."""
    having = select(kept_files.c.form)
    old = session.conn.execute(select(kept_forms).where(kept_forms.c.saved_at < before, kept_forms.c.id.in_(having))).all()
    found = [row for row in old if any(file.field == field for file in _read(session, row).files)]
    _drop(session, found, now)
    return len(found)


def drop_naming(session: Session, pages: Collection[str], words: Collection[str], visit: str, now: datetime) -> None:
    """Every kept form of one of these pages, of a round's visit whose address ends so, or with one of these words (fields by
    name, people by number) in it."""
    named = []
    for row in session.conn.execute(select(kept_forms)).all():
        places = {part.partition("?")[0] for part in (row.page, row.action)}
        about = any(place == page or place.startswith(f"{page}/") for place in places for page in pages)
        if about or any(place.startswith("/rounds/") and place.endswith(visit) for place in places):
            named.append(row)
            continue
        told = _read(session, row).content
        text = "".join(f"\n{n}={v}" for n, v in told.get("sent") or ()) + str(told.get("main") or "")
        if any(word in text for word in words):
            named.append(row)
    _drop(session, named, now)


def _drop(session: Session, rows: Sequence[Any], now: datetime) -> None:
    """The row goes, its key is destroyed: what a backup still holds cannot be read."""
    for row in rows:
        session.conn.execute(delete(kept_files).where(kept_files.c.form == row.id))
        session.conn.execute(delete(kept_forms).where(kept_forms.c.id == row.id))
    if rows:
        destroy_keys(session, [row.data_key for row in rows], now)
