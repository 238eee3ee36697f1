"""Writers, erasures, rotations, sweeps and retirements in any order: what lives opens, always."""

from __future__ import annotations

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from millrace.clock import DAY_MS, Clock
from millrace.errors import GiveUp, NeedsHuman
from millrace.privacy import BranchKey, open_sealed, seal
from millrace.privacy.branches import CURRENT_MS, CurrentBranch, rotate
from millrace.privacy.sealing import SALT_BYTES, branch_version
from millrace.rotation.model import Part, Rules
from millrace.rotation.ports import SweepPorts
from millrace.rotation.retiring import check_retirable
from millrace.rotation.rewrapping import sweep
from tests.fakes.branch_keys import MemoryBranchKeys
from tests.fakes.clock import MemoryClock
from tests.fakes.shelves import MemoryShelf, MemorySweeps

RULES = Rules(branch_days=365, kept_days=1)
NAMES = ("a", "b", "c")


class Sandbox:
    """`Vault` with a pointer of its own, over keys that follow from their version."""

    def __init__(self, keys: MemoryBranchKeys, clock: Clock) -> None:
        self._keys = keys
        self._current = CurrentBranch(lambda: keys.current, clock)
        self._sealed = 0

    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        self._sealed += 1
        salt = self._sealed.to_bytes(SALT_BYTES, "big")
        return seal(plaintext, key=self._key(self._current.version()), salt=salt, context=context)

    def open(self, sealed: bytes, *, context: str) -> bytes:
        return open_sealed(sealed, key=self._key(branch_version(sealed)), context=context)

    def token(self, kind: str, value: str) -> str:
        raise NotImplementedError

    def _key(self, version: int) -> BranchKey:
        if version not in self._keys.made or version in self._keys.retired:
            raise GiveUp("unreadable", "there is no such key")
        return BranchKey(version, hashlib.sha256(str(version).encode()).digest())


class World:
    def __init__(self) -> None:
        self.clock = MemoryClock(1000 * DAY_MS)
        self.keys = MemoryBranchKeys(made_at=self.clock.now_ms())
        self.shelf, self.sweeps = MemoryShelf("things", page_items=1), MemorySweeps()
        self.sandboxes = [Sandbox(self.keys, self.clock) for _ in range(2)]
        self.written: dict[str, bytes] = {}
        self.count = 0

    def write(self, name: str, sandbox: int) -> None:
        self.count += 1
        content = str(self.count).encode()
        sealed = self.sandboxes[sandbox].seal(content, context=name)
        self.shelf.put(name, self.count, Part(name, sealed))
        self.written[name] = content

    def erase(self, name: str) -> None:
        self.count += 1
        self.shelf.put(name, self.count)
        self.written.pop(name, None)

    def rotate(self) -> None:
        rotate(self.keys, self.clock)

    def wait(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds)

    def sweep_a_page(self, writes: str) -> None:
        """By a sandbox of its own, as each run is; somebody may write after the page was read."""
        if writes:
            self.shelf.before = lambda call: self._write_now(writes) if call == "replace" else None
        ports = SweepPorts(
            keys=self.keys,
            shelves=[self.shelf],
            sweeps=self.sweeps,
            vault=Sandbox(self.keys, self.clock),
            clock=self.clock,
            sleep=lambda _: None,
        )
        sweep(ports, budget_ms=0)
        self.shelf.before = lambda _: None

    def _write_now(self, name: str) -> None:
        self.shelf.before = lambda _: None
        self.write(name, 0)

    def retire_all(self) -> None:
        known = self.keys.branches()
        for version in known.superseded:
            now = self.clock.now_ms()
            try:
                check_retirable(version, known, self.sweeps.read(), RULES, now)
            except NeedsHuman:
                continue
            self.keys.retire(version, now)

    def check(self) -> None:
        """What was written last is what opens, in a sandbox that knows nothing yet."""
        fresh = Sandbox(self.keys, self.clock)
        parts = {name: item.parts for name, item in self.shelf.items.items() if item.parts}
        assert parts.keys() == self.written.keys()
        for name, (part,) in parts.items():
            assert fresh.open(part.sealed, context=name) == self.written[name]


names = st.sampled_from(NAMES)
steps = st.one_of(
    st.tuples(st.just("write"), names, st.integers(0, 1)),
    st.tuples(st.just("erase"), names),
    st.tuples(st.just("rotate")),
    st.tuples(st.just("wait"), st.sampled_from([1000, CURRENT_MS, DAY_MS, 3 * DAY_MS])),
    st.tuples(st.just("sweep_a_page"), st.sampled_from(["", *NAMES])),
    st.tuples(st.just("retire_all")),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(steps, max_size=30))
def test_whatever_the_order_what_lives_opens_and_what_was_erased_stays_away(
    story: list[tuple[object, ...]],
) -> None:
    world = World()
    for name, *arguments in story:
        getattr(world, str(name))(*arguments)
        world.check()


def test_a_whole_life_of_a_version_ends_with_its_key_destroyed() -> None:
    world = World()
    for name in NAMES:
        world.write(name, 0)
    world.rotate()
    world.write("a", 0)
    world.wait(CURRENT_MS)
    for _ in NAMES:
        world.sweep_a_page("")
    world.retire_all()
    assert world.keys.retired == {}
    world.wait(3 * DAY_MS)
    world.retire_all()
    assert world.keys.retired.keys() == {1}
    world.check()
