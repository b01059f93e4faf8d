"""When things break: every command with every wrong value, a key file that is gone or wrong, a damaged database. Each ends in
sentences and never in a traceback."""

import argparse
import errno
import json
import os
import random
import resource
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError

from app import cli, crypto
from app.config import ROOT
from app.labels import say
from app.services import audit
from app.services.clues import submissions
from app.store import bulk, faults, record, tables
from app.store import time as clock
from app.store.session import open_store
from app.web.office import ops
from tests.conftest import START, County
from tests.walking import Walk


@pytest.fixture
def var(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_template: tuple[Path, dict[str, int]], key_file: Path
) -> Path:
    """A deployed county with one secret in it, and its key file."""
    folder = tmp_path / "var"
    folder.mkdir()
    shutil.copy(sqlite_template[0], folder / "shouwang.db")
    shutil.copy(key_file, folder / "keys.json")
    monkeypatch.setenv("SHOUWANG_VAR", str(folder))
    for name in ("DATABASE_URL", "SHOUWANG_KEYS", "SHOUWANG_SUITE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    store = open_store(f"sqlite:///{folder / 'shouwang.db'}", crypto.load_keyring(folder / "keys.json", "intl"))
    with store.transaction() as session:
        record.new_data_key(session, "household:1")
    store.engine.dispose()
    return folder


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """(exit code, what was printed, what was complained); nothing is served and nothing ticks."""
    monkeypatch.setattr("app.web.server.run", lambda settings: None)
    monkeypatch.setattr("app.web.server.run_public", lambda settings, content: None)
    monkeypatch.setattr("app.scheduler.start", _no_ticks)

    def told(*args: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = cli.main(args)
        except SystemExit as end:  # --help
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return told


class _no_ticks:
    def __init__(self, *_: object) -> None:
        raise KeyboardInterrupt


def refused(told: tuple[int, str, str]) -> str:
    code, out, err = told
    assert (code, out) == (2, ""), told
    assert len(err.strip().splitlines()) == 1 and err.strip()[-1] in "。）", err
    assert "Traceback" not in err and "程序在这里出错了" not in err, err
    return err


COMMANDS = {
    "check": [str(ROOT / "bpmn/watch_clue.bpmn")],
    "types": [],
    "deploy": ["--approver", "乙", "--author", "甲", "--root", "nowhere"],
    "export-definition": ["watch_clue", "out"],
    "verify": [],
    "seal": ["--day", "2021-09-01"],
    "keys": ["rotate"],
    "erase-household": ["7", "--basis", "申请", "--by", "甲", "--approved-by", "乙"],
    "privacy-report": ["report.md"],
    "import-households": ["register.csv", "--data-on", "2021-09-01"],
    "create-official": ["someone", "某人", "village_officer", "440229100201"],
    "demo": ["--advance", "1"],
    "serve": [],
    "rescreen": ["--month", "2021-09"],
    "public-file": ["public.json"],
    "public-role": ["public_pages"],
    "scheduler": [],
}
READS_NO_DATABASE = ("check", "types")


def subcommands() -> dict[str, argparse.ArgumentParser]:
    group = next(a for a in cli.parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(group.choices)


def test_every_command_is_walked_and_help_names_each_with_what_it_does(run: Run) -> None:
    assert subcommands().keys() == COMMANDS.keys()
    code, out, _ = run("--help")
    assert code == 0
    for name in COMMANDS:
        told = say(f"cli.help.{name}")
        assert f" {name}" in out and told in out and not told.startswith("cli.")
        assert run(name, "--help")[0] == 0
    assert "--help" in refused(run())
    assert "rescreeen" in refused(run("rescreeen"))


WRONG = (
    "",
    " ",
    "nonsense",
    "没有这个",
    "-1",
    "0",
    "1.5",
    "1e9",
    "99999999999999999999",
    "٣",
    "2099-01-01",
    "2099-01",
    "1800-01-01",
    "1800-01",
    "2021-02-30",
    "2021-13",
    "2021-9",
    "20210901",
    "2021-W35-3",
    "nowhere/x/y",
    "a_folder",
    "binary.bin",
    "empty",
    "x" * 300,
    "../../../etc",
    "--",
    "--nonsense",
)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_value_of_any_command_ends_in_anything_but_sentences(
    var: Path, tmp_path: Path, name: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a_folder").mkdir()
    Path("binary.bin").write_bytes(bytes(range(256)) * 20)
    Path("empty").touch()
    Path("register.csv").write_text("x\n")
    monkeypatch.setattr("app.services.officials.accounts.hash_password", lambda password: "$")
    monkeypatch.setattr("os.fsync", lambda file: None)
    base, sub = COMMANDS[name], subcommands()[name]
    ways = [[name, *base[:n]] for n in range(len(base))]
    for n in range(len(base)):
        ways += [[name, *base[:n], wrong, *base[n + 1 :]] for wrong in WRONG]
    flags = [a.option_strings[0] for a in sub._actions if a.option_strings and a.dest != "help"]
    for flag in flags:
        takes = next(a for a in sub._actions if flag in a.option_strings).nargs != 0
        if flag not in base and name != "demo":
            ways += [[name, *base, flag, *([wrong] if takes else [])] for wrong in (WRONG if takes else WRONG[:1])]
    ways += [[name, *base, "surplus", "nonsense"]]
    taken: dict[int, int] = {}
    for way in ways:
        place = next((n for n, word in enumerate(way[1:]) if word not in base), len(way))
        if taken.get(place, 0) > 2:  # any word will do here
            continue
        told = run(*way)
        if told[0] == 2:
            refused(told)
        else:
            assert told[0] in (0, 1) and "Traceback" not in told[2], (way, told)
            taken[place] = taken.get(place, 0) + 1


@pytest.mark.parametrize("value", ["0", "-5", "viele", "100001", ""])
@pytest.mark.parametrize("flag", ["--households", "--register", "--seed", "--advance"])
def test_a_demo_of_an_impossible_size_is_refused(run: Run, tmp_path: Path, flag: str, value: str) -> None:
    if (flag, value) in {
        ("--register", "0"),
        ("--seed", "0"),
        ("--advance", "0"),
        ("--register", "100001"),
        ("--seed", "100001"),
        ("--advance", "-5"),
    }:
        return
    refused(run("demo", flag, value))


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("rescreen", "--month", "2099-01"), "还没有到"),
        (("rescreen", "--month", "2001-01"), "不能早于 2014 年"),
        (("rescreen", "--month", "1990-01"), "不能早于 2014 年"),
        (("rescreen", "--month", "2021"), "2021-09 这样"),
        (("import-households", "r.csv", "--data-on", "2099-01-01"), "还没有到"),
        (("import-households", "r.csv", "--data-on", "1800-01-01"), "太早"),
        (("import-households", "nowhere.csv", "--data-on", "2021-01-01"), "nowhere.csv"),
        (("import-households", "r.csv", "--data-on", "2021-01-01", "--errors", "no/such/folder.csv"), "folder.csv"),
        (("seal", "--day", "2099-01-01"), "还没有到"),
        (("export-definition", "watch_clue", "r.csv"), "r.csv"),
        (("public-file", "nowhere/public.json"), "public.json"),
        (("deploy", "--approver", "乙", "--author", "甲", "--root", "nowhere"), "nowhere"),
        (("serve", "--public", "nowhere"), "SQLite"),
        (("verify", "--case", "0"), "0"),
    ],
)
def test_what_is_wrong_is_named(var: Path, run: Run, args: tuple[str, ...], says: str) -> None:
    Path("r.csv").write_text("户编号\n")
    assert says in refused(run(*args))


# --- the key file -----------------------------------------------------------------------------------------------------


def _gone(path: Path) -> None:
    path.unlink()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _changed(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    stored = json.loads(path.read_text())
    change(stored)
    path.write_text(json.dumps(stored))


def _another(path: Path) -> None:
    path.unlink()
    crypto.load_keyring(path, "intl")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def _other_box(path: Path) -> None:
    """Put together from two files: its masters are right."""
    other = path.with_name("other.json")
    crypto.load_keyring(other, "intl")
    _changed(path, lambda s: s.update(box=json.loads(other.read_text())["box"]))


KEY_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "gone": (_gone, "不见了"),
    "a link to nothing": (_link_to_nothing, "不见了"),
    "another county's": (_another, "不是这个数据库的"),
    "empty": (lambda p: p.write_bytes(b""), "坏了"),
    "truncated": (_cut, "坏了"),
    "not JSON": (lambda p: p.write_text("keys"), "坏了"),
    "a list": (lambda p: p.write_text("[]"), "坏了"),
    "bytes": (lambda p: p.write_bytes(bytes(range(128, 256))), "坏了"),
    "without masters": (lambda p: _changed(p, lambda s: s.pop("masters")), "坏了"),
    "without the current one": (lambda p: _changed(p, lambda s: s.update(current="k9")), "坏了"),
    "short key": (lambda p: _changed(p, lambda s: s.update(index="AAAA")), "坏了"),
    "no base64": (lambda p: _changed(p, lambda s: s.update(masters={"k1": "!!!"})), "坏了"),
    "another's box": (_other_box, "坏了"),
    "without a box": (lambda p: _changed(p, lambda s: s.pop("box")), "坏了"),
    "world-readable": (lambda p: p.chmod(0o644), "chmod 600"),
    "world-writable": (lambda p: p.chmod(0o602), "chmod 600"),
    "a folder": (_folder, "不是一个文件"),
}


@pytest.mark.parametrize("kind", KEY_FILES)
def test_a_key_file_that_is_gone_or_wrong_is_named_and_never_replaced(var: Path, run: Run, kind: str) -> None:
    keys = var / "keys.json"
    spoil, says = KEY_FILES[kind]
    spoil(keys)
    before = _fingerprint(keys)
    told = refused(run("verify"))
    assert says in told and "keys.json" in told
    assert _fingerprint(keys) == before and "核对" not in told


def _fingerprint(path: Path) -> object:
    if not path.is_file():
        return os.path.lexists(path), path.is_dir()
    return path.read_bytes(), path.stat().st_mode


@pytest.mark.parametrize("name", [n for n in COMMANDS if n not in READS_NO_DATABASE])
def test_every_command_refuses_without_its_key_file(var: Path, run: Run, name: str) -> None:
    Path("register.csv").write_text("x\n")
    (var / "keys.json").unlink()
    args = ["--root", str(ROOT), "--approver", "乙", "--author", "甲"] if name == "deploy" else COMMANDS[name]
    assert "不见了" in refused(run(name, *args))
    assert not list(var.glob("keys*"))


def test_a_demo_is_not_begun_without_the_key_file(var: Path, run: Run) -> None:
    (var / "keys.json").unlink()
    assert "不见了" in refused(run("demo", "--households", "1", "--if-empty"))


@pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
def test_a_key_file_that_may_not_be_read_is_named(var: Path, run: Run) -> None:
    (var / "keys.json").chmod(0)
    assert "读不了" in refused(run("verify"))


def test_an_older_copy_of_the_key_file_is_told_as_one(var: Path, run: Run) -> None:
    old = (var / "keys.json").read_bytes()
    assert run("keys", "rotate")[0] == 0
    (var / "keys.json").write_bytes(old)
    assert "旧文件" in refused(run("verify"))
    assert "旧文件" in refused(run("serve"))


def test_a_new_county_gets_a_key_file_that_only_its_owner_reads(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOUWANG_VAR", str(tmp_path / "new"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert "deploy" in refused(run("verify")) and not (tmp_path / "new").exists()
    assert run("deploy", "--author", "甲", "--approver", "乙")[0] == 0
    assert stat.S_IMODE((tmp_path / "new/keys.json").stat().st_mode) == 0o600
    (tmp_path / "new/keys.json").unlink()  # nothing was encrypted yet
    assert "deploy" in refused(run("serve"))
    assert run("deploy", "--author", "甲", "--approver", "乙")[0] == 0 and run("verify")[0] == 0


def test_a_key_file_from_before_the_public_pages_gets_what_they_need(var: Path, run: Run) -> None:
    keys = var / "keys.json"
    _changed(keys, lambda s: (s.pop("box"), s.pop("check")))
    assert run("verify")[0] == 0 and "box" not in json.loads(keys.read_text())
    assert run("serve")[0] == 0 and "box" in json.loads(keys.read_text())


def test_what_a_household_sent_waits_for_the_right_key(sqlite_county: County, tmp_path: Path) -> None:
    """A key file that is not this county's never opens the door to the tick: nothing is set aside as unreadable."""
    store = sqlite_county.store
    with store.transaction() as session:
        record.new_data_key(session, "household:1")
        page = submissions.page_of(submissions.public_file(session, START))
        sealed = crypto.seal_for(page.public_key, b"{}", submissions.SEALED_FOR)
        submissions.rows.add(
            session, code=b"c" * 16, sealed=sealed, source=b"s" * 16, puzzle=b"p" * 16, now=START, limits=(9, 9)
        )
    own, store.keyring = store.keyring, crypto.load_keyring(tmp_path / "another.json", "intl")
    submissions.take_up(store, START)
    with store.reading() as session:
        waiting = submissions.rows.new(session, 9)
    assert [bytes(row.sealed) for row in waiting] == [sealed]
    assert crypto.open_sealed(own.box, sealed, submissions.SEALED_FOR) == b"{}"


# --- a damaged database ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def record_of_a_case(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: tuple[Path, dict[str, int]], key_file: Path
) -> Path:
    """A sealed record of two cases under way, made once."""
    path = tmp_path_factory.mktemp("record") / "shouwang.db"
    shutil.copy(sqlite_template[0], path)
    store = open_store(f"sqlite:///{path}", crypto.load_keyring(key_file, "intl"))
    county = County(store, dict(sqlite_template[1]))
    Walk(county).open().to("verify_in_town")
    Walk(county, 2).open()
    with store.transaction() as session:
        audit.seal(session, date(2021, 9, 1), START)
    store.engine.dispose()
    with sqlite3.connect(path) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
    return path


@pytest.fixture
def damaged(record_of_a_case: Path, var: Path) -> Path:
    """A copy to be damaged, in the place where commands look."""
    for beside in var.glob("shouwang.db*"):
        beside.unlink()
    shutil.copy(record_of_a_case, var / "shouwang.db")
    return var / "shouwang.db"


def verified(told: tuple[int, str, str]) -> str:
    """Findings or a refusal, in sentences; never silence."""
    code, out, err = told
    assert code in (0, 1, 2) and "Traceback" not in out + err and "程序在这里出错了" not in err, told
    if code == 2:
        return refused(told)
    lines = out.strip().splitlines()
    assert lines and lines[-1].startswith("核对 ") and err == ""
    assert (len(lines) > 1) == (code == 1)
    return out


def test_the_undamaged_record_verifies(damaged: Path, run: Run) -> None:
    assert run("verify")[0] == 0


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda p: p.unlink(), "没有这个数据库文件"),
    "empty": (lambda p: p.write_bytes(b""), "还没有准备好"),
    "a text": (lambda p: p.write_text("这是一封信\n" * 900), "不是数据库文件"),
    "a picture": (lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(9000)), "不是数据库文件"),
    "zeros": (lambda p: p.write_bytes(bytes(8192)), "不是数据库文件"),
    "a folder": (lambda p: (p.unlink(), p.mkdir()), "不是数据库文件"),
    "only a header": (lambda p: p.write_bytes(p.read_bytes()[:100]), "数据库"),
    "half": (lambda p: p.write_bytes(p.read_bytes()[: p.stat().st_size // 2]), "坏了"),
    "the last page gone": (lambda p: p.write_bytes(p.read_bytes()[:-4096]), "坏了"),
    "another program's": (lambda p: (p.unlink(), _sql(p, "CREATE TABLE notes (words)")), "别的程序"),
    "an older schema": (lambda p: _sql(p, "UPDATE alembic_version SET version_num = '0001'"), "旧版"),
    "a later program's": (lambda p: _sql(p, "UPDATE alembic_version SET version_num = '9999'"), "更新版本"),
}


def _sql(path: Path, *statements: str) -> None:
    conn = sqlite3.connect(path, isolation_level=None)
    for name in ("events", "seals", "files", "deployments", "deployment_files", "entries", "readings"):
        for verb in ("update", "delete"):
            conn.execute(f"DROP TRIGGER IF EXISTS {name}_no_{verb}")
    for statement in statements:
        conn.execute(statement)
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_no_good_database_is_told_for_what_it_is(damaged: Path, run: Run, kind: str) -> None:
    spoil, says = FILES[kind]
    spoil(damaged)
    assert says in refused(run("verify"))
    for command in ("serve", "seal", "rescreen"):
        if kind not in ("half", "the last page gone"):
            assert says in refused(run(command, *COMMANDS[command]))


ROWS = {
    "UPDATE events SET body = x'ff00' WHERE number = 2": "正文读不出来",
    "UPDATE events SET body = x'5b5d' WHERE number = 2": "正文读不出来",
    "UPDATE events SET body = '7' WHERE number = 2": "正文读不出来",
    "UPDATE events SET secret = x'0102' WHERE number = 2": "被改过",
    "UPDATE events SET hash = 'x' WHERE number = 2": "读不出来",
    "UPDATE events SET at = 'gestern' WHERE number = 2": "读不出来",
    "UPDATE events SET at = 9e18 WHERE number = 2": "读不出来",
    "UPDATE events SET kind = CAST(x'ff' AS TEXT) WHERE number = 2": "读不出来",
    "UPDATE streams SET name = 'case:abc' WHERE name = 'case:1'": "case:abc",
    "UPDATE streams SET name = CAST(x'ff' AS TEXT) WHERE name = 'case:1'": "读不出来",
    "UPDATE streams SET number = 'viele' WHERE name = 'case:1'": "case:1",
    "DELETE FROM streams WHERE name = 'case:1'": "失去了所属",
    "UPDATE process_instances SET state = x'00ff'": "不一致",
    "UPDATE process_instances SET state = 'x' WHERE state IS NOT NULL": "case:1",
    "DELETE FROM process_instances": "不见了",
    "DELETE FROM tasks": "待办",
    "DELETE FROM data_keys": "解不开",
    "UPDATE data_keys SET wrapped = x'00' WHERE id = (SELECT max(id) FROM data_keys)": "解不开",
    "UPDATE data_keys SET suite = 'rot13' WHERE id = (SELECT max(id) FROM data_keys)": "解不开",
    "UPDATE data_keys SET master = 'kx' WHERE id = (SELECT max(id) FROM data_keys)": "读不出来",
    "UPDATE seals SET content = 'x'": "seals",
    "UPDATE seals SET content = x'7b7d'": "校验码被改过",
    "UPDATE seals SET suite = 'rot13'": "seals",
    "UPDATE timers SET due = 'morgen'": "读不出来",
    "UPDATE cases SET status = NULL": "NOT NULL",
    "UPDATE households SET status = 'nonsense' WHERE id = 1": "household:1",
    "DELETE FROM files": "deployment:identify",
    "DELETE FROM deployment_files": "deployment:identify",
    "DELETE FROM deployments": "deployment:identify",
    "UPDATE files SET bytes = x'00'": "被改过或读不出来",
    "UPDATE files SET bytes = CAST(bytes || ' ' AS BLOB) WHERE hash = (SELECT max(hash) FROM files)": "被改过或读不出来",
    "UPDATE household_versions SET secret = zeroblob(length(secret)) WHERE household = 1": "household:1：加密保存的农户资料坏了",
    "UPDATE household_versions SET secret = (SELECT secret FROM household_versions WHERE household = 2)": "household:1：加密保存的农户资料",
    "UPDATE papers SET secret = 'x' WHERE case_id = 1": "case:1：加密保存的签名页或材料坏了",
    "UPDATE snapshots SET secret = x'00'": "加密保存的认定依据坏了",
    "DROP TABLE timers": "timers：数据库里缺少这张表",
    "DROP TABLE readings": "readings：数据库里缺少这张表",
    "DROP TABLE events": "events：数据库里缺少这张表",
    "DROP TABLE streams": "streams：数据库里缺少这张表",
    "DROP TABLE deployments": "deployments：数据库里缺少这张表",
    "DROP TABLE alembic_version": "别的程序",
    "ALTER TABLE cases RENAME COLUMN outcome TO result": "读不出来",
}


@pytest.mark.parametrize("statement", ROWS)
def test_verify_names_what_it_cannot_read_and_goes_on(damaged: Path, run: Run, statement: str) -> None:
    try:
        _sql(damaged, "PRAGMA foreign_keys = OFF", statement)
    except sqlite3.IntegrityError:
        assert ROWS[statement] == "NOT NULL"
        return
    told = run("verify")
    assert told[0] in (1, 2)
    assert ROWS[statement] in verified(told)


def spoiled(whole: bytes, seed: int) -> bytes:
    """Bits flipped anywhere, pages zeroed or exchanged, the end cut off."""
    dice, data = random.Random(seed), bytearray(whole)
    pages = len(data) // 4096
    match seed % 4:
        case 0 | 1:
            for _ in range(dice.choice([1, 10, 100])):
                data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        case 2:
            at, other = dice.randrange(1, pages) * 4096, dice.randrange(1, pages) * 4096
            data[at : at + 4096] = dice.choice([bytes(4096), dice.randbytes(4096), data[other : other + 4096]])
        case 3:
            del data[dice.randrange(len(data)) :]
    return bytes(data)


def _fuzz(damaged: Path, run: Run, seeds: range) -> None:
    whole = damaged.read_bytes()
    for seed in seeds:
        for beside in damaged.parent.glob("shouwang.db*"):
            beside.unlink()
        damaged.write_bytes(spoiled(whole, seed))
        try:
            verified(run("verify"))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error


def test_verify_of_a_randomly_damaged_file_ends_in_sentences(damaged: Path, run: Run) -> None:
    _fuzz(damaged, run, range(12))


@pytest.mark.soak
def test_verify_of_many_randomly_damaged_files_ends_in_sentences(damaged: Path, run: Run) -> None:
    _fuzz(damaged, run, range(12, 800))


@pytest.mark.parametrize("journal", [False, True])
def test_a_read_only_copy_verifies_and_nothing_is_written_beside_it(
    damaged: Path, run: Run, monkeypatch: pytest.MonkeyPatch, journal: bool
) -> None:
    """With a journal beside it too: what stands there belongs to the record. Root may write anywhere, so that it is read as
    somebody who may not."""
    with tempfile.TemporaryDirectory(prefix="shouwang-copy-") as folder:
        copy = Path(folder)
        if journal:
            _sql(damaged, "UPDATE timers SET due = due - 1")
            holder = sqlite3.connect(damaged)
            holder.execute("UPDATE timers SET due = due + 1")
            holder.commit()
            shutil.copy(f"{damaged}-wal", copy / "shouwang.db-wal")
        shutil.copy(damaged, copy / "shouwang.db")
        shutil.copy(damaged.with_name("keys.json"), copy / "keys.json")
        for one in copy.iterdir():
            one.chmod(0o444 if one.name != "keys.json" else 0o400)
            os.chown(one, NOBODY, NOBODY) if os.getuid() == 0 else None
        copy.chmod(0o555)
        before = {one.name: one.read_bytes() for one in copy.iterdir() if one.name != "keys.json"}
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{copy / 'shouwang.db'}")
        monkeypatch.setenv("SHOUWANG_KEYS", str(copy / "keys.json"))
        assert as_nobody(lambda: run("verify")[0]) == 0
        assert {one.name: one.read_bytes() for one in copy.iterdir() if one.name != "keys.json"} == before
        copy.chmod(0o755)


NOBODY = 65534


def as_nobody(act: Callable[[], int]) -> int:
    def other() -> None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    return act() if os.getuid() != 0 else apart(other, act)


def apart(before: Callable[[], object], act: Callable[[], int]) -> int:
    """In a child process: what `before` gives up never comes back."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            before()
            code = act()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_command_without_room_says_so_and_leaves_nothing_half_done(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit of file size stands for the disk: every write beyond 64 KiB fails."""
    monkeypatch.setenv("SHOUWANG_VAR", str(tmp_path / "new"))
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def act() -> int:
        told = run("deploy", "--author", "甲", "--approver", "乙")
        return 0 if "磁盘满了" in refused(told) else 1

    assert apart(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)), act) == 0
    with sqlite3.connect(tmp_path / "new/shouwang.db") as left:
        assert left.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    left.close()


