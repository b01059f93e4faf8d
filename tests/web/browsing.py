"""A browser without a script: the forms of a page, filled in and sent with everything that the page put into them."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

SKIPPED = ("/logout", "/acting", "/clock", "/kept/drop")


@dataclass
class PageForm:
    """One form as it was drawn. `texts`: fields that a person types into."""

    action: str
    sent: list[tuple[str, str]]
    texts: list[str]
    element: Any
    fields: list[Any]

    def typed(self, mark: str) -> list[tuple[str, str]]:
        """What is sent after something of one's own was typed into every field."""
        plain = [(n, v) for n, v in self.sent if n not in self.texts]
        return plain + [(name, f"{mark}{n}") for n, name in enumerate(self.texts)]

    def actions(self) -> list[str]:
        """Where it can be sent: its own address, then those of its buttons."""
        return list(dict.fromkeys([self.action, *self.element.xpath(".//button/@formaction")]))

    def files(self) -> list[str]:
        """Fields that take a file."""
        return [f.get("name") for f in self.fields if f.get("type") == "file" and f.get("capture") is None]

    def filled(self, mark: str) -> dict[str, list[str]]:
        """Every field that a person can change, changed: texts marked, days, choices and ticks other than they stood."""
        found: dict[str, list[str]] = {}
        for n, field in enumerate(self.fields):
            name, kind = field.get("name"), field.get("type", "text")
            if kind in ("hidden", "file", "submit", "button", "password") or name == "_in":
                continue
            if _is_text(field):
                found.setdefault(name, []).append(f"{mark}{n}")
            elif field.tag == "select":
                codes = [o.get("value", o.text or "") for o in field.xpath(".//option")]
                found.setdefault(name, []).extend(codes[-1:])
            elif kind == "radio":
                found[name] = [field.get("value", "on")]
            elif kind == "checkbox":
                found.setdefault(name, []).append(field.get("value", "on"))
            elif kind in ("date", "month", "number"):
                found.setdefault(name, []).append({"date": "2021-08-09", "month": "2021-08", "number": "7"}[kind])
        return found

    def stands(self) -> dict[str, list[str]]:
        """What would be sent of these fields as the form stands."""
        own = [f for f in self.fields if f.get("type") not in ("hidden", "file", "password") and f.get("name") != "_in"]
        return together([p for f in own for p in _sends(f)])

    def hidden(self) -> list[tuple[str, str]]:
        """What the page itself puts in."""
        return [
            (f.get("name"), f.get("value", "")) for f in self.fields if f.get("type") == "hidden" or f.get("name") == "_in"
        ]


def forms(text: str) -> list[PageForm]:
    found = []
    document = html.document_fromstring(text)
    for form in document.xpath("//form[@method='post']"):
        inside = form.xpath(".//input|.//textarea|.//select")
        apart = document.xpath("//*[@form=$i]", i=form.get("id")) if form.get("id") else []
        fields = [f for f in [*inside, *apart] if f.get("name") and not f.xpath("ancestor::template")]
        found.append(
            PageForm(
                form.get("action"),
                [p for f in fields for p in _sends(f)],
                [f.get("name") for f in fields if _is_text(f)],
                form,
                fields,
            )
        )
    return found


def form(text: str, action: str) -> PageForm:
    return next(one for one in forms(text) if urlsplit(one.action).path == action)


def _is_text(field: Any) -> bool:
    plain = field.tag == "textarea" or (
        field.tag == "input" and field.get("type", "text") in ("text", "tel", "email", "search")
    )
    return plain and not field.get("name").startswith("_")


def _sends(field: Any) -> list[tuple[str, str]]:
    name, kind = field.get("name"), field.get("type", "text")
    if field.tag == "textarea":
        return [(name, (field.text or "").removeprefix("\n"))]
    if field.tag == "select":
        options = field.xpath(".//option")
        chosen = [o for o in options if o.get("selected") is not None] or options[: field.get("multiple") is None]
        return [(name, o.get("value", o.text or "")) for o in chosen]
    if kind in ("checkbox", "radio"):
        return [(name, field.get("value", "on"))] if field.get("checked") is not None else []
    return [] if kind in ("file", "submit", "button") else [(name, field.get("value", ""))]


def values(text: str, action: str) -> dict[str, list[str]]:
    """What stands in the form of the page now."""
    found: dict[str, list[str]] = {}
    for name, value in form(text, action).sent:
        found.setdefault(name, []).append(value)
    return found


def send(client: FlaskClient, action: str, sent: list[tuple[str, Any]], **more: Any) -> TestResponse:
    """Posted as a browser does, and the page that it then shows."""
    return client.post(action, data=together(sent), follow_redirects=True, **more)


def together(sent: list[tuple[str, Any]]) -> dict[str, list[Any]]:
    data: dict[str, list[Any]] = {}
    for name, value in sent:
        data.setdefault(name, []).append(value)
    return data


def links(text: str) -> list[str]:
    return [h for h in dict.fromkeys(re.findall(r'href="(/[^"#]*)"', text)) if "." not in urlsplit(h).path]
