"""Papers come out as real PDF and DOCX with the same words, and a notice cannot say what it must not."""

import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
import typst

from app import fonts, papers
from app.forms import text
from app.labels.papers import COMPOUND_SURNAMES, TEXT
from app.papers import (
    KINDS,
    NoticeRow,
    NoticeSheet,
    PaperError,
    check_template,
    default_template,
    find_fonts,
    masked_name,
    render,
    typst_child,
    values_of,
)

ROOT = Path(__file__).resolve().parents[2]
FONTS = find_fonts(ROOT)
HOSTILE = '#read("/etc/passwd") ] *b* $x$ <a> {issuer} \\u{41} @b //c'

NOTICE: dict[str, Any] = {
    "title": "拟纳入防止返贫监测对象公示",
    "village": "江尾镇江尾村委会",
    "meeting_on": "2021年9月6日",
    "posted_on": "2021-09-07",
    "ends_on": "2021-09-12",
    "objection_where": "江尾村委会办公室",
    "objection_phone": "0751-2800001",
    "supervision_phone": "0751-2800002",
    "rows": [
        {"head_name": "欧阳小明", "group": "第三村民小组", "people": 5, "category": "sudden"},
        {"head_name": "张𠮷", "group": "坝仔组", "people": 2, "category": "marginal"},
    ],
}
LETTER: dict[str, Any] = {
    "number": "翁监告〔2021〕25号",
    "head_name": "欧阳小明",
    "village": "江尾镇江尾村委会",
    "applied_on": "2021-09-01",
    "stage": "county",
    "outcome": "refused",
    "decided_on": "2021-09-14",
    "reason": "家庭人均纯收入高于监测标准。",
    "figure": "家庭人均纯收入11,320.50元，监测标准9,060.00元。",
    "matched_row": "收入和支出后收入都不低于监测标准：不符合。",
    "contact_office": "江尾镇人民政府",
    "contact_phone": "0751-2800001",
    "contact_address": "建设路1号",
    "reexam_office": "翁源县乡村振兴局",
    "reexam_phone": "0751-2800003",
    "reexam_until": "2021-09-29",
    "issuer": "翁源县乡村振兴局",
    "issued_on": "2021-09-15",
}
COMMITMENT: dict[str, Any] = {
    "head_name": "欧阳小明",
    "village": "江尾镇江尾村委会",
    "purposes": ["核实是否符合监测条件"],
    "asset_kinds": ["银行存款", "车辆"],
    "askers": ["翁源县民政局", "翁源县公安局"],
    "until": "2022-09-01",
    "contact_office": "江尾镇人民政府",
    "contact_phone": "0751-2800001",
    "adults": [{"name": "欧阳小明", "relation": "户主"}, {"name": "张𠮷", "relation": "配偶"}],
    "wards": [{"name": "欧阳小小", "relation": "女儿", "guardian": "张𠮷", "guardian_relation": "母亲"}],
}
MINUTES: dict[str, Any] = {
    "village": "江尾镇江尾村委会",
    "meeting_kind": "村民代表会议",
    "place": "会议室",
    "held_on": "2021-09-06",
    "held_at": "15:30",
    "chair": "李一",
    "recorder": "王二",
    "should_attend": 30,
    "attended": 24,
    "quorum": "超过三分之二。",
    "sheet": [{"name": f"代表{chr(0x4E00 + n)}"} for n in range(40)] + [{}, {}],
    "observers": ["工作队陈三"],
    "recusals": [{"name": "代表一", "head_name": "欧阳小明", "why": "是兄弟"}],
    "rows": [
        {
            "head_name": "欧阳小明",
            "group": "三组",
            "people": 5,
            "category": "sudden",
            "agree": 22,
            "against": 0,
            "abstain": 1,
            "result": "agreed",
            "situation": "家庭5口人。\n住房安全。",
            "discussion": "情况属实。",
        }
    ],
    "printed_by": "王二",
    "printed_at": "2021-09-06T17:02",
}
EXIT_NOTICE: dict[str, Any] = {
    **{key: value for key, value in NOTICE.items() if key != "rows"},
    "title": "拟风险消除监测对象公示",
    "rows": [{"head_name": "欧阳小明", "group": "三组", "people": 5, "measures": "综合保障、就业"}],
}
EXIT_LETTER: dict[str, Any] = {
    "number": "翁防返贫消告〔2021〕25号",
    "head_name": "欧阳小明",
    "village": "江尾镇江尾村委会",
    "assessed_on": "2021-09-01",
    "stage": "county",
    "outcome": "kept",
    "decided_on": "2021-09-14",
    "reason": "收入还不稳定。",
    "figure": "家庭人均纯收入11,320.50元。",
    "matched_row": "收入没有稳定：继续帮扶。",
    "contact_office": "江尾镇人民政府",
    "contact_phone": "0751-2800001",
    "issuer": "翁源县乡村振兴局",
    "issued_on": "2021-09-15",
    "visit_months": 3,
}
MEASURE = {"risk": "因病", "group": "健康帮扶", "lead": "卫生健康局", "planned_on": "2021-10-01", "done_on": "2021-10-02"}
CHECK: dict[str, Any] = {
    "head_name": "欧阳小明",
    "village": "江尾镇江尾村委会",
    "group": "三组",
    "people": 2,
    "visited_on": "2021-09-03",
    "checkers": ["李一", "陈三"],
    "risks": "因病",
    "figures": "人均纯收入8,120.00元。",
    "evidence": "看了缴费记录。",
    "members": [{"name": "张𠮷", "relation": "配偶", "age": "41岁", "facts": "长期慢性病"}],
    "amounts": [{"kind": "收入", "item": "外出务工", "amount": "8,000.00", "source": "自述"}],
    "checks": [{"name": "住房安全", "answer": "否", "problem": "屋面漏雨"}],
    "printed_by": "王二",
    "printed_at": "2021-09-06T17:02",
}
ACCEPTANCE: dict[str, Any] = {
    "head_name": "欧阳小明",
    "village": "江尾镇江尾村委会",
    "people": 2,
    "visited_on": "2021-09-03",
    "verifiers": ["李一", "陈三"],
    "figures": "人均纯收入18,120.00元。",
    "findings": "风险已消除。",
    "result": "通过",
    "household_signs": "已签字",
    "measures": [MEASURE],
    "printed_by": "王二",
    "printed_at": "2021-09-06T17:02",
}
MEASURES: dict[str, Any] = {
    "head_name": "欧阳小明",
    "village": "江尾镇江尾村委会",
    "category": "突发严重困难户",
    "contacts": ["镇级李一", "村级陈三"],
    "measures": [MEASURE],
    "printed_by": "王二",
    "printed_at": "2021-09-06T17:02",
}
LISTED = [
    {"head_name": "欧阳小明", "village": "江尾村委会", "people": 5, "category": "突发严重困难户", "matter": "纳入监测"},
    {"head_name": "张𠮷", "village": "江尾村委会", "people": 2, "category": "边缘易致贫户", "matter": "风险消除"},
]
REPORT: dict[str, Any] = {
    "town": "江尾镇",
    "county": "翁源县乡村振兴局",
    "number": "江府〔2021〕3号",
    "signed_on": "2021-09-14",
    "rows": LISTED,
}
REPLY: dict[str, Any] = {
    "town": "江尾镇",
    "county": "翁源县乡村振兴局",
    "number": "翁乡振复〔2021〕8号",
    "decided_on": "2021-09-15",
    "rows": LISTED,
}
LEAFLET: dict[str, Any] = {
    "county": "翁源县乡村振兴局",
    "year": 2021,
    "line": "9,060.00",
    "risks": ["因病", "因灾"],
    "hotline": "12317",
    "notice_days": 5,
    "limit_days": 15,
    "checkers": 2,
    "printed_on": "2021-09-15",
}
SAMPLES = {
    "notice_entry": NOTICE,
    "decision_letter": LETTER,
    "commitment": COMMITMENT,
    "review_minutes": MINUTES,
    "notice_exit": EXIT_NOTICE,
    "exit_letter": EXIT_LETTER,
    "household_check": CHECK,
    "acceptance": ACCEPTANCE,
    "measures_plan": MEASURES,
    "town_report": REPORT,
    "county_reply": REPLY,
    "leaflet": LEAFLET,
}


