"""The profiles table in dictionaries, with the same conditions and a hook for every call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence

import msgspec

from millrace.clock import Clock
from millrace.privacy import SubjectReader, Vault
from millrace.profiles.model import IdBlock, Profile, Row, Write
from millrace.profiles.ports import MAX_EACH, Conflict
from millrace.profiles.reading import Opening, read_profiles
from millrace.profiles.rules import DEFAULT_RULES, ReadRules
from tests.fakes.clock import MemoryClock
from tests.fakes.subjects import MemorySubjects
from tests.fakes.vault import MemoryVault


class MemoryProfiles:
    """`ProfileStore`, `ProfileReader` and `DirtyMarks`.

    `before` and `after` are called with the name of every call, before and after it takes effect;
    what they raise comes out of the call.
    """

    def __init__(
        self,
        vault: Vault | None = None,
        rules: ReadRules = DEFAULT_RULES,
        subjects: SubjectReader | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.rows: dict[str, Row] = {}
        self.blocks: dict[tuple[str, str], IdBlock] = {}
        self.before: Callable[[str], None] = lambda call: None
        self.after: Callable[[str], None] = lambda call: None
        self.opening = Opening(
            vault=vault or MemoryVault(),
            subjects=subjects or MemorySubjects(),
            rules=rules,
            clock=clock or MemoryClock(),
        )
        self._lock = threading.Lock()

    def read_rows(self, keys: Collection[str]) -> dict[str, Row]:
        self.before("read_rows")
        found = {key: self.rows[key] for key in keys if key in self.rows}
        self.after("read_rows")
        return found

    def write(self, write: Write) -> None:
        self.before("write")
        self._write([write])
        self.after("write")

    def write_each(self, writes: Sequence[Write]) -> set[str]:
        assert len({write.key for write in writes}) == len(writes) <= MAX_EACH
        self.before("write_each")
        written = {write.key for write in writes if self._write_one(write)}
        self.after("write_each")
        return written

    def write_together(self, writes: Sequence[Write]) -> None:
        assert len({write.key for write in writes}) == len(writes) <= 100
        self.before("write_together")
        self._write(writes)
        self.after("write_together")

    def keep_ids(self, blocks: Sequence[IdBlock]) -> None:
        if not blocks:
            return
        self.before("keep_ids")
        self.blocks.update({(block.stem, block.name): block for block in blocks})
        self.after("keep_ids")

    def read_ids(self, stem: str, since: int) -> list[IdBlock]:
        self.before("read_ids")
        start = f"D#{since:013d}"
        found = [self.blocks[name] for name in sorted(self.blocks) if name[0] == stem]
        self.after("read_ids")
        return [block for block in found if block.name >= start]

    def forget_ids(self, blocks: Sequence[IdBlock]) -> None:
        self.before("forget_ids")
        for block in blocks:
            self.blocks.pop((block.stem, block.name), None)
        self.after("forget_ids")

    def clear_dirty(self, key: str, destination: str, version: int) -> None:
        self.before("clear_dirty")
        with self._lock:
            row = self.rows.get(key)
            if row is not None and row.dirty.get(destination) == version:
                dirty = {name: at for name, at in row.dirty.items() if name != destination}
                self.rows[key] = msgspec.structs.replace(row, dirty=dirty)
        self.after("clear_dirty")

    def read(self, key: str) -> Profile | None:
        return self.read_many([key]).get(key)

    def read_many(self, keys: Collection[str]) -> dict[str, Profile]:
        return read_profiles(self, keys, self.opening)

    def _write_one(self, write: Write) -> bool:
        before = self.rows.get(write.key)
        assert write.row is not None
        assert not write.row.to
        assert before is None or not before.to
        try:
            self._write([write])
        except Conflict:
            return False
        return True

    def _write(self, writes: Sequence[Write]) -> None:
        with self._lock:
            for write in writes:
                row = self.rows.get(write.key)
                if (row.version if row else 0) != write.expected:
                    raise Conflict
            self.rows.update({write.key: write.row for write in writes if write.row is not None})
