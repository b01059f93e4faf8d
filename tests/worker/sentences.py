"""What a sentence beside a field tells somebody who has never seen the form: a day, a number, a word to choose, a name."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

from .questions import Choice

_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(?:(\d{4}) ?年 ?)?(\d{1,2}) ?月 ?(\d{1,2}) ?日")
_NUMBER = re.compile(r"\d+")
_QUOTED = re.compile(r"“([^”]+)”")
_SHOULD = re.compile(r"(?:应当是|应是|应为|请选|请改为|或选)“?([^“”，。；、]+)")
_LATER = ("早于", "以后", "之后", "才", "止，", "还没到")
_EARLIER = ("晚于", "超过", "最长", "最迟", "以前", "将来")
_MORE = re.compile(r"至少(?:要有|要|有)? ?(\d+|两|三)")
_HAN = {"两": 2, "三": 3}


def days(sentence: str, today: date) -> list[date]:
    found = []
    for m in _DAY.finditer(sentence):
        year, month, day = (m[1], m[2], m[3]) if m[1] else (m[4] or today.year, m[5], m[6])
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found


def numbers(sentence: str) -> list[int]:
    return [int(n) for n in _NUMBER.findall(_DAY.sub(" ", sentence))]


def quoted(sentence: str) -> list[str]:
    return _QUOTED.findall(sentence)


def day_wanted(sentence: str, today: date, tried: int) -> date:
    """The day a refusal points to; what it leaves open is tried in order."""
    named = days(sentence, today)
    if len(named) >= 2:
        first, last = min(named), max(named)
        return first + (last - first) / 2
    later, earlier = any(w in sentence for w in _LATER), any(w in sentence for w in _EARLIER)
    if named:
        if earlier and not later:
            return named[0]
        return named[0] + timedelta(days=1 if later or tried else 0)
    if later:
        return today + timedelta(days=7 * tried + 7)
    return today - timedelta(days=tried if earlier else 0)


def number_wanted(sentence: str, now: int | None) -> int | None:
    """The figure that should stand there: what "should be" says, else the last one that is not what was typed."""
    should = re.search(r"应(?:当是|当为|是|为|等于) ?(\d+)", sentence)
    if should:
        return int(should[1])
    others = [n for n in numbers(sentence) if n != now]
    return others[-1] if others else None


def sum_wanted(sentence: str) -> int | None:
    """What several figures together should come to."""
    should = re.search(r"合计.*应(?:当是|当为|是|为) ?(\d+)", sentence)
    return int(should[1]) if should else None


def at_least(sentence: str) -> int | None:
    found = _MORE.search(sentence)
    return None if found is None else _HAN.get(found[1]) or int(found[1])


def choice_wanted(sentence: str, choices: Sequence[Choice], now: Sequence[str] = ()) -> str | None:
    """The choice that a sentence names: in quotation marks, or after "should be"."""
    others = [c for c in choices if c.code not in now]
    for word in quoted(sentence):
        for one in others:
            if one.title == word:
                return one.code
    for word in _SHOULD.findall(sentence):
        for one in others:
            if one.title.startswith(word.strip()) or word.strip().startswith(one.title):
                return one.code
    return None


def quoted_choice(sentence: str, choices: Sequence[Choice], now: Sequence[str] = ()) -> str | None:
    """The first choice that stands in quotation marks and was not the one taken; None where the one taken does too."""
    words = quoted(sentence)
    if any(c.title in words for c in choices if c.code in now):
        return None
    return next((c.code for word in words for c in choices if word and c.title.startswith(word)), None)


def named(sentence: str, choices: Sequence[Choice]) -> set[str]:
    """Choices whose words stand in a sentence: people it is about."""
    found = [c for c in choices if len(c.title) > 1 and c.title in sentence]
    longer = [c.title for c in found]
    return {c.code for c in found if not any(c.title != t and c.title in t for t in longer)}
