"""The rows of an erasure: who it is, what must outlive it, then tombstones over all names."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from millrace.clock import Clock
from millrace.erasure.finding import find
from millrace.erasure.model import Erasure, Known, Save
from millrace.erasure.objecting import objections
from millrace.erasure.ports import ErasableRows
from millrace.erasure.request import known_of, seal_known
from millrace.erasure.tombs import forgetting, tombstones
from millrace.errors import RetryLater
from millrace.privacy import Subjects, Vault
from millrace.privacy.ports import Suppressions
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Write
from millrace.profiles.ports import Conflict
from millrace.profiles.snapshot import Snapshot

ROUNDS = 5
"""How often somebody who changes at the same time is read again before the queue is waited for."""


class EntombPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What finds a person, and what the tombstones go over."""

    rows: ErasableRows
    subjects: Subjects
    suppressions: Suppressions
    vault: Vault
    clock: Clock
    save: Save


def entomb(erasure: Erasure, ports: EntombPorts) -> tuple[Erasure, Known]:
    """Tombstones over all names that the person has now; what it was is kept first.

    So is that they object: a list that outlives them has their addresses, as tokens, before
    the last copy of an address is destroyed. Raises RetryLater.
    """
    for _ in range(ROUNDS):
        before = known_of(erasure, ports.vault)
        snapshot = _snapshot(ports)
        known, people = find(before, snapshot, erasure.requested_at)
        if known != before:
            sealed = seal_known(known, erasure.id, ports.vault)
            erasure = ports.save(erasure, sealed=sealed)
        for change in objections(erasure, known, ports.vault):
            ports.suppressions.record(change)
        at = max(ports.clock.now_ms(), erasure.requested_at)
        groups = tombstones(known.keys, people, snapshot, erasure.requested_at, at)
        if all(_write(writes, ports.rows) for writes in groups):
            if not erasure.erased_at:
                erasure = ports.save(erasure, erased_at=at)
            return erasure, known
    raise RetryLater("erasure_contended", "the person changes all the time; it goes on later")


def forget_mentions(known: Known, ports: EntombPorts) -> None:
    """Others forget the identifiers of the erased that they came across. Raises RetryLater."""
    for key in known.neighbours:
        for _ in range(ROUNDS):
            snapshot = _snapshot(ports)
            snapshot.load([key])
            root = snapshot.root(key)
            if root is None or root in known.keys or snapshot.is_closed(root):
                break
            write = forgetting(root, known.keys, snapshot, ports.vault)
            if write is None or _write([write], ports.rows):
                break
        else:
            raise RetryLater("erasure_contended", "a neighbour changes all the time")


def forget_seen(known: Known, ports: EntombPorts) -> None:
    """The spilled ids of whose rows are tombstones go. Who came back since still needs theirs.

    Blocks are read first: those that belong to a new life come after its row. Raises RetryLater.
    """
    blocks = [block for key in known.keys for block in ports.rows.read_ids(key, 0)]
    if blocks:
        rows = ports.rows.read_rows({block.stem for block in blocks})
        gone = {key for key, row in rows.items() if row.is_tombstone}
        ports.rows.forget_ids([block for block in blocks if block.stem in gone])


def _snapshot(ports: EntombPorts) -> Snapshot:
    return Snapshot(ports.rows, ports.vault, Keyring(ports.subjects.read))


def _write(writes: Sequence[Write], rows: ErasableRows) -> bool:
    """Whether the rows are known to be written; else they are read again."""
    try:
        if len(writes) == 1:
            rows.write(writes[0])
        else:
            rows.write_together(writes)
    except (Conflict, RetryLater):
        return False
    return True
