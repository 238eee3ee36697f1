"""Data whose purpose was withdrawn goes, by the same conditional write as everything else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from millrace.privacy.ledger import Entry
from millrace.profiles.encoding import seal_person
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Row, Write
from millrace.profiles.removal import without
from millrace.profiles.withdrawals import Overdue
from millrace.retention.ports import Chains, RetainPorts, Terms


def entries_of(ledger: Chains, stems: Sequence[str]) -> Iterable[Entry]:
    """What the ledger has of `stems`."""
    return [link.entry for stem in stems for link in ledger.read(stem)]


def removing(
    row: Row,
    person: Person,
    found: Iterable[Overdue],
    keyring: Keyring,
    ports: RetainPorts,
    terms: Terms,
) -> Write:
    """The person without it; destinations are told of what is left.

    The day of the last event stays as it was.
    """
    kinds = {kind for each in found for kind in each.kinds}
    after = without(person, kinds, ports.clock.now_ms())
    version = row.version + 1
    written = msgspec.structs.replace(
        row,
        version=version,
        state=seal_person(after, row.key, ports.vault, keyring),
        dirty=row.dirty | dict.fromkeys(terms.destinations, version),
    )
    return Write(key=row.key, expected=row.version, row=written)
