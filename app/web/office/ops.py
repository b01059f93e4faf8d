"""For those who run it: /healthz says which part is ill, /metrics counts. No household's data in either."""

import shutil
import tempfile
import time as real
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app import clock
from app.crypto import BadKeyFile, read_keyring
from app.store import condition, faults, jobs, migrate, operation, time
from app.store.faults import DatabaseError
from app.store.session import Store

from ..shell import logs
from ..shell import request as req

bp = Blueprint("ops", __name__)
LATE_TIMERS = timedelta(minutes=10)
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
"""Others share one series: who invents methods must not invent series."""
LATE_LEASE = timedelta(minutes=2)


ROOM = 64 * 1024 * 1024
"""Bytes: with less a day's work may not fit."""


def _disk(store: Store, var: Path) -> str:
    """Of the database, of what stands beside it, and of uploads under way."""
    if store.lock.refused:
        return "full"
    file = condition.file_of(store.engine.url)
    places = {place for place in (var, file.parent if file else var, Path(tempfile.gettempdir())) if place.is_dir()}
    return "low" if any(shutil.disk_usage(place).free < ROOM for place in places) else "ok"


def _keys(store: Store) -> str:
    """The key file is needed at the next start, though this process has it in memory."""
    path = store.keyring.path
    if path is None:
        return "ok"
    try:
        fresh = read_keyring(path, store.keyring.suite.name)
    except BadKeyFile as error:
        return error.code.removeprefix("keys.")
    return "ok" if store.keyring.masters.items() <= fresh.masters.items() else "not_ours"


class _Figures(Collector):
    """Read from the database when asked."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self.store.reading() as session:
            found = operation.figures(session, time.now(session))
        for name, value in found.items():
            yield GaugeMetricFamily(f"shouwang_{name}", name.replace("_", " "), value=value)


def begin(app: Flask) -> None:
    registry = CollectorRegistry(auto_describe=False)
    requests = Counter(
        "shouwang_requests", "Requests by route pattern and status", ["method", "route", "status"], registry=registry
    )
    seconds = Histogram("shouwang_request_seconds", "Duration of requests by route pattern", ["route"], registry=registry)
    registry.register(_Figures(app.extensions["shouwang"].store))
    app.extensions["shouwang_metrics"] = registry

    @app.after_request
    def count(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "-"
        method = request.method if request.method in METHODS else "-"
        requests.labels(method, route, str(response.status_code)).inc()
        seconds.labels(route).observe(real.perf_counter() - g.get("began", real.perf_counter()))
        return response


@bp.get("/metrics")
def metrics() -> Response:
    return Response(generate_latest(current_app.extensions["shouwang_metrics"]), mimetype="text/plain")


@bp.get("/healthz")
def health() -> Any:
    parts = state(req.store(), req.here().config.var)
    ill = sorted(name for name, said in parts.items() if said != "ok")
    return jsonify({"ok": not ill, "ill": ill, "parts": parts}), 503 if ill else 200


def state(store: Store, var: Path) -> dict[str, str]:
    """Part -> "ok", or what is wrong with it in one word."""
    parts = {"disk": _disk(store, var), "keys": _keys(store), "logs": "ok" if logs.written() else "not written"}
    parts |= {"database": "ok", "migrations": "ok", "timers": "ok", "instances": "ok", "scheduler": "ok"}
    try:
        with store.reading() as session:
            operation.alive(session)
    except DatabaseError as error:
        return {**parts, "database": faults.kind_of(error.orig)}
    except Exception as error:
        return {**parts, "database": type(error).__name__}
    if not store.can_be_written:
        return {**parts, "database": "read only"}
    try:
        if not migrate.is_current(store):
            return {**parts, "migrations": "behind"}
        with store.reading() as session:
            now = time.now(session)
            oldest = jobs.oldest_due_timer(session, now)
            if oldest is not None and oldest < now - LATE_TIMERS:
                parts["timers"] = "late"
            if operation.figures(session, now)["stuck_instances"]:
                parts["instances"] = "stuck"
            lease = jobs.lease(session, "scheduler")
            if lease is None:
                parts["scheduler"] = "never ran"
            elif lease.until < clock.now() - LATE_LEASE:
                parts["scheduler"] = "silent"
    except Exception as error:
        return {**parts, "database": type(error).__name__}
    return parts
