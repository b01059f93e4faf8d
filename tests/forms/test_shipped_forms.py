"""What the county's own forms promise: short, complete, nothing asked twice, and keys that others know."""

import tomllib
from pathlib import Path

from jsonschema import Draft202012Validator

from app.forms import load, process_names

ENTRIES = Path(__file__).parents[2] / "bpmn" / "entries"

LINES = {f"household:{table}" for table in ("income", "costs", "self_paid", "claims")}
TASKS = (
    "register_application sign_commitment check_household hold_village_review reexamine_in_town post_notice "
    "investigate_objection review_objection_in_town take_down_notice verify_in_town reexamine_town_decision "
    "sign_town_report review_in_county confirm_by_civil_affairs approve_in_county reexamine_county_decision "
    "register_in_province appoint_town_contact appoint_village_contact plan_measures report_to_departments "
    "acknowledge_measures answer_asset_query "
    "eliminate/assess_risk eliminate/collect_in_village eliminate/hold_village_review eliminate/post_notice "
    "eliminate/investigate_objection eliminate/review_objection_in_town eliminate/take_down_notice "
    "eliminate/accept_in_town eliminate/sign_town_report eliminate/review_in_county eliminate/approve_in_county "
    "eliminate/mark_in_province observe_household look_into_signs "
    "dispatch_clue check_clue confirm_exclusion mend_in_town mend_in_county recheck_data "
    "send_month_data publish_month_report "
    "study_scale_risk carry_out_measure guard_in_town track_scale_risk "
    "plan_lookback agree_lookback sweep_village report_lookback collect_incomes"
)
PAGES = "apply_online report_clue"  # filled in before there is a task
ON_SCREEN = {  # done at the desk, at the moment of entry
    "apply_online",
    "report_clue",
    "dispatch_clue",
    "send_month_data",
    "register_application",
    "review_in_county",
    "confirm_by_civil_affairs",
    "approve_in_county",
    "appoint_town_contact",
    "appoint_village_contact",
    "plan_measures",
    "acknowledge_measures",
    "answer_asset_query",
    "eliminate/review_in_county",
    "agree_lookback",
    "eliminate/approve_in_county",
}


def entries(file, name):
    return tomllib.loads((ENTRIES / f"{file}.toml").read_text("utf-8"))[name]


def questions(form):
    for item in form.fields:
        yield item
        yield from item.columns


def test_each_schema_is_valid_and_loads(schema, codes):
    Draft202012Validator.check_schema(schema)
    form = load(schema, codes)
    assert form.fields and form.description
    assert all(item.title and item.belongs_to for item in questions(form))


def test_there_is_one_form_for_every_user_task(schemas):
    assert set(schemas) == {*TASKS.split(), *PAGES.split()}


def test_task_data_has_the_names_and_codes_that_gateways_read(schemas, codes):
    read = {
        "sign_commitment": {"commitment": {"signed", "refused_watch", "refused_close"}},
        "hold_village_review": {"review_result": {"agreed", "rejected"}},
        "investigate_objection": {
            "objection_result": {"sustained", "unfounded"},
            "objector_accepts": {"yes", "no"},
        },
        "review_objection_in_town": {"appeal_result": {"sustained", "unfounded"}},
        "verify_in_town": {"town_result": {"passed", "failed"}},
        "approve_in_county": {
            "category": {"unstable", "marginal", "sudden", "other_low_income", "none"},
            "decision": {"approved", "refused"},
        },
        "eliminate/assess_risk": {
            "exit_way": {"helped", "natural"},
            "risks_gone": {"yes", "no"},
            "new_risk": {"yes", "no"},
            "stability": {"stable", "income_unstable", "burden_uncontrolled"},
            "ask_exception": {"yes", "no"},
        },
        "eliminate/accept_in_town": {"acceptance": {"passed", "failed"}},
        "eliminate/approve_in_county": {"decision": {"approved", "exception", "refused"}},
    } | {
        task: {"reexam_result": {"overturned", "upheld"}}
        for task in ("reexamine_in_town", "reexamine_town_decision", "reexamine_county_decision")
    }
    for task, names in read.items():
        assert process_names(schemas[task], codes) == names
    departments = {entry["key"] for entry in entries("departments", "department")}
    assert process_names(schemas["report_to_departments"], codes) == {"departments": departments}


def test_registering_asks_four_typed_fields_and_two_lists(shipped):
    asked = [item for item in shipped("register_application").fields if not item.when and item.name != "helped"]
    assert [item.name for item in asked if item.widget in ("text", "textarea")] == [
        "head_name",
        "head_id_number",
        "phone",
        "situation",
    ]
    assert [item.name for item in asked if item.options or item.choices] == ["village", "risks"]


def test_nothing_about_a_household_is_asked_twice(schemas, codes):
    asked = {}
    for task, schema in schemas.items():
        if task == "check_clue":
            continue  # of a household that nobody knows yet; what it learns is known to all later steps
        for field in load(schema, codes).fields:
            for item in () if field.confirm else (field, *field.columns):  # what is only confirmed is not asked
                kept = item.belongs_to.startswith(("household:", "member:"))
                if kept and not item.confirm and item.widget != "hidden":
                    asked.setdefault(item.belongs_to, set()).add(task)
    assert {key: tasks for key, tasks in asked.items() if len(tasks) > 1} == {}


def test_household_and_member_keys_are_in_the_field_catalogue(schemas, codes):
    catalogue = {f"{entry['level']}:{entry['key']}" for entry in entries("fields", "field")}
    for schema in schemas.values():
        form = load(schema, codes)
        for item in questions(form):
            if item.belongs_to not in ("process", "step"):
                assert item.belongs_to in catalogue
            if item.belongs_to.startswith("member:"):
                assert item.belongs_to == f"member:{item.name}"
        for table in (item for item in form.fields if item.belongs_to in LINES):
            assert {f"line:{column.name}" for column in table.columns} <= catalogue


def test_code_lists_agree_with_the_dated_entries(codes):
    def listed(name):
        return {one["const"] for one in codes["$defs"][name]["oneOf"]}

    assert listed("department") == {entry["key"] for entry in entries("departments", "department")}
    for entry in entries("fields", "field"):
        assert "codes" not in entry or entry["codes"] in codes["$defs"]


def test_steps_done_away_from_the_screen_ask_when_they_happened(schemas, codes):
    for task, schema in schemas.items():
        happened = [item for item in load(schema, codes).fields if item.happened]
        assert len(happened) == (task not in ON_SCREEN), task


def test_those_who_acted_are_named_where_separation_looks(shipped):
    for task in ("check_household", "hold_village_review", "verify_in_town", "sign_town_report", "accept_in_town"):
        assert any(item.acting for item in shipped(task).fields), task
