"""What the law or the plan asks cannot be dropped unnoticed: the next version says what it does not carry any more."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.config import ROOT
from app.services import definitions, people
from app.services.deployments import clauses, publishing
from app.services.people import Refused
from app.store import dated
from tests.conftest import County
from tests.web.conftest import served


def publish(county: County, diagram: bytes) -> list[str]:
    files, entries = publishing.read_project(ROOT)
    files["identify.bpmn"] = diagram
    with county.store.transaction() as session:
        publishing.deploy(session, files, entries, author="designer", approver="approver", reason="改", now=county.now)
        newest = dated.latest_deployment(session, "identify")
        return clauses.lost_by(session, newest or 0, people.county_on(session, county.now.date()))


def shipped(county: County) -> bytes:
    with county.store.reading() as session:
        return definitions.latest(session, "identify").diagram


def test_a_review_without_its_type_has_no_quorum_any_more(sqlite_county: County, tmp_path: Path) -> None:
    plain = shipped(sqlite_county).replace(b'<sw:property name="type" value="village_review" />', b"")
    told = publish(sqlite_county, plain)
    assert (
        "不再有：民主评议的法定人数（wx2021-25#4.1.3）。"
        in served(sqlite_county, tmp_path).person("designer").get("/diagrams/identify").text
    )
    assert (
        "不再有：民主评议的法定人数（wx2021-25#4.1.3）。" in told
        and "不再有：民主评议的过半数同意（wx2021-25#4.1.3）。" in told
    )


def test_people_who_are_not_kept_apart_any_more_and_a_clause_that_nobody_names(sqlite_county: County) -> None:
    text = shipped(sqlite_county).decode()
    review = text[text.index('<bpmn:userTask id="hold_village_review"') :]
    apart = next(line for line in review.splitlines() if 'name="separate_from"' in line)
    assert any("分开办" in line for line in publish(sqlite_county, text.replace(f"{apart}\n", "", 1).encode()))
    told = publish(sqlite_county, text.replace("wx2021-25#4.1.7", "wx2021-25#4.1.6").encode())
    assert any(line.startswith("不再引用：") and "4.1.7" in line for line in told)


def test_the_same_again_loses_nothing(sqlite_county: County) -> None:
    assert publish(sqlite_county, shipped(sqlite_county).replace(b"\n</bpmn:definitions>", b"\n\n</bpmn:definitions>")) == []


def test_a_door_to_a_procedure_that_is_not_there_is_not_opened(sqlite_county: County) -> None:
    files, entries = publishing.read_project(ROOT)
    door = next(e for e in entries if e.name == "door" and e.key == "exit")
    nowhere = replace(door, key="relief", value={**door.value, "process": "relief"})
    with pytest.raises(Refused, match=r"deployments\.door_to_nowhere"), sqlite_county.store.transaction() as session:
        publishing.deploy(
            session, files, [*entries, nowhere], author="designer", approver="approver", reason="改", now=sqlite_county.now
        )
