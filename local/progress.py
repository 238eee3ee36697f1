"""Progress of long work: a moving line on a terminal, plain lines elsewhere, always on stderr."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self, TextIO

PLAIN_LINES = 4


class Progress:
    """Counts steps of `total`; use it as a context manager and call `step` after each."""

    def __init__(self, title: str, *, total: int, stream: TextIO | None = None) -> None:
        self._title = title
        self._total = max(total, 1)
        self._stream = stream or sys.stderr
        self._done = 0
        self._is_terminal = self._stream.isatty()

    def __enter__(self) -> Self:
        return self

    def step(self) -> None:
        before, self._done = self._done, self._done + 1
        if self._is_terminal:
            width = 30 * self._done // self._total
            bar = "█" * width + "░" * (30 - width)
            self._write(f"\r{self._title} {bar} {self._done}/{self._total}")
        elif before * PLAIN_LINES // self._total != self._done * PLAIN_LINES // self._total:
            self._write(f"{self._title}: {self._done} of {self._total}\n")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._is_terminal:
            self._write("\r\033[K")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
