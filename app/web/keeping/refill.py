"""A page with its forms filled in again: what was typed is put back into the fields of the page as it is drawn now.

One reader for every page: fields by name, ticks, choices, rows added on the page, files that are here already. What has no
field any more is listed, so that it can be copied.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lxml import html

from ..shell.filters import day_input

Pairs = Sequence[tuple[str, str]]
Tokens = Mapping[str, Callable[[], str]]
OWN = frozenset({"csrf_token", "_from", "_command", "_version", "_puzzle", "_held", "_kept", "_kept_of", "_rest", "_changed"})
"""Fields of the page itself; what a new page says counts."""
CHANGED = "_changed"
OF_FILE = re.compile(r"sheet|hidden|above|header|column-\d{1,3}", re.ASCII)
"""What is chosen of one table (see files.py): it says nothing about another."""
_ROW = re.compile(r"([a-z][a-z0-9_]*)-(\d{1,3})-([a-z][a-z0-9_]*)\Z", re.ASCII)


@dataclass(frozen=True)
class Held:
    """A file that was received for a field, and the line of HTML that stands for it."""

    field: str
    line: str


@dataclass(frozen=True)
class Typed:
    """A form that comes back. `main`: the page as it was answered, with its errors; `said`: HTML above the form; `wrong`:
    what is wrong, by field; `form`: the drawing that it was typed into last."""

    id: int
    action: str
    sent: Pairs | None
    main: str | None
    held: Sequence[Held]
    said: str
    wrong: Mapping[str, str]
    form: str = ""


def changed(sent: Pairs) -> set[str] | None:
    """Names of the fields that the person changed, as the page's script tells; None: it is not known."""
    told = [value for name, value in sent if name == CHANGED]
    return set(" ".join(told).split()) if told else None


def together(before: Pairs | None, sent: Pairs) -> list[tuple[str, str]]:
    """What is sent of a form that had been filled in again: what was changed then is changed still."""
    earlier, now = changed(before or ()), changed(sent)
    rest = [(name, value) for name, value in sent if name != CHANGED]
    if now is None or (before and earlier is None):
        return rest
    return [*rest, (CHANGED, " ".join(sorted(now | (earlier or set()))))]


def read(text: str) -> Any:
    return html.document_fromstring(text)


def written(document: Any) -> str:
    return str(html.tostring(document, encoding="unicode", doctype="<!doctype html>"))


def main_of(text: str, action: str) -> str | None:
    """The content of a page that has a form for this address."""
    document = read(text)
    found = document.xpath("//main")
    if not found or not any(True for _ in _forms(document, action)):
        return None
    return _inner(found[0])


def _inner(element: Any) -> str:
    return str(element.text or "") + "".join(html.tostring(child, encoding="unicode") for child in element)


def _forms(document: Any, action: str) -> Iterable[Any]:
    for form in document.xpath("//form[@method='post']"):
        places = [form.get("action", ""), *form.xpath(".//button/@formaction")]
        if any(urlsplit(place).path == action for place in places):
            yield form


def fill(
    document: Any, typed: Typed, tokens: Tokens, word: Callable[[str], str], page: Callable[[str, str, int], str]
) -> list[tuple[str, str]] | None:
    """Put one form back into the page. Returns what has no field any more; None: the page has no such form now. `word`: the
    name of a code that was found by typing and is not among the choices of the page as it is drawn anew; `page`: the line
    of HTML for a page stored earlier, from its field, its number and which one it is."""
    if typed.main is not None and any(True for _ in _forms(document, typed.action)):
        _replace_main(document, typed.main, tokens)
    form = _matching(document, typed)
    if form is None:
        return None
    left = _put(form, document, _chosen(form, typed), word, page) if typed.sent is not None else []
    command = next((value for name, value in typed.sent or () if name == "_command"), "")
    for field in form.xpath(".//input[@name='_command']") if command else ():
        field.set("value", command)  # had it been carried out after all, it is not carried out twice
    for name, value in (("_kept_of", typed.form), ("_kept", str(typed.id))):
        form.insert(0, html.Element("input", type="hidden", name=name, value=value))
    _hold(form, typed.held)
    for name, sentence in typed.wrong.items():
        _beside(form, document, name, sentence, f"wrong-{typed.id}-{name}")
    above(form, typed.said)
    return left


def taken(document: Any, typed: Typed) -> bool:
    """Whether its form holds what was typed in another tab."""
    form = _matching(document, typed)
    return form is not None and bool(form.xpath("./input[@name='_kept']"))


