"""Law: an office's file becomes rows of text, with all that it hides said, in a child process of bounded time and memory.

`reading.read` is the only way in: it starts `child.py`, which imports nothing but this package and the library that opens
XLSX, so that it begins at once; nothing is imported here for that reason. A row keeps the number that it has in its sheet.
Errors are `Unusable(code, details)`; their sentences are labels.
"""
