"""No form is lost: whatever refuses one, what was typed is kept for the person who typed it, and comes back on its page.

Every form of ours carries a mark (`_from`): who was shown which page. A form that carries it and is refused — an error of a
field, another was faster, the token is stale, the sign-in is over, a file is too large, the program broke — is stored sealed
(store.kept_forms) and the answer is a redirect to its page, where `refill` puts everything back. What is sent at last goes
from the store. A form without a mark comes from no page of ours; it gets its answer as it is.
"""

import io
import re
from collections.abc import Collection
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    request,
)
from flask import session as browser
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MultiDict
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.exceptions import MethodNotAllowed as OtherMethod
from werkzeug.routing import RequestRedirect

from app.services.officials import accounts
from app.services.people import Refused
from app.services.work import scans
from app.store import accounts as account_rows
from app.store import kept_forms, time
from app.store.faults import DatabaseError
from app.store.session import Busy, DiskFull

from ..shell import marks
from ..shell import request as req
from ..shell.arriving import Arriving
from ..shell.errors import back
from ..shell.files import swapped
from ..shell.filters import tell
from ..shell.marks import MARK, Mark
from . import memory as kept_memory
from . import pages as kept_pages
from . import refill, way_back

APART = frozenset({"auth", "kept", "tour", "apply"})
"""Blueprints whose forms are not kept here: passwords are never kept; the public page keeps its own."""
DRAFTS = {"tasks.draft": "/complete", "batches.draft": ""}
"""Drafts of their own, and what follows the page's address where the form itself is sent."""
LARGEST_KEPT = 70_000_000
"""Bytes of one file, as large as any table that is taken; a larger one is asked for again."""
MARK_END = re.compile(r"[0-9a-f]{24}\Z", re.ASCII)
MOST_TYPED = 4_000_000
"""Characters of one kept form."""
OVER = {400: "pages.kept.stale", 404: "pages.kept.gone", 500: "pages.kept.broken"}
"""What a bare error page says in one sentence, where the one who refused did not."""


def only_ticked() -> None:
    """If this form is refused it comes back at once, ticked as it was; it does not wait to be sent another day."""
    g.waits = False


def stands_at(page: str) -> None:
    """Where the page that answers this form can be opened again, if that is not where the form came from."""
    g.page = page


# --- a form came ------------------------------------------------------------------------------------------------------------


class Form(Arriving):
    """A form of ours: files that are here already come with it."""

    def _load_form_data(self) -> None:
        if "form" not in self.__dict__:
            try:
                super()._load_form_data()
            finally:
                if self.__dict__.get("form", {}).get("_held"):
                    _bring_back()


def begin(app: Flask) -> None:
    app.request_class = Form
    app.jinja_env.globals.update(form_mark=marks.mark, form_tab=marks.tab, form_person=marks.person)
    app.before_request(_arrives)
    app.after_request(_finish)
    app.teardown_request(_end)


def _end(error: BaseException | None) -> None:
    for spool in getattr(request, "spools", ()):
        spool.end()


def _arrives() -> None:
    """Before the form is read: whoever has a session here may send many pictures at once."""
    if request.method == "POST" and (request.content_length or 0) > (request.max_content_length or 0):
        request.known = _of_cookie() is not None  # type: ignore[attr-defined]


def _of_cookie() -> int | None:
    """Whose sign-in session the browser holds, over or not."""
    token = request.cookies.get(req.COOKIE, "")
    if not token:
        return None
    with req.store().reading() as session:
        found = account_rows.signed_in(session, accounts.token_hash(token))
    return int(found[0].official) if found else None


