"""Settings from the environment, read once into a frozen dataclass."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Config:
    """DATABASE_URL, SHOUWANG_VAR (directory for database and keys), SHOUWANG_KEYS (key file), SHOUWANG_SUITE
    (intl or gm), SHOUWANG_HOST, SHOUWANG_PORT, SHOUWANG_WORKERS, SHOUWANG_THREADS, SHOUWANG_COOKIE_SECURE."""

    database_url: str
    var: Path
    keys: Path
    suite: str
    host: str
    port: int
    workers: int
    threads: int
    secure_cookies: bool


class BadSetting(ValueError):
    """A setting that cannot be used; the message names it."""


def load() -> Config:
    env = os.environ
    var = Path(env.get("SHOUWANG_VAR", str(ROOT / "var")))
    suite = env.get("SHOUWANG_SUITE", "intl")
    if suite not in ("intl", "gm"):
        raise BadSetting("SHOUWANG_SUITE")
    return Config(
        database_url=env.get("DATABASE_URL") or f"sqlite:///{var / 'shouwang.db'}",
        var=var,
        keys=Path(env.get("SHOUWANG_KEYS", str(var / "keys.json"))),
        suite=suite,
        host=env.get("SHOUWANG_HOST", "127.0.0.1"),
        port=_number("SHOUWANG_PORT", 8000),
        workers=_number("SHOUWANG_WORKERS", 1),
        threads=_number("SHOUWANG_THREADS", 8),
        secure_cookies=env.get("SHOUWANG_COOKIE_SECURE", "") == "1",
    )


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise BadSetting(name)
    return int(text)
