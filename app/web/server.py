"""The WSGI server: gunicorn's master, waitress in each process. SQLite has one process with its own scheduler; PostgreSQL may
have several."""

from typing import Any

from gunicorn.app.base import BaseApplication

from app import crypto, scheduler
from app.config import Config
from app.services.clues import submissions
from app.services.opening import open_county
from app.store.session import open_store

from . import create_app, create_public_app
from .shell import logs
from .worker import Buffering


class _Server(BaseApplication):
    def __init__(self, settings: Config) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        settings = self._settings
        sqlite = settings.database_url.startswith("sqlite")
        options: dict[str, Any] = {
            "bind": f"{settings.host}:{settings.port}",
            "worker_class": Buffering,
            "workers": 1 if sqlite else settings.workers,
            "threads": settings.threads,
            "timeout": 60,
            "graceful_timeout": 20,
            "accesslog": None,
            "loglevel": "warning",
            "post_worker_init": self._begin_ticking,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Called in each worker after the fork: connections are never shared."""
        settings = self._settings
        store = open_county(settings.database_url, settings.keys, settings.suite, address=settings.url)
        self._store = store
        app = create_app(store, settings)
        logs.keep(settings.var / "logs", settings.log_days)
        return app

    def _begin_ticking(self, worker: Any) -> None:
        self._scheduler = scheduler.start(self._store, self._settings)


class _Public(_Server):
    """Only the pages that need no account: no keys, no scheduler."""

    def __init__(self, settings: Config, content: dict[str, Any]) -> None:
        self._content = content
        super().__init__(settings)

    def load(self) -> Any:
        page = submissions.page_of(self._content)
        keyless = crypto.Keyring(crypto.SUITES["intl"], {}, "", b"", crypto.SUITES["intl"])
        return create_public_app(open_store(self._settings.database_url, keyless), self._settings, page)

    def _begin_ticking(self, worker: Any) -> None:
        """Nothing ticks here."""


def run_public(settings: Config, content: dict[str, Any]) -> None:
    _Public(settings, content).run()


def run(settings: Config) -> None:
    """Serve until a signal ends it."""
    _Server(settings).run()
