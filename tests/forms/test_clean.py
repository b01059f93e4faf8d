"""What people type, and what becomes of it: a value, or a clear sentence; never a loss."""

from datetime import date

import pytest

from app.forms import (
    acting_people,
    blank,
    clean,
    happened_on,
    process_values,
    shown,
    split,
    strict,
    told,
)

TODAY = date(2021, 9, 10)
ID_A = "440229199001010001"
ID_B = "440229199001010028"
OFFICIALS = {"officials": [("7", "甲"), ("8", "乙"), ("9", "丙")]}


def with_check_digit(first17):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first17 + "10X98765432"[sum(int(d) * w for d, w in zip(first17, weights, strict=True)) % 11]


ID_A, ID_B = with_check_digit(ID_A[:17]), with_check_digit(ID_B[:17])


def application(**changes):
    made = {
        "head_name": ["张三"],
        "head_id_number": [ID_A],
        "phone": ["14000000001"],
        "village": ["440229100201"],
        "risks": ["illness"],
        "situation": ["住院花费大"],
        "helped": ["no"],
    }
    return {**made, **changes}


def check(**changes):
    made = {
        "visited_on": ["2021年9月3日"],
        "checkers": ["7", "8"],
        "confirmed_by": ["own_account"],
        "group": ["三组"],
        "household_type": ["ordinary"],
        "low_income_kind": ["none"],
        "income_fell": ["yes"],
        "evidence": ["看了缴费单"],
        "members-0-name": ["张三"],
        "members-0-id_number": [ID_A],
        "members-0-relation": ["head"],
        "members-0-health": ["serious"],
        "members-0-disability_grade": ["none"],
        "members-0-labour": ["lost"],
        "members-0-school": ["not_student"],
        "members-0-insured": ["yes"],
        "income-0-item": ["wages_work"],
        "income-0-amount": ["１２，３４５．６０"],
        "income-0-source": ["household"],
        "costs-0-item": ["cost_crops"],
        "costs-0-amount": ["300"],
        "costs-0-source": ["estimate"],
    }
    made |= {k: ["yes"] for k in ("food", "clothing", "schooling", "housing", "insurance", "water")}
    return {**made, **changes}


def test_a_plain_application_is_clean(shipped):
    done = clean(shipped("register_application"), application(), today=TODAY)
    assert done.ok
    assert done.values["risks"] == ["illness"] and done.values["head_id_number"] == ID_A


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("head_id_number", ID_A[:17] + ("0" if ID_A[17] != "0" else "1"), "forms.id_number.check_digit"),
        ("head_id_number", ID_A[:17], "forms.id_number.length"),
        ("head_id_number", "440229900101001", "forms.id_number.old"),
        ("head_id_number", with_check_digit("44022919901301000"), "forms.id_number.birth"),
        ("head_id_number", with_check_digit("44022920300101000"), "forms.id_number.birth"),
        ("phone", "12345", "forms.phone"),
        ("village", "440229100999", "forms.choice.not_offered"),
        ("risks", "hunger", "forms.choice.unknown"),
        ("helped", "maybe", "forms.choice.unknown"),
        ("head_name", "  ", "forms.required.text"),
        ("head_name", "名" * 41, "forms.too_long"),
        ("head_name", "\ud800", "forms.text.unreadable"),
        ("situation", "长" * 10_000_000, "forms.too_long"),
        ("risks", "", "forms.required.choice"),
    ],
)
@pytest.mark.timeout(60)
def test_what_is_wrong_is_said_at_the_field_and_kept(shipped, field, typed, code):
    offered = {"villages": [("440229100201", "某村")]}
    done = clean(shipped("register_application"), application(**{field: [typed]}), choices=offered, today=TODAY)
    assert {path: message[0] for path, message in done.errors.items()} == {field: code}
    kept = done.raw[field][0] if isinstance(done.raw[field], list) and done.raw[field] else done.raw[field]
    assert typed.startswith(kept or "") and (len(typed) > 100 or kept == typed or not typed)
    assert done.values["situation"] if field != "situation" else done.values["head_name"]


def test_full_width_figures_and_letters_are_read(shipped):
    wide = "".join(chr(ord(c) + 0xFEE0) for c in ID_A)
    done = clean(
        shipped("register_application"),
        application(head_id_number=[f" {wide} "], phone=["０７５１-２８７２０００"]),
    )
    assert done.ok
    assert done.values["head_id_number"] == ID_A and done.values["phone"] == "07512872000"


def test_rare_characters_of_a_name_survive_and_alignment_blanks_go(shipped):
    done = clean(shipped("register_application"), application(head_name=["\u3000𠮷 㐂\u200b "]))
    assert done.values["head_name"] == "𠮷㐂"
    assert clean(shipped("register_application"), application(head_name=["买买提·艾力"])).values["head_name"] == "买买提·艾力"


def test_a_form_takes_nothing_that_it_does_not_name(shipped):
    form = shipped("register_application")
    for name in ("decision", "members-0-name", "risks-0-code", "head_name.x"):
        done = clean(form, application(**{name: ["approved"]}))
        assert done.errors == {"": ("forms.unknown_field", {"name": name})} and name not in done.values
    assert clean(form, application(_command=["1"], csrf_token=["t"])).ok


