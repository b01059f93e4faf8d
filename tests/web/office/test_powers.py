"""Powers: what one person alone cannot give, every way around it, codes that open once, and passwords that are refused."""

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app import cli, clock
from app.config import ROOT
from app.crypto import load_keyring
from app.policy.parameters import read_toml
from app.services import audit
from app.services.context import context_of
from app.services.officials import accounts, passwords, posts
from app.services.people import SYSTEM, Refused
from app.store import accounts as account_rows
from app.store import people as people_rows
from app.store.session import open_store
from app.store.tables import assignments, powers
from app.store.tables import clock as clock_table
from app.store.tables import officials as official_rows
from tests.conftest import COUNTY, OTHER_TOWN, TOWN, VILLAGE
from tests.web.conftest import Person, Site
from tests.web.desk.test_sign_in import PASSWORD, give_password, sign_in

ENTRIES = read_toml((ROOT / "bpmn/entries/roles.toml").read_text("utf-8"))
RULES, ROLES = ({e.key: e.value for e in ENTRIES if e.name == name} for name in ("post_rule", "role"))
NEW = "another long phrase"


def hire(site: Site, name: str, role: str, unit: str = COUNTY) -> Person:
    with site.county.store.transaction() as session:
        ident = people_rows.add_official(session, name=name, username=name, password_hash=None, demo=True)
        people_rows.assign(session, ident, role, unit, site.county.now.date())
    site.county.ids[name] = ident
    return site.person(name)


@pytest.fixture
def second(site: Site) -> Person:
    """The county's other administrators: security, and the audit administrator who confirms."""
    hire(site, "security", "security_admin")
    return hire(site, "audit_admin", "audit_admin")


def asked(site: Site) -> Any:
    with site.county.store.reading() as session:
        return session.conn.execute(select(powers).order_by(powers.c.id.desc())).first()


def holds(site: Site, name: str, role: str) -> bool:
    with site.county.store.reading() as session:
        return role in {p.role for p in account_rows.posts_of(session, site.county.ids[name], site.county.now.date())}


def code_on(page: str) -> str:
    found = re.search(r'密码是 <b class="nb">([^<]+)</b>', page)
    assert found, page
    return found[1]


def told(site: Site, name: str) -> str:
    return site.person(name).get("/notifications").text


def test_a_leaders_password_is_reset_only_when_a_second_person_confirms(site: Site, second: Person) -> None:
    give_password(site, "county_leader")
    leader, ident = site.person("county_leader"), site.county.ids["county_leader"]
    page = site.person("admin").post(f"/officials/{ident}/reset")
    assert page.status_code == 302 and "另一位管理员" in site.person("admin").get("/officials").text
    assert sign_in(site.app.test_client(), "county_leader", PASSWORD).status_code == 302  # nothing has changed yet
    power = asked(site).id
    assert "要您确认" in told(site, "audit_admin") and "要您确认" not in told(site, "admin")
    assert site.person("admin").post(f"/powers/{power}", {"act": "allow"}).status_code == 422
    assert leader.post(f"/powers/{power}", {"act": "allow"}).status_code == 404
    assert site.person("outsider_town").post(f"/powers/{power}", {"act": "allow"}).status_code == 404
    assert site.person("auditor").post(f"/powers/{power}", {"act": "allow"}).status_code == 403
    confirmed = second.post(f"/powers/{power}", {"act": "allow"})
    code = code_on(confirmed.text)
    assert code not in second.get("/powers").text
    assert leader.get("/").location.startswith("/login")  # every session of the person is over
    assert sign_in(site.app.test_client(), "county_leader", PASSWORD).status_code == 401
    assert sign_in(site.app.test_client(), "county_leader", code).status_code == 302
    for name in ("admin", "security", "auditor"):
        assert "请看是不是该有的" in told(site, name), name
    assert '<span class="n">' not in site.person("auditor").get("/powers").text  # read: an auditor posts nothing
    with site.county.store.reading() as session:
        assert audit.verify(session).findings == []
    assert second.post(f"/powers/{power}", {"act": "allow"}).status_code == 422  # once


