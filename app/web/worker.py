"""What gunicorn's master runs in each process: waitress, which reads a request to its end before a thread is given to it, so
that idle and slow connections cost a file descriptor each and keep nobody waiting."""

import logging
import os
import resource
from typing import Any

from gunicorn.workers.base import Worker
from waitress import create_server, wasyncore

MOST_BYTES = 512 * 1024 * 1024
"""Of a request; the pages have limits of their own, which they say in words."""
IDLE_SECONDS = 60
FLUSH_ROUNDS = 40


class Buffering(Worker):  # type: ignore[misc]
    """One process: a loop that reads and writes, and threads that answer."""

    def run(self) -> None:
        logging.getLogger("waitress").setLevel(logging.ERROR)
        channels: dict[int, Any] = {}
        server = create_server(
            self.wsgi,
            channels,
            sockets=[one.sock for one in self.sockets],
            threads=self.cfg.threads,
            ident=None,
            connection_limit=_most_connections(),
            cleanup_interval=5,
            channel_timeout=IDLE_SECONDS,
            asyncore_use_poll=True,
            max_request_body_size=MOST_BYTES,
            clear_untrusted_proxy_headers=False,
            log_socket_errors=False,
        )
        while self.alive and self.ppid == os.getppid():
            self.notify()
            wasyncore.loop(timeout=1, map=channels, use_poll=True, count=1)
        server.accepting = False
        server.task_dispatcher.shutdown(cancel_pending=False, timeout=self.cfg.graceful_timeout / 2)
        for _ in range(FLUSH_ROUNDS):  # what was answered still goes out
            if not any(getattr(one, "total_outbufs_len", 0) for one in channels.values()):
                break
            wasyncore.loop(timeout=0.05, map=channels, use_poll=True, count=1)
        wasyncore.close_all(channels)


def _most_connections() -> int:
    """Half of the files that this process may open, the rest is for the database and for uploads."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted // 2
