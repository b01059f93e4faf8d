"""Whether a new password is good enough: long, not easily guessed, and not made of what everybody knows about its owner."""

import re
import unicodedata
from collections.abc import Iterable

from pypinyin import lazy_pinyin

SHORTEST, LONGEST = 10, 200
DEMO = "yanshi-2021"
"""Of every demo account; the demo holds no real person. Published, so nobody may choose it anywhere."""
GUESSES = 3
"""Of zxcvbn's scores 0 to 4 the lowest that is taken: more than a hundred million guesses."""
WORD = 2
"""The same of what is left without figures and marks before and behind: a single word of any list has less."""
LOOKED_AT = 72
"""Letters that zxcvbn looks at: what is guessed easily is short."""
KEY_ROWS = (
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "0987654321",
    "abcdefghijklmnopqrstuvwxyz",
    "!@#$%^&*()",
)
RUN, LEFT = 4, 6
"""Runs of so many keys or of one letter are taken out; so many other characters must be left."""
NUMBERS = re.compile(r"\d{17}[\dx]|1[3-9]\d{9}|0\d{9,11}|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|^\d+$")
"""ID numbers, telephones, birthdays, and nothing but digits."""
LOCAL = (
    "woaini",
    "woaiwojia",
    "wozhidao",
    "5201314",
    "1314520",
    "521",
    "520",
    "1314",
    "886",
    "mima",
    "zhongguo",
    "guangdong",
    "shaoguan",
    "shouwang",
    "fupin",
    "tuopin",
    "xiangcun",
    "zhenxing",
    "minzheng",
    "nongye",
    "zhangsan",
    "lisi",
    "wangwu",
    "woshishui",
    "nihao",
    "gongzuo",
    "bangong",
    "yonghu",
    "guanliyuan",
    "yanshi",
    "ceshi",
    "pinkun",
    "renmin",
    "zhengfu",
)
"""What people here choose besides what zxcvbn knows from everywhere."""
_MARKS = re.compile(r"[\W_]+")
_AROUND = re.compile(r"\A[\W\d_]+|[\W\d_]+\Z")

Problem = tuple[str, dict[str, object]]


def problem(new: str, words: Iterable[str] = ()) -> Problem | None:
    """Why this password is not taken, as a message; None if it is. `words`: the account, the name, places, the e-mail."""
    if len(new) < SHORTEST:
        return "pages.password_short", {"minimum": SHORTEST}
    if len(new) > LONGEST:
        return "pages.password_long", {"maximum": LONGEST}
    plain = unicodedata.normalize("NFKC", new).lower()
    bare = _bare(plain)
    known = _known(words)
    if _bare(DEMO) in bare or len(_without_runs(bare)) < LEFT:
        return "pages.password_common", {}
    if any(word in plain or word in bare for word in known) or NUMBERS.search(bare):
        return "pages.password_known", {}
    from zxcvbn import zxcvbn  # its lists of words are read only when somebody chooses a password  # noqa: PLC0415

    words_known = [*LOCAL, *sorted(known)]
    core = _AROUND.sub("", plain)  # Summer2022!! is a word that everybody knows, with what everybody puts behind one
    if core and zxcvbn(core[:LOOKED_AT], user_inputs=words_known)["score"] < WORD:
        return "pages.password_common", {}
    if zxcvbn(plain[:LOOKED_AT], user_inputs=words_known)["score"] < GUESSES:
        return "pages.password_common", {}
    return None


def is_demo(password: str) -> bool:
    """Whether this is the published one, however it is spelt."""
    return _bare(password) == _bare(DEMO)


def _bare(text: str) -> str:
    """Letters and digits only."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", text).lower())


def _known(words: Iterable[str]) -> set[str]:
    """Words as they are written and in pinyin, of names their first and last two characters too (翁源县: wengyuan)."""
    found: set[str] = set()
    for word in words:
        lower = unicodedata.normalize("NFKC", word).lower().partition("@")[0]
        found.add(lower)
        for part in filter(None, _MARKS.split(lower)):
            parts = {part} if part.isascii() else {part, part[:2], part[-2:]}
            found |= parts | {"".join(lazy_pinyin(each)) for each in parts}
    return {w for w in found if len(w) >= (4 if w.isascii() else 2)}


def _without_runs(text: str) -> str:
    """Without keys that lie beside each other, either way, and without one letter again and again."""
    for row in (*KEY_ROWS, *(row[::-1] for row in KEY_ROWS)):
        for length in range(len(row), RUN - 1, -1):
            for at in range(len(row) - length + 1):
                text = text.replace(row[at : at + length], "")
    return re.sub(r"(.)\1{2,}", "", text)