def test_the_person_hears_of_a_reset(site: Site, second: Person) -> None:
    for name in ("town_leader", "village_1"):  # a guarded one and another
        give_password(site, name)
        page = site.person("admin").post(f"/officials/{site.county.ids[name]}/reset")
        if name == "town_leader":
            page = second.post(f"/powers/{asked(site).id}", {"act": "allow"})
        client = site.app.test_client()
        sign_in(client, name, code_on(page.text))
        with site.county.store.reading() as session:
            count = account_rows.signed_in(session, accounts.token_hash(client.get_cookie("sw_session").value))[0].told  # type: ignore[union-attr]
        assert count == 1, name


def test_a_guarded_post_waits_for_a_second_person(site: Site, second: Person) -> None:
    """Which one is guarded is data; another one is there at once."""
    unit = {"village": VILLAGE, "town": TOWN, "county": COUNTY, "department": "440229-civil"}
    security = site.person("security")
    for role, rule in RULES.items():
        with site.county.store.transaction() as session:
            ident = people_rows.add_official(
                session, name=f"new {role}", username=f"new_{role}", password_hash=None, demo=True
            )
        site.county.ids[f"new_{role}"] = ident
        sent = {"role": role, "unit": unit[ROLES[role]["levels"][0]]}
        assert security.post(f"/officials/{ident}/posts", sent).status_code == 302
        assert holds(site, f"new_{role}", role) is not rule["guarded"], role
        if rule["guarded"]:
            assert "已经在等" in security.post(f"/officials/{ident}/posts", sent).text
            assert security.post(f"/powers/{asked(site).id}", {"act": "allow"}).status_code == 422
            assert second.post(f"/powers/{asked(site).id}", {"act": "allow"}).status_code == 302
            assert holds(site, f"new_{role}", role)
    assert sum(rule["guarded"] for rule in RULES.values()) == told(site, "auditor").count("请看是不是该有的")


def test_leaders_administrators_and_auditors_are_guarded_in_the_shipped_data() -> None:
    for role in (
        "town_leader",
        "county_leader",
        "civil_leader",
        "leading_group",
        "auditor",
        "system_admin",
        "security_admin",
        "audit_admin",
        "process_approver",
    ):
        assert RULES[role]["guarded"], role
    assert set(ROLES) == set(RULES)


def test_nobody_gives_a_post_to_oneself_nor_confirms_what_is_given_to_oneself(site: Site, second: Person) -> None:
    security, own = site.person("security"), site.county.ids["security"]
    assert security.post(f"/officials/{own}/posts", {"role": "village_officer", "unit": VILLAGE}).status_code == 422
    admin = hire(site, "admin_2", "system_admin")
    site.person("admin").post(f"/officials/{site.county.ids['admin_2']}/reset")
    refused = admin.post(f"/powers/{asked(site).id}", {"act": "allow"})
    assert refused.status_code == 422 and "当事人都不能自己确认" in refused.text