def _replace_main(document: Any, content: str, tokens: Tokens) -> None:
    """The page as it was answered, with tokens of this moment: those of the other forms on it may have been used since."""
    main = document.xpath("//main")[0]
    kept = [element for element in main.xpath("./*[contains(concat(' ', @class, ' '), ' flash ')]")]
    for child in list(main):
        main.remove(child)
    fresh = html.fragment_fromstring(content, create_parent="main")
    for old in fresh.xpath("./*[contains(concat(' ', @class, ' '), ' flash ')]"):
        fresh.remove(old)
    main.text = fresh.text
    main.extend(kept)
    main.extend(list(fresh))
    for field in main.xpath(".//input[@type='hidden']"):
        name = field.get("name", "")
        if name in tokens:
            field.set("value", tokens[name]())


def _matching(document: Any, typed: Typed) -> Any | None:
    """The form of this address whose hidden fields say what was sent: a grid of another village is another form. Of several
    the one that has fields for the files and for most of what was sent."""
    sent: dict[str, set[str]] = {}
    for name, value in typed.sent or ():
        sent.setdefault(name, set()).add(value)
    files, found = {one.field for one in typed.held}, []
    for form in _forms(document, typed.action):
        fixed = [f for f in form.xpath(".//input[@type='hidden']") if _fixed(f)]
        if typed.sent is None or all(f.get("value") in sent.get(f.get("name"), ()) for f in fixed):
            found.append(form)

    def takes(form: Any) -> tuple[bool, int]:
        names = {field.get("name") for field in _fields(form, document)}
        return files <= set(form.xpath(".//input[@type='file']/@name")), len(names & (sent.keys() - OWN))

    return max(found, key=takes, default=None)


def _fixed(field: Any) -> bool:
    name = field.get("name", "")
    return bool(field.get("value")) and name not in OWN and not name.startswith(("_v-", "_found-"))


def _chosen(form: Any, typed: Typed) -> Pairs:
    """What was sent; what was chosen of a file that is here goes along where the page does not ask it."""
    sent = list(typed.sent or ())
    names = set(form.xpath(".//@name"))
    if typed.held:
        for name, value in sent:
            if name not in names and OF_FILE.fullmatch(name):
                form.insert(0, html.Element("input", type="hidden", name=name, value=value))
    return sent


# --- fields -----------------------------------------------------------------------------------------------------------


def _fields(form: Any, document: Any) -> list[Any]:
    """Every field of the form, those outside it that name it included; not the copies that wait in a template."""
    inside = form.xpath(".//input|.//textarea|.//select")
    ident = form.get("id")
    apart = document.xpath("//*[@form=$ident]", ident=ident) if ident else []
    return [one for one in [*inside, *apart] if one.get("name") and not one.xpath("ancestor::template")]


def _put(
    form: Any, document: Any, sent: Pairs, word: Callable[[str], str], page: Callable[[str, str, int], str]
) -> list[tuple[str, str]]:
    values: dict[str, list[str]] = {}
    for name, value in sent:
        values.setdefault(name, []).append(value)
    _add_rows(form, values)
    only = changed(sent)  # what was only shown stands as the page knows it now
    used = set(OWN) | {b.get("name") for b in form.xpath(".//button[@name]")}
    plain: dict[str, list[Any]] = {}
    for field in _fields(form, document):
        name, kind = field.get("name"), field.get("type", "text") if field.tag == "input" else field.tag
        if name in OWN or kind in ("file", "password", "submit", "image", "reset"):
            continue
        if name not in values and OF_FILE.fullmatch(name):
            continue  # asked for the first time: it stands as the page proposes it
        used.add(name)
        if only is not None and name not in only and kind != "hidden":
            continue
        if kind in ("checkbox", "radio"):
            _tick(field, field.get("value", "on") in values.get(name, ()))
        elif kind == "select":
            _choose(field, values.get(name, []), word)
        elif kind == "hidden" and name.startswith("_found-") and name in values:
            field.set("value", values[name][0])
        elif kind != "hidden":
            plain.setdefault(name, []).append(field)
    for name, fields in plain.items():
        for field, value in zip(fields, values.get(name, ()), strict=False):
            _write(field, value)
    _pages(form, values, used, page)
    lost = [name for name in values if name not in used and not name.startswith("_") and (only is None or name in only)]
    left = ((name, v) for name in lost for v in values[name])
    return [(name, v) for name, v in left if v.strip()]


def _tick(field: Any, on: bool) -> None:
    if on == (field.get("checked") is not None):
        return
    if on:
        field.set("checked", "checked")
        _open(field)
    else:
        field.attrib.pop("checked")