def _bring_back() -> None:
    """Files that were received with an earlier try, as if they had come again."""
    idents = numbers("_held")
    official = _of_cookie() if idents else None
    if official is None or by_script():
        return
    with req.store().reading() as session:
        found = kept_forms.contents(session, official, idents)
    found += kept_memory.contents(official, idents)
    files: MultiDict[str, FileStorage] = MultiDict()
    new = {name for name, file in request.files.items(multi=True) if file.filename}
    for file, content in found:
        if file.field not in new or file.field.startswith("_file-"):
            back = FileStorage(io.BytesIO(content), file.name, file.field, file.media)
            back.held = file.id  # type: ignore[attr-defined]
            files.add(file.field, back)
    for name, sent in request.files.items(multi=True):
        if sent.filename or name not in files:
            files.add(name, sent)
        else:
            sent.close()
    request.__dict__["files"] = ImmutableMultiDict(files)


def by_script() -> bool:
    return request.headers.get("X-Requested-With") == "fetch" or "HX-Request" in request.headers


def taken(fields: set[str], stored: dict[str, list[str]]) -> None:
    """These files are stored as pages of a form by now (`stored`: their numbers by field): they are no draft any more."""
    g.stored_pages = stored
    left: MultiDict[str, FileStorage] = MultiDict()
    for name, file in request.files.items(multi=True):
        if name in fields:
            file.close()
        else:
            left.add(name, file)
    request.__dict__["files"] = ImmutableMultiDict(left)


def again(*, looked: bool = False, open_: bool = True, without: Collection[tuple[str, str]] = ()) -> None:
    """This answer is the form once more, with what was typed, though nothing was wrong (a row was added). `looked`: a table
    was only looked at, nobody need be told that it waits; `open_`: it does wait to be sent; `without`: ticks taken out."""
    g.again, g.looked, g.waits, g.without = True, looked, open_, without


def stays() -> None:
    """This answer is a file beside the form; the page with the form stays as it is."""
    g.stays = True


# --- and was answered -----------------------------------------------------------------------------------------------------


def _finish(response: Response) -> Response:
    if request.blueprint in APART or request.endpoint == "static":
        return response
    if by_script():
        if request.endpoint in DRAFTS and response.status_code < 300 and g.get("context"):
            _sent(g.context.actor.id)
        return response
    if request.method == "POST":
        return _told(_answered(response))
    if request.method == "GET" and response.mimetype == "text/html" and not response.direct_passthrough:
        return _shown(response)
    return response


def _answered(response: Response) -> Response:
    try:
        form = request.form
    except HTTPException:
        return response  # it never came whole: nothing is known of it
    marked = marks.read(form.get(MARK, ""))
    context: req.PageContext | None = g.get("context")
    official = marked.official if marked else context.actor.id if context else _of_cookie()
    if official is None:
        return response
    if "stays" in g:
        return response
    if response.status_code < 400 and "refusal" not in g and "again" not in g:
        left = _sent(official)
        g.taken_in = True
        place = response.location or ""
        if left and marked and response.status_code in range(300, 400) and urlsplit(place).path == urlsplit(marked.page).path:
            response.location = marks.in_tab(place, marked.tab)  # what stands in the other forms is shown again
        return response
    page = marked.page if marked and "page" not in g else g.get("page") or _page_of()
    if page is None:
        return response
    kept = _keep(Mark(official, page, *(marked[2:] if marked else ())), response)
    there = marks.in_tab(page, marked.tab if marked else "")
    g.taken_in = kept is not None
    context = context or _who_asks()
    if context is None:
        return way_back.to_sign_in(official, there, response)
    if kept is None or marked is None or "elsewhere" in g:
        return response
    if context.actor.id != official:
        flash(tell("pages.kept.of_another"), "warn")
        return make_response(redirect("/", 303))
    if not _has_page(urlsplit(page).path):
        return response
    g.answered = response.status_code
    browser["told"] = kept
    return make_response(redirect(there, 303))


def _told(response: Response) -> Response:
    """The page's own script hears that the form has come, and what the device kept of it goes."""
    if not g.get("taken_in") or not request.form.get(refill.CHANGED):
        return response
    mark = request.form.get(MARK, "")
    if MARK_END.search(mark):
        response.set_cookie(
            f"sw_done_{mark[-24:]}", "1", max_age=600, samesite="Lax", secure=req.here().config.secure_cookies
        )
    return response


