"""Who is who in a family, and what relations become when another is head."""

from datetime import date
from typing import Any

import pytest

from app.policy import family, kinship
from tests.walking import nobody


def person(key: str, relation: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "name": key, "relation": relation, "status": "present", **more}


@pytest.mark.parametrize(("new_head", "told"), [
    ("spouse", {"head": "spouse", "child": "child", "parent": "parent_in_law", "sibling": None}),
    ("child", {"head": "parent", "spouse": "parent", "child": "sibling", "parent": "grandparent", "grandchild": None}),
    ("parent", {"head": "child", "spouse": "child_in_law", "child": "grandchild", "parent": "spouse"}),
    ("sibling", {"head": "sibling", "parent": "parent", "child": "other"}),
    ("grandchild", {"head": "grandparent", "spouse": "grandparent", "child": None}),
    ("other", {"head": None}),
])  # fmt: skip
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


def test_two_of_one_name_are_not_guessed() -> None:
    members = [person("a", "head", id_number=nobody(1)), person("b", "child", name="小宝"), person("c", "child", name="小宝")]
    rows = [person("", "head", id_number=nobody(1)), person("", "child", name="小宝", id_number=nobody(9))]
    assert family.recognised(members, rows) == {0: "a"}


@pytest.mark.parametrize(("born", "on", "minor"), [
    ("2004-09-01", date(2022, 8, 31), True), ("2004-09-01", date(2022, 9, 1), False), ("2004-02-29", date(2022, 2, 28), True),
    ("", date(2022, 9, 1), False),
])  # fmt: skip
def test_who_is_a_minor_on_a_day(born: str, on: date, minor: bool) -> None:
    assert family.is_minor({"key": "a", "born": born}, on) is minor


def test_who_signs_for_a_minor_is_the_nearest_grown_up() -> None:
    day = date(2022, 9, 1)
    child = person("a", "head", born="2010-01-01")
    young, old = person("b", "sibling", born="2011-01-01"), person("c", "grandparent", born="1950-01-01")
    found = family.guardian_of(child, [child, young, old], day)
    assert found is not None and found["key"] == "c"
    assert family.guardian_of(child, [child, young], day) is None
