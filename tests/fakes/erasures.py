"""Erasures in a dictionary, and destinations that are asked to forget."""

from __future__ import annotations

from collections.abc import Callable

from millrace.activation.forget import ForgetReceipt
from millrace.activation.model import Leaver
from millrace.erasure.model import Erasure
from millrace.errors import MillraceError, RetryLater


class MemoryErasures:
    """`Erasures`. `before` and `after` are called with the name of every call."""

    def __init__(self) -> None:
        self.kept: dict[str, Erasure] = {}
        self.before: Callable[[str], None] = lambda call: None
        self.after: Callable[[str], None] = lambda call: None

    def create(self, erasure: Erasure) -> None:
        self.before("create_erasure")
        self.kept.setdefault(erasure.id, erasure)
        self.after("create_erasure")

    def read(self, erasure_id: str) -> Erasure | None:
        self.before("read_erasure")
        return self.kept.get(erasure_id)

    def save(self, erasure: Erasure) -> None:
        self.before("save_erasure")
        if self.kept[erasure.id].version != erasure.version - 1:
            raise RetryLater("erasure_contended", "somebody else runs it, too")
        self.kept[erasure.id] = erasure
        self.after("save_erasure")

    def open_ids(self) -> list[str]:
        return sorted(name for name, each in self.kept.items() if not each.is_done)


class MemoryForgetting:
    """`Forgetting`; the destinations in `late` do not answer yet."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.asked: list[tuple[str, Leaver]] = []
        self.late: dict[str, MillraceError] = {}
        self.before: Callable[[str], None] = lambda call: None
        self.after: Callable[[str], None] = lambda call: None

    def ask(self, destination: str, leaver: Leaver) -> ForgetReceipt:
        self.before("forget")
        if destination in self.late:
            raise self.late[destination]
        self.asked.append((destination, leaver))
        self.after("forget")
        return ForgetReceipt(destination=destination, status="asked", at=1, requests=1)
