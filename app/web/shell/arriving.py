"""A request as it arrives: a file that is too large is dropped while it is read, and the rest of the form is kept."""

from collections.abc import Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from flask import Request
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

WHOLE = 250 * 1024 * 1024
"""Bytes of a whole form with its files, from somebody who is signed in; each file has its own limit."""


class FileTooLarge(RequestEntityTooLarge):
    """Files that were not taken, by name; everything else of the form is in the request."""

    def __init__(self, names: list[str], largest: int) -> None:
        super().__init__()
        self.names, self.largest = names, largest


class _Spool(SpooledTemporaryFile[bytes]):
    """Up to `most` bytes; of what is longer nothing is kept."""

    def __init__(self, most: int) -> None:
        super().__init__(max_size=500_000, mode="rb+")
        self.most, self.seen = most, 0

    @property
    def over(self) -> bool:
        return self.seen > self.most

    def write(self, part: Any) -> int:
        self.seen += len(part)
        if not self.over:
            return super().write(part)
        if self.seen - len(part) <= self.most:
            self.seek(0)
            self.truncate()
        return len(part)

    def close(self) -> None:
        """Nothing: what a view has closed may still have to be kept. The request ends it."""

    def end(self) -> None:
        super().close()


class Arriving(Request):
    """`max_content_length` is the limit of one file where the form comes in parts, else of the whole request."""

    known = False
    """Whether whoever sends it has, or had, a session here."""
    spools: Sequence[_Spool] = ()

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        self.spools = [*self.spools, _Spool(self.largest_file)]
        return self.spools[-1]

    @property
    def largest_file(self) -> int:
        return super().max_content_length or WHOLE

    @property
    def max_content_length(self) -> int | None:
        return max(WHOLE, self.largest_file) if self.known and self._in_parts else super().max_content_length

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value

    @property
    def _in_parts(self) -> bool:
        return self.mimetype == "multipart/form-data"

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        super()._load_form_data()
        taken: MultiDict[str, FileStorage] = MultiDict()
        lost: list[str] = []
        for name, file in self.__dict__["files"].items(multi=True):
            if getattr(file.stream, "over", False):
                lost.append(file.filename or "")
                file.close()
            else:
                taken.add(name, file)
        if lost:
            self.__dict__["files"] = ImmutableMultiDict(taken)
            raise FileTooLarge(lost, self.largest_file)