def pdf_of(kind: str, values: dict[str, Any], **more: Any) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(render(kind, values, "pdf", None, FONTS, **more)))


def text_of(reader: pypdf.PdfReader) -> str:
    return squeezed("".join(page.extract_text() for page in reader.pages))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def docx_parts(data: bytes) -> list[str]:
    """Every paragraph of the body in order, those of tables included."""
    document = docx.Document(io.BytesIO(data))
    body = document.element.body
    return [squeezed("".join(t.text for t in p.iter("{*}t"))) for p in body.iter("{*}p")]


def words_in(values: object) -> list[str]:
    """The values that stand on paper as typed: no dates, no codes."""
    if isinstance(values, dict):
        codes = ("category", "stage", "outcome", "result", "printed_by")  # printed_by stands in the running foot
        return [word for key, value in values.items() if key not in codes for word in words_in(value)]
    if isinstance(values, list):
        return [word for value in values for word in words_in(value)]
    text = str(values)
    return [] if re.match(r"\d{4}-\d\d-\d\d", text) else [squeezed(line) for line in text.split("\n")]


@pytest.mark.parametrize("kind", KINDS)
def test_pdf_and_docx_say_the_same_words_and_all_values(kind: str) -> None:
    reader = pdf_of(kind, SAMPLES[kind])
    pdf = text_of(reader)
    parts = docx_parts(render(kind, SAMPLES[kind], "docx"))
    for word in words_in(SAMPLES[kind]):
        assert word in pdf and any(word in part for part in parts)
    pages = len(reader.pages)
    for number in range(1, pages + 1):  # what only one of them prints: page numbers and the running foot
        pdf = pdf.replace(f"第{number}页，共{pages}页", "").replace(f"—{number}—", "")
    pdf = re.sub(r"打印人：王二打印时间：2021年9月6日17:02|欧阳小明户承诺授权书", "", pdf)
    before, header, after = pdf.partition("序号到会人员本人签名备注")  # repeated on every page of the table
    assert before + header + after.replace(header or " ", "") == "".join(parts)


