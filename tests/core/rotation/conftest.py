"""A small world in which the branch key was rotated once."""

from __future__ import annotations

import pytest

from millrace.clock import DAY_MS
from millrace.privacy.branches import CURRENT_MS
from millrace.privacy.sealing import branch_version
from millrace.rotation.model import Part, Rules
from millrace.rotation.ports import SweepPorts
from tests.fakes.branch_keys import MemoryBranchKeys
from tests.fakes.clock import MemoryClock
from tests.fakes.shelves import MemoryShelf, MemorySweeps
from tests.fakes.vault import SECOND_KEY, MemoryVault

NOON = 1000 * DAY_MS
RULES = Rules(branch_days=365, kept_days=90)


class World:
    """Five subjects and five rows, sealed before a rotation at NOON; it is ten minutes later."""

    def __init__(self) -> None:
        self.clock = MemoryClock(NOON)
        self.vault = MemoryVault()
        self.keys = MemoryBranchKeys(made_at=NOON - 365 * DAY_MS)
        self.subjects, self.profiles = MemoryShelf("subjects"), MemoryShelf("profiles")
        self.sweeps = MemorySweeps()
        self.slept: list[float] = []
        for number in range(5):
            for shelf in (self.subjects, self.profiles):
                self.write(shelf, f"{shelf.name}-{number}", 1, b"first")
        self.ports = SweepPorts(
            keys=self.keys,
            shelves=[self.subjects, self.profiles],
            sweeps=self.sweeps,
            vault=self.vault,
            clock=self.clock,
            sleep=self.slept.append,
        )

    def rotate(self) -> None:
        self.keys.make(2)
        assert self.keys.move(self.keys.branches(), 2, self.clock.now_ms())
        self.vault.key = SECOND_KEY
        self.clock.advance(2 * CURRENT_MS)

    def write(self, shelf: MemoryShelf, key: str, version: int, content: bytes) -> None:
        shelf.put(key, version, Part(key, self.vault.seal(content, context=key)))

    def versions(self, shelf: MemoryShelf) -> list[int]:
        return [branch_version(part.sealed) for i in shelf.items.values() for part in i.parts]

    def contents(self, shelf: MemoryShelf) -> list[bytes]:
        parts = [part for item in shelf.items.values() for part in item.parts]
        return [self.vault.open(part.sealed, context=part.context) for part in parts]


@pytest.fixture
def world() -> World:
    made = World()
    made.rotate()
    return made
