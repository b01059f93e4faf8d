"""A piece of a file against what the register keeps: who is who, what is newer, what must be asked, what cannot be followed.

A household is found by its number, else by its people. Whoever the file has in another household than we do goes there,
unless the one they leave would be without a head. Nothing is written for a household that is named as a problem.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.errors import CodedError
from app.labels import say
from app.policy import family
from app.policy.joining import SOURCE, Joined, Listed, join, strangers
from app.policy.model import GONE
from app.store import questions, record
from app.store import register as rows
from app.store.record import NewEvent
from app.store.session import Session

from ..household import file as household_file
from .values import Counts, Note, Parsed, Problem

REGISTER = "register"
"""The stream of what imports change."""
OWN = ("key", "relation", "status", "id_number", "merged_into", "took")
"""What does not go along when somebody goes to another household: it is told there anew."""


@dataclass(frozen=True)
class Run:
    """One import: the day of its data, who and when; every household of the file by number, and which number has whom."""

    data_on: date
    by: int | None
    now: datetime
    write: bool
    whole: Mapping[str, Parsed]
    owners: Mapping[str, str]

    def listed(self, one: Parsed) -> Listed:
        return Listed(self.data_on, one.values, one.members, one.measures)


class _Not(CodedError):
    """A household of the file that cannot be followed, and why."""


@dataclass
class _Piece:
    """What is known of the households of one piece, and what becomes of them. `files`: their files as they are after what was
    done so far."""

    session: Session
    run: Run
    counts: Counts
    blinds: dict[str, bytes]
    people: Mapping[bytes, int]
    numbered: Mapping[str, int]
    known: Mapping[int, rows.Known]
    files: dict[int, dict[str, Any]]
    plain: dict[int, dict[str, Any]] = field(default_factory=dict)
    joined: dict[int, Joined] = field(default_factory=dict)
    asked: dict[tuple[int, str, str], Any] = field(default_factory=dict)
    ask: list[dict[str, Any]] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    listed: set[int] = field(default_factory=set)
    fresh: list[rows.Fresh] = field(default_factory=list)
    cases: set[int] | None = None

    def household_of(self, member: Mapping[str, Any]) -> int | None:
        """Where somebody is counted, as far as the file has not given their number to another by now."""
        number = member.get("id_number")
        found = self.people.get(self.blinds[number]) if number else None
        if found is None or self.files[found] is self.known[found].document:
            return found
        here = any(m.get("id_number") == number for m in family.counted(self.files[found]["members"]))
        return found if here else None

    def index(self, document: Mapping[str, Any]) -> dict[bytes, int]:
        """Where in the file each counted person stands, by the hash of their number."""
        found = {}
        for place, member in enumerate(document["members"]):
            number = member.get("id_number")
            if number and member.get("status") != GONE:
                found[self.blinds.get(number) or self.session.keyring.blind(number)] = place
        return found


def piece(session: Session, part: Sequence[Parsed], run: Run, counts: Counts) -> None:
    blind = session.keyring.blind
    blinds = {number: blind(number) for one in part for m in one.members if (number := m.get("id_number"))}
    people, numbered = rows.households_with(session, list(blinds.values()), [one.number for one in part])
    known = rows.known(session, {*people.values(), *numbered.values()})
    files = {ident: one.document for ident, one in known.items()}
    work = _Piece(session, run, counts, blinds, people, numbered, known, files)
    work.asked = {(q.household, q.kind, q.member): q for q in questions.open_of(session, list(known))}
    for one in part:
        try:
            _one(work, one)
        except _Not as why:
            counts.problems.append(Problem(one.row + 1, "", why.code, why.details, one.number))
            counts.left_out += 1
    if run.write:
        _write(work)


def _one(work: _Piece, one: Parsed) -> None:
    ident = work.numbered.get(one.number)
    there = {found for m in one.members if (found := work.household_of(m)) is not None}
    if ident is None:
        ident = _renumbered(work, one, there)
    if ident is None:
        _new(work, one, there)
        return
    kept = work.known[ident]
    if kept.key.bytes is None:
        raise _Not("register.erased")
    if strangers(work.files[ident], work.run.listed(one)):
        raise _Not("register.strangers", number=one.number, head=kept.head_name or "")
    before, asked = work.files[ident], len(work.ask)
    come = _come(work, one, there - {ident})
    joined = _join(work, ident, one, come)
    plain = work.plain.setdefault(ident, {})
    if kept.number != one.number and kept.number is not None:
        work.counts.notes.append(_note(one, "register.renumbered", old=kept.number))
    if kept.number != one.number:
        plain["number"] = one.number
    head = family.head_of(work.files[ident]["members"])
    said = {"head_name": (head or {}).get("name"), "household_type": work.files[ident]["household"].get("household_type")}
    plain |= {name: value for name, value in said.items() if value and value != getattr(kept, name)}
    _village(work, ident, one)
    _absent(work, ident, one, joined)
    work.counts.older += joined.older
    if joined.older:
        work.counts.notes.append(_note(one, "register.older_left", count=joined.older))
    work.counts.notes += [_note(one, code, **details) for code, details in joined.says]
    work.listed.add(ident)
    same = work.files[ident] == before == kept.document and not plain and len(work.ask) == asked
    if same and ident not in work.counts.touched:
        work.counts.same += 1
        work.counts.unchanged.add(ident)
    else:
        work.counts.changed += 1


def _note(one: Parsed, code: str, **details: object) -> Note:
    return Note(one.row + 1, one.number, code, details)


# --- which household ----------------------------------------------------------------------------------------------


def _renumbered(work: _Piece, one: Parsed, there: set[int]) -> int | None:
    """The household that is meant though its number is not known yet: one of our own that has none, or one whose people all
    stand under the new number while the old one is gone from the file."""
    for ident in sorted(there):
        if work.known[ident].number is None:
            return ident
    if len(there) != 1:
        return None
    (ident,) = there
    known = work.known[ident]
    if known.number in work.run.whole or known.key.bytes is None:
        return None
    members = family.counted(work.files[ident]["members"])
    found = set(family.recognised(members, one.members).values())
    return ident if all(m["key"] in found for m in members) else None


def _new(work: _Piece, one: Parsed, there: set[int]) -> None:
    come = _come(work, one, there)
    document = _first(work.run, come or one)
    said = household_file.plain(document)
    work.counts.new += 1
    owed = [str(m.get("name", "")) for m in document["members"] if not m.get("id_number")]
    if owed:
        work.counts.notes.append(_note(one, "register.paper_owed", names=say("stories.comma").join(owed)))
    work.fresh.append(
        rows.Fresh(
            one.number,
            one.village,
            said["head_name"],
            said["pinyin"],
            said.get("household_type"),
            document,
            work.index(document),
            work.run.data_on,
        )
    )


def _first(run: Run, one: Parsed) -> dict[str, Any]:
    """The first file of a household that nobody knew."""
    said = [SOURCE, run.data_on.isoformat()]
    members = [{"key": f"m{n}", **row} for n, row in enumerate(one.members, 1)]
    sources = {**dict.fromkeys(one.values, said), **{f"member:{m['key']}": said for m in members}}
    made = {"household": dict(one.values), "members": members, "sources": sources}
    return {**made, "past_measures": one.measures} if one.measures else made


# --- from one household to another --------------------------------------------------------------------------------


def _come(work: _Piece, one: Parsed, there: set[int]) -> Parsed | None:
    """Take those of the list who stand in other households out of them; the list with what was known of them there, None if
    nobody comes. Refused where a household would be left without a head, or is known from a newer list."""
    if not there:
        return None
    left: dict[int, tuple[dict[str, Any], str]] = {}
    members = [dict(m) for m in one.members]
    for ident in sorted(there):
        known = work.known[ident]
        if known.key.bytes is None:
            raise _Not("register.erased")
        if known.listed_on is not None and known.listed_on > work.run.data_on:
            raise _Not("register.elsewhere_newer", old=known.number or "", head=known.head_name or "")
        own = work.run.whole.get(known.number or "")
        if own is not None and not strangers(work.files[ident], work.run.listed(own)):
            _join(work, ident, own, None)
        going = [row for row in members if work.household_of(row) == ident]
        if not going:  # the file gives the number that stood there to somebody else
            continue
        file = {
            **work.files[ident],
            "members": [dict(m) for m in work.files[ident]["members"]],
            "sources": dict(work.files[ident]["sources"]),
        }
        for row in going:
            _go(work, file, row, ident, one.number)
        if not family.counted(file["members"]):
            raise _Not("register.two_households")
        if family.head_of(file["members"]) is None:
            raise _Not("register.split_needs_head", old=known.number or "", head=known.head_name or "")
        left[ident] = (file, say("stories.comma").join(row["name"] for row in going))
    for ident, (file, names) in left.items():
        known = work.known[ident]
        work.files[ident] = file
        work.counts.touch(ident)
        work.counts.notes.append(_note(one, "register.came_from", names=names, old=known.number or known.head_name or ""))
    return Parsed(one.number, one.row, one.village, one.values, members, one.measures) if left else None


def _go(work: _Piece, file: dict[str, Any], row: dict[str, Any], ident: int, number: str) -> None:
    member = next(m for m in file["members"] if m.get("id_number") == row["id_number"] and m.get("status") != GONE)
    row |= {k: v for k, v in member.items() if k not in OWN and not row.get(k)}
    day = work.run.data_on.isoformat()
    member |= {"status": GONE, "gone_on": day, "gone_why": say("register.gone_to", number=number)}
    file["sources"][f"member:{member['key']}"] = [SOURCE, day]
    question = work.asked.get((ident, "left", member["key"]))
    if question is not None:
        work.answered.append(question.id)


# --- what the list says -------------------------------------------------------------------------------------------


def _join(work: _Piece, ident: int, one: Parsed, come: Parsed | None) -> Joined:
    """The household's file with what the list says; once for each household."""
    if ident not in work.joined or come is not None:
        work.joined[ident] = join(work.files[ident], work.run.listed(come or one), work.known[ident].listed_on)
        work.files[ident] = work.joined[ident].document
    return work.joined[ident]