@pytest.mark.parametrize("kind", KINDS)
def test_every_font_is_embedded_and_the_page_is_a4(kind: str) -> None:
    reader = pdf_of(kind, SAMPLES[kind])
    assert 1 <= len(reader.pages) <= 3
    for page in reader.pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
        for font in page["/Resources"].get_object()["/Font"].get_object().values():
            descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(descriptor) and "/ToUnicode" in font.get_object()


def test_every_paper_is_printed_on_a_machine_without_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "SYSTEM", ())
    folders = find_fonts(ROOT)
    alone = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(map(str, folders)))
    compiler = typst.Compiler(font_paths=alone)

    def printed(document: dict[str, Any], layout: bytes, *rest: object) -> bytes:
        job = {"layout": layout.decode(), "document": json.dumps(document), "made_at": 0}
        ok, body = typst_child.compiled(compiler, job)
        assert ok, body
        return body

    monkeypatch.setattr(papers, "pdf_bytes", printed)
    for kind in KINDS:
        text = text_of(pypdf.PdfReader(io.BytesIO(render(kind, SAMPLES[kind], "pdf", None, folders))))
        assert "〓" not in text and all(word in text for word in words_in(SAMPLES[kind])), kind


def test_an_official_letter_keeps_28_characters_a_line_and_22_lines_a_page() -> None:
    reader = pdf_of("decision_letter", LETTER | {"reason": "字" * 1500})
    assert text_of(reader).count("字") >= 1500
    lines = [line.strip() for line in reader.pages[1].extract_text().splitlines()]
    lines = [line for line in lines if set(line) == {"字"}]
    assert max(map(len, lines)) in (27, 28) and len(lines) in (21, 22)


