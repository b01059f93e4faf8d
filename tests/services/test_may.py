"""What posts may do beside the steps of a procedure: dated data, which a county changes without a developer."""

import ast
import tomllib
from collections import defaultdict
from datetime import timedelta

from app.config import ROOT
from app.policy import posts
from app.policy.model import Entry
from app.policy.parameters import Entries
from app.services import incomes
from app.services.context import context_of
from app.services.people import County as Places
from app.store import dated
from tests.conftest import VILLAGE, County

SHIPPED = tomllib.loads((ROOT / "bpmn" / "entries" / "may.toml").read_text("utf-8"))["may"]


def test_a_county_that_has_not_published_it_keeps_what_held_before() -> None:
    published = defaultdict(set)
    for entry in SHIPPED:
        for act in entry["may"]:
            published[act].add(entry["key"])
    assert published == {act: set(roles.split()) for act, roles in posts.BEFORE_IT_WAS_PUBLISHED.items()}


def test_without_entries_posts_may_what_they_might(county: County) -> None:
    with county.store.reading() as session:
        here = context_of(session, county.actor("village_1"), county.now).county
    nothing = Places(Entries.of([]), here.units, here.on)
    assert {act: here.who_may(act) for act in posts.BEFORE_IT_WAS_PUBLISHED} == {
        act: nothing.who_may(act) for act in posts.BEFORE_IT_WAS_PUBLISHED
    }
    assert here.may(county.actor("village_1"), "edit_households") and not here.may(county.actor("auditor"), "edit_households")
    assert not here.who_may("nothing_of_the_kind")


def test_every_act_that_the_program_asks_for_is_somebodys() -> None:
    asked = set()
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("may", "who_may"):
                asked |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    asked.discard("operation")
    taken = {"close_cases", "handle_in_town", "authorise", "end_kinship"}  # asked by name, `take_case`
    assert asked | taken | {"send_to_civil", "send_to_province"} == set(posts.BEFORE_IT_WAS_PUBLISHED)


def test_a_post_is_given_something_more_to_do_by_an_entry_alone(county: County) -> None:
    tomorrow = county.now.date() + timedelta(days=1)
    with county.store.transaction() as session:
        context = context_of(session, county.actor("grid"), county.now)
        assert not incomes.may_collect(context.actor, VILLAGE, context.county)
        old = context.county.entries.require("may", "grid_worker", context.today)
        value = {"may": [*old.value["may"], "enter_incomes"]}
        new = Entry(None, "may", "grid_worker", tomorrow, None, value, "县里定的")
        dated.add_entries(session, [new], None)
    with county.store.reading() as session:
        today = context_of(session, county.actor("grid"), county.now)
        assert not incomes.may_collect(today.actor, VILLAGE, today.county)
        later = context_of(session, county.actor("grid"), county.now + timedelta(days=1))
        assert incomes.may_collect(later.actor, VILLAGE, later.county)
