"""Long work that a page asked for: taken by the tick, done in a process of its own, on either database; what breaks off says so."""

import os
import signal
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app import clock, config, scheduler
from app.services import audit, background
from app.services.context import context_of
from app.services.files import tables
from app.services.register import importing, long_files
from app.sheets.reading import Wanted
from app.store import jobs, kept_forms
from app.store.session import Session
from tests.conftest import County
from tests.services.register.test_register import as_file, lines
from tests.walking import Walk

FORM = "/register/import"


@pytest.fixture
def children(county: County, tmp_path: Path) -> background.Children:
    return background.Children(replace(config.load(), var=tmp_path, keys=county.store.keyring.path or tmp_path))


def ask_import(county: County, content: bytes, *, write: bool = True) -> str:
    with county.store.transaction() as session:
        context = context_of(session, county.actor("county_officer"), county.now)
        known = importing.columns(session, context.county)
        table = tables.read(content, importing.titles(known, {}))
        chosen = importing.guess(table, known, {})
        asked, progress = long_files.wanted_of(
            context,
            content,
            FORM,
            wanted=Wanted(),
            mapping={},
            chosen=chosen,
            data_on=date(2021, 8, 31),
            total=len(importing.check(table, known, chosen, context.county).households),
            write=write,
        )
        return background.ask(session, long_files.JOB, asked, progress)


def ask_verify(county: County) -> str:
    with county.store.transaction() as session:
        return background.ask(session, audit.JOB, {}, {})


def row(county: County, job: str, period: str) -> Any:
    with county.store.reading() as session:
        return jobs.job_result(session, job, period)


def kept(session: Session, county: County) -> int:
    return len(kept_forms.places(session, county.ids["county_officer"]))


def test_a_long_file_is_taken_in_by_a_child_and_leaves_nothing_behind(
    county: County, children: background.Children, tmp_path: Path
) -> None:
    period = ask_import(county, as_file(lines(5)))
    assert scheduler.tick(county.store, tmp_path, "one", children)
    child = children.running[long_files.JOB, period]
    assert child.pid != os.getpid()
    children.wait(county.store)
    done = row(county, long_files.JOB, period)
    assert done.ended_at is not None and done.result["counts"]["new"] == 5 and done.result["write"]
    with county.store.reading() as session:
        assert kept(session, county) == 0
    assert not children.running and not scheduler.tick(county.store, tmp_path, "two", children)


def test_a_look_writes_nothing_and_what_is_to_be_mended_can_be_fetched(county: County, children: background.Children) -> None:
    period = ask_import(county, as_file([*lines(2), ["", "", "HN9", "户主", "演示户坏", "12", *[""] * 8]]), write=False)
    assert children.tick(county.store) == 1
    children.wait(county.store)
    result = row(county, long_files.JOB, period).result
    assert result["counts"]["new"] == 2 and not result["write"] and result["problems"]
    assert "演示户坏" not in str(result)  # what stood in a cell stays out of it
    with county.store.reading() as session:
        (errors,) = kept_forms.for_action(session, county.ids["county_officer"], long_files.ERRORS)
        assert errors.files and kept(session, county) == 1


def test_a_verification_is_done_by_a_child(county: County, children: background.Children) -> None:
    Walk(county, 1).open().to("check_household")
    period = ask_verify(county)
    assert background.is_alive(row(county, audit.JOB, period))
    children.tick(county.store)
    assert row(county, audit.JOB, period).beat_at is not None  # taken: another tick leaves it alone
    assert background.Children(children.settings).tick(county.store) == 0
    children.wait(county.store)
    result = row(county, audit.JOB, period).result
    assert result["findings"] == [] and result["report"]["cases"] >= 1 and result["report"]["replayed"] > 0


def test_work_whose_process_is_killed_says_that_it_broke_off(county: County, children: background.Children) -> None:
    period = ask_import(county, as_file(lines(3)))
    children.tick(county.store)
    os.kill(children.running[long_files.JOB, period].pid, signal.SIGKILL)
    children.wait(county.store)
    broken = row(county, long_files.JOB, period)
    assert broken.ended_at is not None and broken.result["failed"] and not background.is_alive(broken)


def test_work_that_gives_no_sign_of_life_is_over(
    county: County, children: background.Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    period = ask_verify(county)
    with county.store.transaction() as session:
        jobs.beat(session, audit.JOB, period, clock.now() - 2 * background.SILENT)
    assert not background.is_alive(row(county, audit.JOB, period))
    assert children.tick(county.store) == 0
    assert row(county, audit.JOB, period).result["findings"][0][0] == "audit.run_failed"


def test_how_far_it_is_and_why_it_failed_stand_in_its_row(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    real = jobs.note_progress

    def note(session: Session, job: str, period: str, said: dict[str, Any]) -> None:
        seen.append(said["done"])
        real(session, job, period, said)

    monkeypatch.setattr(jobs, "note_progress", note)
    monkeypatch.setattr(importing, "AT_ONCE", 2)
    monkeypatch.setattr(background, "BEAT", 0.01)
    assert background.carry_out(county.store, long_files.JOB, ask_import(county, as_file(lines(4)))) and seen == [2, 4]

    def broken(*args: Any, **more: Any) -> None:
        raise OSError

    monkeypatch.setattr(importing, "apply", broken)
    period = ask_import(county, as_file(lines(4)))
    assert not background.carry_out(county.store, long_files.JOB, period)
    assert row(county, long_files.JOB, period).result["failed"]
    assert not background.carry_out(county.store, long_files.JOB, period)  # it is over
