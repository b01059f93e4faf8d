"""Settings from the environment, read once into a frozen dataclass."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Config:
    """DATABASE_URL, SHOUWANG_VAR (directory for database and keys), SHOUWANG_KEYS (key file), SHOUWANG_SUITE
    (intl or gm), SHOUWANG_HOST, SHOUWANG_PORT, SHOUWANG_WORKERS, SHOUWANG_THREADS, SHOUWANG_COOKIE_SECURE;
    SHOUWANG_SMTP (smtp://user:password@host:port, or smtps://; empty: no e-mail), SHOUWANG_MAIL_FROM (sender) and
    SHOUWANG_URL (address of the system, for links in mail); SHOUWANG_LOG_DAYS (how long logs are kept: at least 183, as
    the classified protection of networks asks for six months); SHOUWANG_PROXIES (how many proxies of one's own stand in
    front: their word about a visitor's address is taken)."""

    database_url: str
    var: Path
    keys: Path
    suite: str
    host: str
    port: int
    workers: int
    threads: int
    secure_cookies: bool
    smtp: str = ""
    mail_from: str = ""
    url: str = ""
    log_days: int = 200
    proxies: int = 0


class BadSetting(ValueError):
    """A setting that cannot be used; the message names it."""


def load() -> Config:
    env = os.environ
    var = Path(env.get("SHOUWANG_VAR", str(ROOT / "var")))
    suite = env.get("SHOUWANG_SUITE", "intl")
    if suite not in ("intl", "gm"):
        raise BadSetting("SHOUWANG_SUITE")
    for kind in ("to_civil", "to_province"):
        peer(kind)
    return Config(
        database_url=_database(env.get("DATABASE_URL") or f"sqlite:///{var / 'shouwang.db'}"),
        var=var,
        keys=Path(env.get("SHOUWANG_KEYS", str(var / "keys.json"))),
        suite=suite,
        host=env.get("SHOUWANG_HOST", "127.0.0.1"),
        port=_number("SHOUWANG_PORT", 8000),
        workers=_number("SHOUWANG_WORKERS", 1),
        threads=_number("SHOUWANG_THREADS", 8),
        secure_cookies=env.get("SHOUWANG_COOKIE_SECURE", "") == "1",
        smtp=_smtp(env.get("SHOUWANG_SMTP", ""), env.get("SHOUWANG_MAIL_FROM", "")),
        mail_from=env.get("SHOUWANG_MAIL_FROM", ""),
        url=env.get("SHOUWANG_URL", "").rstrip("/"),
        log_days=_log_days(),
        proxies=_proxies(),
    )


def _database(url: str) -> str:
    """sqlite:///file or postgresql://…"""
    try:
        parts = urlsplit(url)
        usable = (parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1) or (
            parts.scheme.partition("+")[0] in ("postgresql", "postgres") and (parts.port or 1) > 0
        )
    except ValueError:
        usable = False
    if not usable:
        raise BadSetting("DATABASE_URL")
    return url


def _proxies() -> int:
    text = os.environ.get("SHOUWANG_PROXIES", "0")
    if text not in ("0", "1", "2", "3"):
        raise BadSetting("SHOUWANG_PROXIES")
    return int(text)


HALF_A_YEAR = 183


def _log_days() -> int:
    days = _number("SHOUWANG_LOG_DAYS", 200)
    if days < HALF_A_YEAR:
        raise BadSetting("SHOUWANG_LOG_DAYS")
    return days


def _smtp(url: str, sender: str) -> str:
    """The mail server's address; a sender is needed with it."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("smtp", "smtps") and parts.hostname and (parts.port or 25) > 0
    except ValueError:
        usable = False
    if not usable:
        raise BadSetting("SHOUWANG_SMTP")
    if "@" not in sender:
        raise BadSetting("SHOUWANG_MAIL_FROM")
    return url


@dataclass(frozen=True)
class Peer:
    """Where an exchange is posted: SHOUWANG_<KIND>_URL and SHOUWANG_<KIND>_TOKEN, kind to_civil or to_province."""

    url: str
    token: str


def peer(kind: str) -> Peer | None:
    """None: this exchange goes as a file. Read anew each time, so that a changed secret counts at once."""
    name = f"SHOUWANG_{kind.upper()}"
    url = os.environ.get(f"{name}_URL", "")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1"):
        raise BadSetting(f"{name}_URL")
    return Peer(url, os.environ.get(f"{name}_TOKEN", ""))


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise BadSetting(name)
    return int(text)
