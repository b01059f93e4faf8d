"""What an invented person would type: numbers of nobody, names marked as a demonstration, a picture of a page."""

import io
from datetime import date, timedelta
from random import Random

from PIL import Image

from app.policy.identity import check_digit

AREA = "999999"
"""An area code that no place has."""
_SURNAMES, _GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
_PHRASES = (
    "演示数据：去看过，情况属实",
    "演示数据：打电话问过，家里有困难",
    "演示数据：没有变化",
    "演示数据：看病花钱多，收入少了",
    "演示数据：已与本人核对",
    "演示数据：按会上说的办",
)


def name(rng: Random) -> str:
    return rng.choice(_SURNAMES) + "某" + "".join(rng.sample(_GIVEN, 2)) + "·演示"


def id_number(rng: Random, on: date) -> str:
    born = on - timedelta(days=rng.randint(25 * 365, 75 * 365))
    first17 = f"{AREA}{born:%Y%m%d}{rng.randint(0, 999):03d}"
    return first17 + check_digit(first17)


def phone(rng: Random) -> str:
    return f"1380{rng.randint(0, 9_999_999):07d}"


def phrase(rng: Random, longest: int) -> str:
    return rng.choice(_PHRASES)[: longest or 100]


def receipt(rng: Random) -> str:
    return f"YS{rng.randint(0, 99_999_999):08d}"


def picture(rng: Random) -> bytes:
    """A small photograph; no two are the same."""
    out = io.BytesIO()
    Image.new("RGB", (16, 16), tuple(rng.randint(0, 255) for _ in range(3))).save(out, "JPEG")
    return out.getvalue()