def test_an_account_made_by_the_same_administrator_confirms_nothing_before_its_owner_took_it(
    site: Site, second: Person
) -> None:
    """A second account in the first one's hand is no second person."""
    admin = site.person("admin")
    code = code_on(admin.post("/officials", {"name": "演示傀儡", "username": "puppet"}).text)
    with site.county.store.transaction() as session:
        puppet = people_rows.by_username(session, "puppet").id  # type: ignore[union-attr]
        people_rows.assign(session, puppet, "system_admin", COUNTY, site.county.now.date())
    site.county.ids["puppet"] = puppet
    admin.post(f"/officials/{site.county.ids['county_leader']}/reset")
    power = asked(site).id
    client = site.app.test_client()
    sign_in(client, "puppet", code)
    assert client.get("/powers").location == "/password"
    with site.county.store.transaction() as session, pytest.raises(Refused, match="own_password_first"):
        posts.decide(context_of(session, site.county.actor("puppet"), site.county.now), power, "allow", "x")
    with site.county.store.transaction() as session:  # nor does who knows the code give the puppet a guarded post
        people_rows.end_assignments(session, puppet, site.county.now.date())
    site.person("security").post(f"/officials/{puppet}/posts", {"role": "county_leader", "unit": COUNTY})
    refused = admin.post(f"/powers/{asked(site).id}", {"act": "allow"})
    assert refused.status_code == 422 and "密码是您发的" in refused.text and not holds(site, "puppet", "county_leader")


def test_where_nobody_could_confirm_nothing_is_asked(site: Site) -> None:
    refused = site.person("admin").post(f"/officials/{site.county.ids['auditor']}/reset")
    assert refused.status_code == 422 and "没有能确认的人" in refused.text and asked(site) is None


def test_ending_a_leaders_post_first_or_disabling_opens_no_way_around(site: Site, second: Person) -> None:
    leader = site.county.ids["county_leader"]
    admin, security = site.person("admin"), site.person("security")
    assert admin.post(f"/officials/{leader}/disable").status_code == 302
    assert admin.post(f"/officials/{leader}/enable").status_code == 302
    with site.county.store.reading() as session:
        assert people_rows.official(session, leader).active is False  # type: ignore[union-attr]
    assert admin.post(f"/officials/{leader}/reset").status_code == 302 and asked(site).deed == "reset"  # a disabled one too
    with site.county.store.reading() as session:
        enable = session.conn.execute(select(powers.c.id).where(powers.c.deed == "enable")).scalar_one()
    assert second.post(f"/powers/{enable}", {"act": "allow"}).status_code == 302
    with site.county.store.reading() as session:
        assert people_rows.official(session, leader).active is True  # type: ignore[union-attr]
        post = session.conn.execute(select(assignments.c.id).where(assignments.c.official == leader)).scalar_one()
    assert security.post(f"/posts/{post}/end").status_code == 302
    assert security.post(f"/officials/{leader}/posts", {"role": "county_leader", "unit": COUNTY}).status_code == 302
    assert not holds(site, "county_leader", "county_leader")
    assert security.post(f"/officials/{leader}/posts", {"role": "town_leader", "unit": OTHER_TOWN}).status_code == 302
    assert not holds(site, "county_leader", "town_leader")  # another unit is another post


def test_a_question_is_taken_back_refused_or_runs_out(site: Site, second: Person) -> None:
    admin, leader = site.person("admin"), site.county.ids["county_leader"]
    admin.post(f"/officials/{leader}/reset")
    assert admin.post(f"/powers/{asked(site).id}", {"act": "refuse"}).status_code == 302
    admin.post(f"/officials/{leader}/reset")
    assert second.post(f"/powers/{asked(site).id}", {"act": "?"}).status_code == 422
    assert second.post(f"/powers/{asked(site).id}", {"act": "refuse"}).status_code == 302
    assert "没有同意您的申请" in told(site, "admin")
    admin.post(f"/officials/{leader}/reset")
    site.pass_days(8)
    refused = second.post(f"/powers/{asked(site).id}", {"act": "allow"})
    assert refused.status_code == 422 and "已经过期" in refused.text
    assert admin.post(f"/officials/{leader}/reset").status_code == 302  # and can be asked anew
    with site.county.store.transaction() as session:
        people_rows.change_official(session, site.county.ids["admin"], active=False)
    gone = second.post(f"/powers/{asked(site).id}", {"act": "allow"})
    assert gone.status_code == 422 and "已经不在岗" in gone.text