def test_the_notice_prints_names_large_and_the_rest_readably() -> None:
    sizes: dict[str, float] = {}

    def visit(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        for char in text.strip():
            sizes[char] = max(sizes.get(char, 0), abs(size * (tm[0] or 1) * (cm[0] or 1)))

    pdf_of("notice_entry", NOTICE).pages[0].extract_text(visitor_text=visit)
    assert sizes["𠮷"] >= 24 and sizes["监"] >= 20


FORBIDDEN = {
    "id_number": "440229198001010011",
    "phone": "13800000000",
    "account": "6222020000000000000",
    "health": "肺癌",
    "risk": "因病",
    "cause": "因残",
    "children": ["欧阳小小"],
    "members": ["欧阳小小"],
    "address": "三组8号",
    "rows2": [],
}


@pytest.mark.parametrize("key", FORBIDDEN)
def test_a_notice_has_no_place_for_what_it_must_not_say(key: str) -> None:
    row = NOTICE["rows"][0] | {key: FORBIDDEN[key]}
    for bad in (NOTICE | {key: FORBIDDEN[key]}, NOTICE | {"rows": [row]}):
        with pytest.raises(PaperError) as refused:
            render("notice_entry", bad, "pdf", None, FONTS)
        assert refused.value.code == "papers.value.unknown"
    with pytest.raises(TypeError):
        NoticeRow(**row)
    with pytest.raises(TypeError):
        NoticeSheet(**(NOTICE | {key: FORBIDDEN[key]}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("head_name", "欧阳小明440229198001010011"),
        ("head_name", "小明1380000"),
        ("group", " "),
        ("category", "因病"),
        ("category", "none"),
        ("people", True),
        ("people", 0),
        ("people", "5"),
    ],
)
def test_a_notice_row_refuses_smuggled_content(field: str, value: object) -> None:
    with pytest.raises(PaperError):
        NoticeRow(**(NOTICE["rows"][0] | {field: value}))


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("三组 13800000000", "三组 ***********"),
        ("三组，因病", "三组"),
        ("龙仙镇岭头村委会第十二村民小组（上屋）", "龙仙镇岭头村委会第十二村民小组（上屋）"),
        ("3", "3"),
        ("一、二组", "一、二组"),
        ("！", "〓"),
    ],
)
def test_a_group_is_printed_as_written_but_for_what_no_sheet_may_say(written: str, printed: str) -> None:
    assert NoticeRow(**(NOTICE["rows"][0] | {"group": written})).group == printed


@pytest.mark.parametrize(
    "number",
    ["440229198001010011", "４４０２２９１９８００１０１００１１", "138 0000 0000", "6222-0200-0000"],
)
def test_no_public_text_holds_a_long_number(number: str) -> None:
    for field in ("title", "village", "objection_where"):
        with pytest.raises(PaperError) as refused:
            values_of("notice_entry", NOTICE | {field: f"公示{number}"})
        assert refused.value.code == "papers.value.number"


def test_the_text_of_a_printed_notice_holds_only_its_own_fields() -> None:
    text = text_of(pdf_of("notice_entry", NOTICE))
    assert re.findall(r"\d{7,}", text.replace("0751-2800001", "").replace("0751-2800002", "")) == []
    for word in ("因病", "因残", "身份证", "账号", "女儿", "残疾", "医"):
        assert word not in text


def test_an_unknown_period_leaves_lines_to_fill_by_hand() -> None:
    blank = {key: value for key, value in NOTICE.items() if key not in ("posted_on", "ends_on")}
    assert "公示时间：年月日至年月日" in text_of(pdf_of("notice_entry", blank))


@pytest.mark.parametrize("format", ["pdf", "docx"])
def test_hostile_text_is_printed_as_it_stands(format: Any) -> None:
    data = render("decision_letter", LETTER | {"reason": HOSTILE}, format, None, FONTS)
    text = text_of(pypdf.PdfReader(io.BytesIO(data))) if format == "pdf" else "".join(docx_parts(data))
    assert squeezed(HOSTILE) in text and "root:" not in text


