"""POST of a form over HTTP beside a Flask "hello" on the same server: 1 worker, 8 threads, connections kept open."""

import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from app.services.context import context_of
from app.services.officials import accounts
from app.services.work import tasks
from app.store import people as people_rows
from app.store import time as store_time

from . import ours
from .county import County, Databases
from .rounds import percentile, timed

STEP = ours.STEPS[1]
HOST = "127.0.0.1"
HELLOS = 6
PASSWORD = accounts.DEMO_PASSWORD


@dataclass(frozen=True)
class Latency:
    """Of all requests of a row, in seconds; `rate` is requests per second, the median of the rounds."""

    p50: float
    p99: float
    rate: float


def measured(made: Databases, county: County, clients: int, rounds: int, each: int) -> dict[str, Latency]:
    """{"hello": …, "post": …}: in each round first one, then the other, by so many clients at once. There are more
    hellos than posts, so that both last about as long and a disturbance finds both."""
    ready = prepare(county, clients * rounds * each + clients)
    with _server(made, county) as port:
        visitors = [Visitor(port, county) for _ in range(clients)]
        todo = [iter(ready[n::clients]) for n in range(clients)]
        acts: dict[str, list[Callable[[], None]]] = {
            "hello": [v.hello for v in visitors],
            "post": [_posting(v, t) for v, t in zip(visitors, todo, strict=True)],
        }
        for several in acts.values():
            for act in several:
                act()
        took: dict[str, list[float]] = {name: [] for name in acts}
        rates: dict[str, list[float]] = {name: [] for name in acts}
        for turn in range(rounds):
            for name in sorted(acts, reverse=turn % 2 == 1):
                many = each if name == "post" else HELLOS * each
                begun = time.perf_counter()
                with ThreadPoolExecutor(clients) as pool:
                    for found in pool.map(_repeated, acts[name], [many] * clients):
                        took[name] += found
                rates[name].append(clients * many / (time.perf_counter() - begun))
    return {name: Latency(median(found), percentile(found, 99), median(rates[name])) for name, found in took.items()}


def _repeated(act: Callable[[], None], many: int) -> list[float]:
    return [timed(act) for _ in range(many)]


def prepare(county: County, many: int) -> list[tuple[int, int]]:
    """Cases at the measured step, claimed by the official who will post; that official may sign in."""
    ours.walk_on(ours.opened(county, many), STEP)
    who = county.actor(ours.WHO[STEP])
    with county.store.transaction() as session:
        for task, version in ours.open_tasks(session, STEP):
            tasks.claim(context_of(session, who, county.now), task, version)
        hashed = accounts._hasher.hash(PASSWORD)
        people_rows.change_official(session, who.id, password_hash=hashed, must_change=False)
        store_time.set_demo_moment(session, county.now)
        ready = ours.open_tasks(session, STEP)
    if len(ready) < many:
        raise RuntimeError(f"{len(ready)} of {many} cases reached {STEP}")
    return ready


class Visitor:
    """One signed-in browser with one connection kept open."""

    def __init__(self, port: int, county: County) -> None:
        self.connection = HTTPConnection(HOST, port, timeout=30)
        self.cookies: dict[str, str] = {}
        self.form = ours.page(county, STEP)
        token = self._token("/login")
        name = ours.WHO[STEP]
        self._send("POST", "/login", {"username": name, "password": PASSWORD, "csrf_token": token})
        self.token = self._token("/")

    def hello(self) -> None:
        self._send("GET", "/hello")

    def post(self, task: int, version: int) -> None:
        fields: dict[str, Any] = {
            **{name: values[0] for name, values in self.form.items()},
            "_version": version,
            "_command": uuid.uuid4().hex,
            "csrf_token": self.token,
        }
        kept = dict(self.cookies)  # the page behind the redirect would have taken the note out of its cookie
        status, body = self._send("POST", f"/tasks/{task}/complete", fields)
        self.cookies = kept
        if status not in (302, 303):
            raise RuntimeError(f"POST answered {status}: {body[:300]!r}")

    def _token(self, path: str) -> str:
        _, body = self._send("GET", path)
        found = re.search(rb'name="csrf_token"[^>]*value="([0-9a-zA-Z_-]+)"', body)
        if found is None:
            raise RuntimeError(f"no form token on {path}")
        return found[1].decode()

    def _send(self, method: str, path: str, form: dict[str, Any] | None = None) -> tuple[int, bytes]:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, urlencode(form) if form is not None else None, headers)
        answer = self.connection.getresponse()
        body = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value
        return answer.status, body


def _posting(visitor: Visitor, todo: Iterator[tuple[int, int]]) -> Callable[[], None]:
    return lambda: visitor.post(*next(todo))


class _server:
    """`with _server(…) as port:` the application and hello in a process of their own."""

    def __init__(self, made: Databases, county: County) -> None:
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = int(free.getsockname()[1])
        url = county.store.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
        command = [sys.executable, "-m", "bench.http", url, str(made.directory / "keys.json"), str(self.port)]
        self.log = (made.directory / f"server-{self.port}.log").open("w+")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)

    def __enter__(self) -> int:
        for _ in range(600):
            if self.process.poll() is not None:
                break
            with suppress(OSError, HTTPException):
                probe = HTTPConnection(HOST, self.port, timeout=10)
                probe.request("GET", "/hello")
                if probe.getresponse().status == 200:
                    return self.port
            time.sleep(0.05)
        self.log.seek(0)
        raise RuntimeError(f"the server did not start: {self.log.read()[-2000:]}")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


def _serve(url: str, keys: str, port: str) -> None:
    """One worker with 8 threads, as `serve` starts it: /hello is a Flask application of its own, all else is ours."""
    from flask import Flask
    from gunicorn.app.base import BaseApplication

    from app.config import Config
    from app.crypto import load_keyring
    from app.store.session import open_store
    from app.web import create_app
    from app.web.worker import Buffering

    path = Path(keys)
    settings = Config(url, path.parent, path, "intl", HOST, int(port), 1, 8, False)
    hello = Flask("hello")
    hello.add_url_rule("/hello", view_func=lambda: "hello")

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            options = {"bind": f"{HOST}:{port}", "worker_class": Buffering, "threads": 8}
            for name, value in {**options, "accesslog": None, "loglevel": "warning"}.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            web = create_app(open_store(url, load_keyring(path, "intl")), settings)
            return lambda environ, start: (hello if environ["PATH_INFO"] == "/hello" else web)(environ, start)

    Server().run()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
