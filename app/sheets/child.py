"""Started by reading.py, alone: one file in from stdin, its rows or why not to stdout, within limits that it cannot lift."""

import json
import os
import resource
import struct
import sys
from typing import Any

MEMORY = 2 << 30
CPU_SECONDS = 45


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # who waits for a page goes first
    content = sys.stdin.buffer.read()
    (size,) = struct.unpack(">I", content[:4])
    job = json.loads(content[4 : 4 + size])
    try:
        head, body = answered(content[4 + size :], job)
    except MemoryError:
        head, body = {"refused": "tables.too_much_inside", "details": {}}, b""
    told = json.dumps(head).encode()
    sys.stdout.buffer.write(struct.pack(">I", len(told)) + told)
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


def answered(content: bytes, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """(what was found, the rows: a line each). The same within this process, for tests."""
    from app.sheets import delimited, packed  # noqa: PLC0415
    from app.sheets.sheet import Unusable  # noqa: PLC0415
    from app.sheets.taken import take  # noqa: PLC0415

    words = job["words"]
    try:
        packed.refuse_others(content)
        if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            from app.sheets import workbook  # noqa: PLC0415

            sheets, behind, more = workbook.read(content), b"", 0
        else:
            quick = delimited.quick(content, words["sign"])
            one, behind, more = quick or (delimited.read(content), b"", 0)
            sheets = [one]
        made = take(sheets, set(job["titles"]), words, job["sheets"], job["hidden"], job["header"])
        if more and (made.found[0]["skipped"] or not made.header):
            made = take([delimited.read(content)], set(job["titles"]), words, job["sheets"], job["hidden"], job["header"])
            more = 0
    except Unusable as error:
        return {"refused": error.code, "details": error.details}, b""
    if more:  # the last row stood at the end of the first ones, to be looked at
        made.lines.pop()
        made.found[0]["filled"] += more - 1
        made.found[0]["rows"] += more - 1
        made.parts = [(0, 0, len(made.lines) + more)]
    odd = [[row, column, why] for (row, column), why in sorted(made.odd.items())]
    head = {"found": made.found, "header": made.header, "odd": odd, "parts": made.parts, "typed": made.typed}
    body = "\n".join(made.lines).encode("utf-8", "replace")
    return head, body + b"\n" + behind if more else body


if __name__ == "__main__":
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
    sys.path[:0] = [root, sys.argv[1]]
    main()
