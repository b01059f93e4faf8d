"""What a log may say of an error: its type and the place of ours where it came up, never its words, which may name people."""

from pathlib import Path
from traceback import walk_tb

_OURS = Path(__file__).resolve().parent


def of(error: BaseException) -> dict[str, str]:
    """{cause, place}: "KeyError", "services/upkeep.py:66 tick"; without a place where no line of ours is in it."""
    place = ""
    for frame, line in walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename).resolve()
        if path.is_relative_to(_OURS):
            place = f"{path.relative_to(_OURS).as_posix()}:{line} {frame.f_code.co_name}"
    return {"cause": type(error).__name__, **({"place": place} if place else {})}
