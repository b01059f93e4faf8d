"""Who is who in a family, and what relations become when another is head."""

from datetime import date
from typing import Any

import pytest

from app.policy import family, kinship
from tests.walking import nobody


def person(key: str, relation: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "name": key, "relation": relation, "status": "present", **more}


@pytest.mark.parametrize(
    ("new_head", "told"),
    [
        ("spouse", {"head": "spouse", "child": "child", "parent": "parent_in_law", "sibling": None}),
        ("child", {"head": "parent", "spouse": "parent", "child": "sibling", "parent": "grandparent", "grandchild": None}),
        ("parent", {"head": "child", "spouse": "child_in_law", "child": "grandchild", "parent": "spouse"}),
        ("sibling", {"head": "sibling", "parent": "parent", "child": "other"}),
        ("grandchild", {"head": "grandparent", "spouse": "grandparent", "child": None}),
        ("other", {"head": None}),
    ],
)
def test_relations_are_told_anew_or_asked(new_head: str, told: dict[str, str | None]) -> None:
    assert {was: kinship.seen_from(new_head, was) for was in told} == told


def test_there_is_one_head_whoever_it_becomes() -> None:
    members = [person("a", "head"), person("b", "spouse"), person("c", "child"), person("d", "grandchild")]
    for new in "abcd":
        made, open_ = family.with_head(members, new)
        assert [m["key"] for m in made if m["relation"] == "head"] == [new] or new == "a"
    made, open_ = family.with_head(members, "c", {"d": "child"})
    assert [m["relation"] for m in made] == ["parent", "parent", "head", "child"] and open_ == []
    assert family.with_head(members, "c")[1] == ["d"]


def test_a_child_without_a_number_is_the_one_who_comes_with_it() -> None:
    members = [person("a", "head", id_number=nobody(1)), person("baby", "child", name="张小宝")]
    rows = [person("", "head", name="张三", id_number=nobody(1)), person("", "child", name="张 小宝", id_number=nobody(9))]
    assert family.recognised(members, rows) == {0: "a", 1: "baby"}
    named = [person("", "child", name="张大宝", id_number="999999202108150017")]
    born = [members[0], person("baby", "child", name="宝宝", born="2021-08-15")]
    assert family.recognised(born, [rows[0], *named]) == {0: "a", 1: "baby"}
    assert family.recognised(born, named) == {}  # nothing else says that it is this family


def child(key: str = "", name: str = "未取名", **more: Any) -> dict[str, Any]:
    return person(key, **{"relation": "child", "name": name, **more})


@pytest.mark.parametrize(
    ("members", "rows", "meant"),
    [
        ([child("b"), child("c")], [child(), child()], {1: "b", 2: "c"}),
        ([child("b"), child("c")], [child(id_number=nobody(9)), child()], {1: "c", 2: "b"}),
        ([child("b"), child("c", id_number=nobody(9))], [child(), child(id_number=nobody(9))], {1: "b", 2: "c"}),
        ([child("b"), child("c")], [child(id_number=nobody(9))], {1: "b"}),
        ([child("b"), child("c"), child("d")], [child(), child()], {1: "b", 2: "c"}),
        ([child("b"), child("c")], [child(), child(), child()], {1: "b", 2: "c"}),
        ([child("b", status="gone"), child("c")], [child(), child()], {1: "c", 2: "b"}),
        ([child("b", status="gone"), child("c")], [child()], {1: "c"}),
        (
            [child("b", born="2022-08-01"), child("c", born="2021-08-01")],
            [child(born="2021-08-01"), child(born="2022-08-01")],
            {1: "c", 2: "b"},
        ),
        ([child("b"), child("c", born="2021-08-01")], [child(born="2021-08-01"), child()], {1: "c", 2: "b"}),
        ([child("b"), child("c", relation="grandchild")], [child(relation="grandchild"), child()], {1: "c", 2: "b"}),
        ([child("b"), child("c", health="disabled")], [child(health="disabled"), child()], {1: "c", 2: "b"}),
        (
            [child("b", born="2021-08-15"), child("c", born="2021-08-15")],
            [child(name="张一", id_number="999999202108150017"), child()],
            {2: "b", 1: "c"},
        ),
        (
            [child("b", born="2021-08-15"), child("c", born="2021-08-15")],
            [child(name=name, id_number=f"99999920210815{n}") for name, n in (("张一", "0017"), ("张二", "0025"))],
            {1: "b", 2: "c"},
        ),
        (
            [child("b", name="张一", born="2021-08-15"), child("c", name="张二", born="2021-08-15")],
            [child(name=name, born="2021-08-15") for name in ("张三", "张四")],
            {},
        ),
        (
            [child("b", id_number=nobody(7)), child("c", id_number=nobody(8))],
            [child(id_number=nobody(9)), child(id_number=nobody(10))],
            {},
        ),
    ],
)
def test_of_those_whom_nothing_tells_apart_each_is_meant_by_one_row(
    members: list[dict[str, Any]], rows: list[dict[str, Any]], meant: dict[int, str]
) -> None:
    head = person("a", "head", id_number=nobody(1))
    assert family.recognised([head, *members], [head, *rows]) == {0: "a", **meant}


@pytest.mark.parametrize(
    ("born", "on", "minor"),
    [
        ("2004-09-01", date(2022, 8, 31), True),
        ("2004-09-01", date(2022, 9, 1), False),
        ("2004-02-29", date(2022, 2, 28), True),
        ("", date(2022, 9, 1), False),
    ],
)
def test_who_is_a_minor_on_a_day(born: str, on: date, minor: bool) -> None:
    assert family.is_minor({"key": "a", "born": born}, on, 18) is minor


def test_who_signs_for_a_minor_is_the_nearest_grown_up() -> None:
    day = date(2022, 9, 1)
    child = person("a", "head", born="2010-01-01")
    young, old = person("b", "sibling", born="2011-01-01"), person("c", "grandparent", born="1950-01-01")
    found = family.guardian_of(child, [child, young, old], day, 18)
    assert found is not None and found["key"] == "c"
    assert family.guardian_of(child, [child, young], day, 18) is None
