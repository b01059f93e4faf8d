"""The command line: one sentence and exit code 2 for an error, 1 for findings, 0 when all is well."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli, forms, papers
from app.config import ROOT
from app.engine import timers
from app.engine.check_elements import PROPERTIES
from app.engine.check_xml import COMMON, OF_PROCESS, RETURNS
from app.services import doors
from app.services.deployments import words as words_of_diagrams
from app.services.operations import OPERATIONS
from app.services.steps import holds
from app.services.steps import lists as step_lists
from app.services.steps.catalogue import TYPES


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHOUWANG_VAR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path


def deploy() -> int:
    return cli.main(["deploy", "--author", "甲", "--approver", "乙"])


def test_the_shipped_diagrams_pass_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(ROOT / "bpmn" / name) for name in ("identify.bpmn", "query_assets.bpmn")]
    assert cli.main(["check", *files]) == 0
    capsys.readouterr()
    assert cli.main(["check", "--json", *files]) == 0
    assert [one["ok"] for one in json.loads(capsys.readouterr().out)] == [True, True]


@pytest.mark.parametrize("args", [["check", "nowhere.bpmn"], ["check", "README.md"], ["verify"], ["verify", "--case", "9"]])
def test_an_error_is_one_sentence_and_no_traceback(var: Path, args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    if "--case" in args:
        deploy()
        capsys.readouterr()
    assert cli.main(args) == 2
    told = capsys.readouterr()
    assert told.out == "" and len(told.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("added", "said"),
    [("{line}", "“parameter due_recheck_data”从 2021-08-09 起有两条"), ("x = [", "bpmn/entries/due_times.toml 读不出来")],
)
def test_entries_that_cannot_be_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], added: str, said: str
) -> None:
    for name in ("bpmn", "forms"):
        shutil.copytree(ROOT / name, tmp_path / name)
    entries = tmp_path / "bpmn" / "entries" / "due_times.toml"
    text = entries.read_text("utf-8")
    line = next(one for one in text.splitlines() if "due_recheck_data" in one)
    entries.write_text(text.replace(line, f"{line}\n{line}") if added == "{line}" else f"{text}\n{added}", "utf-8")
    assert cli.main(["check", str(tmp_path / "bpmn" / "verify_clue.bpmn")]) == 2
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error


def test_where_there_is_a_county_the_check_says_what_a_diagram_carries_no_more(
    var: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("bpmn", "forms"):
        shutil.copytree(ROOT / name, tmp_path / "mine" / name)
    diagram = tmp_path / "mine" / "bpmn" / "identify.bpmn"
    text = diagram.read_text("utf-8")
    diagram.write_text(text.replace('<sw:property name="type" value="village_review" />', ""), "utf-8")
    assert cli.main(["check", str(diagram)]) == 0 and "不再有" not in capsys.readouterr().out
    deploy()
    capsys.readouterr()
    assert cli.main(["check", str(diagram)]) == 0
    assert "不再有：民主评议的法定人数（wx2021-25#4.1.3）。" in capsys.readouterr().out
    (tmp_path / "mine" / "bpmn" / "entries" / "parameters.toml").unlink()
    diagram.write_text(text, "utf-8")
    assert cli.main(["check", str(diagram)]) == 0, "numbers that the county has published need not be handed in again"
    assert "不再有" not in capsys.readouterr().out


def test_publishing_twice_says_unchanged_and_one_person_alone_is_refused(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (deploy(), deploy()) == (0, 0)
    assert "没有变化" in capsys.readouterr().out
    assert cli.main(["deploy", "--author", "甲", "--approver", "甲"]) == 2


def test_what_was_published_comes_back_as_files_that_change_nothing(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deploy()
    for process in ("identify", "query_assets"):
        assert cli.main(["export-definition", process, str(var / "out")]) == 0
    assert (var / "out/bpmn/identify.bpmn").read_bytes() == (ROOT / "bpmn/identify.bpmn").read_bytes()
    capsys.readouterr()
    assert cli.main(["deploy", "--root", str(var / "out"), "--author", "甲", "--approver", "乙"]) == 0
    assert "已发布" not in capsys.readouterr().out


def test_a_published_entry_is_never_altered(var: Path, tmp_path: Path) -> None:
    deploy()
    copy = tmp_path / "project"
    shutil.copytree(ROOT / "bpmn", copy / "bpmn")
    shutil.copytree(ROOT / "forms", copy / "forms")
    path = copy / "bpmn/entries/monitoring_line.toml"
    path.write_text(path.read_text().replace("960000", "970000"))
    assert cli.main(["deploy", "--root", str(copy), "--author", "甲", "--approver", "乙"]) == 2


def test_verify_names_the_broken_row_and_counts(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deploy()
    capsys.readouterr()
    assert cli.main(["verify"]) == 0
    db = sqlite3.connect(var / "shouwang.db")
    db.executescript("DROP TRIGGER events_no_update; UPDATE events SET body = CAST(body || ' ' AS BLOB) WHERE number = 1;")
    db.close()
    assert cli.main(["verify"]) == 1
    lines = capsys.readouterr().out.strip().splitlines()
    assert "被改过" in lines[-2] and lines[-1].startswith("核对 ")


def test_seal_and_rotation_leave_a_record_that_verifies(var: Path) -> None:
    deploy()
    assert cli.main(["seal", "--day", "2021-09-01"]) == 0
    assert (var / "seals/2021-09-01.json").exists()
    assert cli.main(["seal", "--day", "2021-13-01"]) == 2
    assert cli.main(["keys", "rotate"]) == 0
    assert cli.main(["verify"]) == 0


def test_a_bad_setting_is_named(var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("SHOUWANG_SUITE", "rot13")
    assert cli.main(["verify"]) == 2
    assert "SHOUWANG_SUITE" in capsys.readouterr().err


def test_the_privacy_report_follows_diagrams_forms_and_roles(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deploy()
    out = var / "报告.md"
    assert cli.main(["privacy-report", str(out)]) == 0
    text = out.read_text()
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    by_step = {row[1]: row for row in rows if len(row) == 7}
    for step in ("登记申请", "入户核实", "答复资产查询", "评估风险", "省系统标注消除"):
        assert step in by_step, step
    assert (
        by_step["入户核实"][5] == "是"
        and by_step["签发镇级报告"][5] == "否"
        and "wx2021-25#4.1.5" in by_step["签发镇级报告"][6]
    )
    assert any("民政局确认" in row and "户主姓名" in " ".join(row) for row in rows if len(row) == 3)
    roles = {row[0].removeprefix("| "): row for row in rows if len(row) == 4}
    assert "健康" in roles["村干部"][1] and "健康" not in roles["网格员"][1] and roles["领导小组"][1] == "只看统计数"
    assert "第五十五、五十六条" in text and "＿＿＿＿" in text
    capsys.readouterr()
    assert cli.main(["privacy-report", str(out)]) == 2 and "已经有了" in capsys.readouterr().err
    assert cli.main(["privacy-report", str(var / "no" / "x.md")]) == 2


CASES = Path(__file__).parent / "sheets" / "cases"


def test_an_import_says_what_a_file_hides_and_takes_what_was_chosen(
    var: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy()
    monkeypatch.chdir(var)

    def run(name: str, *options: str) -> tuple[int, str]:
        capsys.readouterr()
        code = cli.main(["import-households", str(CASES / f"{name}.xlsx"), "--data-on", "2021-09-01", *options])
        said = capsys.readouterr()
        return code, said.out + said.err

    code, said = run("hidden-row")
    assert code == 2 and "有 1 行被隐藏（第 3 行）" in said and "--hidden" in said and "Traceback" not in said
    assert "新增 1 户" in run("hidden-row", "--hidden", "leave")[1]
    assert "新增 1 户" in run("hidden-row", "--hidden", "take")[1]
    code, said = run("two-sheets-by-village", "--dry-run")
    assert code == 2 and "岭头村" in said and "青山村”（2 行）" in said and "--sheet" in said
    assert "没有叫“丙村”的表" in run("two-sheets-by-village", "--sheet", "丙村")[1]
    assert "新增 2 户" in run("two-sheets-by-village", "--sheet", "青山村")[1]
    assert "新增 2 户" in run("two-sheets-by-village", "--sheet", "all")[1]
    code, said = run("formula-openxml-sdk-prefix")
    assert (
        code == 1 and "第 2 行“务工月数”：这一格是公式" in said and (var / "formula-openxml-sdk-prefix-errors.xlsx").exists()
    )
    assert "填的是“3”" in said
    (var / "more.csv").write_text(
        "户编号,行政村,姓名,身份证号,与户主关系,姓名,鞋码\nZ1,岭头村,张三,999999197001017016,户主,李四,42"
    )
    capsys.readouterr()
    assert cli.main(["import-households", "more.csv", "--data-on", "2021-09-01"]) == 0
    assert "有 2 列没有读" in (said := capsys.readouterr().out) and "姓名、鞋码" in said
    with sqlite3.connect(var / "shouwang.db") as db:
        assert db.execute("SELECT count(*) FROM import_mappings").fetchone() == (0,)


def test_a_number_with_a_mark_for_thousands_is_refused_with_its_cell_and_remedy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    table = Path(__file__).parent / "decisions" / "cases" / "find_medins-thousands-comma.dmn"
    assert cli.main(["check", str(table)]) == 1
    said = capsys.readouterr().out
    assert "第 4 行“本年累计自付（分）”的“>= 500,000”" in said and "请写成 500000" in said
    shutil.copytree(ROOT / "bpmn", tmp_path / "bpmn")
    shutil.copytree(ROOT / "forms", tmp_path / "forms")
    shutil.copy(table, tmp_path / "bpmn" / "decisions" / "find_medins.dmn")
    assert cli.main(["check", str(tmp_path / "bpmn" / "rescreen.bpmn")]) == 1
    assert "请写成 500000" in capsys.readouterr().out
    assert cli.main(["check", str(ROOT / "bpmn" / "decisions" / "find_medins.dmn")]) == 0


def test_publishing_says_what_the_new_version_does_not_carry_any_more(
    var: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy() == 0
    assert "不再" not in capsys.readouterr().out
    for name in ("bpmn", "forms"):
        shutil.copytree(ROOT / name, tmp_path / "copy" / name)
    diagram = tmp_path / "copy" / "bpmn" / "identify.bpmn"
    text = diagram.read_text("utf-8")
    diagram.write_text(text.replace('<sw:property name="type" value="village_review" />', ""), "utf-8")
    assert cli.main(["deploy", "--root", str(tmp_path / "copy"), "--author", "甲", "--approver", "乙"]) == 0
    assert "不再有：民主评议的法定人数（wx2021-25#4.1.3）。" in capsys.readouterr().out


def test_everything_a_diagram_may_say_is_listed_with_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["types"]) == 0
    told = capsys.readouterr().out
    catalogued = words_of_diagrams.catalogue()
    known = {
        "types": TYPES,
        "operations": OPERATIONS,
        "holds": holds.KINDS,
        "lists": step_lists.SHIPPED,
        "doors": doors.ALL,
        "papers": papers.KINDS,
        "timers": timers.KINDS,
        "questions": forms.KEYWORDS,
        "own_papers": papers.DECLARED,
    }
    for kind, keys in known.items():
        assert [word.key for word in catalogued[kind]] == list(keys)
    said = {word.key for word in catalogued["properties"]}
    own = {key for one in (*TYPES.values(), *OPERATIONS.values()) for key in (*one.parameters, *one.properties)}
    known_properties = COMMON.union(*PROPERTIES.values(), OF_PROCESS, RETURNS)
    assert known_properties <= said and said - known_properties <= {"gives.review_result"} | own
    for words in catalogued.values():
        for word in words:
            assert not word.sentence.endswith(word.key) and f"  {word.key}  {word.sentence}\n" in told
            assert all(line in told and "types." not in line and "operations." not in line for line in word.more)
            assert word.more[-1].startswith("例：") and word.key in word.more[-1]


def test_who_reads_only_the_first_lines_gets_no_error() -> None:
    command = f"{sys.executable} -m app.cli types"
    done = subprocess.run(
        f"{command} | head -n 1; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_makes_an_operation_an_incident_is_declared() -> None:
    general = {f"operations.{name}" for name in ("unknown", "other_subject", "failed", "erased", "no_case")}
    sources = (ROOT / "app" / "services" / "operations").glob("*.py")
    raised = {code for path in sources for code in re.findall(r'OperationFailed\("([a-z_.]+)"', path.read_text("utf-8"))}
    assert raised - general == {code for one in OPERATIONS.values() for code in one.fails}


def test_every_message_of_the_shipped_diagrams_is_catalogued() -> None:
    texts = [path.read_text("utf-8") for path in (ROOT / "bpmn").glob("*.bpmn")]
    named = {name for text in texts for name in re.findall(r'<bpmn:message id="[^"]*" name="([^"]*)"', text)}
    assert named <= {word.key for word in words_of_diagrams.catalogue()["messages"]}
