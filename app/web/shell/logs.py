"""Logs as JSON lines without personal data: request number, path pattern, status, milliseconds, official's id."""

import logging
import os
import secrets
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request
from pythonjsonlogger.json import JsonFormatter

from app import trouble

log = logging.getLogger("shouwang.web")
_NAMES = {"asctime": "at", "levelname": "level", "name": "from", "message": "what"}


class Lines(JsonFormatter):
    """One JSON object a line; `extra` values as they are, an exception by its type and place only."""

    converter = staticmethod(time.gmtime)
    default_time_format, default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__(tuple(_NAMES), rename_fields=_NAMES, json_default=str, json_ensure_ascii=False)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, {})  # without the traceback's text, whose last line are the exception's words
        log_data["level"] = record.levelname.lower()
        if record.exc_info and record.exc_info[1]:
            told = trouble.of(record.exc_info[1])
            log_data["error"] = told.pop("cause")
            log_data |= told


class Daily(logging.Handler):
    """A file a day in a folder, kept for a number of days. Several processes may write to it: each line is one append.

    The standard library's rotating handler renames a file under the other processes; a handler that locks makes each of
    them wait. Here nobody waits and a file is named by its day from the first line on.
    """

    def __init__(self, folder: Path, keep: int) -> None:
        super().__init__()
        self._folder, self._keep, self._day, self._file, self.failing = folder, keep, "", -1, False
        self.setFormatter(Lines())

    def emit(self, record: logging.LogRecord) -> None:
        try:
            day = datetime.fromtimestamp(record.created, UTC).date()
            if day.isoformat() != self._day:
                self._turn(day)
            os.write(self._file, (self.format(record) + "\n").encode())
            self.failing = False
        except OSError as error:
            if not self.failing:  # said once: the next line may find room again
                print(f"log not written: {type(error).__name__} {error.errno}", file=sys.stderr)
            self.failing = True

    def _turn(self, day: date) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = os.open(self._folder / f"{day.isoformat()}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        old, self._file, self._day = self._file, fresh, day.isoformat()
        if old >= 0:
            os.close(old)
        oldest = (day - timedelta(days=self._keep)).isoformat()
        for past in self._folder.glob("????-??-??.jsonl"):
            if past.stem < oldest:
                past.unlink(missing_ok=True)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        super().close()


def written() -> bool:
    """False while the files of the day cannot be written."""
    return not any(getattr(handler, "failing", False) for handler in logging.getLogger("shouwang").handlers)


def keep(folder: Path, days: int) -> None:
    """Also write to a file a day. For a serving process; tests and commands only say what they have to say."""
    logging.getLogger("shouwang").addHandler(Daily(folder, days))


def begin(app: Flask) -> None:
    root = logging.getLogger("shouwang")
    if not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(Lines())
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        root.propagate = False
    app.logger.handlers = list(root.handlers)
    app.logger.propagate = False

    @app.before_request
    def number() -> None:
        g.trace, g.began = secrets.token_hex(6), time.perf_counter()

    @app.after_request
    def line(response: Response) -> Response:
        context = g.get("context")
        log.info(
            "request",
            extra={
                "trace": g.get("trace", ""),
                "method": request.method,
                "path": request.url_rule.rule if request.url_rule else "-",
                "status": g.get("answered", response.status_code),
                "ms": round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
                "official": context.actor.id if context else None,
            },
        )
        response.headers["X-Request-Id"] = g.get("trace", "")
        return response
