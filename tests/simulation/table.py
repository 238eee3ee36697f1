"""The profiles table as the port promises it, with every liberty that DynamoDB takes.

Single rows are read consistently, but several in one call are no snapshot: others may write
between them. A batch of id blocks may be kept in part. A call whose outcome is unknown may have
taken effect, may not have, or may take effect later.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

import msgspec

from millrace.errors import RetryLater
from millrace.profiles.model import IdBlock, Row, Write
from millrace.profiles.ports import MAX_EACH, Conflict
from tests.simulation.vault import PlainSubjects

MAX_TRANSACTION = 100


class Crash(BaseException):
    """The sandbox dies: none of its code runs any more."""


class Conditions(Protocol):
    """What surrounds every call: who goes first, and what goes wrong."""

    def before(self, call: str) -> str:
        """Called first; answers the fault of this call, empty for none."""
        ...

    def pause(self) -> None:
        """Others may go now."""
        ...

    def later(self, effect: Callable[[], object]) -> None:
        """Do `effect` at some later time."""
        ...

    def crash(self) -> None: ...


class Calm:
    """Nothing goes wrong and nobody else is there."""

    def before(self, call: str) -> str:
        return ""

    def pause(self) -> None: ...

    def later(self, effect: Callable[[], object]) -> None: ...

    def crash(self) -> None: ...


class Table:
    """`ProfileStore` and `DirtyMarks` in memory, under `conditions`."""

    def __init__(self, conditions: Conditions | None = None) -> None:
        self.rows: dict[str, Row] = {}
        self.blocks: dict[str, dict[str, IdBlock]] = {}
        self.conditions: Conditions = conditions or Calm()
        self.subjects: Any = PlainSubjects()
        self.on_change: Callable[[str, Row | None, Row], None] = lambda key, before, after: None

    def read_rows(self, keys: Collection[str]) -> dict[str, Row]:
        wanted = sorted(set(keys))
        if not wanted:
            return {}
        fault = self.conditions.before("read_rows")
        if fault == "torn_read" and len(wanted) > 1:
            found = self._found(wanted[::2])
            self.conditions.pause()
            return found | self._found(wanted[1::2])
        return self._answer(fault, lambda: self._found(wanted))

    def write(self, write: Write) -> None:
        self._commit("write", [write])

    def write_each(self, writes: Sequence[Write]) -> set[str]:
        assert len({write.key for write in writes}) == len(writes) <= MAX_EACH
        fault = self.conditions.before("write_each")
        if fault == "lost_reply":  # botocore asks again by itself and meets its own writes
            self._each(writes)
        if fault == "partial_statements":  # some are refused, of some more nothing is said
            written = self._each(writes[: 2 * len(writes) // 3])
            return written & {write.key for write in writes[: len(writes) // 3]}
        return self._answer(fault, lambda: self._each(writes))

    def write_together(self, writes: Sequence[Write]) -> None:
        assert len({write.key for write in writes}) == len(writes) <= MAX_TRANSACTION
        self._commit("write_together", writes)

    def keep_ids(self, blocks: Sequence[IdBlock]) -> None:
        if not blocks:
            return
        fault = self.conditions.before("keep_ids")
        if fault == "partial_batch":
            self._keep(blocks[: len(blocks) // 2])
            raise _unknown(fault)
        self._answer(fault, lambda: self._keep(blocks))

    def read_ids(self, stem: str, since: int) -> list[IdBlock]:
        fault = self.conditions.before("read_ids")
        return self._answer(fault, lambda: self._blocks(stem, f"D#{since:013d}"))

    def forget_ids(self, stem: str) -> None:
        self.blocks.pop(stem, None)

    def clear_dirty(self, key: str, destination: str, version: int) -> None:
        fault = self.conditions.before("clear_dirty")
        self._answer(fault, lambda: self._clear(key, destination, version))

    def _found(self, keys: Collection[str]) -> dict[str, Row]:
        return {key: self.rows[key] for key in keys if key in self.rows}

    def _commit(self, call: str, writes: Sequence[Write]) -> None:
        fault = self.conditions.before(call)
        if fault == "lost_reply":  # botocore asks again by itself and meets its own write
            self._write(writes)
            self._write(writes)
        self._answer(fault, lambda: self._write(writes))

    def _answer(self, fault: str, effect: Callable[[], Any]) -> Any:
        """What the caller gets of a call under `fault`; see faults.py for what each means."""
        if fault in {"throttle", "timeout_before"}:
            raise _unknown(fault)
        if fault == "late":
            self.conditions.later(effect)
            raise _unknown(fault)
        if fault == "crash_before":
            self.conditions.crash()
        result = effect()
        if fault == "echo":
            self.conditions.later(effect)
        if fault == "crash_after":
            self.conditions.crash()
        if fault in {"timeout_after", "error_500_applied"}:
            raise _unknown(fault)
        return result

    def _each(self, writes: Sequence[Write]) -> set[str]:
        written = set()
        for write in writes:
            row = self.rows.get(write.key)
            assert write.row is not None
            assert not write.row.to
            assert row is None or row.version != write.expected or not row.to
            try:
                self._write([write])
            except Conflict:
                continue
            written.add(write.key)
        return written

    def _write(self, writes: Sequence[Write]) -> None:
        for write in writes:
            row = self.rows.get(write.key)
            if (row.version if row else 0) != write.expected:
                raise Conflict
        for write in writes:
            if write.row is not None:
                self._put(write.row)

    def _put(self, row: Row) -> None:
        before = self.rows.get(row.key)
        self.rows[row.key] = row
        self.on_change(row.key, before, row)

    def _keep(self, blocks: Sequence[IdBlock]) -> None:
        for block in blocks:
            self.blocks.setdefault(block.stem, {})[block.name] = block

    def _blocks(self, stem: str, since: str) -> list[IdBlock]:
        own = self.blocks.get(stem, {})
        return [own[name] for name in sorted(own) if name >= since]

    def _clear(self, key: str, destination: str, version: int) -> None:
        row = self.rows.get(key)
        if row is not None and row.dirty.get(destination) == version:
            dirty = {name: at for name, at in row.dirty.items() if name != destination}
            self._put(msgspec.structs.replace(row, dirty=dirty))


def _unknown(fault: str) -> RetryLater:
    return RetryLater("profiles_unavailable", f"injected: {fault}")
