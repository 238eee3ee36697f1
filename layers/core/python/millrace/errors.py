"""Errors grouped by what the caller must do; each carries a stable code.

    MillraceError
    ├── RetryLater      the same call may succeed later: fail the batch, keep the message
    ├── GiveUp          it never will: record the outcome and go on
    ├── RejectedEvent   one event cannot be used: keep it as a failed event and go on
    └── NeedsHuman      configuration or credentials: page on-call, keep the message

The code is also the metric dimension and the anchor in docs/runbooks. Messages never hold
secrets or personal data: they name the field, the limit and what to do.
"""

from __future__ import annotations


class MillraceError(Exception):
    """What happened (`message`), under a stable `code`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class RetryLater(MillraceError):
    """The same call may succeed later, not before `after_seconds` where that is known."""

    def __init__(self, code: str, message: str, *, after_seconds: float | None = None) -> None:
        super().__init__(code, message)
        self.after_seconds = after_seconds


class GiveUp(MillraceError):
    """The same call will never succeed."""


class RejectedEvent(MillraceError):
    """One event cannot be used; `pointer` is the JSON pointer of the offending field."""

    def __init__(self, code: str, message: str, *, pointer: str = "") -> None:
        super().__init__(code, message)
        self.pointer = pointer


class NeedsHuman(MillraceError):
    """Only a person can mend this: a wrong key, a missing secret, a refused permission."""
