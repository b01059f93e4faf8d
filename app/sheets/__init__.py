"""Law: an office's file becomes rows of text, with all that it hides said, in a child process of bounded time and memory.

`read` is the only way in: it starts `child.py`, which imports nothing but this package and the library that opens XLSX. A row
keeps the number that it has in its sheet. Errors are `Unusable(code, details)`; their sentences are labels.
"""

from app.sheets.reading import LARGEST, Read, Wanted, read
from app.sheets.sheet import CELL, Unusable, plain_title

__all__ = ["CELL", "LARGEST", "Read", "Unusable", "Wanted", "plain_title", "read"]
