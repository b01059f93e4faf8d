"""A minor as head does not sign: a guardian does, at the commitment and at the acceptance; and there is one head in every form."""

from datetime import date
from typing import Any

import pytest

from app import forms
from app.config import ROOT
from app.policy.parameters import Entries
from app.services import papers, people
from app.services.household import family as family_rules
from app.services.work.tasks import FormErrors
from app.store import cases as case_rows
from tests.conftest import County
from tests.walking import Walk

YOUNG, BABY = "999999200803150016", "99999920210815804X"
DAY = date(2021, 9, 1)
NOTHING = Entries.of([])
"""Whose age of signing is that of before it could be published."""


def person(key: str, relation: str, number: str, name: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "name": name, "relation": relation, "status": "present", "id_number": number, **more}


FAMILY = {
    "household": {},
    "sources": {},
    "members": [
        person("m1", "head", YOUNG, "少主"),
        person("m2", "grandparent", "999999195005058510", "老人"),
        person("m3", "sibling", BABY, "幼弟"),
    ],
}


def form(path: str) -> forms.Form:
    codes = forms.parse((ROOT / "forms/codes.json").read_text())
    return forms.load(forms.parse((ROOT / f"forms/{path}.json").read_text()), codes)


def signers(**first: Any) -> dict[str, Any]:
    guardian = {"how": "guardian", "by": "老人", "by_relation": "grandparent"}
    rows = [
        {"key": "m1", "name": "少主", "id_number": YOUNG, **(first or guardian)},
        {"key": "m2", "name": "老人", "how": "fingerprint"},
        {"key": "m3", "name": "幼弟", **guardian},
    ]
    return {"commitment": "signed", "signed_on": DAY.isoformat(), "signers": rows}


@pytest.mark.parametrize(
    ("first", "wrong"),
    [
        ({}, {}),
        ({"how": "signature"}, {"signers-0-how": "steps.minor_signs"}),
        ({"how": "proxy", "by": "老人", "by_relation": "grandparent"}, {"signers-0-how": "steps.minor_signs"}),
        ({"how": "guardian", "by": "少主", "by_relation": "other"}, {"signers-0-by": "steps.guardian_grown"}),
        ({"how": "guardian", "by": "幼 弟", "by_relation": "sibling"}, {"signers-0-by": "steps.guardian_grown"}),
    ],
)
def test_a_guardian_signs_the_commitment_for_a_minor(first: dict[str, Any], wrong: dict[str, str]) -> None:
    found = family_rules.errors(form("identify/sign_commitment"), FAMILY, signers(**first), DAY, NOTHING)
    assert {path: code for path, (code, _) in found.items()} == wrong


def test_the_day_of_signing_counts_not_the_day_of_typing() -> None:
    grown = {**signers(how="signature"), "signed_on": "2026-03-15"}
    assert "signers-0-how" not in family_rules.errors(
        form("identify/sign_commitment"), FAMILY, grown, date(2026, 4, 1), NOTHING
    )
    late = {**signers(how="signature"), "signed_on": "2026-03-14"}
    assert "signers-0-how" in family_rules.errors(form("identify/sign_commitment"), FAMILY, late, date(2026, 4, 1), NOTHING)


def test_at_the_acceptance_the_guardian_of_a_minor_head_is_named() -> None:
    accept = form("eliminate/accept_in_town")
    given = {"visited_on": DAY.isoformat(), "household_signs": "signed"}
    found = family_rules.errors(accept, FAMILY, given, DAY, NOTHING)
    assert set(found) == {"guardian", "guardian_relation"}
    named = {**given, "guardian": "老人", "guardian_relation": "grandparent"}
    assert family_rules.errors(accept, FAMILY, named, DAY, NOTHING) == {}
    assert set(family_rules.errors(accept, FAMILY, {**named, "guardian": "幼弟"}, DAY, NOTHING)) == {"guardian"}
    assert family_rules.errors(accept, FAMILY, {**given, "household_signs": "not_signed"}, DAY, NOTHING) == {}
    assert family_rules.errors(accept, FAMILY, {**given, "visited_on": "2026-03-15"}, DAY, NOTHING) == {}
    grown = {**FAMILY, "members": [person("m1", "head", "999999195005058510", "老人")]}
    assert family_rules.errors(accept, grown, given, DAY, NOTHING) == {}
    assert "guardian" not in family_rules.for_head(accept, grown, DAY, DAY, NOTHING).by_name  # not asked of anybody else
    assert "guardian" in family_rules.for_head(accept, FAMILY, DAY, date(2027, 1, 1), NOTHING).by_name


def test_no_form_leaves_two_heads_or_none(sqlite_county: County) -> None:
    walk = Walk(sqlite_county, 1).open().to("check_household")
    head = walk.usual("check_household")["members"][0]
    other = {**{k: v for k, v in head.items() if k != "key"}, "name": "演示乙", "id_number": YOUNG}
    for members in ([head, other], [{**head, "relation": "other"}]):
        with pytest.raises(FormErrors) as refused:
            walk.do("village_1", "check_household", members=members)
        assert [p.rpartition("-")[2] for p in refused.value.cleaned.errors] == ["relation"]
    with pytest.raises(FormErrors) as refused:
        walk.do("village_1", "check_household", members=[{**head, "status": "gone"}])
    assert set(refused.value.cleaned.errors) == {"members-0-status"}
    with pytest.raises(FormErrors) as refused:  # beside a member who is counted
        walk.do("village_1", "check_household", members=[{**head, "status": "gone"}, {**other, "relation": "spouse"}])
    assert set(refused.value.cleaned.errors) == {"members-1-relation"}
    walk.do("village_1", "check_household", members=[{**head, "relation": "parent"}, other])
    assert walk.case().head_name == "演示乙"


def test_papers_of_a_minor_head_name_the_guardian(sqlite_county: County) -> None:
    walk = Walk(sqlite_county, 1).open().to("check_household")
    head = walk.usual("check_household")["members"][0]
    young = {**{k: v for k, v in head.items() if k != "key"}, "name": "少主", "id_number": YOUNG, "relation": "head"}
    walk.do("village_1", "check_household", members=[{**head, "relation": "grandparent"}, young])
    with sqlite_county.store.reading() as session:
        place = people.county_on(session, sqlite_county.now.date())
        file = papers.open_file(session, case_rows.get(session, walk.case_id), place)
        actor = sqlite_county.actor("village_1")
        told = {kind: papers.values(file, kind, actor, sqlite_county.now) for kind in ("commitment", "household_check")}
    assert told["commitment"]["wards"] == [
        {"name": "少主", "relation": "户主", "guardian": "演示1", "guardian_relation": "祖辈"}
    ]
    assert told["household_check"]["guardian"] == "演示1（祖辈）"
