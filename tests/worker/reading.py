"""A page as a person reads it: its forms with their questions, its buttons, its links, and what it says is wrong."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from lxml import html
from lxml.html import HtmlElement

from .questions import Choice, Condition, Question, Row, Sheet

_ROW = re.compile(r"(.+)-(\d+)-([^-]+)\Z")


@dataclass(frozen=True)
class Button:
    words: str
    action: str
    name: str = ""
    value: str = ""
    main: bool = False
    off: bool = False


@dataclass(frozen=True)
class Finder:
    """A list too long to show: which groups it may be looked for in, the name of the words to look for, and the button."""

    groups: tuple[str, ...]
    group_name: str
    words_name: str
    button: Button


@dataclass(frozen=True)
class PageForm:
    """`errors`: path of an input -> the sentence beside it; `rows_told`: the same for a row of a grid, by what picks it."""

    action: str
    method: str
    sheet: Sheet
    buttons: tuple[Button, ...]
    files: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    rows_told: dict[str, str] = field(default_factory=dict)
    folded: bool = False
    """Whether it stands behind something to open first."""
    templates: tuple[str, ...] = ()
    """Tables offered for download beside it."""
    finders: dict[str, Finder] = field(default_factory=dict)
    """Path of a question -> how its choices are found."""

    @property
    def main(self) -> Button | None:
        return next((b for b in self.buttons if b.main and not b.off), None)

    @property
    def kind(self) -> str:
        """Which form this is, wherever it stands: its address without numbers."""
        return shape(self.action)


@dataclass(frozen=True)
class Link:
    href: str
    words: str


@dataclass(frozen=True)
class Page:
    path: str
    status: int
    title: str
    content: HtmlElement
    nav: tuple[Link, ...] = ()
    posted: bool = False
    """Whether it came as the answer to a form, not by going to it."""

    @cached_property
    def forms(self) -> tuple[PageForm, ...]:
        return self.forms_in(self.content)

    def forms_in(self, part: HtmlElement) -> tuple[PageForm, ...]:
        labels = {e.get("for"): e for e in part.iter("label") if e.get("for")}
        return tuple(_form(f, self.content, labels, self.path) for f in part.iter("form"))

    def links(self) -> list[Link]:
        return [Link(a.get("href"), words(a)) for a in self.content.iterfind(".//a[@href]")]

    def told(self) -> list[str]:
        """Boxes that say something about the whole page: refusals, holds, what was done."""
        return [words(e) for e in self.content.iter() if {"note", "alert"} & classes(e)]

    def bad(self) -> list[str]:
        """What the page refuses as a whole."""
        boxes = [words(e) for e in self.content.iter() if e.get("role") == "alert" or {"note", "bad"} <= classes(e)]
        if not boxes and self.status >= 400:
            boxes = [words(p) for p in self.content.findall("./p")[:1]]
        return boxes


def shape(address: str) -> str:
    return re.sub(r"\d[\w-]*", "*", address.partition("?")[0])


def classes(e: HtmlElement) -> set[str]:
    return set((e.get("class") or "").split())


def words(e: HtmlElement) -> str:
    return " ".join(e.text_content().split())


def read(text: str, path: str, status: int, posted: bool = False) -> Page:
    root = html.fromstring(text) if text.strip() else html.fromstring("<html><body></body></html>")
    found = root.xpath("//main")
    content = found[0] if found else root
    nav = [Link(a.get("href"), words(a)) for a in root.xpath("//nav[contains(@class,'rail')]//li/a[@href]")]
    titles = content.xpath(".//h1")
    return Page(path, status, words(titles[0]) if titles else "", content, tuple(nav), posted)


def empty(path: str) -> Page:
    return Page(path, 200, "", html.fromstring("<main></main>"))


def _form(form: HtmlElement, content: HtmlElement, labels: dict[str, HtmlElement], path: str) -> PageForm:
    ident = form.get("id")
    inside = list(_controls(form))
    if ident:
        inside += [e for e in content.xpath(f".//*[@form='{ident}']") if e not in inside]
    action = form.get("action") or path
    buttons, groups, fixed = [], {}, []
    for e in inside:
        name = e.get("name") or ""
        if e.tag == "button" or e.get("type") in ("submit", "button"):
            if e.get("type") != "button":
                main, off = "btn-primary" in classes(e), e.get("disabled") is not None
                buttons.append(Button(words(e), e.get("formaction") or action, name, e.get("value") or "", main, off))
        elif name and any(a.get("data-places") is not None for a in e.iterancestors("div")):
            fixed.append((name, _typed(e)))
        elif name and "__i__" not in name:
            groups.setdefault(name, []).append(e)
    questions: dict[str, Question] = {}
    for name, controls in groups.items():
        seen = [e for e in controls if e.get("type") != "hidden"]
        fixed += [(name, e.get("value") or "") for e in controls if e.get("type") == "hidden"]
        if seen and not name.startswith(("_remove-", "_find-", "_in-")):
            questions[name] = _question(name, seen, labels)
    errors = {n: s for n, es in groups.items() if (s := _error(es, content))}
    tables = [e for e in form.iter("fieldset") if e.get("data-rows")]
    for e in form.iter("fieldset"):
        if e.get("data-rows") or e.get("data-votes"):
            name = e.get("data-rows") or e.get("data-votes")
            told = [words(d) for d in e if "invalid-feedback" in classes(d)]
            if told:
                errors[name] = told[0]
            group = questions if e.get("data-rows") is None else {}
            if e.get("data-votes"):
                cells = tuple(questions.pop(n) for n in list(group) if n.startswith(f"{name}-"))
                questions[name] = Question(name, _title(e), "counts", required=_marked(e), when=_when(e, name), cells=cells)
    for e in tables:
        name = e.get("data-rows")
        questions[name] = _table(e, name, questions, labels)
    files = (form.get("enctype") or "").startswith("multipart")
    key = f"{shape(action)}|{_heading(content)}|{_way(content)}" if action.startswith("/tasks/") else shape(action)
    ordered = tuple(questions.values())
    return PageForm(
        action,
        (form.get("method") or "get").lower(),
        Sheet(key, ordered, tuple(fixed)),
        tuple(buttons),
        files,
        errors,
        _rows_told(form),
        any(a.tag == "details" for a in form.iterancestors()),
        _templates(form),
        _finders(form, action),
    )


def _controls(form: HtmlElement) -> Iterator[HtmlElement]:
    """Inputs of the form, not those of a row that a script would copy."""
    for e in form.iter("input", "select", "textarea", "button"):
        if not any(a.tag == "template" for a in e.iterancestors()):
            yield e


def _table(e: HtmlElement, name: str, questions: dict[str, Question], labels: dict[str, HtmlElement]) -> Question:
    rows: dict[str, list[Question]] = {}
    for path in [p for p in questions if (m := _ROW.match(p)) and m[1] == name]:
        index = _ROW.match(path)[2]  # type: ignore[index]
        rows.setdefault(index, []).append(questions.pop(path))
    spare = {
        r.get("data-row")
        for r in e.iter("fieldset")
        if r.get("data-row") and not r.xpath(".//input[starts-with(@name,'_remove-')]")
    }
    made = [Row(i, tuple(cells), given=i not in spare) for i, cells in rows.items()]
    most = int(e.get("data-max") or 0) or None
    copied = e.find(".//template")
    if copied is not None and (most is None or len(made) < most):
        at = str(len(made))
        cells = [
            _question(c.get("name").replace("__i__", at), [c], labels)
            for c in copied.iter("input", "select", "textarea")
            if c.get("type") != "hidden" and c.get("name")
        ]
        made.append(Row(at, tuple({c.path: c for c in cells}.values())))
    return Question(name, _title(e), "table", required=_marked(e), when=_when(e, name), most=most, rows=tuple(made))


# --- one question -----------------------------------------------------------------------------------------------------------


def _question(name: str, controls: list[HtmlElement], labels: dict[str, HtmlElement]) -> Question:
    first = controls[0]
    kind = first.get("type") or "text"
    boxed = kind in ("radio", "checkbox")
    real = [e for e in controls if e.get("type") == "file"] if name.startswith("_file-") else controls
    label = _label(first, labels, boxed)
    choices: tuple[Choice, ...] = ()
    given: tuple[str, ...] = ()
    if boxed:
        boxes = [e for e in controls if e.get("type") == kind]
        choices = tuple(Choice(e.get("value") or "on", _of(e, labels)) for e in boxes)
        given = tuple(e.get("value") or "on" for e in boxes if e.get("checked") is not None)
    elif first.tag == "select":
        options = list(first.iter("option"))
        choices = tuple(Choice(o.get("value", words(o)), words(o)) for o in options if o.get("value", words(o)))
        given = tuple(o.get("value", words(o)) for o in options if o.get("selected") is not None and o.get("value", words(o)))
        if not given and options and options[0].get("value", words(options[0])) and first.get("multiple") is None:
            given = (options[0].get("value", words(options[0])),)  # what a browser would send
    elif first.tag == "textarea":
        given = ((first.text or "").removeprefix("\n"),) if (first.text or "").strip() else ()
    elif kind != "file" and first.get("value"):
        given = (first.get("value"),)
    marks = [words(m) for m in (label.iter("span") if label is not None else ()) if "optional" in classes(m)]
    required = any(e.get("required") is not None or e.get("aria-required") for e in real) or _marked(label)
    field_ = next((a for a in first.iterancestors() if "field" in classes(a)), None)
    most = _most(first, kind)
    return Question(
        path=name,
        title=_bare(label) or _column(first) or first.get("aria-label") or first.get("placeholder") or name,
        kind=_kind(first, kind, choices),
        hint=_hint(field_),
        required=required,
        needed=any(m.endswith("时必填") for m in marks),
        when=_when(first, name),
        choices=choices,
        people=False,
        given=given,
        most=most,
        longest=int(first.get("maxlength") or 0),
        first_day=first.get("min") or "",
        last_day=first.get("max") or "",
    )


def _column(e: HtmlElement) -> str:
    """In a grid: the heading of the column it stands in."""
    cell = next(e.iterancestors("td"), None)
    return "" if cell is None else cell.get("data-label") or ""


def _most(e: HtmlElement, kind: str) -> int | None:
    box = next((a for a in e.iterancestors("fieldset") if a.get("data-max") and not a.get("data-rows")), None)
    return int(box.get("data-max")) if kind == "checkbox" and box is not None else None


def _kind(e: HtmlElement, kind: str, choices: tuple[Choice, ...]) -> str:
    if e.tag == "select":
        return "many" if e.get("multiple") is not None else "one"
    if e.tag == "textarea":
        return "names" if e.get("data-people") is not None else "lines"
    if kind == "radio":
        return "one"
    if kind == "checkbox":
        return "many"
    if kind in ("file", "date"):
        return kind
    if e.get("placeholder") == "2021-09-03":
        return "date"  # a date that could not be read is shown as text
    if (e.get("placeholder") or "").startswith("姓名"):
        return "names"
    if kind == "tel" or e.get("inputmode") == "tel":
        return "phone"
    if e.get("autocapitalize") == "characters":
        return "id"
    return {"decimal": "money", "numeric": "integer"}.get(e.get("inputmode") or "", "text")


def _label(e: HtmlElement, labels: dict[str, HtmlElement], boxed: bool) -> HtmlElement | None:
    """What the question is called: its label, or the legend of the box it stands in."""
    fieldset = next(e.iterancestors("fieldset"), None)
    if (boxed or e.get("type") == "file") and fieldset is not None and fieldset.get("data-row") is None:
        return fieldset.find("./legend")
    return labels.get(e.get("id") or "")


def _of(e: HtmlElement, labels: dict[str, HtmlElement]) -> str:
    found = labels.get(e.get("id") or "")
    return words(found) if found is not None else e.get("aria-label") or ""


def _bare(label: HtmlElement | None) -> str:
    if label is None:
        return ""
    extra = [words(m) for m in label.iter("span") if {"optional", "quiet"} & classes(m)]
    text = words(label)
    for one in extra:
        text = text.replace(one, "")
    return text.strip()


def _title(e: HtmlElement) -> str:
    return _bare(e.find("./legend"))


def _marked(e: HtmlElement | None) -> bool:
    if e is None:
        return False
    label = e.find("./legend") if e.tag == "fieldset" else e
    return label is not None and any("required-word" in classes(m) for m in label.iter("span"))


def _hint(field_: HtmlElement | None) -> str:
    if field_ is None:
        return ""
    return " ".join(words(d) for d in field_.iter("div") if "form-text" in classes(d))


def _when(e: HtmlElement, name: str) -> tuple[Condition, ...]:
    """From the nearest box that is shown only under a condition; names are of the same row where it is one."""
    box = next((a for a in (e, *e.iterancestors()) if a.get("data-when")), None)
    if box is None:
        return ()
    found = []
    row = _ROW.match(name)
    for one in box.get("data-when").split(","):
        of, sign, codes = one.partition("!=") if "!=" in one else one.partition("=")
        inner = row is not None and any(a.get("data-row") for a in box.iterancestors("fieldset"))
        found.append(Condition(f"{row[1]}-{row[2]}-{of}" if inner and row else of, tuple(codes.split("|")), sign == "!="))
    return tuple(found)


def _error(controls: list[HtmlElement], content: HtmlElement) -> str:
    """The sentence beside an input: what it is described by, or the red line in its own box."""
    for e in controls:
        for ident in (e.get("aria-describedby") or "").split():
            if ident.endswith("-error") or ident.startswith("why-"):
                found = content.xpath(f".//*[@id={_quoted(ident)}]")
                if found:
                    return words(found[0])
    seen = next((e for e in controls if e.get("type") != "hidden"), None)
    if seen is None:
        return ""
    box = next((a for a in seen.iterancestors() if "field" in classes(a) or a.tag == "td"), None)
    if box is None or any(a.get("data-votes") for a in seen.iterancestors("fieldset")):
        return ""
    red = [d for d in box.iter("div") if "invalid-feedback" in classes(d)]
    own = [d for d in red if next((a for a in d.iterancestors() if "field" in classes(a) or a.tag == "td"), None) is box]
    return words(own[0]) if own else ""


def _quoted(text: str) -> str:
    return f"'{text}'" if "'" not in text else f'"{text}"'


def _rows_told(form: HtmlElement) -> dict[str, str]:
    """In a grid of households: the box that lists a row -> what the line below it says is wrong."""
    told = {}
    for row in form.iter("tr"):
        if row.get("data-grid-row") is None:
            continue
        pick = row.find(".//input[@type='checkbox']")
        below = row.getnext()
        if pick is None or below is None or below.get("data-grid-below") is None:
            continue
        red = [words(d) for d in below.iter("div") if "invalid-feedback" in classes(d)]
        if red:
            told[pick.get("value")] = " ".join(red)
    return told


def _typed(e: HtmlElement) -> str:
    if e.tag == "select":
        chosen = [o for o in e.iter("option") if o.get("selected") is not None]
        return str(chosen[0].get("value", words(chosen[0]))) if chosen else ""
    return e.get("value") or ""


def _finders(form: HtmlElement, action: str) -> dict[str, Finder]:
    found = {}
    for box in form.iterfind(".//div[@data-places]"):
        name, press = box.get("data-name"), next(box.iter("button"), None)
        if press is None or "__i__" in (name or ""):
            continue
        towns = next(box.iter("select"), None)
        groups = tuple(words(o) for o in towns.iter("option") if o.get("value") is None) if towns is not None else ()
        look = next(e for e in box.iter("input") if e.get("type") == "search")
        button = Button(words(press), press.get("formaction") or action, press.get("name") or "", press.get("value") or "")
        found[name] = Finder(groups, towns.get("name") if towns is not None else "", look.get("name"), button)
    return found


def _heading(content: HtmlElement) -> str:
    """Of a page, without what it is about: the quiet words beside it."""
    found = content.find(".//h1")
    return (found.text or "").strip() if found is not None else ""


def _way(content: HtmlElement) -> str:
    """The first step of the way that a page draws: a step may bear the same name on another way."""
    steps = content.xpath(".//ol[@class='path']/li")
    return (steps[0].text or "").strip() if steps else ""


def kind_of_task(page: Page) -> str:
    return f"{_heading(page.content)} {_way(page.content)}"


def _templates(form: HtmlElement) -> tuple[str, ...]:
    box = next((a for a in form.iterancestors("section")), form)
    return tuple(a.get("href") for a in box.iterfind(".//a[@href]") if a.get("href").endswith(".xlsx"))
