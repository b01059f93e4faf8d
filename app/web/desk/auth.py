"""Sign in, sign out, own password, choosing the post to act under."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request, url_for

from app import clock
from app.policy import calendar
from app.services import people
from app.services.officials import accounts
from app.services.people import Refused
from app.store import accounts as rows
from app.store import time

from ..keeping import cookie as kept_cookie
from ..keeping import way_back
from ..shell import frame
from ..shell import request as req
from ..shell.filters import tell

bp = Blueprint("auth", __name__)
DEVICE = "sw_device"
"""The cookie by which an official's own browser is known again, so that strangers cannot lock the official out."""

FORMS = ("auth.sign_in", "auth.change_password")


@bp.after_request
def _come_back(answer: Response) -> Response:
    """A stale token, a busy or broken server: back to the page, with the name that was typed."""
    return kept_cookie.again(answer) if "refusal" in g and request.endpoint in FORMS else answer


@bp.get("/login")
def login() -> str:
    typed, said = kept_cookie.left() or ({}, {})
    next_ = request.args.get("next", "") or typed.get("next", [""])[0]
    return _login_page(next_, req.plain(typed.get("username", [""])[0])[:64], said.get(""))


def _login_page(next_: str, username: str = "", error: str | None = None) -> str:
    """The demo's page lists one account per role."""
    listed: list[dict[str, str]] = []
    with req.store().reading() as session:
        if time.offset(session) is not None:
            today = calendar.local_date(time.now(session))
            county = people.county_on(session, today)
            g.demo = {"today": today, "may_advance": False}
            seen = set()
            for row in rows.demo_accounts(session, today):
                if row.role not in seen:
                    seen.add(row.role)
                    label = frame.post_name(county, row.org_unit, row.role)
                    listed.append({"username": row.username, "label": label})
    return render_template(
        "desk/login.html",
        username=username,
        error=error,
        next=_local(next_),
        demo=g.get("demo"),
        demo_accounts=listed,
        demo_password=accounts.DEMO_PASSWORD if listed else None,
    )


@bp.post("/login")
def sign_in() -> Any:
    req.check_open_form()
    username = req.words("username", 64)
    try:
        token, browser = accounts.sign_in(
            req.store(), username, request.form.get("password", ""), clock.now(), request.cookies.get(DEVICE, "")
        )
    except Refused as error:
        said = tell(error.code, **error.details)
        return kept_cookie.again(make_response(_login_page(request.form.get("next", ""), username, said), 401), {"": said})
    wanted = _local(request.form.get("next", ""))
    answer = make_response(redirect(way_back.after_sign_in(token, wanted) or wanted or "/"))
    keep(kept_cookie.gone(answer), token)
    answer.set_cookie(
        DEVICE,
        browser,
        max_age=400 * 86_400,
        httponly=True,
        samesite="Lax",
        path="/login",
        secure=req.here().config.secure_cookies,
    )
    return answer


def _local(target: str) -> str:
    """A path of ours; anything else becomes empty."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    safe = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    plain = not any(ord(letter) < 33 for letter in target)  # browsers drop tabs and line ends: "/<tab>/elsewhere"
    return target if safe and plain and len(target) < 300 else ""


def keep(answer: Any, token: str) -> None:
    answer.set_cookie(req.COOKIE, token, httponly=True, samesite="Lax", secure=req.here().config.secure_cookies, path="/")


@bp.post("/logout")
def sign_out() -> Response:
    with req.writing() as context:
        accounts.sign_out(context.session, context.signed_in.token_hash)
    g.signed_out = True
    flash(tell("pages.signed_out"), "ok")
    answer = make_response(redirect(url_for("auth.login")))
    answer.delete_cookie(req.COOKIE)
    answer.delete_cookie(req.ACTING)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@bp.get("/password")
def password() -> str:
    with req.reading() as context:
        forced = context.signed_in.must_change
    _, said = kept_cookie.left() or ({}, {})
    return _password_page(forced, said)


def _password_page(forced: bool, errors: dict[str, str]) -> str:
    return render_template("desk/change_password.html", forced=forced, minimum=accounts.SHORTEST_PASSWORD, errors=errors)


@bp.post("/password")
def change_password() -> Any:
    with req.writing() as context:
        forced = context.signed_in.must_change
    form = request.form
    try:
        token = accounts.change_password(
            req.store(),
            context.actor.id,
            form.get("current", ""),
            form.get("new", ""),
            form.get("again", ""),
            clock.now(),
        )
    except accounts.Expired as error:
        raise req.NotSignedIn(error.known) from None
    except accounts.BadPassword as error:
        said = {name: tell(code, **args) for name, (code, args) in error.errors.items()}
        return kept_cookie.again(make_response(_password_page(forced, said), 422), said)
    g.signed_out = True
    flash(tell("pages.password_changed"), "ok")
    answer = make_response(redirect("/"))
    keep(kept_cookie.gone(answer), token)
    return answer


@bp.post("/acting")
def act_as() -> Any:
    """The post whose name stands first on what this person does; rights come from all posts."""
    with req.reading() as context:
        wanted = req.number("assignment")
        post = next((p for p in context.signed_in.posts if p.id == wanted), None)
        if post is None:
            return redirect("/")
        flash(
            tell(
                "pages.acting_as",
                place=frame.unit_name(context.county, post.unit),
                role=frame.role_name(context.county, post.role),
            ),
            "ok",
        )
    answer = redirect("/")
    answer.set_cookie(req.ACTING, str(post.id), httponly=True, samesite="Lax", secure=req.here().config.secure_cookies)
    return answer
