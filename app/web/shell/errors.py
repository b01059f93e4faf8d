"""The one place where what services raise becomes a sentence and a status code."""

import logging
from typing import Any

from flask import Flask, Response, flash, g, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, InternalServerError, RequestEntityTooLarge

from app.crypto import BadKeyFile, KeyDestroyed
from app.engine.values import EngineError
from app.papers import PaperError
from app.policy.parameters import MissingEntry
from app.services.definitions import NotDeployed
from app.services.demo import tour
from app.services.people import Refused, Several
from app.services.work.tasks import FormErrors, Stale
from app.store import faults
from app.store.faults import DatabaseError
from app.store.processes import NotFound
from app.store.session import Busy, Crossed, DiskFull, Taken

from .arriving import FileTooLarge
from .filters import tell
from .request import MAX_MEGABYTES, BadToken, MustChange, NotSignedIn, ReadOnly, store

log = logging.getLogger("shouwang.web")


def page(status: int, sentence: str | None = None, back: str | None = None, trace: str | None = None) -> Response:
    """The error page, or a bare status for scripts. A form sent from a page of ours goes back there (see keeping)."""
    g.refusal = sentence or ""
    if request.headers.get("X-Requested-With") == "fetch":
        return make_response(sentence or "", status)
    return make_response(
        render_template("shell/error.html", status=status, sentence=sentence, back=back, trace=trace), status
    )


def begin(app: Flask) -> None:
    app.register_error_handler(NotSignedIn, _not_signed_in)
    app.register_error_handler(MustChange, _must_change)
    app.register_error_handler(BadToken, lambda error: page(400, tell("pages.csrf_failed"), back=back()))
    app.register_error_handler(ReadOnly, lambda error: page(403, tell("pages.auditor_reads_only")))
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(Stale, lambda error: page(409, tell(error.code, **error.details), back=back()))
    app.register_error_handler(Several, _several)
    app.register_error_handler(Refused, lambda error: page(422, tell(error.code, **error.details), back=back()))
    app.register_error_handler(EngineError, lambda error: page(422, tell(error.code, **error.details), back=back()))
    app.register_error_handler(MissingEntry, lambda error: page(422, tell("cases.no_entry", on=error.on), back=back()))
    app.register_error_handler(PaperError, _paper_refused)
    app.register_error_handler(FormErrors, _form_errors)
    app.register_error_handler(KeyDestroyed, lambda error: page(422, tell("cases.erased")))
    app.register_error_handler(NotDeployed, lambda error: page(503, tell("pages.not_deployed")))
    app.register_error_handler(Taken, lambda error: page(409, tell("pages.taken"), back=back()))
    app.register_error_handler(Crossed, lambda error: page(409, tell("pages.taken"), back=back()))
    app.register_error_handler(Busy, lambda error: page(503, tell("pages.busy"), back=back()))
    app.register_error_handler(DiskFull, _disk_full)
    app.register_error_handler(OSError, _os_error)
    app.register_error_handler(BadKeyFile, _key_file)
    app.register_error_handler(DatabaseError, _no_database)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(InternalServerError, _broken)


def back() -> str | None:
    """The page a form came from, as far as its address tells: a task's or a case's own."""
    args = request.view_args or {}
    if "task" in args:
        return f"/tasks/{args['task']}"
    if request.blueprint == "exports":
        return "/cases" if request.endpoint == "exports.ask" else "/exports"
    return f"/cases/{args['case_id']}" if "case_id" in args and request.blueprint == "cases" else None


def _not_signed_in(error: NotSignedIn) -> Any:
    if request.headers.get("X-Requested-With") == "fetch":
        return make_response("", 401)
    g.refusal = tell("pages.session_expired" if error.expired else "pages.session_ended")
    g.said_later = tell("pages.kept.signed_out")
    if error.expired or request.method == "POST":
        flash(g.refusal, "warn")
    target = request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else None
    if request.path == "/" and not error.expired:
        with store().reading() as session:
            if tour.stands(session):
                return redirect("/start")
    return redirect(url_for("auth.login", next=target))


def _must_change(error: MustChange) -> Any:
    g.refusal, g.elsewhere = tell("pages.password_first"), True
    return redirect(url_for("auth.password"))


def _too_large(error: RequestEntityTooLarge) -> Response:
    if isinstance(error, FileTooLarge):
        said = tell("pages.files_too_large", names="、".join(error.names), megabytes=error.largest // 1_000_000)
        return page(413, said)
    return page(413, tell("pages.upload_too_large", megabytes=_most()))


def _paper_refused(error: PaperError) -> Response:
    """The field by its name on paper."""
    args = dict(error.details)
    field = str(args.get("field", "")).rpartition(".")[2]
    if field:
        args["field"] = tell(f"papers.field.{field}").removeprefix("papers.field.")
    return page(422, tell(error.code, **args))


def _not_found(error: NotFound) -> Response:
    context = g.get("context")
    log.warning(
        "not found",
        extra={
            "trace": g.get("trace"),
            "path": request.url_rule.rule if request.url_rule else "-",
            "asked": dict(request.view_args or {}),
            "official": context.actor.id if context else None,
        },
    )
    return page(404)


def _several(error: Several) -> Response:
    """Each beside its field, where the form comes back."""
    g.wrong = {name: tell(one.code, **one.details) for name, one in error.fields.items()}
    return page(422, "".join(dict.fromkeys(g.wrong.values())), back=back())


def _form_errors(error: FormErrors) -> Response:
    code, args = next(iter(error.cleaned.errors.values()))
    return page(422, tell(code, **args), back=back())


def _no_database(error: DatabaseError) -> Response:
    """Out of order, not busy: waiting mends nothing."""
    kind = faults.kind_of(error.orig)
    log.error("database", extra={"trace": g.get("trace"), "cause": type(error.orig).__name__, "kind": kind})
    said = tell(f"pages.{kind}" if kind in ("read_only", "gone") else "pages.out_of_order")
    return page(503 if kind == "other" else 500, said, back=back(), trace=g.get("trace"))


def _disk_full(error: Exception) -> Response:
    log.error("disk full", extra={"trace": g.get("trace"), "cause": type(error).__name__})
    return page(507, tell("pages.disk_full"), back=back())


def _os_error(error: OSError) -> Response:
    """A file that could not be written: an upload's, a trace's, a paper's."""
    if faults.kind_of(error) == "full":
        return _disk_full(error)
    return _broken(InternalServerError(original_exception=error))


def _key_file(error: BadKeyFile) -> Response:
    log.error("key file", extra={"trace": g.get("trace"), "cause": error.code})
    return page(500, tell("pages.no_keys"), back=back())


def _http(error: HTTPException) -> Any:
    if error.code is not None and error.code < 400:
        return error
    known = {404: 404, 405: 404, 403: 403, 413: 413, 400: 400}
    return page(known.get(error.code or 500, error.code or 500))


def _broken(error: InternalServerError) -> Response:
    log.error("failed", exc_info=error.original_exception or error, extra={"trace": g.get("trace")})
    g.pop("context", None) if g.get("frame_failed") else None
    return page(500, trace=g.get("trace"))


def _most() -> int:
    """Megabytes that this page takes."""
    largest: int | None = getattr(request, "largest_file", request.max_content_length)
    return (largest or MAX_MEGABYTES * 1024 * 1024) // 1_000_000
