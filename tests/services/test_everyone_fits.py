"""Everyone fits: newborns without a number, permits and passports, large families; who gets a number later is the same person."""

import json
from datetime import date
from typing import Any

import pytest

from app.forms import text as typed
from app.policy import identity
from app.services import audit
from app.services.household import file as household_file
from app.services.rescreening import extract
from app.store import households as household_rows
from app.store import record
from tests.conftest import County
from tests.services.register.test_newer_list import EARLY, LATE, bring, case, codes, document, later, people, refused, row
from tests.walking import Walk, nobody

__all__ = ["later"]
HEAD = f"H1,岭头村委会,张三,{nobody(300_000)},户主,,,"


def test_a_newborn_without_a_number_is_in_and_counted(county: County) -> None:
    counts = case(county, "newborn-without-id", EARLY)
    assert counts.as_dict() == {"new": 1, "changed": 0, "same": 0, "left_out": 0}
    assert codes(counts) == ["paper_owed"]
    assert people(county, "B001") == {"张三": ("head", "present"), "张小宝": ("child", "present")}
    assert case(county, "newborn-without-id", EARLY).same == 1
    with county.store.reading() as session:
        table, owners = extract.people(county.store, county.now)
        assert table.num_rows == 1 and owners == []
        assert audit.verify(session).findings == []


@pytest.mark.parametrize("word", ["", "无", "暂无", "待补", "/", "——"])
def test_words_for_no_number_yet(sqlite_county: County, word: str) -> None:
    assert bring(sqlite_county, f"{HEAD}\nH1,岭头村委会,张小宝,{word},子,,,").new == 1
    assert "id_number" not in document(sqlite_county, "H1")["members"][1]


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("H12345678", "hk_macao"),
        ("M1234567801", "hk_macao"),
        ("12345678", "taiwan"),
        ("0012345678(B)", "taiwan"),
        ("abc440312345678", "residence"),
        ("E12345678", "passport"),
        ("EA1234567", "passport"),
        ("Ｂ1234567", "passport"),
        ("C01X00T47", "passport"),
        ("123456789", "passport"),
        (nobody(3), None),
    ],
)
def test_permits_and_passports_are_taken_in_one_form(sqlite_county: County, number: str, kind: str | None) -> None:
    assert bring(sqlite_county, f"{HEAD}\nH1,岭头村委会,阮氏,{number},配偶,,,").new == 1
    kept = document(sqlite_county, "H1")["members"][1]["id_number"]
    assert identity.paper_kind(kept) == kind and identity.birth_date(kept) == (
        identity.birth_date(number) if kind is None else None
    )
    with sqlite_county.store.reading() as session:
        assert household_rows.with_person(session, kept)
    table, failed = extract.people(sqlite_county.store, sqlite_county.now)
    assert failed == [] and table.num_rows == (2 if kind is None else 1)


@pytest.mark.parametrize("number", ["12345", "19700101", "99999919700101", "4402291970010112", nobody(3)[:17] + "A", "护照"])
def test_a_slip_is_no_passport(number: str) -> None:
    with pytest.raises(typed.TextError):
        typed.check_paper_number(typed.id_number(number))


def test_the_number_that_comes_later_joins_the_same_person(later: County) -> None:
    bring(later, f"{HEAD}\nH1,岭头村委会,张小宝,,子,,,")
    counts = bring(later, f"{HEAD}\nH1,岭头村委会,张小宝,{nobody(300_002)},子,,,", LATE)
    assert codes(counts) == ["number_came"] and len(people(later, "H1")) == 2
    assert document(later, "H1")["members"][1]["id_number"] == nobody(300_002)
    without = bring(later, f"{HEAD}\nH1,岭头村委会,张小宝,,子,,,", LATE)  # a list that does not have it takes nothing away
    assert without.same == 1


def test_one_bad_number_names_the_row_and_keeps_the_others(sqlite_county: County) -> None:
    counts = bring(sqlite_county, f"{HEAD}\nH1,岭头村委会,张小宝,123,子,,,\nH2,岭头村委会,李四,{nobody(300_009)},户主,,,")
    assert refused(counts) == [(3, "forms.id_number.length")] and counts.new == 1


def test_a_household_of_forty_is_a_household(sqlite_county: County) -> None:
    rows = "\n".join([HEAD, *(f"H1,岭头村委会,孙{chr(0x7532 + n)},{nobody(310_000 + n)},孙子,,," for n in range(39))])
    assert bring(sqlite_county, rows).new == 1 and len(people(sqlite_county, "H1")) == 40
    ident = row(sqlite_county, "H1").id
    with sqlite_county.store.reading() as session:
        kept: Any = household_rows.get(session, ident)
        content, _ = household_rows.document(session, ident, record.data_key(session, kept.data_key))
    assert content is not None and household_file.plain(content)["head_name"] == "张三"


def test_the_household_check_takes_a_child_without_a_number_and_its_number_later(sqlite_county: County) -> None:
    walk = Walk(sqlite_county, 1).open()
    walk.to("check_household")
    head = walk.usual("check_household")["members"][0]
    facts = {k: head[k] for k in ("health", "disability_grade", "labour", "school", "insured")}
    baby = {**facts, "name": "演示婴", "relation": "child", "born": "2021-08-15", "school": "not_student"}
    many = [
        {**facts, "name": f"演示{chr(0x7532 + n)}", "relation": "grandchild", "id_number": nobody(320_000 + n)}
        for n in range(21)
    ]
    guest = {**facts, "name": "演示客", "relation": "spouse", "id_number": "E12345678", "born": "1965-03-03"}
    walk.do("village_1", "check_household", members=[head, baby, guest, *many])
    ident = walk.case().household
    with sqlite_county.store.reading() as session:
        kept: Any = household_rows.get(session, ident)
        found, _ = household_rows.document(session, ident, record.data_key(session, kept.data_key))
    assert found is not None and len(found["members"]) == 24
    assert [m["born"] for m in found["members"] if m["name"] in ("演示婴", "演示客")] == ["2021-08-15", "1965-03-03"]
    later_on = {"name": "演示婴", "relation": "child", "id_number": "99999920210815804X"}
    learned = household_file._merge_members(found["members"], [later_on])
    assert len(learned) == 24 and [m["name"] for m in learned if m.get("id_number") == later_on["id_number"]] == ["演示婴"]
    walk.to("post_notice")
    with sqlite_county.store.reading() as session:
        assert audit.verify(session).findings == []


def test_a_form_keeps_its_room_for_large_families() -> None:
    from app.config import ROOT

    for name, table in (("check_household", "members"), ("sign_commitment", "signers")):
        schema = json.loads((ROOT / f"forms/identify/{name}.json").read_text())
        assert schema["properties"][table]["maxItems"] >= 200
        assert "id_number" not in schema["properties"][table]["items"]["required"]
    assert date(2021, 9, 1) == EARLY
