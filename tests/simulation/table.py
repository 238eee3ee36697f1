"""The profiles table as the port promises it, with every liberty that DynamoDB takes.

Single rows are read consistently, but several in one call are no snapshot: others may write
between them. A batch of id blocks may be kept in part. A call whose outcome is unknown may have
taken effect, may not have, or may take effect later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec

from millrace.profiles.model import IdBlock, Row, Write
from millrace.profiles.ports import MAX_EACH, Conflict
from tests.simulation.conditions import Call, Calm, Conditions, Port, answered, each, refuse
from tests.simulation.vault import PlainSubjects

MAX_TRANSACTION = 100
SUBJECTS = {
    "read": Call("read_subjects", lambda stems, **_: each("subject", stems)),
    "keys": Call("make_subjects", lambda stems, **_: each("subject", stems)),
    "renew": Call("renew_subject", lambda known, erased_at: each("subject", [known.stem])),
    "erase": Call("erase_subjects", lambda stems, **_: each("subject", stems)),
}


class Table:
    """`ProfileStore` and `DirtyMarks` in memory, under `conditions`."""

    def __init__(self, conditions: Conditions | None = None) -> None:
        self.rows: dict[str, Row] = {}
        self.blocks: dict[str, dict[str, IdBlock]] = {}
        self.conditions: Conditions = conditions or Calm()
        self.keys = PlainSubjects()
        self.closings: dict[str, set[int]] = defaultdict(set)
        """When each key was erased, also where it lives again since."""
        self.subjects: Any = Port(self.keys, self, SUBJECTS)
        self.on_change: Callable[[str, Row | None, Row], None] = lambda key, before, after: None

    @property
    def stores(self) -> dict[str, dict[str, Any]]:
        """Everything it holds: kind of item to name to content."""
        return {"row": self.rows, "subject": self.keys.items, "ids": self.blocks}

    def before(self, call: str, items: Collection[str]) -> str:
        return self.conditions.before(call, items)

    def pause(self, items: Collection[str]) -> None:
        self.conditions.pause(items)

    def later(self, effect: Callable[[], object]) -> None:
        self.conditions.later(effect)

    def read_rows(self, keys: Collection[str]) -> dict[str, Row]:
        wanted = sorted(set(keys))
        if not wanted:
            return {}
        fault = self.before("read_rows", each("row", wanted))
        if fault == "torn_read" and len(wanted) > 1:
            found = self._found(wanted[::2])
            self.pause(each("row", wanted[1::2]))
            return found | self._found(wanted[1::2])
        return self._answer(fault, lambda: self._found(wanted))

    def write(self, write: Write) -> None:
        self._commit("write", [write])

    def write_each(self, writes: Sequence[Write]) -> set[str]:
        assert len({write.key for write in writes}) == len(writes) <= MAX_EACH
        fault = self.before("write_each", each("row", [write.key for write in writes]))
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
        fault = self.before("keep_ids", each("ids", [block.stem for block in blocks]))
        if fault == "partial_batch":
            self._keep(blocks[: len(blocks) // 2])
            refuse(fault)
        self._answer(fault, lambda: self._keep(blocks))

    def read_ids(self, stem: str, since: int) -> list[IdBlock]:
        fault = self.before("read_ids", each("ids", [stem]))
        return self._answer(fault, lambda: self._blocks(stem, f"D#{since:013d}"))

    def forget_ids(self, blocks: Sequence[IdBlock]) -> None:
        if blocks:
            fault = self.before("forget_ids", each("ids", {block.stem for block in blocks}))
            self._answer(fault, lambda: self._forget(blocks))

    def clear_dirty(self, key: str, destination: str, version: int) -> None:
        fault = self.before("clear_dirty", each("row", [key]))
        self._answer(fault, lambda: self._clear(key, destination, version))

    def _found(self, keys: Collection[str]) -> dict[str, Row]:
        return {key: self.rows[key] for key in keys if key in self.rows}

    def _commit(self, call: str, writes: Sequence[Write]) -> None:
        fault = self.before(call, each("row", [write.key for write in writes]))
        if fault == "lost_reply":  # botocore asks again by itself and meets its own write
            self._write(writes)
            self._write(writes)
        self._answer(fault, lambda: self._write(writes))

    def _answer(self, fault: str, effect: Callable[[], Any]) -> Any:
        return answered(self, fault, effect)

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
        if row.is_tombstone:
            self.closings[row.key].add(row.erased_at)
        self.on_change(row.key, before, row)

    def _keep(self, blocks: Sequence[IdBlock]) -> None:
        for block in blocks:
            self.blocks.setdefault(block.stem, {})[block.name] = block

    def _forget(self, blocks: Sequence[IdBlock]) -> None:
        for block in blocks:
            self.blocks.get(block.stem, {}).pop(block.name, None)

    def _blocks(self, stem: str, since: str) -> list[IdBlock]:
        own = self.blocks.get(stem, {})
        return [own[name] for name in sorted(own) if name >= since]

    def _clear(self, key: str, destination: str, version: int) -> None:
        row = self.rows.get(key)
        if row is not None and row.dirty.get(destination) == version:
            dirty = {name: at for name, at in row.dirty.items() if name != destination}
            self._put(msgspec.structs.replace(row, dirty=dirty))
