"""What the accepted events add up to without any fault, and what differs from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from millrace.errors import MillraceError
from millrace.events import Envelope, Event, seal_envelope
from millrace.privacy import Vault
from millrace.profiles import seen
from millrace.profiles.drafting import ProfileRules
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Row, Stem
from millrace.profiles.reading import MAX_HOPS, Opening, read_profiles
from millrace.profiles.update import UpdateProfiles
from millrace.profiles.view import canonical_json, visible
from tests.core.profiles.stories import Record
from tests.fakes.clock import MemoryClock
from tests.fakes.failed_events import MemoryFailedEvents
from tests.simulation.table import Table
from tests.simulation.vault import PlainVault


class Verdict(msgspec.Struct, kw_only=True):
    """What is wrong; nothing, if all counts are 0 and there are no `complaints`."""

    lost: int = 0
    doubled: int = 0
    blocked: int = 0
    imbalance: int = 0
    complaints: list[str] = msgspec.field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.blocked or self.imbalance or self.complaints)

    def complain(self, sentence: str) -> None:
        self.complaints.append(sentence)


PLAIN = PlainVault()


def folded_in_one_go(events: Sequence[Event], rules: ProfileRules, vault: Vault = PLAIN) -> Table:
    """The table after one batch with all `events`, and nothing else in the world."""
    table = Table()
    updating = UpdateProfiles(
        store=table,
        vault=vault,
        subjects=table.subjects,
        failed_events=MemoryFailedEvents(),
        clock=MemoryClock(),
        rules=rules,
    )
    record = Record(sequence_number="1", data=seal_envelope(Envelope(events=tuple(events)), vault))
    outcome = updating.update([record])
    assert outcome.retry == []
    assert outcome.failed == 0
    return table


def compare(
    verdict: Verdict,
    actual: Table,
    expected: Table,
    accepted: Sequence[Event],
    rules: ProfileRules,
    largest: int,
    vault: Vault = PLAIN,
) -> None:
    """Add to `verdict` whatever in `actual` is not as `expected`.

    `largest`: events of the largest batch, which a ring may hold beyond its size.
    """
    try:
        found = People(actual, rules, vault)
    except MillraceError as error:
        verdict.complain(f"the table cannot be read: {error}")
        return
    wanted = People(expected, rules, vault)
    _count(verdict, found, wanted)
    _compare_people(verdict, found, wanted)
    _check_rows(verdict, found)
    _check_ids(verdict, found, accepted, largest)


def opening(table: Table, rules: ProfileRules, vault: Vault = PLAIN) -> Opening:
    """What opens the profiles of `table`."""
    return Opening(vault=vault, subjects=table.subjects, rules=rules, clock=MemoryClock())


class People:
    """A table opened."""

    def __init__(self, table: Table, rules: ProfileRules, vault: Vault) -> None:
        self.table = table
        self.rules = rules
        self.vault = vault
        self.rows: Mapping[str, Row] = table.rows
        self.roots: dict[str, Person] = {
            key: open_person(unseal(row, vault), Keyring(table.subjects.read))
            for key, row in sorted(table.rows.items())
            if not row.to
        }
        profiles = read_profiles(table, sorted(table.rows), opening(table, rules, vault))
        self.canonical = {
            key: canonical_json(msgspec.structs.replace(one, as_of=0))
            for key, one in sorted(profiles.items())
        }

    def stems(self) -> list[Stem]:
        return [stem for person in self.roots.values() for stem in person.stems]

    def counts(self) -> Counter[tuple[str, str]]:
        counts: Counter[tuple[str, str]] = Counter()
        for stem in self.stems():
            for label, count in stem.counters.items():
                counts[stem.key, label] += count.count
        return counts

    def visible(self) -> dict[str, object]:
        return {root: visible(person, self.rules) for root, person in self.roots.items()}


def _count(verdict: Verdict, found: People, wanted: People) -> None:
    ours, theirs = found.counts(), wanted.counts()
    verdict.lost += (theirs - ours).total()
    verdict.doubled += (ours - theirs).total()


def _compare_people(verdict: Verdict, found: People, wanted: People) -> None:
    for key in sorted(found.canonical.keys() | wanted.canonical.keys()):
        ours, theirs = found.canonical.get(key), wanted.canonical.get(key)
        if ours != theirs:
            verdict.complain(f"{key} reads {ours!r} instead of {theirs!r}")
    for root in sorted(found.roots.keys() | wanted.roots.keys()):
        mine, right = found.roots.get(root), wanted.roots.get(root)
        if mine is None or right is None:
            if (mine or right).stems:  # type: ignore[union-attr]
                verdict.complain(f"{root} is a person on one side only")
        elif _timeless(mine) != _timeless(right):
            verdict.complain(f"{root} holds {_timeless(mine)} instead of {_timeless(right)}")


def _timeless(person: Person) -> Person:
    stems = tuple(
        msgspec.structs.replace(stem, seen=seen.Seen(), received_at=0) for stem in person.stems
    )
    return msgspec.structs.replace(person, stems=stems, committed_at=0, anew=())


def _check_rows(verdict: Verdict, found: People) -> None:
    """Aliases lead to the person that counts them as its own, and nobody is two people."""
    for key in sorted(found.rows):
        root, hops = key, 0
        while found.rows[root].to and hops <= MAX_HOPS:
            root, hops = found.rows[root].to, hops + 1
        if key not in found.roots[root].keys:
            verdict.complain(f"{key} leads to {root}, who does not know it")
    owners = Counter(key for person in found.roots.values() for key in person.keys)
    verdict.complaints += [f"{key} is {count} people" for key, count in owners.items() if count > 1]
    verdict.complaints += [
        f"{key} is named by a person but has no row" for key in owners if key not in found.rows
    ]


def _check_ids(verdict: Verdict, found: People, accepted: Iterable[Event], largest: int) -> None:
    """An id is known if and only if its event was folded in, rings stay small, times are right.

    A message that was sent twice may have been folded in as received first or second.
    """
    sent: dict[str, dict[bytes, list[int]]] = {}
    received: dict[str, dict[bytes, list[int]]] = {}
    for event in accepted:
        key = f"i#{event.anchor.kind}#{found.vault.token(event.anchor.kind, event.anchor.value)}"
        copies = sent.setdefault(key, {}).setdefault(seen.event_id(event), [])
        copies.append(event.received_at)
        if event.type != "operation":
            received.setdefault(key, {})[seen.event_id(event)] = copies
    for stem in found.stems():
        ring = set(seen.unpack(stem.seen.packed))
        blocks = found.table.blocks.get(stem.key, {}).values()
        spilled = {known for block in blocks for known in seen.unpack(block.packed)}
        own = sent.get(stem.key, {})
        told = received.get(stem.key, {})
        if ring | spilled != own.keys():
            verdict.complain(f"{stem.key} knows other ids than were sent to it")
        if len(ring) > seen.RING_IDS + largest:
            verdict.complain(f"{stem.key} keeps {len(ring)} ids in its ring")
        earliest = max((min(copies) for copies in told.values()), default=0)
        latest = max((max(copies) for copies in told.values()), default=0)
        if not earliest <= stem.received_at <= latest:
            verdict.complain(f"{stem.key} was received at {stem.received_at}")
