"""Standard output of handlers, kept as Lambda keeps it: as the log lines of a function."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class _Router(io.TextIOBase):
    """Goes where the current invocation wants it.

    Loggers hold on to the stream they were made with, so there is one for the whole process.
    """

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[str] | None = None

    def write(self, text: str) -> int:
        if self._parts is not None:
            self._parts.append(text)
        elif sys.__stderr__ is not None:  # a handler's own thread that outlived its invocation
            sys.__stderr__.write(text)
        return len(text)

    def writable(self) -> bool:
        return True

    def swap(self, parts: list[str] | None) -> list[str] | None:
        previous, self._parts = self._parts, parts
        return previous


_router = _Router()


@contextmanager
def captured(lines: list[str]) -> Iterator[None]:
    """Append what is printed meanwhile to `lines`, one entry per line."""
    parts: list[str] = []
    stdout, sys.stdout = sys.stdout, _router
    previous = _router.swap(parts)
    try:
        yield
    finally:
        _router.swap(previous)
        sys.stdout = stdout
        lines.extend("".join(parts).splitlines())
