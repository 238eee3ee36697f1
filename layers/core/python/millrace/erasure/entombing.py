"""The rows of an erasure: who it is, what must outlive it, then tombstones over all names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from millrace.clock import Clock
from millrace.erasure.finding import find
from millrace.erasure.mentions import Gone
from millrace.erasure.model import Erasure, Known, Save
from millrace.erasure.objecting import objections
from millrace.erasure.ports import ErasableRows, ErasableSubjects
from millrace.erasure.request import known_of, seal_known
from millrace.erasure.tombs import forgetting, tombstones
from millrace.errors import RetryLater
from millrace.privacy import Vault
from millrace.privacy.ports import Suppressions
from millrace.profiles.former_ties import former_ties
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Write
from millrace.profiles.ports import Conflict
from millrace.profiles.snapshot import Snapshot

ROUNDS = 5
"""How often somebody who changes at the same time is read again before the queue is waited for."""


class EntombPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What finds a person, and what the tombstones go over."""

    rows: ErasableRows
    subjects: ErasableSubjects
    suppressions: Suppressions
    vault: Vault
    clock: Clock
    save: Save
    phone_region: str = ""


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


def destroy_keys(erasure: Erasure, known: Known, ports: EntombPorts) -> None:
    """Of everybody known; who was let in again has a key that is newer than the tombstone.

    A key goes by the time of its own row: some names came back before others were found, and
    met a second tombstone with those. Raises RetryLater.
    """
    rows = ports.rows.read_rows(known.keys)
    since: dict[int, list[str]] = {}
    for key in known.keys:
        row = rows.get(key)
        at = row.erased_at if row and row.is_tombstone else erasure.requested_at
        since.setdefault(at, []).append(key)
    for at, keys in sorted(since.items()):
        ports.subjects.erase(keys, since=at, erased_at=at)


def forget_mentions(
    erasure: Erasure, known: Known, destinations: Sequence[str], ports: EntombPorts
) -> Erasure:
    """Others forget the names and addresses of the erased that they hold. Raises RetryLater.

    Of who came back since only the ties of the former life go: what is said of them now is new,
    and may be their own. From whom traits are taken is kept before they are, so that the
    certificate tells it whatever crashes.
    """
    sharers = set(known.sharers)

    def without_the_gone(key: str, snapshot: Snapshot) -> Write | None:
        nonlocal erasure
        root = _load_neighbour(key, known, snapshot)
        row = snapshot.rows[root] if root else None
        if root is None or row is None or row.is_tombstone:
            return None
        person = snapshot.person(root)
        gone = _gone(person, known, snapshot, ports)
        write, takes_traits = forgetting(row, person, gone, snapshot.keyring, destinations)
        if takes_traits and root not in sharers:
            sharers.add(root)
            told = msgspec.structs.replace(known, sharers=tuple(sorted(sharers)))
            erasure = ports.save(erasure, sealed=seal_known(told, erasure.id, ports.vault))
        return write

    for key in known.neighbours:
        _rewrite(key, without_the_gone, ports, who="a neighbour")
    return erasure


def _load_neighbour(key: str, known: Known, snapshot: Snapshot) -> str | None:
    """The root of a neighbour, read before the names of the erased.

    A name that is closed after that joined nobody whom the row that was read knows.
    """
    snapshot.load([key])
    snapshot.load(known.keys)
    if snapshot.torn(known.keys):
        raise RetryLater("torn_read", "somebody moved to another person between two reads")
    return snapshot.root(key)


def _gone(person: Person, known: Known, snapshot: Snapshot, ports: EntombPorts) -> Gone:
    return Gone(
        keys=frozenset(name for name in known.keys if snapshot.is_closed(name)),
        ties=former_ties(person, snapshot.held_anew(known.keys)),
        vault=ports.vault,
        phone_region=ports.phone_region,
    )


def forget_seen(known: Known, ports: EntombPorts) -> None:
    """The spilled ids of whose rows are tombstones go. Who came back since still needs theirs.

    Blocks are read first: those that belong to a new life come after its row. Raises RetryLater.
    """
    blocks = [block for key in known.keys for block in ports.rows.read_ids(key, 0)]
    if blocks:
        rows = ports.rows.read_rows({block.stem for block in blocks})
        gone = {key for key, row in rows.items() if row.is_tombstone}
        ports.rows.forget_ids([block for block in blocks if block.stem in gone])


def tell_again(known: Known, destinations: Sequence[str], ports: EntombPorts) -> None:
    """Who came back since is told of anew: the deletion took that record, too.

    Raises RetryLater.
    """

    def marked(key: str, snapshot: Snapshot) -> Write | None:
        snapshot.load([key])
        row = snapshot.rows[snapshot.root(key) or key]
        if row is None or row.is_tombstone:
            return None
        version = row.version + 1
        dirty = row.dirty | dict.fromkeys(destinations, version)
        newer = msgspec.structs.replace(row, version=version, dirty=dirty)
        return Write(key=row.key, expected=row.version, row=newer)

    for key in known.keys:
        _rewrite(key, marked, ports, who="who came back")


def _rewrite(
    key: str, rewritten: Callable[[str, Snapshot], Write | None], ports: EntombPorts, *, who: str
) -> None:
    """One row, read again while others are faster; None is a row that stays. Raises RetryLater."""
    for _ in range(ROUNDS):
        write = rewritten(key, _snapshot(ports))
        if write is None or _write([write], ports.rows):
            return
    raise RetryLater("erasure_contended", f"{who} changes all the time")


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
