"""Documents to PDF by Typst, in a warm child process that a template can neither hang nor talk out of.

The child (`typst_child.py`) sees the document, the layout and the font folders; its root is an empty folder,
its network is a closed door (packages cannot be fetched), its memory is bounded and the kernel ends it when a
compilation outlives its limit. One child per serving process, made anew after a fork, a kill or 500 papers.
"""

import atexit
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from app.papers.fields import PaperError

TIME_LIMIT = 10.0
MOST_PAPERS = 500
LONGEST_SOURCE = 200_000
_CLOSED = "http://127.0.0.1:9"
_KEPT = ("PATH", "HOME", "LANG", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "FONTCONFIG_FILE")
_MISSING = re.compile(r'the text `"(.+?)"` could not be displayed')


def pdf_bytes(
    document: dict[str, Any],
    layout: bytes,
    fonts: Sequence[Path],
    made_at: datetime,
    limit: float = TIME_LIMIT,
) -> bytes:
    """An archival PDF (PDF/A-2u: fonts embedded, text selectable); raises PaperError."""
    if len(layout) > LONGEST_SOURCE:
        raise PaperError("papers.template.long", longest=LONGEST_SOURCE)
    try:
        source = layout.decode("utf-8")
    except UnicodeDecodeError:
        raise PaperError("papers.template.syntax", detail="utf-8") from None
    job = {
        "layout": source,
        "document": json.dumps(document, ensure_ascii=False),
        "fonts": [str(folder) for folder in fonts],
        "limit": limit,
        "made_at": int(made_at.timestamp()),
    }
    return _COMPILERS[-1].compile(job)


def close_compiler() -> None:
    """Ends the child process; the next paper starts another."""
    _COMPILERS[-1].close()


class _Compiler:
    """The child and its pipes; one compilation at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._root = ""
        self._done = 0

    def compile(self, job: dict[str, Any]) -> bytes:
        data = json.dumps(job).encode()
        with self._lock:
            for fresh in (False, True):
                child = self._running(fresh)
                assert child.stdin is not None and child.stdout is not None
                try:
                    child.stdin.write(struct.pack(">I", len(data)) + data)
                    child.stdin.flush()
                except OSError:
                    continue  # it ended while idle: once more with a new one
                head = child.stdout.read(5)
                if len(head) < 5:
                    raise PaperError(self._cause(), seconds=job["limit"])
                ok, length = struct.unpack(">BI", head)
                body = child.stdout.read(length)
                if len(body) < length:
                    raise PaperError(self._cause(), seconds=job["limit"])
                self._done += 1
                break
            else:
                raise PaperError("papers.template.crashed")
        if ok:
            return body
        message = body.decode("utf-8", "replace")
        missing = _MISSING.search(message)
        if missing:
            raise PaperError("papers.font.missing", text=missing.group(1))
        raise PaperError("papers.template.failed", detail=message[:300])

    def close(self) -> None:
        with self._lock:
            self._end()

    def _running(self, fresh: bool) -> "subprocess.Popen[bytes]":
        if self._child is not None and (fresh or self._done >= MOST_PAPERS or self._child.poll() is not None):
            self._end()
        if self._child is None:
            self._root = tempfile.mkdtemp(prefix="papers-")
            env = {name: os.environ[name] for name in _KEPT if name in os.environ}
            for scheme in ("http", "https", "all"):
                env[f"{scheme}_proxy"] = env[f"{scheme.upper()}_PROXY"] = _CLOSED
            env["RAYON_NUM_THREADS"] = "2"
            program = [sys.executable, "-I", str(Path(__file__).with_name("typst_child.py")), self._root]
            self._child = subprocess.Popen(
                program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env
            )
            self._done = 0
        return self._child

    def _cause(self) -> str:
        """Why the child ended in the middle of a paper."""
        assert self._child is not None
        late = self._child.wait() == -signal.SIGALRM
        self._end()
        return "papers.template.timeout" if late else "papers.template.crashed"

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            try:
                assert pipe is not None
                pipe.close()
            except OSError:
                pass
        shutil.rmtree(self._root, ignore_errors=True)


def _after_fork() -> None:
    """A forked process leaves the parent's child and lock alone and starts its own when it needs one."""
    _COMPILERS.append(_Compiler())


_COMPILERS = [_Compiler()]  # the last is this process's own; earlier ones belong to the processes it came from
os.register_at_fork(after_in_child=_after_fork)
atexit.register(close_compiler)
