"""Why a household was put into a category: the row that hit, the figures, and which single value would change it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.decisions.errors import TableError as DecisionRefused
from app.decisions.tables import evaluate
from app.decisions.why import Change, single_changes
from app.forms import yuan
from app.labels import say
from app.policy import calendar
from app.store import households as household_rows
from app.store.record import DataKey
from app.store.session import Session

from ..definitions import Bundle
from ..household.knowledge import Words

_GAPS = {"net_gap_fen": "net", "reference_gap_fen": "reference"}
_INCOME = ("wages", "business", "property", "transfer")


def latest(
    session: Session, case_id: int, key: DataKey, bundle: Bundle, named: Callable[[str], str] = str
) -> dict[str, Any] | None:
    """The newest snapshot's reason as the task page shows it: title, sentence, rows; None before the first."""
    found = household_rows.snapshots_of(session, case_id)
    if not found:
        return None
    content = household_rows.taken_figures(session, found[-1], key)
    if content is None:
        return None
    result, row, reason, changes = judged(content, bundle)
    words = Words(bundle.codes, named)
    listed = decides(content, bundle)
    rows = (
        [
            {"label": say("reasons.net"), "value": _yuan(content["net_fen"]), "note": _against(content)},
            {"label": say("reasons.reference"), "value": _yuan(content["reference_fen"]), "note": None},
            {"label": say("reasons.counted"), "value": say("reasons.people", n=content["counted"]), "note": None},
        ]
        if of_income(content)
        else []
    )
    tipping = tipping_sentence(words, content, changes, result, listed)
    if tipping:
        rows.append({"label": say("reasons.would_change"), "value": tipping, "note": None})
    code = f"reasons.title.{listed}" if of_income(content) else "reasons.title.other"
    title = say(code, category=words.title(listed, result)) if result else say("reasons.undecided")
    return {"title": title, "sentence": say("reasons.by_row", row=row, reason=reason) if row else reason, "rows": rows}


def judged(content: Mapping[str, Any], bundle: Bundle) -> tuple[Any, str, str, list[Change]]:
    """(category or list of codes, row, reason sentence, single changes), by the table of this deployment."""
    table = bundle.definition.tables.get(table_of(content, bundle))
    if table is None:
        return None, "", "", []
    try:
        hit = evaluate(table, content["facts"])
        changes = single_changes(table, content["facts"])
    except DecisionRefused as error:
        return None, "", say(error.code, **error.details), []
    outputs = hit.outputs if isinstance(hit.outputs, Mapping) else {}
    rows = say("stories.comma").join(str(n) for n in hit.rows)
    said = outputs.get(decides(content, bundle))
    return said if isinstance(said, list) else str(said), rows, reason_words(outputs), changes


def reason_words(outputs: Mapping[str, Any]) -> str:
    """The sentence of a row's reason, a designer's own as it stands; a table may have none."""
    reason = str(outputs.get("reason") or "")
    known = say(f"policy.reason.{reason}")
    return reason if known == f"policy.reason.{reason}" else known


def decides(content: Mapping[str, Any], bundle: Bundle) -> str:
    """What the table of a snapshot decides: its first output, which is also the name of the code list with its words."""
    table = bundle.definition.tables.get(table_of(content, bundle))
    return table.outputs[0].name if table is not None else ""


def of_income(content: Mapping[str, Any]) -> bool:
    """Whether a snapshot was taken of a household's income."""
    return "net_fen" in content


def table_of(content: Mapping[str, Any], bundle: Bundle) -> str:
    """The table that a snapshot was taken for; earlier ones did not say it, and were taken for the only one there was."""
    return str(content.get("table") or bundle.first_decision)


def tipping_sentence(words: Words, content: Mapping[str, Any], changes: list[Change], now: str | None, listed: str) -> str:
    """Each single value that would have led elsewhere, in one sentence."""
    told = []
    for change in changes:
        outputs = change.outputs if isinstance(change.outputs, Mapping) else {}
        category = words.title(listed, outputs.get(listed, "")) if outputs else say("reasons.nothing")
        if outputs and outputs.get(listed) == now:
            continue
        told.append(say("reasons.change", what=_changed(words, content, change), category=category))
    return say("stories.rows").join(dict.fromkeys(told))