@pytest.mark.parametrize("value", ["a\x00b", "a\u202eb", "a\x0bb", "x" * 2001, "  ", 5, None])
def test_unprintable_and_endless_text_is_refused(value: object) -> None:
    with pytest.raises(PaperError):
        values_of("decision_letter", LETTER | {"reason": value})


def test_a_letter_numbers_its_headings_without_gaps_and_names_outcome_and_stage() -> None:
    approved = LETTER | {"outcome": "approved", "category": "marginal", "matched_row": ""}
    text = text_of(pdf_of("decision_letter", approved))
    assert "经县级审批" in text and "类别为边缘易致贫户" in text and "四、不同意这个决定怎么办" in text
    assert "对照的认定条件" not in text and "2021年9月29日以前" in text
    for stage, words in (("village", "经村级民主评议"), ("town", "经镇人民政府审核")):
        assert words in text_of(pdf_of("decision_letter", LETTER | {"stage": stage}))
    with pytest.raises(PaperError):
        values_of("decision_letter", approved | {"category": ""})


@pytest.mark.timeout(60)
def test_a_hanging_layout_is_killed_and_the_next_paper_is_printed() -> None:
    hang = b"#for a in range(100000) { for b in range(100000) {} }"
    with pytest.raises(PaperError) as refused:
        render("notice_entry", NOTICE, "pdf", None, FONTS, layout=hang, limit=0.5)
    assert refused.value.code == "papers.template.timeout"
    assert len(pdf_of("notice_entry", NOTICE).pages) == 1


@pytest.mark.parametrize(
    "layout",
    [
        '#read("/etc/passwd")',
        '#read("../../../../etc/passwd")',
        '#image("/etc/hostname")',
        '#include "/x.typ"',
        "#{",
        '#import "@preview/cetz:0.2.0": *',
        '#let p = "@pre" + "view/cetz:0.2.0"\n#import p: *',
        "#panic()",
    ],
)
def test_a_layout_reads_no_file_and_fetches_no_package(layout: str) -> None:
    with pytest.raises(PaperError) as refused:
        render("notice_entry", NOTICE, "pdf", None, FONTS, layout=layout.encode())
    assert refused.value.code == "papers.template.failed"


@pytest.mark.parametrize("odd", ["\U0001304d", "\ue000", "\U0001f9d1", "\U0002ebf0"])
def test_a_character_that_no_font_has_is_marked_and_stops_no_sheet(odd: str) -> None:
    rows = [NOTICE["rows"][0] | {"head_name": name} for name in ("甲一", f"王{odd}", "丙三", "丁四")]
    assert "王〓" in text_of(pdf_of("notice_entry", NOTICE | {"rows": rows}))
    assert "字〓句" in text_of(pdf_of("decision_letter", LETTER | {"reason": f"字{odd}句"}))


def test_the_same_values_give_the_same_pdf_bytes() -> None:
    moment = datetime(2021, 9, 7, tzinfo=UTC)
    first, second = (render("commitment", COMMITMENT, "pdf", None, FONTS, made_at=moment) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{head_name}", "{id_number}", "papers.template.name"),
        ("{head_name}", "{head_name.__class__}", "papers.template.brace"),
        ('style = "table"', 'style = "script"', "papers.template.style"),
        ('rows = "rows"', 'rows = "title"', "papers.template.list"),
        ('sudden = "突发严重困难户"', "", "papers.template.word"),
        ("top = 22", "top = nan", "papers.template.number"),
        ("width = 174", "width = 300", "papers.template.number"),
        ("[page]", "[page", "papers.template.syntax"),
        ('joint = "、"', "", "papers.template.key"),
    ],
)
def test_a_text_source_that_does_not_fit_is_refused_before_it_is_used(old: str, new: str, code: str) -> None:
    source = default_template("notice_entry").decode()
    assert old in source and check_template("notice_entry", source.encode()) == ()
    assert [found for found, _ in check_template("notice_entry", source.replace(old, new).encode())] == [code]


