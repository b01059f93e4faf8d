"""每月推送: what was handed on, with receipts; what lies dead, and sending it again."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template

from app import config
from app.labels import say
from app.services.exchange import outbox
from app.services.files import tables
from app.services.history import progress
from app.services.people import Refused
from app.store import exchange as rows
from app.store.processes import NotFound

from .shell import files
from .shell import request as req
from .shell.filters import tell
from .shell.request import PageContext
from .shell.served import attachment

bp = Blueprint("exchange", __name__)


@bp.get("/exchange")
def listed() -> str:
    with req.reading() as context:
        return _page(context)


def _page(context: PageContext, wrong: str | None = None, file: Any = None) -> str:
    if not context.county.may(context.actor, "read_exchanges"):
        raise NotFound
    readable = {r.id for r in rows.readable(context.session)}
    found = [
        {
            "readable": r.id in readable,
            "id": r.id,
            "kind": say(f"exchange.kind.{r.kind}"),
            "period": r.period,
            "rows": r.rows,
            "made_at": r.made_at,
            "status": r.status,
            "status_name": say(f"exchange.status.{r.status}"),
            "tries": r.tries,
            "receipt": r.receipt,
            "trouble": _trouble(r.trouble),
            "digest": bytes(r.digest).hex()[:16],
            "closed_at": r.closed_at,
            "basis": progress.basis(context.county, r.basis),
            "returned": outbox.returned(context.session, r.id) if r.status == rows.SENT and r.id in readable else [],
            "by_hand": config.peer(r.kind) is None,
            "may": context.county.may(context.actor, f"send_{r.kind}"),
        }
        for r in rows.page(context.session)
    ]
    return render_template("exchange/exchange.html", exchanges=found, command=req.new_command(), wrong=wrong, file=file)


def _trouble(code: str | None) -> str:
    if not code:
        return ""
    kind, _, number = code.partition("_")
    return say("exchange.trouble.http", number=number) if kind == "http" else say(f"exchange.trouble.{code}")


@bp.post("/exchange/<int:ident>/file")
def taken(ident: int) -> Response:
    """Taking it away is an act of its own: it is written into the record, with why."""
    try:
        with req.writing() as context:
            req.command("exchange")
            content, name = outbox.file(context, ident, req.words("reason", 200))
    except Refused as error:
        with req.reading() as context:
            return make_response(_page(context, tell(error.code, **error.details)), 422)
    return attachment(content, name)


@bp.post("/exchange/<int:ident>/receipt")
def receipt(ident: int) -> Any:
    return _carry_out(
        lambda context: outbox.receipt(context, ident, req.words("receipt", 200)),
        "exchange.receipt_saved",
    )


@bp.post("/exchange/<int:ident>/feedback")
def feedback(ident: int) -> Any:
    """What the other side gave back, as its file says."""
    with req.reading() as context:
        if not context.county.may(context.actor, "read_exchanges"):
            raise NotFound
    wanted = files.wanted()
    try:
        found = outbox.read_feedback(files.content(), wanted)
    except Refused as error:
        file = {"of": ident, **tables.shown(error.read, wanted)} if isinstance(error, tables.Unasked) else None
        with req.reading() as context:
            return make_response(_page(context, tell(error.code, **error.details), file), 422)
    return _carry_out(lambda context: outbox.feedback(context, ident, found), "exchange.returned_saved")


@bp.post("/exchange/<int:ident>/again")
def again(ident: int) -> Any:
    return _carry_out(lambda context: outbox.again(context, ident), "exchange.sent_again")


def _carry_out(act: Any, code: str) -> Any:
    try:
        with req.writing() as context:
            req.command("exchange")
            act(context)
    except Refused as error:
        with req.reading() as context:
            return make_response(_page(context, tell(error.code, **error.details)), 422)
    flash(tell(code), "ok")
    return redirect("/exchange")
