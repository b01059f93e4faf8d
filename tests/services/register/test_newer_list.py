"""A newer list of households against the register: who is who, what is newer, what must be asked, what cannot be followed."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.policy.calendar import LOCAL
from app.services import audit
from app.services.context import context_of
from app.services.register import importing
from app.store import questions
from app.store.tables import households, register_questions
from tests.conftest import County
from tests.services.register.test_register import document, load
from tests.walking import Walk, nobody

CASES = Path(__file__).parent / "cases"
HEADER = "户编号,行政村,姓名,身份证号,与户主关系,联系电话,户类型,健康状况"
EARLY, LATE = date(2021, 9, 1), date(2022, 9, 1)


@pytest.fixture
def later(sqlite_county: County) -> County:
    """A county at the end of 2022."""
    sqlite_county.now = datetime(2022, 10, 1, 9, tzinfo=LOCAL)
    return sqlite_county


def bring(county: County, rows: str, on: date = EARLY, *, write: bool = True) -> importing.Counts:
    lines = [HEADER, *(line.strip() for line in rows.strip().splitlines())]
    return load(county, "\n".join(lines).encode(), on=on, write=write)[0]


def case(county: County, name: str, on: date) -> importing.Counts:
    return load(county, (CASES / f"{name}.csv").read_bytes(), on=on)[0]


def row(county: County, number: str) -> Any:
    with county.store.reading() as session:
        return session.conn.execute(select(households).where(households.c.number == number)).one()


def codes(counts: importing.Counts) -> list[str]:
    return [n.code.removeprefix("register.") for n in counts.notes]


def refused(counts: importing.Counts) -> list[tuple[int, str]]:
    return [(p.row, p.code.removeprefix("register.")) for p in counts.problems]


def people(county: County, number: str) -> dict[str, tuple[str, str]]:
    return {m["name"]: (m["relation"], m["status"]) for m in document(county, number)["members"]}


def asked(county: County) -> list[tuple[str, str]]:
    with county.store.reading() as session:
        return [(q.kind, q.member) for q in questions.standing(session, None, 50)]


def clean(county: County) -> None:
    with county.store.reading() as session:
        assert audit.verify(session).findings == []


P = [nobody(200_000 + n) for n in range(40)]
A = f"""H1,岭头村委会,温德才,{P[0]},户主,,脱贫户,
        H1,岭头村委会,温桂英,{P[1]},配偶,,脱贫户,
        H1,岭头村委会,温志强,{P[2]},子,,脱贫户,"""


def test_the_dead_head_gives_way_to_the_new_one_and_is_asked_for(county: County) -> None:
    case(county, "head-died-1", EARLY)
    county.now = datetime(2022, 10, 1, 9, tzinfo=LOCAL)
    counts = case(county, "head-died-2", LATE)
    assert counts.as_dict() == {"new": 0, "changed": 1, "same": 0, "left_out": 0}
    assert codes(counts) == ["absent", "head_changed"] and counts.notes[0].details == {"name": "温德才"}
    assert people(county, "BUG-HEAD-1") == {
        "温德才": ("parent", "present"),
        "温桂英": ("parent", "present"),
        "温志强": ("head", "present"),
        "温小宝": ("child", "present"),
    }
    kept = row(county, "BUG-HEAD-1")
    assert kept.head_name == "温志强" and " wenzhiqiang " in kept.pinyin
    assert asked(county) == [("left", "m1")]
    again = case(county, "head-died-2", LATE)
    assert again.as_dict() == {"new": 0, "changed": 0, "same": 1, "left_out": 0} and codes(again) == ["absent"]
    back = case(county, "head-died-1", EARLY)  # the old file once more
    assert back.changed == 0 and back.older > 0 and row(county, "BUG-HEAD-1").head_name == "温志强"
    assert asked(county) == [("left", "m1")]
    clean(county)


def test_who_is_in_the_next_list_again_is_asked_for_no_more(later: County) -> None:
    bring(later, A)
    assert codes(bring(later, "\n".join(A.splitlines()[:2]), LATE)) == ["absent"]
    assert bring(later, A, date(2022, 9, 20)).changed == 0 and asked(later) == []
    clean(later)


@pytest.mark.parametrize(("order", "relation"), [((1, 0, 2), "spouse"), ((2, 0, 1), "parent")])
def test_a_wife_or_a_son_becomes_head(later: County, order: tuple[int, ...], relation: str) -> None:
    bring(later, A)
    lines = [A.splitlines()[n].strip().split(",") for n in order]
    for n, cells in enumerate(lines):
        cells[4] = "户主" if n == 0 else {1: relation_word(relation), 2: "子" if relation == "spouse" else "母亲"}[n]
    counts = bring(later, "\n".join(",".join(c) for c in lines), LATE)
    assert codes(counts) == ["head_changed"]
    heads = [name for name, (told, _) in people(later, "H1").items() if told == "head"]
    assert heads == [lines[0][2]] and people(later, "H1")["温德才"] == (relation, "present")
    assert row(later, "H1").head_name == heads[0]


def relation_word(code: str) -> str:
    return {"spouse": "配偶", "parent": "父亲"}[code]


def test_a_household_lies_where_the_newer_list_says(county: County) -> None:
    case(county, "village-moved-1", EARLY)
    before = row(county, "FH-1").org_unit
    counts = case(county, "village-moved-2", EARLY)
    assert (counts.changed, codes(counts)) == (1, ["moved"]) and row(county, "FH-1").org_unit != before
    assert case(county, "village-moved-2", EARLY).same == 1
    older = case(county, "village-moved-1", date(2021, 8, 1))
    assert (older.changed, older.older) == (0, 1) and row(county, "FH-1").org_unit != before
    clean(county)


def test_with_a_case_under_way_both_villages_are_asked(sqlite_county: County) -> None:
    walk = Walk(sqlite_county, 1, head="演示户甲").open()
    line = f"H5,青山村委会,演示户甲,{nobody(1)},户主,,,"
    sqlite_county.now = datetime(2021, 9, 20, 9, tzinfo=LOCAL)
    counts = bring(sqlite_county, line, date(2021, 9, 10))
    assert codes(counts) == ["two_villages"] and counts.same == 0
    assert row(sqlite_county, "H5").org_unit == "440229100201" and asked(sqlite_county) == [("moved", "")]
    again = bring(sqlite_county, line, date(2021, 9, 10))
    assert (again.same, codes(again)) == (1, ["two_villages"]) and asked(sqlite_county) == [("moved", "")]
    bring(sqlite_county, line.replace("青山", "岭头"), date(2021, 9, 12))  # the list was put right
    assert asked(sqlite_county) == []
    walk.to("sign_commitment")
    clean(sqlite_county)


def test_an_older_list_beats_nothing_and_says_how_much_it_left(later: County) -> None:
    case(later, "old-after-new-1", LATE)
    counts = case(later, "old-after-new-2", EARLY)
    assert (counts.changed, counts.older, codes(counts)) == (0, 3, ["older_left"])
    kept = document(later, "BUG-OLD")
    assert kept["household"]["phone"] == "10000005002" and kept["members"][0]["health"] == "serious"
    clean(later)


def test_a_newer_list_that_only_confirms_is_newer_all_the_same(later: County) -> None:
    line = f"H1,岭头村委会,温德才,{P[0]},户主,,脱贫户,"
    bring(later, line + "健康")
    assert bring(later, line + "健康", LATE).same == 1
    counts = bring(later, line + "患有大病", date(2022, 3, 1))
    assert (counts.older, counts.changed) == (1, 0) and document(later, "H1")["members"][0]["health"] == "healthy"
    filled = bring(later, f"H1,岭头村委会,温德才,{P[0]},户主,10000005001,脱贫户,健康", date(2022, 3, 1))
    assert filled.changed == 1 and document(later, "H1")["household"]["phone"] == "10000005001"  # nothing stood there


def test_the_type_of_a_household_follows_in_lists_too(later: County) -> None:
    bring(later, A)
    bring(later, A.replace("脱贫户", "一般农户"), LATE)
    assert row(later, "H1").household_type == "ordinary"


SPLIT = f"""H1,岭头村委会,温德才,{P[0]},户主,,脱贫户,
            H1,岭头村委会,温桂英,{P[1]},配偶,,脱贫户,
            H2,岭头村委会,温志强,{P[2]},户主,,脱贫户,
            H2,岭头村委会,温小宝,{P[3]},子,,脱贫户,"""


@pytest.mark.parametrize("first", ["old number first", "new number first"])
@pytest.mark.parametrize("at_once", [1, 500])
def test_a_son_sets_up_his_own_household(county: County, monkeypatch: pytest.MonkeyPatch, first: str, at_once: int) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", at_once)
    county.now = datetime(2022, 10, 1, 9, tzinfo=LOCAL)
    bring(county, A.replace(f"{P[2]},子,,脱贫户,", f"{P[2]},子,,脱贫户,患有大病"))
    lines = SPLIT.splitlines()
    rows = "\n".join(lines if first == "old number first" else lines[2:] + lines[:2])
    looked = bring(county, rows, LATE, write=False)
    counts = bring(county, rows, LATE)
    assert counts.as_dict() == {"new": 1, "changed": 1, "same": 0, "left_out": 0} == looked.as_dict()
    assert codes(counts) == codes(looked) == ["came_from"]
    assert people(county, "H1")["温志强"] == ("child", "gone")
    assert people(county, "H2") == {"温志强": ("head", "present"), "温小宝": ("child", "present")}
    assert document(county, "H2")["members"][0]["health"] == "serious"  # what was known goes along
    assert asked(county) == [] and bring(county, rows, LATE).as_dict() == {"new": 0, "changed": 0, "same": 2, "left_out": 0}
    clean(county)


def test_the_head_himself_goes_and_his_wife_is_head_of_those_who_stay(later: County) -> None:
    bring(later, A)
    rows = f"""H2,岭头村委会,温德才,{P[0]},户主,,脱贫户,
               H1,岭头村委会,温桂英,{P[1]},户主,,脱贫户,
               H1,岭头村委会,温志强,{P[2]},子,,脱贫户,"""
    counts = bring(later, rows, LATE)
    assert sorted(codes(counts)) == ["came_from", "head_changed"] and refused(counts) == []
    assert row(later, "H1").head_name == "温桂英" and people(later, "H1")["温德才"][1] == "gone"
    assert bring(later, rows, LATE).same == 2
    clean(later)


def test_a_household_is_never_left_without_a_head(later: County) -> None:
    bring(later, A)
    counts = bring(later, f"H2,岭头村委会,温德才,{P[0]},户主,,脱贫户,", LATE)  # nothing is said of the others
    assert refused(counts) == [(2, "split_needs_head")] and counts.new == 0
    assert counts.problems[0].details == {"old": "H1", "head": "温德才"}
    assert row(later, "H1").head_name == "温德才"


def test_an_older_list_takes_nobody_out_of_a_household(later: County) -> None:
    bring(later, A, LATE)
    counts = bring(later, "\n".join(SPLIT.splitlines()[2:]), EARLY)
    assert refused(counts) == [(2, "elsewhere_newer")] and people(later, "H1")["温志强"][1] == "present"


def test_a_number_given_to_strangers_is_refused_and_named(later: County) -> None:
    bring(later, A)
    counts = bring(later, f"H1,岭头村委会,李某,{P[10]},户主,,一般农户,\nH1,岭头村委会,李妻,{P[11]},配偶,,一般农户,", LATE)
    assert refused(counts) == [(2, "strangers")] and (counts.changed, counts.same) == (0, 0)
    assert counts.problems[0].details == {"number": "H1", "head": "温德才"} and len(people(later, "H1")) == 3


def test_a_number_that_changed_is_taken_over(later: County) -> None:
    bring(later, A)
    counts = bring(later, A.replace("H1,", "N9,"), LATE)
    assert codes(counts) == ["renumbered"] and len(people(later, "N9")) == 3
    assert bring(later, A.replace("H1,", "N9,"), LATE).same == 1
    clean(later)


def test_a_corrected_number_or_name_is_the_same_person(later: County) -> None:
    bring(later, A)
    changed = A.replace(P[2], P[12]).replace("温桂英", "温桂瑛")
    counts = bring(later, changed, LATE)
    assert sorted(codes(counts)) == ["name_corrected", "number_corrected"] and len(people(later, "H1")) == 3
    kept = {m["key"]: m for m in document(later, "H1")["members"]}
    assert kept["m3"]["id_number"] == P[12] and kept["m2"]["name"] == "温桂瑛"
    assert bring(later, changed, LATE).same == 1 and asked(later) == []
    clean(later)


def test_a_slip_in_the_only_number_is_put_right_but_twins_stay_two(later: County) -> None:
    from app.policy.identity import check_digit

    base = "99999919900101"

    def of(serial: str) -> str:
        return base + serial + check_digit(base + serial)

    bring(later, f"H7,岭头村委会,孤某,{of('011')},户主,,,")
    counts = bring(later, f"H7,岭头村委会,孤某,{of('013')},户主,,,", LATE)
    assert codes(counts) == ["number_corrected"] and len(people(later, "H7")) == 1
    bring(later, f"H8,岭头村委会,甲某,{P[20]},户主,,,\nH8,岭头村委会,大双,{of('101')},子,,,")
    counts = bring(later, f"H8,岭头村委会,甲某,{P[20]},户主,,,\nH8,岭头村委会,小双,{of('103')},子,,,", LATE)
    assert codes(counts) == ["absent"] and len(people(later, "H8")) == 3


def test_what_an_official_says_of_a_member_later_stays(later: County) -> None:
    from uuid import uuid4

    from app.services.rights import file as household

    bring(later, A)
    ident = row(later, "H1").id
    with later.store.transaction() as session:
        household.correct(
            context_of(session, later.actor("village_1"), later.now), ident, "m1", "health", "chronic", "病历", uuid4().bytes
        )
    counts = bring(later, A.replace("户主,,脱贫户,", "户主,,脱贫户,健康"), LATE)
    assert counts.older == 1 and document(later, "H1")["members"][0]["health"] == "chronic"
    newer = bring(later, A.replace("子,,脱贫户,", "子,,脱贫户,健康"), LATE)  # the others are free
    assert newer.changed == 1


def test_who_was_marked_as_gone_stays_so_and_is_named(later: County) -> None:
    from uuid import uuid4

    from app.services.rights import file as household

    bring(later, A)
    ident = row(later, "H1").id
    with later.store.transaction() as session:
        household.mark_gone(context_of(session, later.actor("village_1"), later.now), ident, "m3", "婚出", uuid4().bytes)
    assert codes(bring(later, A, LATE)) == ["older_left"]  # of a day when he was still there
    counts = bring(later, A, date(2022, 10, 2))
    assert codes(counts) == ["gone_listed"] and people(later, "H1")["温志强"][1] == "gone"


def test_a_question_of_an_erased_household_is_gone(later: County) -> None:
    from app.services.rights import erasure as keys

    bring(later, A)
    bring(later, "\n".join(A.splitlines()[:2]), LATE)
    with later.store.transaction() as session:
        keys.erase_household(session, row(later, "H1").id, basis="本人申请", approvers=("甲", "乙"), now=later.now)
    assert asked(later) == []
    with later.store.reading() as session:
        assert session.conn.execute(select(register_questions.c.closed_as)).scalar_one() == "void"
    clean(later)


NEWBORN = f"""H2,岭头村委会,温某甲,{P[30]},户主,,,
              H2,岭头村委会,温某乙,{P[31]},配偶,,,
              H2,岭头村委会,未取名,,女,,,
              H2,岭头村委会,未取名,,女,,,"""


def test_two_newborn_without_name_and_number_stay_two_at_every_import(later: County) -> None:
    bring(later, NEWBORN)
    for day in (EARLY, LATE, LATE):
        again = bring(later, NEWBORN, day)
        assert again.as_dict() == {"new": 0, "changed": 0, "same": 1, "left_out": 0} and codes(again) == []
    one = bring(later, NEWBORN.replace("未取名,,", f"未取名,{P[32]},", 1), LATE)
    assert codes(one) == ["number_came"] and len(document(later, "H2")["members"]) == 4
    less = bring(later, "\n".join(NEWBORN.splitlines()[:3]), LATE)
    assert codes(less) == ["absent"] and len(document(later, "H2")["members"]) == 4 and len(asked(later)) == 1
    clean(later)


def test_a_newborn_who_was_marked_as_gone_is_named_and_not_added_again(later: County) -> None:
    from uuid import uuid4

    from app.services.rights import file as household

    bring(later, NEWBORN)
    ident = row(later, "H2").id
    with later.store.transaction() as session:
        household.mark_gone(context_of(session, later.actor("village_1"), later.now), ident, "m4", "夭折", uuid4().bytes)
    counts = bring(later, NEWBORN, date(2022, 10, 2))
    assert codes(counts) == ["gone_listed"] and len(document(later, "H2")["members"]) == 4
    assert bring(later, "\n".join(NEWBORN.splitlines()[:3]), date(2022, 10, 2)).same == 1


@pytest.mark.parametrize("turned", [False, True])
def test_a_number_that_stood_with_the_wrong_household_is_put_right_in_both(later: County, turned: bool) -> None:
    wrong = f"H5,岭头村委会,甲某,{P[20]},户主,,,\nH5,岭头村委会,甲妻,{P[21]},妻,,,"
    bring(later, wrong)
    right = [wrong.replace(P[20], P[22]), f"H6,岭头村委会,乙某,{P[20]},户主,,,"]
    counts = bring(later, "\n".join(reversed(right) if turned else right), LATE)
    assert counts.as_dict() == {"new": 1, "changed": 1, "same": 0, "left_out": 0} and codes(counts) == ["number_corrected"]
    assert [m.get("id_number") for m in document(later, "H5")["members"]] == [P[22], P[21]]
    assert people(later, "H6") == {"乙某": ("head", "present")}
    assert bring(later, "\n".join(right), LATE).same == 2
    clean(later)