def test_a_designer_changes_the_words_once_for_both_formats() -> None:
    source = default_template("notice_entry").decode().replace("请大家监督", "欢迎监督").encode()
    pdf = render("notice_entry", NOTICE, "pdf", source, FONTS)
    assert "欢迎监督" in text_of(pypdf.PdfReader(io.BytesIO(pdf)))
    assert any("欢迎监督" in part for part in docx_parts(render("notice_entry", NOTICE, "docx", source)))


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王明", "王*"),
        ("王小明", "王*明"),
        ("王小大明", "王**明"),
        ("欧阳明", "欧阳*"),
        ("欧阳小明", "欧阳*明"),
        ("张𠮷", "张*"),
        ("𠮷小明", "𠮷*明"),
        ("买买提·艾力", "买**"),
        ("王小明（大）", "王*明"),
        ("王明(小)", "王*"),
        ("王", "*"),
        ("", ""),
        ("欧阳", "欧*"),
        (" 王 小明 ", "王*明"),
    ],
)
def test_names_on_the_web_are_masked(name: str, masked: str) -> None:
    assert masked_name(name, COMPOUND_SURNAMES) == masked


def test_every_refusal_has_a_sentence() -> None:
    codes = set()
    for path in (ROOT / "app" / "papers").glob("*.py"):
        codes |= set(re.findall(r'"(papers\.[a-z_.]+)"', path.read_text(encoding="utf-8")))
    assert codes <= set(TEXT) and {f"papers.kind.{kind}" for kind in KINDS} <= set(TEXT)


@pytest.mark.parametrize(("kind", "values"), [("leaflet", LEAFLET), ("notice_entry", NOTICE)])
def test_a_sheet_with_a_code_to_scan_stays_one_page_and_one_without_says_nothing_of_it(
    kind: str, values: dict[str, Any]
) -> None:
    url = "https://fp.example.gov.cn/apply?at=440229100201"
    with_code, without = (render(kind, {**values, "apply_url": u}, "pdf", default_template(kind), FONTS) for u in (url, ""))
    pages = pypdf.PdfReader(io.BytesIO(with_code)).pages
    assert len(pages) == 1 and "扫" in pages[0].extract_text().replace(" ", "")
    assert "扫" not in "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(without)).pages)
    document = docx.Document(io.BytesIO(render(kind, {**values, "apply_url": url}, "docx", default_template(kind), FONTS)))
    assert len(document.inline_shapes) == 1


NAMES = [
    text.person_name(written)
    for written in (
        "阿卜杜拉．买买提",
        "O’Brien-Smith Seán",
        "张三（小）1",
        "MARIA DEL CARMEN RODRIGUEZ FERNANDEZ LUZ",
        "李⾠\ue863𠮷",
        "Nguyễn Thị Hằng",
    )
]
"""What entry accepts, in its one stored form."""
NAMED = ("head_name", "guardian", "chair", "recorder")


def renamed(values: Any, name: str, within: str = "") -> Any:
    """The values of a paper with every person called so."""
    if isinstance(values, dict):
        people = (*NAMED, "name") if within not in ("checks", "groups") else NAMED
        return {key: name if key in people else renamed(value, name, key) for key, value in values.items()}
    if isinstance(values, list):
        if within in ("checkers", "verifiers"):
            return [name]
        return [renamed(value, name, within) for value in values[:2]]
    return values


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "leaflet"])  # which names nobody
def test_every_name_that_entry_accepts_prints_in_every_paper(kind: str) -> None:
    values = renamed(SAMPLES[kind], " ".join(NAMES))
    pdf, parts = text_of(pdf_of(kind, values)), docx_parts(render(kind, values, "docx"))
    assert "〓" not in pdf
    for name in map(squeezed, NAMES):
        assert name in pdf and any(name in part for part in parts)