def test_who_may_read_what_needed_two(site: Site, second: Person) -> None:
    site.person("security").post(f"/officials/{site.county.ids['village_1']}/posts", {"role": "auditor", "unit": COUNTY})
    site.person("admin").post(f"/officials/{site.county.ids['county_leader']}/reset")
    for name in ("admin", "security", "auditor"):
        assert "county_leader" in site.person(name).get("/powers").text, name
    for name in ("county_leader", "designer", "outsider_town"):
        assert site.person(name).get("/powers").status_code == 404, name


# --- codes ---------------------------------------------------------------------------------------------------


def test_a_code_opens_one_session_and_no_more(both_sites: Site) -> None:
    site = both_sites
    give_password(site, "village_1")
    code = code_on(site.person("admin").post(f"/officials/{site.county.ids['village_1']}/reset").text)
    client = site.app.test_client()
    assert sign_in(client, "village_1", code).status_code == 302 and client.get("/").location == "/password"
    again = sign_in(site.app.test_client(), "village_1", code)
    assert again.status_code == 401 and "已经用过" in again.text
    page = client.get("/password").text
    token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
    assert token and "只能用一次" in page
    kept = client.post("/password", data={"csrf_token": token[1], "current": code, "new": code, "again": code})
    assert kept.status_code == 422 and "不能和现在的一样" in kept.text
    done = client.post("/password", data={"csrf_token": token[1], "current": code, "new": NEW, "again": NEW})
    assert done.status_code == 302 and client.get("/").status_code == 200
    assert sign_in(site.app.test_client(), "village_1", code).status_code == 401
    assert sign_in(site.app.test_client(), "village_1", NEW).status_code == 302


def test_a_page_with_a_code_that_is_loaded_anew_resets_nothing(site: Site) -> None:
    admin, path = site.person("admin"), f"/officials/{site.county.ids['village_1']}/reset"
    first = admin.post(path, command="c" * 32)
    assert code_on(first.text)
    again = admin.post(path, command="c" * 32)
    assert "已经重设" in again.text and "第一次的密码" not in again.text
    assert sign_in(site.app.test_client(), "village_1", code_on(first.text)).status_code == 302
    command = re.search(r'/reset">.*?name="_command" value="(\w+)"', admin.get("/officials").text)
    assert command and code_on(admin.post(path, command=command[1]).text) != code_on(first.text)


def test_a_code_that_nobody_used_runs_out(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    code = code_on(site.person("admin").post("/officials", {"name": "演示新人", "username": "newcomer"}).text)
    later = clock.now() + accounts.CODE_LASTS + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda offset=timedelta(): later + offset)
    late = sign_in(site.app.test_client(), "newcomer", code)
    assert late.status_code == 401 and "已经过期" in late.text


# --- passwords -----------------------------------------------------------------------------------------------

KNOWN = ["cungan1", "王小明", "翁源县", "龙仙镇", "wang@example.cn"]


@pytest.mark.parametrize(
    "weak",
    [
        "1234567890",
        "password123!",
        "qwertyuiop12",
        "1qaz2wsx3edc",
        "asdfghjkl;123",
        "lkjhgfdsa098",
        "aaaaabbbbb",
        "iloveyou1314",
        "woaini1314520",
        "a123456789",
        "Abc12345678",
        "fupin202111",
        "cungan1-xk29",
        "王小明是个好人啊哈哈",
        "WangXiaoMing@88",
        "xiaoming@8899kk",
        "wengyuan2021xk",
        "Weng-Yuan_#77q",
        "翁源县人民都很好很好",
        "longxian-kq27",
        "13800138000abc",
        "１３８００１３８０００ｘ",
        "999999199001011234",
        "zx19900101qw",
        "0751-2345678a",
        "7391846205",
        "yanshi-2021",
        "Yanshi2021!!",
        "Summer2022!!",
        "Beijing@2022",
        "P@ssw0rd!@#2022",
        "2022#Dragon#",
        "Huawei@123456",
    ],
)
def test_what_everybody_could_guess_is_no_password(weak: str) -> None:
    assert passwords.problem(weak, KNOWN) is not None


