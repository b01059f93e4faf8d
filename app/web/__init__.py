"""Law: a view asks. It opens the transaction, says who and when, calls services, and draws a template; no rule lives here."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from app.config import Config
from app.services.clues.submissions import Page
from app.store.session import Store

from . import exchange, incomes, register, scale
from . import rescreening as months
from . import visits as rounds
from .cases import applications, notices, papers
from .cases import pages as cases
from .clues import apply, leaflets
from .clues import pages as clues
from .demo import clock, tour
from .desk import auth, inbox, many, tasks
from .desk import own as desk
from .keeping import forms as keeping
from .keeping import places
from .keeping import script as kept
from .lists import batches, exports
from .office import audit, designs, incidents, ops
from .office import officials as admin
from .rights import households
from .shell import errors, filters, frame, logs, served
from .shell import request as req

MAX_FORM_TEXT = 2 * 1024 * 1024
MAX_PUBLIC = 64 * 1024
"""Bytes of a request to the public pages."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


class _Id(IntegerConverter):
    """A number in an address that a database can hold; a longer one is no page of ours."""

    def __init__(self, url_map: Map, **options: Any) -> None:
        super().__init__(url_map, max=2**53, **options)


def create_app(store: Store, config: Config) -> Flask:
    """The application over one store. Every process serving the same database must have the same key file."""
    app = Flask(__name__, static_folder="static", static_url_path="/static", template_folder="templates")
    _settings(app, config, store.keyring.blind("the signed cookie of notes to the next page"))
    store = replace(store, patience=req.PATIENCE)
    app.extensions["shouwang"] = req.Shouwang(store, config)
    logs.begin(app)
    ops.begin(app)
    filters.begin(app)
    served.begin(app)
    frame.begin(app)
    errors.begin(app)
    business = (inbox, clues, tasks, many, cases, batches, households, applications, papers, notices, exports, register)
    for part in (auth, *business, desk, admin, incidents, designs, audit, clock, tour):
        app.register_blueprint(part.bp)
    app.register_blueprint(leaflets.bp)
    app.register_blueprint(places.bp)
    app.register_blueprint(months.bp)
    app.register_blueprint(scale.bp)
    app.register_blueprint(exchange.bp)
    app.register_blueprint(incomes.bp)
    app.register_blueprint(rounds.bp)
    app.register_blueprint(ops.bp)
    app.register_blueprint(apply.bp)
    apply.begin(app, store, None)
    app.register_blueprint(kept.bp)
    req.begin(app, POLICY)
    keeping.begin(app)
    return app


def create_public_app(store: Store, config: Config, page: Page) -> Flask:
    """Only the pages that need no account, over a database role that may do no more than they ask."""
    app = Flask(__name__, static_folder="static", static_url_path="/static", template_folder="templates")
    _settings(app, config, page.secret)
    app.config["MAX_CONTENT_LENGTH"] = MAX_PUBLIC
    filters.begin(app)
    served.begin(app)
    frame.begin(app)
    errors.begin(app)
    app.jinja_env.globals["form_mark"] = lambda: ""
    app.register_blueprint(apply.bp)
    apply.begin(app, store, page)
    req.begin(app, POLICY)
    return app


def _settings(app: Flask, config: Config, secret: bytes) -> None:
    app.config.update(
        MAX_CONTENT_LENGTH=req.MAX_MEGABYTES * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_TEXT,
        MAX_FORM_PARTS=8_000,
        SESSION_COOKIE_NAME="sw_note",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        SECRET_KEY=secret,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = False
    app.url_map.strict_slashes = False
    app.url_map.converters["int"] = _Id
    if config.proxies:  # whose word about the visitor's address counts
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.proxies, x_proto=config.proxies)  # type: ignore[method-assign]
