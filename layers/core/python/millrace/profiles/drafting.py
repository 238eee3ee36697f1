"""Folding facts into people, and the rows that follow from it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

import msgspec

from millrace.clock import Clock
from millrace.errors import GiveUp
from millrace.identity.model import LIMITS, Limits
from millrace.privacy import Vault
from millrace.profiles.consents import heard
from millrace.profiles.encoding import seal_person
from millrace.profiles.facts import Fact
from millrace.profiles.fold import fold
from millrace.profiles.gate import blocked
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import IdBlock, Person, Row, Stem, Write
from millrace.profiles.ports import ProfileStore
from millrace.profiles.rules import ReadRules
from millrace.profiles.seen import doubtful_since, remember, unpack
from millrace.profiles.view import visible
from millrace.settings import ConsentSettings


class Unit(msgspec.Struct, kw_only=True):
    """Writes that happen together or not at all, and what they mean once they happened."""

    facts: list[Fact]
    applied: set[int] = msgspec.field(default_factory=set)
    """Numbers of the facts that change something; the others were seen before, or are `blocked`."""
    blocked: set[int] = msgspec.field(default_factory=set)
    """Numbers of the facts that were not kept, for want of consent: only their ids are."""
    writes: list[Write] = msgspec.field(default_factory=list)
    blocks: list[IdBlock] = msgspec.field(default_factory=list)
    """To be kept before the writes."""
    erased: set[int] = msgspec.field(default_factory=set)
    """Numbers of the facts about somebody who was erased since."""
    failure: GiveUp | None = None
    """Why nothing of this can ever be written."""
    merges_made: int = 0
    merges_refused: int = 0


class ProfileRules(ReadRules, frozen=True, kw_only=True):
    """What the configuration says about profiles, besides how they are read."""

    destinations: Sequence[str] = ()
    limits: Limits = LIMITS
    consent: ConsentSettings = msgspec.field(default_factory=ConsentSettings)


class Drafting:
    """Folds facts into people and makes the rows to be written."""

    def __init__(
        self, *, store: ProfileStore, vault: Vault, clock: Clock, rules: ProfileRules
    ) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self.rules = rules

    def add_facts(self, unit: Unit, person: Person, facts: Iterable[Fact]) -> Person:
        """`person` with `facts` folded in; what was new and what is to be kept goes to `unit`."""
        by_anchor: dict[str, list[Fact]] = {}
        for fact in facts:
            by_anchor.setdefault(fact.anchor, []).append(fact)
        stems = {stem.key: stem for stem in person.stems}
        new: dict[str, dict[bytes, Fact]] = {}
        for anchor, own in by_anchor.items():
            stem = stems.get(anchor) or Stem(key=anchor)
            new[anchor] = self._unseen(stem, own)
            stems[anchor] = heard(stem, new[anchor].values())
        fresh = [fact for unseen in new.values() for fact in unseen.values()]
        withheld = blocked(_with(person, stems), fresh, self.rules.consent)
        unit.applied |= {fact.number for fact in fresh} - withheld
        unit.blocked |= withheld
        for anchor, unseen in new.items():
            stems[anchor] = self._add(unit, stems[anchor], unseen, withheld)
        return _with(person, stems) if by_anchor else person

    def root_write(
        self, root: str, before: Person | None, after: Person, row: Row | None, keyring: Keyring
    ) -> Write | None:
        """The write that makes `after` the person of `root`; None when nothing changed."""
        if after == before:
            return None
        version = row.version if row else 0
        after = msgspec.structs.replace(after, committed_at=self._clock.now_ms())
        dirty = dict(row.dirty) if row else {}
        if self._is_change(before, after):
            dirty |= dict.fromkeys(self.rules.destinations, version + 1)
        written = Row(
            key=root,
            version=version + 1,
            state=seal_person(after, root, self._vault, keyring),
            dirty=dirty,
            erased_at=row.erased_at if row else 0,
        )
        return Write(key=root, expected=version, row=written)

    def alias_write(self, key: str, root: str, before: Row | None) -> Write:
        """The write that makes `key`, whose row is `before`, a name of `root`."""
        version, erased_at = (before.version, before.erased_at) if before else (0, 0)
        moved_at = self._clock.now_ms()
        row = Row(key=key, version=version + 1, to=root, moved_at=moved_at, erased_at=erased_at)
        return Write(key=key, expected=version, row=row)

    def _is_change(self, before: Person | None, after: Person) -> bool:
        seen_before = visible(before, self.rules) if before else ()
        return visible(after, self.rules) != seen_before

    def _unseen(self, stem: Stem, facts: list[Fact]) -> dict[bytes, Fact]:
        ids = {fact.id: fact.time for fact in facts}
        known = {*unpack(stem.seen.packed), *self._spilled(stem, ids)}
        new: dict[bytes, Fact] = {}
        for fact in facts:
            if fact.id not in known:
                new.setdefault(fact.id, fact)
        return new

    def _add(
        self, unit: Unit, stem: Stem, new: Mapping[bytes, Fact], withheld: Container[int]
    ) -> Stem:
        if not new:
            return stem
        seen, block = remember(stem.seen, {one: fact.time for one, fact in new.items()}, stem.key)
        if block:
            unit.blocks.append(block)
        folded = fold(stem, new.values(), withheld, self.rules)
        return msgspec.structs.replace(folded, seen=seen)

    def _spilled(self, stem: Stem, ids: dict[bytes, int]) -> set[bytes]:
        since = doubtful_since(stem.seen, ids)
        if since is None:
            return set()
        blocks = self._store.read_ids(stem.key, since)
        return {known for block in blocks for known in unpack(block.packed)}


def _with(person: Person, stems: Mapping[str, Stem]) -> Person:
    return msgspec.structs.replace(person, stems=tuple(stems[key] for key in sorted(stems)))