def _village(work: _Piece, ident: int, one: Parsed) -> None:
    """The household lies where the newer list says; with a case under way both villages are asked first."""
    known, listed = work.known[ident], work.run.listed(one)
    question = work.asked.get((ident, "moved", ""))
    late = known.listed_on is not None and known.listed_on > work.run.data_on
    if one.village == known.village or late:
        if question is not None and not late:
            work.answered.append(question.id)
        work.counts.older += one.village != known.village
        return
    sources = work.files[ident]["sources"]
    since = [sources.get("org_unit", ("", "")), *([sources.get("members", ("", ""))] if known.number is None else [])]
    if not all(listed.replaces((str(who), str(on)), late) for who, on in since):
        work.counts.older += 1
        return
    if ident not in _under_way(work):
        work.plain[ident]["org_unit"] = one.village
        sources["org_unit"] = [SOURCE, work.run.data_on.isoformat()]
        work.counts.notes.append(_note(one, "register.moved"))
        return
    work.counts.notes.append(_note(one, "register.two_villages"))
    if question is not None and question.unit_to != one.village:
        work.answered.append(question.id)
        question = None
    if question is None:
        work.ask.append({"household": ident, "kind": "moved", "unit_to": one.village, "data_on": work.run.data_on})


def _under_way(work: _Piece) -> set[int]:
    if work.cases is None:
        work.cases = rows.with_open_case(work.session, work.known)
    return work.cases


