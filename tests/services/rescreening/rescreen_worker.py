"""A second process that re-screens like the scheduler does, until it is killed. Arguments: database, key file, moment (UTC ISO),
findings a piece, seconds to rest after each piece, "begin" or "work"."""

import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from app.crypto import load_keyring
from app.services.rescreening import month
from app.store.session import open_store

url, key_file, moment, piece, rest, what = sys.argv[1:7]
store = open_store(url, load_keyring(Path(key_file), "intl"))
now = datetime.fromisoformat(moment)
plain, begin = month._piece, month._begin


def slowly(*args: Any, **more: Any) -> int:
    """One piece, told and rested upon, so that a kill falls between or inside pieces."""
    done = plain(*args, **more)
    print(done, flush=True)
    time.sleep(float(rest))
    return done


def begun(*args: Any, **more: Any) -> None:
    """One month, told before its transaction ends, so that a kill falls into it."""
    begin(*args, **more)
    print("begun", flush=True)
    time.sleep(float(rest))


month._piece, month._begin = slowly, begun
print("ready", flush=True)
sys.stdin.readline()
if what == "begin":
    print(month.begin_due(store, now), flush=True)
else:
    print(month.work(store, now, int(piece)), flush=True)