@pytest.mark.parametrize("good", ["another long phrase", "kj38-fhe2-92jf", "村口老榕树下第三块石头", "kpQxzv-Rm73"])
def test_what_only_the_owner_knows_is_one(good: str) -> None:
    assert passwords.problem(good, KNOWN) is None


def test_the_page_refuses_what_is_known_of_the_official(site: Site) -> None:
    give_password(site, "village_1")
    person = site.person("village_1")
    for weak, said in (
        ("lingtou#7pkq", "不能用账号、姓名和地名"),
        ("wengyuan#7pkq", "地名"),
        (accounts.DEMO_PASSWORD, "太常见"),
    ):
        refused = person.post("/password", {"current": PASSWORD, "new": weak, "again": weak})
        assert refused.status_code == 422 and said in refused.text, weak


def test_the_published_password_opens_nothing_outside_the_demo(site: Site) -> None:
    give_password(site, "village_1")
    with site.county.store.transaction() as session:
        hashed = accounts.hash_password(accounts.DEMO_PASSWORD)
        people_rows.change_official(session, site.county.ids["village_1"], password_hash=hashed)
    assert sign_in(site.app.test_client(), "village_1", accounts.DEMO_PASSWORD).status_code == 302
    with site.county.store.transaction() as session:
        session.conn.execute(delete(clock_table))
    refused = sign_in(site.app.test_client(), "village_1", accounts.DEMO_PASSWORD)
    assert refused.status_code == 401 and "公开的演示密码" in refused.text
    assert site.app.test_client().get("/start").status_code == 404  # no door either
    with site.county.store.transaction() as session, pytest.raises(Refused, match="password_guessed"):
        posts.create(
            context_of(session, SYSTEM, site.county.now),
            name="新人",
            username="newcomer",
            password=accounts.DEMO_PASSWORD,
            posts=[],
        )


# --- the command line ----------------------------------------------------------------------------------------


def test_the_command_line_makes_the_first_administrators_and_no_leader_alone(
    sqlite_template: tuple[Path, dict[str, int]],
    key_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SHOUWANG_VAR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    shutil.copy(sqlite_template[0], tmp_path / "shouwang.db")
    shutil.copy(key_file, tmp_path / "keys.json")
    for role in ("security_admin", "audit_admin"):
        assert cli.main(["create-official", role, "演示管理", role, COUNTY]) == 0
    first = capsys.readouterr().out
    assert "一次性密码" in first and "还没有生效" not in first
    # the new ones have no password of their own yet, and the old one has left: nobody could confirm
    store = open_store(f"sqlite:///{tmp_path / 'shouwang.db'}", load_keyring(tmp_path / "keys.json", "intl"))
    with store.transaction() as session:
        people_rows.change_official(session, sqlite_template[1]["admin"], active=False)
    assert cli.main(["create-official", "xianfuze9", "演示", "county_leader", COUNTY]) == 2
    assert "没有能确认的人" in capsys.readouterr().err
    with store.transaction() as session:
        assert people_rows.by_username(session, "xianfuze9") is None
        session.conn.execute(update(official_rows).values(must_change=False))
    assert cli.main(["create-official", "xianfuze9", "演示", "county_leader", COUNTY]) == 0
    assert "还没有生效" in capsys.readouterr().out
    assert cli.main(["create-official", "cungan9", "演示", "village_officer", VILLAGE]) == 0
    assert "还没有生效" not in capsys.readouterr().out
    with store.reading() as session:
        leader = people_rows.by_username(session, "xianfuze9")
        assert leader is not None and not account_rows.posts_of(session, leader.id, clock.now().date())
        assert session.conn.execute(select(powers.c.asked_by, powers.c.role)).one() == (None, "county_leader")
    store.engine.dispose()