def test_two_values_for_one_question_and_a_flood_of_names_are_refused(shipped):
    form = shipped("register_application")
    assert clean(form, application(phone=["14000000001", "14000000002"])).errors["phone"][0] == "forms.one_value"
    assert clean(form, {f"a{n}": [""] for n in range(10_000)}).errors[""][0] == "forms.too_many"
    assert clean(form, application(risks=["illness"] * 2)).errors["risks"][0] == "forms.list.duplicate"
    six = ["illness", "disability", "schooling", "accident", "housing", "water"]
    assert clean(form, application(risks=six)).errors["risks"][0] == "forms.list.max"


def test_a_condition_asks_and_withdraws_its_question(shipped):
    form = shipped("register_application")
    missing = clean(form, application(risks=["illness", "disaster"], helped=["yes"]))
    assert set(missing.errors) == {"disaster_kind", "helper_name", "helper_relation", "read_back"}
    dropped = clean(form, application(disaster_kind=["flood"], helper_name=["李四"]))
    assert dropped.ok and "disaster_kind" not in dropped.values and "helper_name" not in dropped.values
    assert dropped.raw["disaster_kind"] == "flood"
    assert set(strict(form, dropped.values | {"disaster_kind": "flood"}).errors) == {"disaster_kind"}


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("1,234.50", 123450),
        ("１２３４", 123400),
        ("¥ 0.5 元", 50),
        ("12。30", 1230),
        ("0", 0),
        ("7.", 700),
        ("￥1,200", 120000),
        ("￥ １，２００元整", 120000),
        ("人民币50元", 5000),
        ("RMB 3.5", 350),
        ("1.2万元", 1200000),
        ("8000.0000", 800000),
        ("\u202d100\u202c", 10000),
        ("\ufeff100\u200b", 10000),
        ("1\u00a0200", 120000),
        ("30块", 3000),
    ],
)
def test_money_is_read_in_yuan_and_kept_in_fen(shipped, typed, fen):
    done = clean(shipped("check_household"), check(**{"income-0-amount": [typed]}), today=TODAY)
    assert done.values["income"][0]["amount"] == fen


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("-5", "forms.money.negative"),
        ("－５", "forms.money.negative"),
        ("负5", "forms.money.negative"),
        ("1.234", "forms.money.decimals"),
        ("1,23", "forms.money.unreadable"),
        ("1e9", "forms.money.unreadable"),
        ("٣", "forms.money.unreadable"),
        ("$5", "forms.money.unreadable"),
        ("＄5元", "forms.money.unreadable"),
        ("999999999999", "forms.money.maximum"),
    ],
)
def test_money_that_cannot_be_is_refused_with_a_sentence(shipped, typed, code):
    done = clean(shipped("check_household"), check(**{"income-0-amount": [typed]}), today=TODAY)
    assert done.errors["income-0-amount"][0] == code and set(done.errors) == {"income-0-amount"}
    assert done.raw["income"][0]["amount"] == typed


@pytest.mark.parametrize("typed", ["2021年9月3日", "2021/9/3", "2021-09-03", "２０２１．９．３", "20210903"])
def test_dates_in_any_usual_spelling(shipped, typed):
    done = clean(shipped("check_household"), check(visited_on=[typed]), today=TODAY)
    assert done.ok and done.values["visited_on"] == "2021-09-03"
    assert happened_on(shipped("check_household"), done.values) == "2021-09-03"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("2021-02-30", "impossible"),
        ("明天", "unreadable"),
        ("2021-09-11", "future"),
        ("3/9/2021", "unreadable"),
    ],
)
def test_dates_that_cannot_be(shipped, typed, code):
    done = clean(shipped("check_household"), check(visited_on=[typed]), today=TODAY)
    assert done.errors["visited_on"][0] == f"forms.date.{code}"


def test_a_member_stands_once_in_the_table(shipped):
    first = {name.replace("-0-", "-4-"): value for name, value in check().items() if name.startswith("members-0-")}
    done = clean(shipped("check_household"), check(**first), today=TODAY)
    assert done.errors == {"members-1-id_number": ("forms.table.duplicate", {"row": 2, "first": 1})}
    assert clean(shipped("check_household"), check(**first, **{"_remove-members-4": ["1"]}), today=TODAY).ok


def test_rows_ask_their_own_conditions_and_empty_rows_do_not_count(shipped):
    form = shipped("check_household")
    done = clean(form, check(**{"members-0-disability_grade": ["grade_3"], "income-1-item": ["", ""]}), today=TODAY)
    assert set(done.errors) == {"members-0-disability_kind"}
    gone = {name: value for name, value in check().items() if not name.startswith("members-")}
    assert clean(form, gone, today=TODAY).errors["members"][0] == "forms.required.table"
    assert clean(form, check(**{"income-9999-item": ["wages_work"]})).errors[""][0] == "forms.unknown_field"


