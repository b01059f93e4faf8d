"""Small judgement tables as DMN files, for the tests."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from app.decisions.reader import NAMESPACE
from app.decisions.tables import Table, parse_dmn


def column(name: str, type: str = "number", allowed: str = "", label: str = "") -> str:
    values = f"<inputValues><text>{escape(allowed)}</text></inputValues>" if allowed else ""
    return (
        f"<input label={quoteattr(label)}><inputExpression typeRef={quoteattr(type)}>"
        f"<text>{escape(name)}</text></inputExpression>{values}</input>"
    )


def answer(name: str = "result", type: str = "string", allowed: str = "") -> str:
    values = f"<outputValues><text>{escape(allowed)}</text></outputValues>" if allowed else ""
    return f"<output name={quoteattr(name)} typeRef={quoteattr(type)}>{values}</output>"


def row(cells: Sequence[str], outputs: Sequence[str], extra: str = "", id: str = "") -> str:
    ins = "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in cells)
    outs = "".join(f"<outputEntry><text>{escape(value)}</text></outputEntry>" for value in outputs)
    named = f" id={quoteattr(id)}" if id else ""
    return f"<rule{named}>{extra}{ins}{outs}</rule>\n"


def dmn(policy: str, columns: Sequence[str], rows: Sequence[str], answers: Sequence[str] = (), **more: str) -> bytes:
    """`more`: table (attributes), head (inside the table), beside (inside definitions)."""
    parts = "".join([*columns, *(answers or [answer()]), more.get("head", ""), *rows])
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<definitions xmlns="{NAMESPACE}" id="d" name="d" namespace="n">'
        f'<decision id="category" name="监测对象类别">'
        f'<decisionTable hitPolicy="{policy}" {more.get("table", "")}>\n'
        f"{parts}</decisionTable></decision>{more.get('beside', '')}</definitions>"
    ).encode()


def table(policy: str, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> Table:
    """Row n says "n" unless the row has one cell more than there are columns: that is its output."""
    width = len(columns)
    rows = [row(line[:width], line[width:] or [f'"{number}"'], id=f"r{number}") for number, line in enumerate(cells, 1)]
    return parse_dmn(dmn(policy, columns, rows))
