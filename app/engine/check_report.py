"""What the deploy gate says: findings by element, and every element with "runs" or "refused"."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from xml.etree.ElementTree import Element as Xml

from app.decisions.safexml import line_of

Severity = Literal["refused", "warning"]
Say = Callable[..., str]


@dataclass(frozen=True)
class Finding:
    """`args` are the arguments of the sentence `code` in the labels; `element` None = the whole file."""

    file: str
    element: str | None
    line: int | None
    code: str
    args: Mapping[str, object] = field(default_factory=dict)
    severity: Severity = "refused"


@dataclass(frozen=True)
class Walked:
    """A flow node that was looked at. `kind` is its BPMN name (userTask)."""

    file: str
    element: str
    name: str
    kind: str
    verdict: Literal["runs", "refused"]


@dataclass(frozen=True)
class Report:
    findings: tuple[Finding, ...]
    elements: tuple[Walked, ...]

    @property
    def ok(self) -> bool:
        """Nothing is refused; warnings do not stop a deployment."""
        return not any(f.severity == "refused" for f in self.findings)


class Notes:
    """Findings as they are met; the same thing is said once, and `LIMIT` of each severity are kept."""

    LIMIT = 1000

    def __init__(self) -> None:
        self.found: dict[tuple[str, str | None, str, str], Finding] = {}
        self.refused: set[tuple[str, str | None]] = set()  # (file, element), those beyond the limit too
        self.count = {"refused": 0, "warning": 0}

    def refuse(self, file: str, at: Xml | None, code: str, **args: object) -> None:
        self._note(file, at, code, "refused", args)

    def warn(self, file: str, at: Xml | None, code: str, **args: object) -> None:
        self._note(file, at, code, "warning", args)

    def add(self, finding: Finding) -> None:
        key = (finding.file, finding.element, finding.code, repr(sorted(finding.args.items(), key=str)))
        if finding.severity == "refused":
            self.refused.add((finding.file, finding.element))
        if key not in self.found and self.count[finding.severity] < self.LIMIT:
            self.found[key] = finding
            self.count[finding.severity] += 1

    def _note(self, file: str, at: Xml | None, code: str, severity: Severity, args: dict[str, object]) -> None:
        element = at.get("id") if at is not None else None
        line = line_of(at) if at is not None else None
        shown = {name: short(value) if isinstance(value, str) else value for name, value in args.items()}
        if at is not None:
            shown.setdefault("name", short(at.get("name") or element or ""))
        self.add(Finding(file, element, line, code, shown, severity))


def short(text: str) -> str:
    """What a stranger wrote, fit for one line of a message."""
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:79] + "…"


def data(report: Report, say: Say) -> dict[str, Any]:
    """The report as plain data, for `--json`."""
    return {
        "ok": report.ok,
        "findings": [
            {
                "file": f.file,
                "element": f.element,
                "line": f.line,
                "severity": f.severity,
                "code": f.code,
                "text": say(f.code, **f.args),
            }
            for f in report.findings
        ],
        "elements": [
            {"file": w.file, "element": w.element, "name": w.name, "kind": w.kind, "verdict": w.verdict}
            for w in report.elements
        ],
    }


def lines(report: Report, say: Say) -> list[str]:
    """The report in words: every element with its verdict, then what is wrong, then one line of sums."""
    told = [
        say(f"check.walked.{w.verdict}", file=w.file, element=w.element, name=w.name or w.element) for w in report.elements
    ]
    for f in report.findings:
        place = f"{f.file}:{f.line}" if f.line else f.file
        where = f"{place} {f.element}" if f.element else place
        told.append(say(f"check.severity.{f.severity}", where=where, text=say(f.code, **f.args)))
    refused = sum(f.severity == "refused" for f in report.findings)
    sums = {"elements": len(report.elements), "refused": refused, "warnings": len(report.findings) - refused}
    told.append(say("check.passed" if report.ok else "check.failed", **sums))
    return told
