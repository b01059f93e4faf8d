"""One person entered twice: put together, taken apart again, every value where it was."""

from typing import Any

import pytest

from app.services import audit
from app.services.rights import merging
from app.store import households as household_rows
from app.store import record
from tests.walking import nobody
from tests.web.conftest import Site


def file_of(site: Site, household: int) -> dict[str, Any]:
    with site.county.store.reading() as session:
        row: Any = household_rows.get(session, household)
        return household_rows.document(session, household, record.data_key(session, row.data_key))[0] or {}


def twice(site: Site, number: int = 1) -> int:
    """A household in which one person stands twice, once with a slip in the ID number and once with the health."""
    walk = site.walk(number, to="check_household")
    head = {
        "key": "m1",
        "name": f"演示{number}",
        "id_number": nobody(number),
        "relation": "head",
        "school": "not_student",
        "disability_grade": "none",
        "insured": "yes",
        "labour": "weak",
        "health": "chronic",
    }
    slip = nobody(500)
    members = [
        {**head, "status": "present"},
        {
            **head,
            "key": "m2",
            "name": "演示乙",
            "relation": "spouse",
            "id_number": slip,
            "health": "healthy",
            "status": "present",
        },
        {**head, "key": "m3", "name": "演示丙", "relation": "spouse", "id_number": nobody(501), "status": "present"},
    ]
    walk.do("village_1", "check_household", members=members)
    return walk.case().household


def keys(site: Site, household: int) -> dict[str, str]:
    return {m["name"]: m["key"] for m in file_of(site, household)["members"]}


def test_two_entries_become_one_and_two_again(both_sites: Site) -> None:
    site = both_sites
    household = twice(site)
    person, page = site.person("village_1"), f"/households/{household}"
    named = keys(site, household)
    assert "可能是同一个人" in person.get(page).text and "演示乙、演示丙" in person.get(page).text
    keep, drop = named["演示乙"], named["演示丙"]
    before = file_of(site, household)["members"]
    sent = {"keep": keep, "drop": drop, "reason": "户口簿上只有一个人"}
    assert "请选两个不同的人" in person.post(f"{page}/merge", {**sent, "keep": ""}).text  # nobody is chosen, nor meant by it
    assert person.post(f"{page}/merge", {**sent, "reason": " "}).status_code == 422
    assert person.post(f"{page}/merge", {**sent, "drop": named["演示1"]}).status_code == 422  # the head stays
    assert person.post(f"{page}/merge", {**sent, "drop": keep}).status_code == 422
    assert person.post(f"{page}/merge", sent).status_code == 302  # only proposed: the numbers differ
    assert file_of(site, household)["members"] == before and "等另一个人" not in person.get(page).text
    assert person.post(f"{page}/merge", sent).status_code == 422  # proposed already
    assert person.post(f"{page}/merge/answer", {"drop": drop, "answer": "yes"}).status_code == 422  # by the same person
    second = site.person("village_2")
    assert "同意并" in second.get("/register/questions").text and "同意并" not in person.get(page).text
    assert second.post(f"{page}/merge/answer", {"drop": drop, "answer": "no"}).status_code == 302
    assert second.post(f"{page}/merge/answer", {"drop": drop, "answer": "yes"}).status_code == 422  # answered
    assert person.post(f"{page}/merge", sent).status_code == 302
    assert second.post(f"{page}/merge/answer", {"drop": drop, "answer": "yes"}).status_code == 302
    assert person.post(f"{page}/merge", sent).status_code == 422  # merged already
    told = person.get(page).text
    assert "并成一个人</td>" in told and "village_1提出，village_2同意" in told
    shown = person.get(page).text
    assert "可能是同一个人" not in shown and "并错了，和演示乙拆开" in shown
    assert person.post(f"{page}/member", {"member": drop, "reason": "回来了"}).status_code == 422
    with site.county.store.reading() as session:
        assert household_rows.with_person(session, nobody(501)) == []  # no longer counted, no longer found
    assert person.post(f"{page}/merge", {"drop": drop, "reason": "是两个人"}).status_code == 302
    assert file_of(site, household)["members"] == before
    assert person.post(f"{page}/merge", {"drop": drop, "reason": "是两个人"}).status_code == 422
    with site.county.store.reading() as session:
        assert audit.verify(session, None).findings == []
        assert household_rows.with_person(session, nobody(501)) == [household]


def test_empty_values_are_filled_and_given_back_unless_corrected_since(site: Site) -> None:
    household = twice(site)
    person, page, named = site.person("village_1"), f"/households/{household}", keys(site, household)
    keep, drop = named["演示乙"], named["演示丙"]
    person.post(f"{page}/value", {"member": drop, "key": "work_place", "value": "东莞", "reason": "本人说"})
    person.post(f"{page}/merge", {"keep": keep, "drop": drop, "reason": "同一个人"})
    site.person("town_officer").post(f"{page}/merge/answer", {"drop": drop, "answer": "yes"})
    after = {m["key"]: m for m in file_of(site, household)["members"]}
    assert after[keep]["work_place"] == "东莞" and after[keep]["health"] == "healthy"  # what was there stays
    person.post(f"{page}/value", {"member": keep, "key": "work_place", "value": "深圳", "reason": "换了地方"})
    person.post(f"{page}/merge", {"drop": drop, "reason": "是两个人"})
    apart = {m["key"]: m for m in file_of(site, household)["members"]}
    assert apart[keep]["work_place"] == "深圳" and apart[drop]["work_place"] == "东莞"


def test_who_may_not_edit_may_not_merge(site: Site) -> None:
    household = twice(site)
    named = keys(site, household)
    sent = {"keep": named["演示乙"], "drop": named["演示丙"], "reason": "同一个人"}
    assert site.person("outsider_village").post(f"/households/{household}/merge", sent).status_code == 404
    assert site.person("grid").post(f"/households/{household}/merge", sent).status_code == 422


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"name": "甲", "id_number": nobody(1)}, {"name": "甲", "id_number": nobody(900_000)}, True),
        ({"name": "甲", "id_number": nobody(1)}, {"name": "乙", "id_number": nobody(2)}, True),
        ({"name": "甲", "id_number": nobody(1)}, {"name": "乙", "id_number": nobody(900_123)}, False),
        ({"name": "", "id_number": ""}, {"name": "", "id_number": ""}, False),
    ],
)
def test_what_looks_like_one_person(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    assert bool(merging.alike([{"key": "a", **one}, {"key": "b", **other}])) == same