def _who_asks() -> req.PageContext | None:
    """Who sent a form that was refused before anybody asked (a file too large)."""
    try:
        with req.reading():
            pass
    except (req.NotSignedIn, req.MustChange, req.BadToken, req.ReadOnly):
        pass
    found: req.PageContext | None = g.get("context")
    return found


def _sent(official: int) -> bool:
    """Nothing of it waits any more; a saved draft takes the place of what was kept, but for files it does not hold. Returns
    whether more waits in other forms of this tab."""
    draft = request.endpoint in DRAFTS
    action = request.path.removesuffix("/draft") + (DRAFTS[request.endpoint] if draft and request.endpoint else "")
    marked = marks.of_request()
    this = marked.form if marked else ""
    kept_memory.forget(official, action, this, numbers("_kept"))
    try:
        with req.store().reading() as session:
            places = kept_forms.places(session, official)
        same = [one for one in places if one.action == action]
        rows = [
            one.id
            for one in same
            if filled_with(one)
            or not one.typed
            or (one.form == this if this and one.form else not marked or one.page == marked.page)
        ]
        if rows:
            with req.store().transaction() as session:
                kept_forms.settle(session, rows, draft and "stored_pages" not in g, time.now(session))
    except (Busy, DiskFull, DatabaseError):
        return False  # it comes back once more, and can be put away there
    return any(marked is not None and one.tab == marked.tab and one.id not in rows for one in places)


def numbers(name: str) -> set[int]:
    """The whole numbers that the form sent under a name."""
    return {int(i) for i in request.form.getlist(name)[:200] if i.isascii() and i.lstrip("-").isdigit() and len(i) < 16}


def _page_of() -> str | None:
    """The page of a form without a mark, for the next look at it: a task's, a case's, or the address itself."""
    return back() or (request.path if _has_page(request.path) else None)


def _has_page(path: str) -> bool:
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except (OtherMethod, NotFound):
        return False
    except RequestRedirect:
        return True
    return True


def _keep(mark: Mark, response: Response) -> int | None:
    """Its id; None where there is nothing to keep it in."""
    out = g.get("without", ())
    sent = [(n, v) for n, v in request.form.items(multi=True) if n not in ("csrf_token", MARK) and (n, v) not in out]
    if swapped():
        sent = [(n, v) for n, v in sent if not refill.OF_FILE.fullmatch(n)]
    for name, idents in g.get("stored_pages", {}).items():
        sent += [(name, ident) for ident in idents]
    if sum(len(n) + len(v) for n, v in sent) > MOST_TYPED:
        return None
    files, said = _files()
    main = None
    if "wrong" in g:
        said[:0] = list(dict.fromkeys(g.wrong.values()))
    elif "refusal" in g:
        why = g.get("said_later") or g.refusal
        said.insert(0, why or tell(OVER.get(response.status_code, "pages.kept.stale"), trace=g.get("trace", "")))
    elif response.mimetype == "text/html":
        main = refill.main_of(response.get_data(as_text=True), request.path)
    content = {"sent": sent, "said": said, "main": main, "wrong": g.get("wrong", {}), "looked": bool(g.get("looked"))}
    context: req.PageContext | None = g.get("context")
    reader = context is not None and context.county.may(context.actor, "inspect")  # whoever may put nothing away sees it once
    typed = not reader and g.get("waits", True) and (bool(files) or any(v.strip() for n, v in sent if not n.startswith("_")))
    if response.status_code not in (503, 507):
        try:
            with req.store().transaction() as session:
                return _store(session, mark, content, typed, files)
        except (Busy, DiskFull, DatabaseError):
            for file in files:
                file.seek(0)
    return kept_memory.remember(mark, request.path, content, typed, files)


