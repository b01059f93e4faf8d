"""Filling a form from what it asks, what may be chosen and what is known; correcting it from the sentences it gets back.

Knows nothing of pages or of a database: questions in, strings out. What was chosen before is remembered, so that whatever
a question offers is chosen sooner or later.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

from . import inventing, sentences
from .questions import Question, Row, Sent, Sheet

NEW, RARE = 0.3, 0.9
"""How often a choice nobody has taken yet is taken instead; the same of a question that seldom comes."""
OTHERWISE, BETTER = 0.1, 1.0
"""How often a decision that stands there beforehand is made anew; the same where people are well off by now."""
ASKS_FOR_BAD, YES_NO, CALM_NO = ("有没有", "是否大幅"), ["是", "否"], 0.93
"""Questions for something bad, which people who are well off mostly have not."""
GOES_OUT = ("成本", "支出")
FOLLOWS = 0.3
"""How often the first choice is taken of a question that only follows another one: none of its choices leads on."""
TRIES = 3
FILE = "(file)"
"""Stands for a picture to be handed in."""


@dataclass
class Habits:
    """What one has done before, by kind of form and question."""

    taken: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    worked: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def learn(self, sheet: Sheet, sent: Sent) -> None:
        """A form was taken as it was filled."""
        for one in sheet.leaves():
            if one.path not in sent:
                continue
            plain = _plain(one.path)
            if one.kind in ("one", "many") and len(one.choices) <= SHORT:
                self.asked[sheet.key, plain] += 1
                self.taken.update((sheet.key, plain, code) for code in sent[one.path])
            if one.kind == "integer" and sent[one.path][0]:
                self.worked[sheet.key, plain] = sent[one.path]


SHORT = 8
"""A list no longer than this is a decision, a longer one a catalogue."""


@dataclass
class Filler:
    """One person with a pencil. `now` is the day of the county."""

    rng: Random
    habits: Habits
    today: date
    first: float = 0.76
    """How often the first choice of a short list is taken: it is the one that leads on."""
    calm: bool = False
    """Whether the sums are those of people who are well off."""
    known: Callable[[Question], str | None] = lambda _: None
    _barred: dict[str, set[str]] = field(default_factory=dict)
    _wanted: dict[str, int] = field(default_factory=dict)
    _table: str = ""
    """Title of the table that is being filled."""

    def fill(self, sheet: Sheet) -> Sent:
        """The first try."""
        self._barred, self._wanted = {}, {}
        sent: Sent = {}
        for one in sheet.questions:
            self._answer(sheet, one, sent)
        return sent

    def _answer(self, sheet: Sheet, one: Question, sent: Sent) -> None:
        if not one.asked(sent):
            return
        if one.kind == "table":
            self._table = one.title
            self._rows(sheet, one, sent)
            self._table = ""
        elif one.kind == "counts":
            self._counts(one, sent, self._total(sheet, one))
        else:
            kept = list(one.given) if self._keeps(one) else self._value(sheet, one, sent, must=bool(one.given))
            if kept or one.kind in ("one", "many"):
                sent[one.path] = kept
            else:
                sent[one.path] = [""] if one.kind != "file" else []

    def _keeps(self, one: Question) -> bool:
        """What stands there is known and stays; a decision that was made beforehand is sometimes made otherwise, and people
        who are well off by now have other sums."""
        if one.kind == "money" and self.calm and one.given:
            return False
        otherwise = BETTER if self.calm else OTHERWISE
        return bool(one.given) and not (one.kind == "one" and 1 < len(one.choices) <= SHORT and self.rng.random() < otherwise)

    # --- values --------------------------------------------------------------------------------------------------------

    def _value(self, sheet: Sheet, one: Question, sent: Mapping[str, list[str]], *, must: bool = False) -> list[str]:
        must = must or one.required or one.needed
        if not must and self.rng.random() > (0.5 if one.kind == "many" else 0.15):
            return []
        if (known := self.known(one)) is not None:
            return [known]
        match one.kind:
            case "one":
                return self._pick(sheet, one, sent)
            case "many":
                return self._several(one, self._wanted.get(one.path, 2))
            case "file":
                return [FILE]
            case "date":
                return [self._day(one).isoformat()]
            case "integer":
                return self.habits.worked.get((sheet.key, _plain(one.path))) or [str(self._whole(one))]
            case "money":
                return [str(round(10 ** self.rng.uniform(*self._size())) * 100)]  # small and large sums alike
            case "id":
                return [inventing.id_number(self.rng, self.today)]
            case "phone":
                return [inventing.phone(self.rng)]
            case "name" | "names":
                return [inventing.name(self.rng)]
            case "text" if "姓名" in one.title:
                return [inventing.name(self.rng)]
            case "text" if "号" in one.title and one.longest and one.longest <= 100:
                return [inventing.receipt(self.rng)]
        return [inventing.phrase(self.rng, one.longest // 2 if one.kind == "text" else one.longest)]

    def _size(self) -> tuple[float, float]:
        """Between which powers of ten, in hundreds: who is well off has large sums coming in and small ones going out."""
        if not self.calm:
            return 0, 2.8
        return (0, 1.5) if any(word in self._table for word in GOES_OUT) else (2.3, 3.1)

    def _pick(self, sheet: Sheet, one: Question, sent: Mapping[str, list[str]] | None = None) -> list[str]:
        barred = self._barred.get(one.path, set()) | self._elsewhere(sheet, one, sent or {})
        open_ = [c for c in one.choices if c.code not in barred]
        if not open_:
            return []
        if len(one.choices) > SHORT or len(open_) == 1:
            return [self.rng.choice(open_).code]
        plain = _plain(one.path)
        new = [c for c in open_ if not self.habits.taken[sheet.key, plain, c.code]]
        asked = self.habits.asked[sheet.key, plain]
        if self.calm and any(word in one.title for word in ASKS_FOR_BAD) and [c.title for c in open_] == YES_NO:
            return [open_[self.rng.random() < CALM_NO].code]
        if new and self.rng.random() < (RARE if asked <= 3 else NEW):
            return [self.rng.choice(new).code]
        if self.rng.random() < (FOLLOWS if one.when else self.first):
            return [open_[0].code]
        seldom = min(open_[1:], key=lambda c: self.habits.taken[sheet.key, plain, c.code])
        return [seldom.code if self.rng.random() < 0.5 else self.rng.choice(open_[1:]).code]

    def _elsewhere(self, sheet: Sheet, one: Question, sent: Mapping[str, list[str]]) -> set[str]:
        """Who already has another part: two questions over one list of people mean two people."""
        if not all(c.code.isdigit() for c in one.choices):
            return set()
        beside = [q for q in sheet.questions if q.path != one.path and q.kind == "one" and q.choices == one.choices]
        found = {code for q in beside for code in sent.get(q.path, ())}
        return found if len(found) < len(one.choices) else set()

    def _several(self, one: Question, many: int) -> list[str]:
        open_ = [c.code for c in one.choices if c.code not in self._barred.get(one.path, set())]
        many = min(many, len(open_), one.most or many)
        return sorted(self.rng.sample(open_, many), key=open_.index)

    def _day(self, one: Question) -> date:
        last = date.fromisoformat(one.last_day) if one.last_day else self.today
        return max(min(self.today, last), date.fromisoformat(one.first_day) if one.first_day else date.min)

    def _whole(self, one: Question) -> int:
        low = one.least if one.least is not None else 1
        high = min(one.most if one.most is not None else 60, low + 60)
        return self.rng.randint(low, max(low, high))

    def _total(self, sheet: Sheet, one: Question) -> int:
        found = [self.habits.worked.get((sheet.key, _plain(c.path))) for c in one.cells]
        return sum(int(f[0]) for f in found if f) or self.rng.randint(5, 30)

    def _counts(self, one: Question, sent: Sent, total: int) -> None:
        """So many, mostly for the first; sometimes not."""
        first = (
            total
            if self.rng.random() < 0.4
            else round(total * (self.rng.uniform(0.6, 0.95) if self.rng.random() < 0.7 else self.rng.uniform(0, 0.4)))
        )
        left = total - first
        for n, cell in enumerate(one.cells):
            share = first if n == 0 else left if n == len(one.cells) - 1 else self.rng.randint(0, left)
            left -= share if n else 0
            sent[cell.path] = [str(share)]

    # --- tables ----------------------------------------------------------------------------------------------------------

    def _rows(self, sheet: Sheet, one: Question, sent: Sent, *, must: bool = False) -> None:
        """What stands there is completed; an empty row is filled where one is asked for, sometimes where it may be."""
        given = [row for row in one.rows if row.given]
        for row in given:
            self._row(sheet, row, sent)
        fresh = [row for row in one.rows if not row.given]
        wanted = 1 if must or (not given and (one.required or one.needed or self.rng.random() < 0.3)) else 0
        for row in fresh[: max(wanted, self._wanted.get(one.path, 0))]:
            self._row(sheet, row, sent)

    def _row(self, sheet: Sheet, row: Row, sent: Sent) -> None:
        for cell in row.cells:
            self._answer(sheet, cell, sent)

    # --- corrections -------------------------------------------------------------------------------------------------------

    def mend(
        self,
        sheet: Sheet,
        sent: Sent,
        errors: Mapping[str, str],
        whole: Sequence[str],
        tried: int,
        rows: Mapping[str, str] | None = None,
    ) -> Sent:
        """The next try: what the sentences beside fields and rows say, then what the page says about the whole form.

        `sheet` is the form as the page shows it again; `tried` how many tries were refused before this one; `rows` what is
        said of a row of a grid, by what its inputs carry in their names.
        """
        again = dict(sent)
        by_path = {one.path: one for one in sheet.leaves()}
        touched = False
        for path, sentence in errors.items():
            one = by_path.get(path)
            if one is None and path.startswith("_file-"):
                continue
            if one is not None:
                self._mend_one(sheet, one, again, sentence, tried)
                touched = True
        for pick, sentence in (rows or {}).items():
            part = Sheet(sheet.key, tuple(one for one in sheet.questions if f"-{pick}-" in one.path))
            if not self._others_named(sheet, again, sentence):
                self._mend_whole(part, again, sentence, tried)
            touched = True
        for sentence in whole:
            self._mend_whole(sheet, again, sentence, tried)
            touched = True
        if not touched:
            self._anew(sheet, again)
        return self._settled(sheet, again)

    def _mend_whole(self, sheet: Sheet, sent: Sent, sentence: str, tried: int) -> None:
        """A sentence about a form or a row: a sum that should be another, somebody or something it names, or what is empty."""
        counted = [one for one in sheet.questions if one.kind == "integer"]
        wanted = sentences.sum_wanted(sentence)
        if wanted is not None and len(counted) > 1:
            self._counts(Question("", "", "counts", cells=tuple(counted)), sent, wanted)
            for one in sheet.questions if "请记下" in sentence or "请写" in sentence else ():
                if one.kind in ("text", "lines") and not any(sent.get(one.path, ())) and not one.path.startswith("_"):
                    sent[one.path] = self._value(sheet, one, sent, must=True)
            return
        silent = [
            one
            for one in sheet.questions
            if one.kind in ("text", "lines") and not any(sent.get(one.path, ())) and one.asked(sent)
        ]
        if "写明" in sentence and silent:
            for one in silent:
                sent[one.path] = self._value(sheet, one, sent, must=True)
            return
        if self._mend_named(sheet, sent, sentence, tried):
            return
        dated = [one for one in sheet.questions if one.kind == "date"]
        if len(dated) == 1 and sentences.days(sentence, self.today):
            self._mend_one(sheet, dated[0], sent, sentence, tried)
        else:
            self._anew(sheet, sent)

    def _anew(self, sheet: Sheet, sent: Sent) -> None:
        """Nothing says where: what is still empty is answered; where nothing is, everything that is not known."""
        empty = [
            one for one in sheet.questions if not any(sent.get(one.path, ())) and one.asked(sent) and one.kind != "table"
        ]
        for one in empty:
            sent[one.path] = self._value(sheet, one, sent, must=True)
        for one in sheet.questions if not empty else ():
            if not one.given:
                self._answer(sheet, one, sent)

    def _mend_one(self, sheet: Sheet, one: Question, sent: Sent, sentence: str, tried: int) -> None:
        now = sent.get(one.path, [])
        match one.kind:
            case "date":
                sent[one.path] = [sentences.day_wanted(sentence, self.today, tried).isoformat()]
            case "integer":
                typed = int(now[0]) if now and now[0].isdigit() else None
                wanted = sentences.number_wanted(sentence, typed)
                sent[one.path] = [str(wanted if wanted is not None else self._whole(one))]
            case "counts":
                total = sentences.number_wanted(sentence, None)
                self._counts(one, sent, total if total is not None else self.rng.randint(5, 30))
            case "one" if not one.choices:  # nothing to choose from: what asks for it is answered otherwise
                for condition in one.when:
                    self._barred.setdefault(condition.of, set()).update(condition.codes)
                    asks = next((q for q in sheet.leaves() if q.path == condition.of), None)
                    if asks is not None and not condition.negated:
                        sent[asks.path] = self._pick(sheet, asks)
            case "one" | "many":
                sent[one.path] = self._choose_again(sheet, one, sent, sentence)
            case "table":
                self._rows(sheet, one, sent, must=True)
            case _:
                shorter = "太长" in sentence and now and now[0]
                sent[one.path] = [now[0][: len(now[0]) // 2]] if shorter else self._value(sheet, one, sent, must=True)

    def _choose_again(self, sheet: Sheet, one: Question, sent: Sent, sentence: str) -> list[str]:
        now = sent.get(one.path, [])
        wanted = sentences.choice_wanted(sentence, one.choices, now)
        if wanted is not None:
            return [wanted]
        barred = self._barred.setdefault(one.path, set())
        named = sentences.named(sentence, one.choices)
        barred |= named & set(now)
        if one.kind == "many" and (missing := named - set(now)):
            return [c.code for c in one.choices if c.code in missing or c.code in now]
        if one.kind == "many":
            least = sentences.at_least(sentence) or len(now) or 1
            kept = [code for code in now if code not in barred]
            more = [c.code for c in one.choices if c.code not in barred and c.code not in kept]
            self._wanted[one.path] = least
            return kept + self.rng.sample(more, min(len(more), max(0, least - len(kept))))
        barred |= set(now)
        offered = [c.code for c in one.choices if c.code in named - barred]
        return [self.rng.choice(offered)] if offered else self._pick(sheet, one, sent)

    def _mend_named(self, sheet: Sheet, sent: Sent, sentence: str, tried: int) -> bool:
        """What a sentence names is chosen, is not chosen again, or is answered anew."""
        for one in sheet.leaves():
            if one.kind == "one" and (code := sentences.quoted_choice(sentence, one.choices, sent.get(one.path, ()))):
                sent[one.path] = [code]
                return True
        touched = self._others_named(sheet, sent, sentence)
        if touched:
            return True
        titles = [one for one in sheet.leaves() if len(one.title) > 1 and one.title in sentence and not one.rows]
        place = next(iter(sentences.numbers(sentence)), None)
        for one in titles:
            in_row = "-" in one.path
            if not in_row or place is None or f"-{place - 1}-" in one.path:
                self._mend_one(sheet, one, sent, sentence, tried)
                touched = True
        return touched

    def _others_named(self, sheet: Sheet, sent: Sent, sentence: str) -> bool:
        """Whoever was chosen and is named in a refusal gives way to somebody else."""
        touched = False
        for one in sheet.leaves():
            if one.kind not in ("one", "many") or not sent.get(one.path):
                continue
            named = sentences.named(sentence, one.choices)
            people = named & set(sent[one.path])
            if people and len(one.choices) > 1:
                for other in sheet.leaves():
                    if other.choices == one.choices:
                        self._barred.setdefault(other.path, set()).update(named)
                kept = [code for code in sent[one.path] if code not in people]
                out = self._barred[one.path] | self._elsewhere(sheet, one, sent)
                fresh = [c.code for c in one.choices if c.code not in out and c.code not in kept]
                sent[one.path] = kept + self.rng.sample(fresh, min(len(fresh), len(people)))
                touched = True
        return touched

    def _settled(self, sheet: Sheet, sent: Sent) -> Sent:
        """What a changed answer asks for is answered, what it no longer asks for is left out."""
        again: Sent = {}
        for one in sheet.questions:
            self._settle(sheet, one, sent, again)
        return again

    def _settle(self, sheet: Sheet, one: Question, sent: Sent, again: Sent) -> None:
        if not one.asked(again):
            return
        if one.kind == "counts":
            again |= {c.path: sent[c.path] for c in one.cells if c.path in sent}
        elif one.kind == "table":
            for row in one.rows:
                if row.given or any(any(sent.get(c.path, ())) for c in row.cells):
                    for cell in row.cells:
                        self._settle(sheet, cell, sent, again)
        elif one.path in sent and (any(sent[one.path]) or not one.required):
            again[one.path] = sent[one.path]
        else:
            self._answer(sheet, one, again)


def _plain(path: str) -> str:
    return "-".join(part for part in path.split("-") if not part.isdigit())
