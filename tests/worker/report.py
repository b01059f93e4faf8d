"""What a time in the county came to: tries by form, what could not be done, what the site answered."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass
class Report:
    tries: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Kind of form -> how many tries each filling took."""
    given_up: Counter[str] = field(default_factory=Counter)
    """Form and sentences that a newcomer could not follow, with how often."""
    learnt: Counter[str] = field(default_factory=Counter)
    """Sentences that made a second or third try necessary."""
    statuses: Counter[int] = field(default_factory=Counter)
    astray: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    broken_files: list[str] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def learns(self, form: str, sentence: str) -> None:
        self.learnt[f"{form}: {plain(sentence)}"] += 1

    def gives_up(self, form: str, sentence: str) -> None:
        self.given_up[f"{form}: {plain(sentence)}"] += 1

    def text(self) -> str:
        lines = ["tries by form (fillings: at the first, second, third, fourth try)"]
        for form, tries in sorted(self.tries.items()):
            spread = Counter(tries)
            lines.append(f"  {len(tries):5d}  " + " ".join(f"{spread.get(n, 0):5d}" for n in (1, 2, 3, 4)) + f"  {form}")
        for title, counted in (
            ("given up", self.given_up),
            ("sentences learnt from", self.learnt),
            ("held", self.held),
            ("acts", self.acts),
            ("files read back", self.files),
            ("answers by status", self.statuses),
            ("astray", self.astray),
            ("notes", self.notes),
        ):
            lines.append(title)
            lines += [f"  {n:5d}  {what}" for what, n in counted.most_common()]
        lines += ["files that did not open", *self.broken_files] if self.broken_files else []
        return "\n".join(lines)


def plain(sentence: str) -> str:
    """A sentence without what differs from case to case: numbers, and names of people here."""
    return re.sub(r"\d+", "N", re.sub(r"演示·[^，,“”]*\d", "某人", sentence))[:200]