def _choose(field: Any, given: list[str], word: Callable[[str], str]) -> None:
    options = field.xpath(".//option")
    if field.get("data-found") is not None:
        for code in given:
            if code and code not in map(_code, options):
                found = html.Element("option", value=code)
                found.text = word(code)
                field.append(found)
                options.append(found)
    if not given or not any(_code(option) in given for option in options):
        return
    for option in options:
        chosen = _code(option) in given
        if chosen and option.get("selected") is None:
            _open(field)
        option.attrib.pop("selected", None)
        if chosen:
            option.set("selected", "selected")


def _code(option: Any) -> str:
    return str(option.get("value", option.text or ""))


def _write(field: Any, value: str) -> None:
    if field.tag == "textarea":
        if (field.text or "").strip() != value.strip():
            _open(field)
        field.text = "\n" + value  # the first line break after the tag is the page's own
        return
    if field.get("value", "") != value:
        _open(field)
    if field.get("type") == "date":
        field.set("type", day_input(value))
    field.set("value", value)


def _open(field: Any) -> None:
    """What was typed is seen: folded parts of the page around it stand open."""
    for fold in field.xpath("ancestor::details"):
        fold.set("open", "open")


def _beside(form: Any, document: Any, name: str, sentence: str, ident: str) -> None:
    """What is wrong with a field, below it, tied to it for those who hear the page."""
    fields = [f for f in _fields(form, document) if f.get("name") == name and f.get("type") != "hidden"]
    if not fields:
        return
    note = html.Element("div", id=ident)
    note.set("class", "invalid-feedback shown")
    note.text = sentence
    for field in fields:
        field.set("aria-invalid", "true")
        field.set("aria-describedby", f"{field.get('aria-describedby', '')} {ident}".strip())
        field.set("class", f"{field.get('class', '')} is-invalid".strip())
    _open(fields[-1])
    last = fields[-1]
    around = last.xpath("ancestor::fieldset[1]") if last.get("type") in ("checkbox", "radio") else []
    if around:
        around[-1].append(note)
    else:
        (last.xpath("ancestor::label[1]") or [last])[0].addnext(note)


def _add_rows(form: Any, values: dict[str, list[str]]) -> None:
    """Rows that the person had added on the page, made as the page's own script makes them."""
    have = set(form.xpath(".//@name"))
    wanted = sorted({(m[1], int(m[2])) for m in map(_ROW.match, values) if m and m[0] not in have})
    for name, number in wanted:
        for block in form.xpath(".//*[@data-rows=$name]", name=name):
            copy, place = block.xpath(".//template[@data-row-template]"), block.xpath(".//*[@data-row-list]")
            if copy and place and not block.xpath(f".//*[@data-row='{number}']"):
                for row in deepcopy(copy[0]):
                    for one in row.iter():
                        for key, text in one.attrib.items():
                            one.set(key, text.replace("__i__", str(number)))
                    place[0].append(row)


def _pages(form: Any, values: dict[str, list[str]], used: set[str], page: Callable[[str, str, int], str]) -> None:
    """Pages that were stored already and that this page does not name by itself: a ticked box each, as it draws its own."""
    for field in form.xpath(".//input[@type='file']"):
        name = field.get("name", "").removeprefix("_file-")
        if name in used and field.get("capture") is None:
            drawn = [f.get("value") for f in form.xpath(".//input[@name=$name]", name=name) if f.get("value")]
            fresh = [ident for ident in dict.fromkeys(values.get(name, ())) if ident and ident not in drawn]
            for number, ident in enumerate(fresh, len(drawn) + 1):
                field.addprevious(html.fragment_fromstring(page(name, ident, number)))


def _hold(form: Any, held: Sequence[Held]) -> None:
    """Files that were received: by name, not asked for again."""
    for one in held:
        fields = [f for f in form.xpath(".//input[@type='file']") if f.get("name") == one.field]
        if fields:
            fields[0].attrib.pop("required", None)
            line = html.fragment_fromstring(one.line)
            fields[0].addprevious(line)
            _open(fields[0])
            for place in line.xpath("./details[@data-swap]"):
                place.append(fields[0])


def above(element: Any, said: str) -> None:
    """A note before a form, or as the first of the page."""
    if not said.strip():
        return
    part = html.fragment_fromstring(said.strip())
    if element.tag == "main":
        part.tail, element.text = element.text, None
        element.insert(0, part)
    else:
        element.addprevious(part)
