"""A page as its reader left it: kept forms put back into it, with their files."""

import re
from dataclasses import replace
from typing import Any

from flask import render_template

from app.services.desk import task_page
from app.store.kept_forms import KeptForm
from app.store.session import Session

from ..shell import frame, marks
from ..shell import request as req
from ..shell.filters import tell
from ..shell.request import PageContext
from . import refill

_TASK = re.compile(r"/tasks/(\d{1,18})(?:[/?]|\Z)", re.ASCII)


def about(context: PageContext, session: Session, page: str) -> str:
    """What a page is about: the task by its step and household, else the part of the site, as the rail calls it."""
    task = _TASK.match(page)
    named = task_page.called(replace(context, session=session), int(task[1])) if task else None
    if named:
        return named
    parts = [(href, code) for href, code, _ in frame.places(context.actor, context.county) if page.startswith(href)]
    return tell(max(parts, key=lambda part: len(part[0]))[1]) if parts else tell("pages.nav.inbox")


def _page_line(name: str, paper: str, number: int) -> str:
    return render_template("keeping/kept_paper.html", name=name, paper=paper, number=number)


def filled(
    context: PageContext, text: str, rows: list[KeptForm], elsewhere: list[Any], told: Any, tokens: dict[str, Any]
) -> str:
    """The page with what this official left in its forms, and in the inbox (`elsewhere`) where more waits. `told`: the form
    that was answered just now."""
    document = refill.read(text)
    here, tab = marks.here(), marks.asked_tab()  # another month, village or search is shown as it is

    def nearest(one: KeptForm) -> tuple[bool, bool, float]:
        """Just answered, then of this tab, then the latest."""
        return one.id != told, not tab or one.tab != tab, -one.saved_at.timestamp()

    whole = [one for one in rows if one.content.get("main") and (one.id == told or one.page == here)]
    lead = min(whole, key=nearest, default=None)  # one page is shown, not two
    for kept in sorted(rows, key=lambda one: (one is not lead, *nearest(one))):
        sent, fresh, main = kept.content.get("sent"), kept.id == told, kept.content.get("main") if kept is lead else None
        typed_by = bool(kept.files) or any(v.strip() for n, v in sent or () if not n.startswith("_"))
        shown = {"said": kept.content["said"], "kept": kept, "fresh": fresh, "values": None, "typed": typed_by}
        # A page that comes back with its own errors says itself what is wrong.
        seen = fresh and not kept.content["said"] and (main or kept.content.get("looked"))
        said = "" if seen else render_template("keeping/kept.html", **shown)
        held = [refill.Held(f.field, render_template("keeping/kept_file.html", file=f)) for f in kept.files]
        wrong = kept.content.get("wrong", {}) if fresh else {}
        typed = refill.Typed(kept.id, kept.action, sent, main, held, said, wrong, kept.form)
        if kept is not lead and kept.tab not in ("", tab) and refill.taken(document, typed):
            other = marks.in_tab(kept.page, kept.tab)
            refill.above(document.xpath("//main")[0], render_template("keeping/kept_other.html", kept=kept, page=other))
            continue
        left = refill.fill(document, typed, tokens, lambda code: frame.unit_name(context.county, code), _page_line)
        homeless = [(n, v) for n, v in sent or () if not n.startswith("_") and v.strip()] if left is None else left
        if left is None or left:
            with req.store().reading() as session:
                values = task_page.in_words(session, kept.action, homeless, context.county)
            if values or fresh:
                shown |= {"values": values, "typed": bool(values)}
                refill.above(document.xpath("//main")[0], render_template("keeping/kept.html", **shown))
    if elsewhere:
        refill.above(document.xpath("//main")[0], render_template("keeping/kept_elsewhere.html", pages=elsewhere))
    return refill.written(document)
