"""Started by pdf.py, alone and isolated: reads jobs from stdin, compiles them, writes PDFs to stdout.

A job is a length and JSON (layout, document, fonts, limit, made_at); an answer is 1 or 0, a length and the
PDF or the message. SIGALRM is left to the kernel: a compilation cannot catch, delay or outlive it.
"""

import json
import resource
import signal
import struct
import sys
from typing import Any

import typst

MEMORY = 3 << 30
LARGEST = 30 << 20
FONT_SECONDS = 60.0  # the machine's own fonts are read once


def main(root: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    compilers: dict[tuple[str, ...], typst.Compiler] = {}
    while head := sys.stdin.buffer.read(4):
        job = json.loads(sys.stdin.buffer.read(struct.unpack(">I", head)[0]))
        folders = tuple(job["fonts"])
        if folders not in compilers:
            signal.setitimer(signal.ITIMER_REAL, FONT_SECONDS)
            fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=list(folders))
            compilers[folders] = typst.Compiler(
                root=root,
                font_paths=fonts,
                package_path=f"{root}/packages",
                package_cache_path=f"{root}/cache",
            )
        signal.setitimer(signal.ITIMER_REAL, job["limit"])
        ok, body = compiled(compilers[folders], job)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.buffer.write(struct.pack(">BI", ok, len(body)) + body)
        sys.stdout.buffer.flush()


def compiled(compiler: typst.Compiler, job: dict[str, Any]) -> tuple[int, bytes]:
    try:
        pdf, _ = compiler.compile_with_warnings(
            job["layout"].encode(),
            format="pdf",
            sys_inputs={"document": job["document"]},
            pdf_standards=["a-2u"],
            timestamp=job["made_at"],
        )
    except RuntimeError as error:
        return 0, str(error).encode()
    if not isinstance(pdf, bytes) or len(pdf) > LARGEST:
        return 0, b"too large"
    return 1, pdf


if __name__ == "__main__":
    main(sys.argv[1])
