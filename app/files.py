"""Files that are written whole or not at all: a full disk or a power cut leaves the old one, or none."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes | str, mode: int = 0o644, *, new: bool = False) -> None:
    """Written beside, then put in its place. `new`: FileExistsError where there is one already."""
    if new and os.path.lexists(path):
        raise FileExistsError(path)
    if path.is_dir():
        raise IsADirectoryError(path)
    beside = path.with_name(f".{path.name[:200]}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        error.filename = str(path)
        raise