def _absent(work: _Piece, ident: int, one: Parsed, joined: Joined) -> None:
    """Who is counted and not in the list any more is asked for, not dropped; who is in it again is not."""
    members = {m["key"]: m for m in work.files[ident]["members"]}
    for key in joined.absent:
        member = members[key]
        if work.run.owners.get(member.get("id_number") or "", one.number) != one.number:
            continue  # the file has them in another household, which takes them
        work.counts.notes.append(_note(one, "register.absent", name=str(member.get("name", ""))))
        if (ident, "left", key) not in work.asked:
            work.ask.append({"household": ident, "kind": "left", "member": key, "data_on": work.run.data_on})
    if one.members and (work.known[ident].listed_on or date.min) <= work.run.data_on:
        found = [work.asked.get((ident, "left", key)) for key in joined.present]
        work.answered += [q.id for q in found if q is not None]


# --- writing ------------------------------------------------------------------------------------------------------


def _write(work: _Piece) -> None:
    session, run = work.session, work.run
    changed = []
    for ident, document in work.files.items():
        known, plain = work.known[ident], work.plain.get(ident, {})
        if document == known.document and not plain:
            continue
        session.sets(REGISTER, "household", ident, plain, ("org_unit",))
        standing = {
            "head_name": known.head_name,
            "pinyin": known.pinyin,
            "household_type": known.household_type,
            "number": known.number,
            "org_unit": known.village,
        }
        said = {**standing, **household_file.plain(document), **plain}
        changed.append(rows.Changed(known, document, work.index(document), said))
    told = rows.change_many(session, changed, run.data_on, run.now)
    told += rows.add_many(session, work.fresh, run.data_on, run.now)
    rows.listed(session, sorted(work.listed), run.data_on)
    questions.close(session, work.answered, "void", run.now, run.by)
    questions.add(session, work.ask, run.now, run.by)
    if told or work.ask or work.answered:
        body: dict[str, Any] = {"households": [[ident, digest.hex()] for ident, digest in told]}
        if work.ask:
            body["asked"] = [[q["household"], q["kind"], q.get("member", "")] for q in work.ask]
        note(session, run, "households_imported", body)


def note(session: Session, run: Run, kind: str, body: Mapping[str, Any]) -> None:
    head = record.lock_stream(session, REGISTER)
    told = {"data_on": run.data_on.isoformat(), **body}
    _, writes = record.append(session, head, None, NewEvent(kind, run.now, run.by, told))
    session.write(writes)
