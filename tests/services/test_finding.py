"""A household is found by its surname as families say it, by any part of the name, however marked, and by its number."""

from sqlalchemy import update

from app.services import finding
from app.store import households as rows
from app.store.tables import households
from tests.conftest import County
from tests.services.register.test_register import load

NAMES = {
    "S0": "曾某明",
    "S1": "单某明",
    "S2": "仇某",
    "S3": "解某",
    "S4": "区某",
    "S5": "查某",
    "S6": "尉迟某",
    "S7": "万俟某",
    "S8": "朴某",
    "S9": "吕某",
    "T0": "阿卜杜拉•买买提",
    "T1": "O’Brien Sean",
    "T2": "Nguyễn Thị Hằng",
    "T3": "张三（小）",
    "T4": "王长乐",
    "T5": "盖某",
    "T6": "覃某",
    "T7": "张曾",
    "T8": "任某",
    "T9": "長孫某",
    "FH-81": "钱某",
    "fh_90": "孙某",
}
FOUND = {
    "zengmou": {"S0"},
    "cengmou": {"S0"},
    "zmm": {"S0"},
    "shanmoum": {"S1"},
    "danmou": {"S1"},
    "qiu": {"S2"},
    "xiemou": {"S3"},
    "oumou": {"S4"},
    "ou": {"S4"},
    "zhamou": {"S5"},
    "chamou": {"S5"},
    "yuchi": {"S6"},
    "moqi": {"S7"},
    "piaomou": {"S8"},
    "pumou": {"S8"},
    "lvmou": {"S9"},
    "lümou": {"S9"},
    "LYU mou": {"S9"},
    "买买提": {"T0"},
    "阿卜杜拉·买买提": {"T0"},
    "阿卜杜拉.买买提": {"T0"},
    "阿卜杜拉买买提": {"T0"},
    "maimaiti": {"T0"},
    "abudula": {"T0"},
    "abodula": {"T0"},
    "O'Brien": {"T1"},
    "obrien": {"T1"},
    "SEAN": {"T1"},
    "o brien sean": {"T1"},
    "nguyen thi": {"T2"},
    "Hằng": {"T2"},
    "hang": {"T2"},
    "张三(小)": {"T3"},
    "张三小": {"T3"},
    "三": {"T3"},
    "changle": {"T4"},
    "zhangyue": {"T4"},
    "wcl": {"T4"},
    "gemou": {"T5"},
    "gaimou": {"T5"},
    "qinmou": {"T6"},
    "tanmou": {"T6"},
    "曾": {"S0", "T7"},
    "zeng": {"S0", "T7"},
    "renmou": {"T8"},
    "zhangsunmou": {"T9"},
    "某明": {"S0", "S1"},
    "mouming": {"S0", "S1"},
    "mm": {"S0", "S1", "T0"},
    "S1": {"S1"},
    "s1": {"S1"},
    "FH-81": {"FH-81"},
    "fh-8": {"FH-81"},
    "ＦＨ-81": {"FH-81"},
    "FH_90": {"fh_90"},
    "\u202d单某明\u202c": {"S1"},
    "单 某 明": {"S1"},
    "%": set(),
    "_": set(),
    "": set(),
    "emouming": set(),
    "不在": set(),
}


def _file() -> bytes:
    from tests.walking import nobody

    lines = ["户编号,行政村,姓名,身份证号,与户主关系"]
    lines += [f"{number},岭头村,{name},{nobody(300_000 + n)},户主" for n, (number, name) in enumerate(NAMES.items())]
    return "\n".join(lines).encode()


def _found(county: County, words: str) -> set[str]:
    with county.store.reading() as session:
        return {str(rows.get(session, row.id).number) for row in rows.search(session, words, None)}


def test_households_are_found_by_what_people_type(county: County) -> None:
    counts, _ = load(county, _file())
    assert counts.new == len(NAMES) and not counts.problems
    assert {words: _found(county, words) for words in FOUND} == FOUND
    with county.store.reading() as session:
        assert [row.head_name for row in rows.search(session, "张三（小）", {"nowhere"})] == []
        assert rows.search(session, "曾", None)[0].head_name == "曾某明"  # the closest first


def test_households_kept_before_are_found_after_the_first_tick(sqlite_county: County) -> None:
    county = sqlite_county
    load(county, _file())
    with county.store.transaction() as session:
        session.conn.execute(update(households).where(households.c.number == "S0").values(pinyin="cengmouming cmm"))
        session.conn.execute(update(households).where(households.c.number == "T0").values(pinyin=None))
    assert _found(county, "zengmou") == set()
    assert finding.refresh(county.store, county.now) == 2
    assert _found(county, "zengmou") == {"S0"} and _found(county, "maimaiti") == {"T0"}
    assert finding.refresh(county.store, county.now) == 0


def test_the_words_of_a_long_name_stay_few() -> None:
    assert len(finding.index("曾" * 40)) < 12_000
    assert finding.index("曾某明").split() == [
        "曾某明",
        "某明",
        "明",
        "zengmouming",
        "mouming",
        "ming",
        "zmm",
        "mm",
        "m",
        "cengmouming",
        "cmm",
    ]
