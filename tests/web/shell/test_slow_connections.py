"""Two hundred idle or slow connections keep nobody waiting: served by the real server in a process of its own."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.config import ROOT

MANY = 200
SLOW = {
    "say nothing": b"",
    "stop within the headers": b"GET /login HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "stop within the body": b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 900\r\n\r\nusername=",
    "keep an idle connection open": b"GET /static/manifest.json HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.fixture(scope="module")
def address(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: tuple[Path, dict[str, int]], key_file: Path
) -> Iterator[tuple[str, int]]:
    import shutil

    var = tmp_path_factory.mktemp("served")
    shutil.copy(sqlite_template[0], var / "shouwang.db")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {**os.environ, "SHOUWANG_VAR": str(var), "SHOUWANG_KEYS": str(key_file), "SHOUWANG_PORT": str(port)}
    env.pop("DATABASE_URL", None)
    with (var / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "app.cli", "serve"], cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, (var / "log").read_text()
                time.sleep(0.1)
        _get(("127.0.0.1", port), 20)
        yield "127.0.0.1", port
    finally:
        process.terminate()
        assert process.wait(30) == 0
        assert "Traceback" not in (var / "log").read_text()


def _get(address: tuple[str, int], patience: float = 2.0) -> float:
    """Seconds until the sign-in page stood there."""
    began = time.perf_counter()
    with urllib.request.urlopen(f"http://{address[0]}:{address[1]}/login", timeout=patience) as answer:
        assert answer.status == 200 and "<form" in answer.read().decode()
    return time.perf_counter() - began


@pytest.mark.parametrize("kind", SLOW)
def test_honest_visitors_are_answered_within_two_seconds_while_200_connections(address: tuple[str, int], kind: str) -> None:
    held = [socket.create_connection(address, 5) for _ in range(MANY)]
    try:
        for one in held:
            one.sendall(SLOW[kind])
        assert max(_get(address) for _ in range(3)) < 2
        for one in held[::10]:  # another drop, so that none is idle
            one.sendall(b"a" if kind != "keep an idle connection open" else b"GET ")
        assert _get(address) < 2
    finally:
        for one in held:
            one.close()


def test_a_slow_visitor_is_answered_in_the_end(address: tuple[str, int]) -> None:
    with socket.create_connection(address, 10) as slow:
        for piece in (b"GET /log", b"in HTTP/1.1\r\nHo", b"st: x\r\nConnection: close\r\n", b"\r\n"):
            slow.sendall(piece)
            _get(address)
        answer = b""
        while got := slow.recv(65536):
            answer += got
    assert answer.startswith(b"HTTP/1.1 200") and b"Server:" not in answer and b"</html>" in answer