def test_a_file_that_finds_no_room_leaves_the_old_one(var: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("public.json").write_text("old")
    keys = (var / "keys.json").read_bytes()

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("app.files.os.fsync", full)
    for command in (("public-file", "public.json"), ("privacy-report", "new.md"), ("keys", "rotate")):
        assert "磁盘满了" in refused(run(*command))
    assert Path("public.json").read_text() == "old" and (var / "keys.json").read_bytes() == keys
    assert [p.name for p in Path().iterdir() if p.is_file()] == ["public.json"]
    assert [p.name for p in var.glob("*keys*")] + [p.name for p in var.glob(".*")] == ["keys.json"]


def test_upgrading_is_refused_for_what_is_not_ours(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    _sql(tmp_path / "notes.db", "CREATE TABLE notes (words)")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'notes.db'}")
    monkeypatch.setenv("SHOUWANG_VAR", str(tmp_path / "var"))
    for command in (("deploy", "--author", "甲", "--approver", "乙"), ("demo",)):
        assert "别的程序" in refused(run(*command))
    assert not (tmp_path / "var/keys.json").exists()


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://x/y", "sqlite:///", "postgresql://x@127.0.0.1:1/y", "postgresql://h:port/x"]
)
def test_an_address_that_leads_nowhere_is_told(run: Run, var: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert "DATABASE_URL" in refused(run("verify"))


def test_a_demo_moved_on_by_no_day_does_what_is_due(var: Path, run: Run) -> None:
    store = open_store(f"sqlite:///{var / 'shouwang.db'}", crypto.load_keyring(var / "keys.json", "intl"))
    with store.transaction() as session:
        clock.set_demo_moment(session, START)
    store.engine.dispose()
    assert run("demo", "--advance", "0")[:2] == (0, "2021-09-01\n")


def test_a_seal_that_cannot_be_written_is_not_kept(var: Path, run: Run) -> None:
    (var / "seals").write_text("in the way")
    assert "seals" in refused(run("seal", "--day", "2021-09-01"))
    with sqlite3.connect(var / "shouwang.db") as raw:
        assert raw.execute("SELECT count(*) FROM seals").fetchone() == (0,)
    raw.close()


def test_what_can_only_be_read_is_written_by_no_command(var: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode, **more: mode != os.W_OK and may(path, mode, **more))
    assert "只能读" in refused(run("seal", "--day", "2021-09-01"))
    assert "只能读" in refused(run("serve"))


def test_many_rows_at_once_are_refused_in_the_same_words(sqlite_county: County) -> None:
    """They go past SQLAlchemy, whose errors are told."""
    store = sqlite_county.store
    with pytest.raises(DatabaseError) as refusal, store.transaction() as session:
        bulk.add_rows(session, tables.streams, ("id", "name", "number", "nowhere"), [(1, "a", 0, b"")])
    assert faults.kind_of(refusal.value.orig) == "not_migrated"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET valid_from = 'x' WHERE id = 9",
        "UPDATE files SET bytes = x'00'",
    ],
)
def test_a_damaged_value_is_told_as_damage(var: Path, run: Run, statement: str) -> None:
    raw = sqlite3.connect(var / "shouwang.db")
    for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f"DROP TRIGGER {name}")
    raw.execute(statement)
    raw.commit()
    raw.close()
    assert "坏了" in refused(run("privacy-report", "report.md"))


def test_a_database_that_was_moved_away_takes_nothing_and_is_ill(var: Path) -> None:
    store = open_store(f"sqlite:///{var / 'shouwang.db'}", crypto.load_keyring(var / "keys.json", "intl"))
    with store.reading():
        pass
    (var / "shouwang.db").rename(var / "elsewhere.db")
    for copied in (False, True):  # gone, and another in its place
        if copied:
            shutil.copy(var / "elsewhere.db", var / "shouwang.db")
        with pytest.raises(DatabaseError) as refusal, store.transaction():
            pass
        assert faults.kind_of(refusal.value.orig) == "gone"
        assert ops.state(store, var)["database"] == "gone"
    store.engine.dispose()