def _changed(words: Words, content: Mapping[str, Any], change: Change) -> str:
    if change.name in _GAPS and isinstance(change.after, int):
        return say(f"reasons.change.{_GAPS[change.name]}", amount=yuan(int(content["line_fen"]) + change.after))
    if isinstance(change.after, bool):
        return say(f"reasons.change.{'yes' if change.after else 'no'}", label=change.label)
    after = words.title(change.name, change.after) if isinstance(change.after, str) else str(change.after)
    return say("reasons.change.value", label=change.label, value=after)


def _yuan(fen: int) -> str:
    return say("stories.yuan", amount=yuan(fen))


def _against(content: Mapping[str, Any]) -> str:
    code = "reasons.line_provisional" if content["line_provisional"] else "reasons.line"
    return say(code, year=content["line_year"], amount=yuan(content["line_fen"]))


def snapshots(
    session: Session, case_id: int, key: DataKey, bundles: Sequence[Bundle], named: Callable[[str], str] = str
) -> list[dict[str, Any]]:
    """Every income snapshot of the case with its figures, newest first; judged by the procedure it was taken in."""
    found = []
    for number, row in enumerate(household_rows.snapshots_of(session, case_id)):
        content = household_rows.taken_figures(session, row, key)
        bundle = next((b for b in bundles if content and table_of(content, b) in b.definition.tables), None)
        if content is None or bundle is None:
            continue
        words, listed = Words(bundle.codes, named), decides(content, bundle)
        result, hit, _, changes = judged(content, bundle)
        tipping = tipping_sentence(words, content, changes, result, listed)
        title = say("reasons.snapshot_first") if number == 0 else say("reasons.snapshot_again", n=number + 1)
        if not of_income(content):
            title = say("reasons.snapshot_other")
        if listed == "exit_proposal":
            title = say("reasons.snapshot_exit")
        found.append(
            {
                "title": title,
                "as_of": calendar.local_date(row.taken_at),
                "provisional": bool(content.get("line_provisional")),
                "lines": _lines(content) if of_income(content) else [],
                "result": words.title(listed, result) if result else say("reasons.undecided"),
                "row": say("reasons.row", row=hit) if hit else None,
                "tipping": say("reasons.tipping", text=tipping) if tipping else None,
            }
        )
    return found[::-1]


def _lines(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Sums by kind, then per head, then the line."""
    household = content["household"]["household"]
    lines: list[dict[str, Any]] = []

    def add(code: str, fen: int, kind: str = "") -> None:
        lines.append({"label": say(f"reasons.line.{code}"), "fen": fen, "kind": kind})

    for kind in _INCOME:
        total = sum(int(r["amount"]) for r in household.get("income") or () if str(r["item"]).startswith(f"{kind}_"))
        if total:
            add(kind, total)
    costs = sum(int(r["amount"]) for r in household.get("costs") or ())
    if costs:
        add("costs", costs, "minus")
    add("net_total", content["net_total_fen"], "sum")
    add("net", content["net_fen"], "sum")
    for table, kind in (("claims", ""), ("self_paid", "minus")):
        total = sum(int(r["amount"]) for r in household.get(table) or ())
        if total:
            add(table, total, kind)
    add("reference", content["reference_fen"], "sum")
    lines.append(
        {"label": say("reasons.line.standard", year=content["line_year"]), "fen": content["line_fen"], "kind": "against"}
    )
    return lines


def differences(bundle: Bundle, document: Mapping[str, Any], department_name: Any) -> list[dict[str, Any]]:
    """What departments answered beside what the village wrote; figures stay with who may see them."""
    words = Words(bundle.codes)
    found = []
    for code, answer in (document.get("asset_answers") or {}).items():
        differs = answer.get("answer") == "differs"
        found.append(
            {
                "label": say("reasons.assets"),
                "village": say("reasons.as_told"),
                "other": words.title("asset_answer", answer.get("answer", "")),
                "source": department_name(code),
                "differs": differs,
            }
        )
    return found


def proposed(session: Session, case_id: int, key: DataKey, bundle: Bundle) -> str | None:
    """The category code the table gives for the newest snapshot."""
    found = household_rows.snapshots_of(session, case_id)
    content = household_rows.taken_figures(session, found[-1], key) if found else None
    return None if content is None else judged(content, bundle)[0]
