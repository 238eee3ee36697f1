"""The overflow bucket in a dictionary, as both ends of a detour see it."""

from __future__ import annotations

from collections.abc import Sequence

from millrace.errors import RetryLater
from millrace.intake.overflow import pack
from millrace.intake.ports import NotAllWritten, SinkRecord


class MemoryOverflow:
    """`EventSink` and `OverflowObjects`; `is_failing` makes every call fail."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.is_failing = False

    def put(self, records: Sequence[SinkRecord]) -> None:
        if self.is_failing:
            everything = frozenset(range(len(records)))
            raise NotAllWritten("the bucket is told to refuse", unwritten=everything)
        self.objects[f"overflow/{len(self.objects)}.json"] = pack(records)

    def read(self, key: str) -> bytes | None:
        if self.is_failing:
            raise RetryLater("overflow_unavailable", "told to fail")
        return self.objects.get(key)

    def delete(self, key: str) -> None:
        if self.is_failing:
            raise RetryLater("overflow_unavailable", "told to fail")
        self.objects.pop(key, None)
