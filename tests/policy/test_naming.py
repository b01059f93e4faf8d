"""One rule for names: however a name was typed, one form is stored; what is no part of a name is refused by its character."""

import pytest

from app import fonts
from app.forms import text
from app.policy import naming

DOTS = "·•．‧∙⋅ᐧ・･.。｡●ꞏ․⸱˙・"
APOSTROPHES = "'’‘＇ʼ`´′"


@pytest.mark.parametrize("dot", DOTS)
@pytest.mark.parametrize("blank", ["", " ", "\u3000"])
def test_every_dot_becomes_the_one_middle_dot(dot: str, blank: str) -> None:
    assert text.person_name(f"阿卜杜拉{blank}{dot}{blank}买买提") == "阿卜杜拉·买买提"


@pytest.mark.parametrize("apostrophe", APOSTROPHES)
def test_every_apostrophe_becomes_one(apostrophe: str) -> None:
    assert text.person_name(f"O{apostrophe}Brien  Sean") == "O'Brien Sean"


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("张三（小）", "张三（小）"),
        ("张三(小)", "张三（小）"),
        ("张三【小】", "张三（小）"),
        ("张三 [小]", "张三（小）"),
        ("张三﹙小﹚", "张三（小）"),
        ("张 三", "张三"),
        ("张\u3000三", "张三"),
        ("张\u00a0三", "张三"),
        ("\u202d张三\u202c", "张三"),
        ("\ufeff张\u200b三", "张三"),
        ("张三１", "张三1"),
        ("张三 1", "张三1"),
        ("张三①", "张三1"),
        ("Ｍａｒｉａ　Ｄｅｌ", "Maria Del"),
        ("MARIA \n DEL", "MARIA DEL"),
        ("李⾠", "李辰"),
        ("⻢云", "马云"),
        ("⻰三", "龙三"),
        ("⿓三", "龍三"),
        ("\uf9b3三", "靈三"),
        ("赵\ue863", "赵䶮"),
        ("赵\ue864", "赵龻"),
        ("葛\U000e0100三", "葛三"),
        ("葛\ufe00三", "葛三"),
        ("Jean–Luc", "Jean-Luc"),
        ("Jean － Luc", "Jean-Luc"),
        ("John F. Kennedy", "John F. Kennedy"),
        ("Nguye\u0302\u0303n Thị", "Nguyễn Thị"),
        ("张三·", "张三"),
        ("O\u00adBrien", "OBrien"),
        ("阿··里", "阿·里"),
        ("〇三", "〇三"),
        ("ㅤ张三", "张三"),
        (" ", ""),
    ],
)
def test_a_name_has_one_stored_form(written: str, stored: str) -> None:
    assert text.person_name(written) == stored
    assert naming.folded(stored) == stored


@pytest.mark.parametrize(
    ("written", "code", "char"),
    [
        ("王😀", "forms.name.character", "😀"),
        ("李?", "forms.name.character", "?"),
        ("李？", "forms.name.character", "?"),
        ("张三/李四", "forms.name.character", "/"),
        ("张三、李四", "forms.name.character", "、"),
        ("<b>张三", "forms.name.character", "<"),
        ("张\ufffd三", "forms.name.character", "\ufffd"),
        ("王*", "forms.name.character", "*"),
        ("⺡三", "forms.name.character", "⺡"),
        ("赵\ue000", "forms.name.private", ""),
        ("赵\U000f0001", "forms.name.private", ""),
        ("123", "forms.name.no_letter", ""),
        ("·", "forms.name.no_letter", ""),
        ("\u200b", "forms.name.no_letter", ""),
        ("999999197001017016", "forms.name.number", ""),
        ("张" * 41, "forms.too_long", ""),
        ("\U0001304d", "forms.name.font", "\U0001304d"),
        ("林\U000323b0", "forms.name.font", "\U000323b0"),
    ],
)
def test_what_is_no_name_is_refused_with_its_character(written: str, code: str, char: str) -> None:
    with pytest.raises(text.TextError) as refused:
        text.person_name(written)
    assert refused.value.code == code and refused.value.details.get("char", "") == char


def test_forty_characters_are_kept_whole() -> None:
    long = "MARIA DEL CARMEN RODRIGUEZ FERNANDEZ LUZ"
    assert len(long) == naming.LONGEST and text.person_name(long) == long


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("阿卜杜拉·买买提", "阿卜杜拉•买买提"),
        ("阿卜杜拉·买买提", "阿卜杜拉买买提"),
        ("O'Brien Sean", "OBRIEN SEAN"),
        ("张三（小）", "张三(小)"),
        ("李⾠", "李辰"),
        ("Nguyễn", "Nguyen"),
    ],
)
def test_two_writings_of_a_name_are_the_same(one: str, other: str) -> None:
    assert naming.same(one, other) and not naming.same(one, "张三") and not naming.same("", "")


def test_the_fonts_say_what_they_print() -> None:
    assert fonts.missing("张三·（小）Nguyễn䶮𠮷〓") == []
    assert fonts.missing("a\U0001304d张\U0001304d") == ["\U0001304d"]
    assert fonts.marked("王\U0001304d") == "王〓"