def test_two_checkers_are_named_and_must_be_on_the_list(shipped):
    form = shipped("check_household")
    assert clean(form, check(checkers=["7"])).errors["checkers"][0] == "forms.list.min"
    assert clean(form, check(checkers=["7", "7"])).errors["checkers"][0] == "forms.list.duplicate"
    outsider = clean(form, check(checkers=["7", "55"]), choices=OFFICIALS)
    assert outsider.errors["checkers"][0] == "forms.choice.not_offered"
    assert acting_people(form, clean(form, check(), choices=OFFICIALS).values) == [7, 8]


def test_values_shown_and_sent_again_are_the_same_values(shipped, typed):
    form = shipped("check_household")
    once = clean(form, check(), choices=OFFICIALS, today=TODAY)
    again = clean(form, typed(shown(form.fields, once.values)), choices=OFFICIALS, today=TODAY)
    assert once.ok and again.values == once.values
    assert strict(form, once.values, choices=OFFICIALS, today=TODAY).ok


def test_votes_are_counts_and_each_must_be_given(shipped):
    form = shipped("hold_village_review")
    sent = {
        "held_on": ["2021-09-05"],
        "place": ["村委会"],
        "meeting_form": ["representatives"],
        "chair": ["8"],
        "recorder": ["9"],
        "entitled": ["30"],
        "attended": ["２４"],
        "recusals": ["张四、 李五\n王六"],
        "votes-for": ["18"],
        "votes-against": ["2"],
        "votes-abstained": ["1"],
        "discussion": ["情况属实"],
        "review_result": ["agreed"],
    }
    done = clean(form, sent, today=TODAY)
    assert done.ok and done.values["votes"] == {"for": 18, "against": 2, "abstained": 1}
    assert done.values["recusals"] == ["张四", "李五", "王六"] and done.values["attended"] == 24
    assert process_values(form, done.values) == {"review_result": "agreed"}
    assert acting_people(form, done.values) == [8, 9]
    assert ("记录人", "丙") in told(form, done.values, OFFICIALS)
    bad = clean(form, {**sent, "votes-against": ["-1"], "votes-abstained": [""]}, today=TODAY)
    assert {path: m[0] for path, m in bad.errors.items()} == {
        "votes-against": "forms.number.negative",
        "votes-abstained": "forms.required.text",
    }


def test_what_is_known_need_not_be_sent_and_fills_the_form(shipped):
    form = shipped("register_application")
    known = blank(form, {"household:head_name": "张三", "household:phone": "14000000001", "case:x": 1})
    assert known == {"head_name": "张三", "phone": "14000000001"}
    sent = {name: value for name, value in application().items() if name not in known}
    assert clean(form, sent, known).values["head_name"] == "张三"
    assert clean(form, {**sent, "head_name": [""]}, known).errors["head_name"][0] == "forms.required.text"


def test_known_rows_go_to_their_tables_and_hidden_keys_cannot_be_made_up(shipped):
    form = shipped("check_household")
    members = [{"key": "m1", "name": "张三", "id_number": ID_A, "relation": "head", "illness": "x"}]
    lines = [{"item": "wages_work", "amount": 100, "source": "paper", "entered_by": 7}]
    known = blank(form, {"household:members": members, "household:income": lines})
    assert known["members"] == [{"key": "m1", "name": "张三", "id_number": ID_A, "relation": "head"}]
    assert known["income"] == [{"item": "wages_work", "amount": 100, "source": "paper"}]
    assert clean(form, check(**{"members-0-key": ["m1"]}), known, today=TODAY).ok
    forged = clean(form, check(**{"members-0-key": ["m2"]}), known, today=TODAY)
    assert forged.errors[""] == ("forms.unknown_field", {"name": "members.key"})


def test_values_go_to_their_owners(shipped):
    form = shipped("check_household")
    parts = split(form, clean(form, check(), today=TODAY).values)
    assert set(parts) == {"household", "member", "step"}
    assert [row["item"] for row in parts["household"]["costs"]] == ["cost_crops"]
    assert parts["household"]["water"] == "yes" and parts["member"][0]["labour"] == "lost"


def test_errors_come_in_the_order_of_the_page(shipped):
    form = shipped("register_application")
    wrong = {"situation": [""], "phone": ["1"], "head_name": [""], "x": ["1"], "risks": [""]}
    assert list(clean(form, application(**wrong)).errors) == ["", "head_name", "phone", "risks", "situation"]


def test_programs_are_held_to_the_same_schema(shipped):
    form = shipped("plan_measures")
    row = {
        "risk": "illness",
        "group": "health",
        "measure": "大病救助",
        "lead": "health",
        "planned": "2021-12-01",
    }
    assert strict(form, {"measures": [row]}).ok
    wrong = strict(form, {"measures": [{**row, "lead": "army", "planned": "2021-13-01"}], "extra": 1})
    assert {path: message[0] for path, message in wrong.errors.items()} == {
        "": "forms.unknown_field",
        "measures-0-lead": "forms.choice.unknown",
        "measures-0-planned": "forms.date.impossible",
    }
    assert strict(form, {"measures": "x"}).errors["measures"][0] == "forms.type"
