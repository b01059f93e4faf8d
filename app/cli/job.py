"""The process of one job that a page asked for: `python -m app.cli.job JOB PERIOD`, started by the tick."""

import logging
import sys

from app import config
from app.services import background
from app.services.opening import open_county
from app.web.shell import logs


def main(job: str, period: str) -> int:
    """0: the job is done, or failed and its row says why; 1 where it could not even begin."""
    settings = config.load()
    logging.getLogger("shouwang").setLevel(logging.INFO)
    logs.keep(settings.var / "logs", settings.log_days)
    store = open_county(settings.database_url, settings.keys, settings.suite, address=settings.url)
    try:
        background.carry_out(store, job, period)
    finally:
        store.engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