def _store(session: Any, mark: Mark, content: dict[str, Any], typed: bool, files: list[FileStorage]) -> int:
    now, action, official = time.now(session), request.path, mark.official
    before = before_of(kept_forms.for_action(session, official, action), mark)
    content["sent"] = refill.together(before.content.get("sent") if before else None, content["sent"])

    def put() -> int:
        return kept_forms.put(
            session, official, mark.page, action, content, typed, now, mark.form, mark.tab, before.id if before else None
        )

    ident = put()
    own = {file.id for file in before.files} if before else set()
    if "stored_pages" not in g:
        for file in request.files.values():
            if getattr(file, "held", None) not in {None, *own}:  # received in another tab's form, which has them still
                file.seek(0)
                files.append(file)
    kept_forms.drop_files(session, ident, set() if "stored_pages" in g else _came_back())
    full = [
        f.filename or ""
        for f in files
        if kept_forms.add_file(session, ident, f.name or "", f.filename or "", f.mimetype, f.read()) is None
    ]
    if full:
        content["said"] += [tell("pages.kept.no_room", name=name) for name in full]
        put()
    return ident


def before_of(rows: Collection[kept_forms.KeptForm], mark: Mark) -> kept_forms.KeptForm | None:
    """What is kept of this form already: by what it was filled with, else by its drawing."""
    same = [one for one in rows if mark.form and one.form == mark.form]
    return next((one for one in [*same, *rows] if one in same or filled_with(one)), None)


def filled_with(one: kept_forms.KeptForm | kept_forms.FormPlace) -> bool:
    """Whether the form that came was filled with this when it was drawn, and no other tab has gone on with it since."""
    of = request.form.getlist("_kept_of")
    return one.id in numbers("_kept") and (not of or one.form in of)


def _came_back() -> set[int]:
    """Files of an earlier try that belong to the form still; another of the same field took the place of the rest."""
    return {file.held for file in request.files.values() if hasattr(file, "held")}


def _files() -> tuple[list[FileStorage], list[str]]:
    """(files that came with the form, pictures made small; sentences about those that cannot be kept)."""
    found, wrong = list[FileStorage](), list[str]()
    for name, file in request.files.items(multi=True):
        if not file.filename or hasattr(file, "held"):
            continue
        file.stream.seek(0)
        content, media = file.stream.read(), file.mimetype
        if len(content) > LARGEST_KEPT:
            wrong.append(tell("pages.kept.choose_again", name=file.filename))
            continue
        if name.startswith("_file-"):
            try:
                content, media = scans.small(content)
            except Refused as error:
                wrong.append(tell("scans.not_taken", name=file.filename, why=tell(error.code, **error.details)))
                continue
        found.append(FileStorage(io.BytesIO(content), file.filename, name, media))
    return found, wrong


# --- the page is shown -----------------------------------------------------------------------------------------------------


def _kept(context: req.PageContext, path: str) -> tuple[list[kept_forms.KeptForm], list[tuple[str, str, datetime]]]:
    """What this official left on a page; on the first one also what waits on others: (page, what it is about, when)."""
    official = context.actor.id
    with req.store().reading() as session:
        elsewhere = kept_forms.waiting(session, official) if path == "/" else []
        return kept_forms.at(session, official, path), [
            (marks.in_tab(page, tab), kept_pages.about(context, session, page), when)
            for page, tab, when in elsewhere
            if urlsplit(page).path != "/"
        ]


def _shown(response: Response) -> Response:
    context: req.PageContext | None = g.get("context")
    if context is None or response.status_code in range(300, 400):
        return response
    official, path = context.actor.id, request.path
    told = browser.pop("told", None) if "told" in browser else None
    try:
        rows, other = _kept(context, path) if context.signed_in.kept else ([], [])
    except DatabaseError:
        return response
    rows = [one for one in [*rows, *kept_memory.at(official, path)] if one.typed or one.id == told]
    if rows or other:
        tokens = {"csrf_token": req.csrf_token, MARK: marks.mark, "_command": req.new_command}
        response.set_data(kept_pages.filled(context, response.get_data(as_text=True), rows, other, told, tokens))
    return response
