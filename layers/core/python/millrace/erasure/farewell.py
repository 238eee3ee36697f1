"""Whom retention emptied is deleted at the destinations that were told of them, and nowhere else.

No tombstone is written and no key destroyed: retention is no ban. So the person may be back before
a destination is asked; then none is, and what it holds is a customer again. If they come back while
it is asked, it is told of them anew once its own deletion is over: the late message does that.

The record is kept, and its message sent, before the person is emptied. The message arrives later,
when no send that read them before can still be under way; who has not been emptied by then, as
a run died, is asked to be deleted all the same: their time is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from millrace.activation.forget import ForgetReceipt
from millrace.clock import Clock
from millrace.erasure.asking import ask_each, late_error
from millrace.erasure.model import PASSES, Erasure, Farewell, Known, Save
from millrace.erasure.ports import ErasableDeliveries, Erasures, Forgetting
from millrace.erasure.request import ID_BYTES, known_of, seal_known
from millrace.errors import RetryLater
from millrace.privacy import Randomness, Vault
from millrace.profiles.encoding import unseal
from millrace.profiles.model import Row, Write
from millrace.profiles.ports import Conflict, ProfileStore
from millrace.profiles.reading import Rows, follow, root_of

BY = "retention"


class FarewellPorts(msgspec.Struct, frozen=True, kw_only=True):
    """What a farewell touches."""

    rows: ProfileStore
    deliveries: ErasableDeliveries
    destinations: Forgetting
    vault: Vault
    clock: Clock
    save: Save


def open_farewell(
    known: Known,
    farewell: Farewell,
    *,
    erasures: Erasures,
    vault: Vault,
    clock: Clock,
    randomness: Randomness,
) -> Erasure:
    """Keep whom the destinations are to be asked for. Raises RetryLater."""
    name = "fw_" + randomness.token_bytes(ID_BYTES).hex()
    erasure = Erasure(
        id=name,
        requested_at=clock.now_ms(),
        by=BY,
        reason="retention",
        sealed=seal_known(known, name, vault),
        farewell=farewell,
    )
    erasures.create(erasure)
    return erasure


def say(erasure: Erasure, farewell: Farewell, ports: FarewellPorts, *, is_late: bool) -> Erasure:
    """As far as it gets now. Raises RetryLater and NeedsHuman: then it comes again."""
    known = known_of(erasure, ports.vault)
    back = list(_returned(known, farewell, ports))
    if erasure.passes == 0:
        if back:
            return _closed(erasure, "returned", ports)
        names = [name for name in farewell.told if name in ports.destinations.names]
        erasure, late = ask_each(names, erasure, known, ports.destinations, ports.save)
        if late:
            raise late_error(late)
        return ports.save(erasure, passes=1, passed_at=ports.clock.now_ms(), waits_for="")
    if not is_late:
        return erasure
    for row in back:
        _tell_anew(row, farewell.told, ports)
    return _closed(erasure, "asked", ports)


def _returned(known: Known, farewell: Farewell, ports: FarewellPorts) -> Iterator[Row]:
    """The rows of people under these names of whom something came since the person had gone."""
    rows: Rows = {}
    follow(ports.rows, known.keys, rows)
    for root in sorted({root for key in known.keys if (root := root_of(key, rows))}):
        row = rows[root]
        person = unseal(row, ports.vault)
        if row is not None and person.stems and person.committed_at > farewell.last_commit:
            yield row


def _tell_anew(row: Row, destinations: Sequence[str], ports: FarewellPorts) -> None:
    """Whatever a destination was told before it deleted is forgotten, and it is woken."""
    for name in destinations:
        ports.deliveries.forget(name, [row.key])
    version = row.version + 1
    woken = msgspec.structs.replace(
        row, version=version, dirty=row.dirty | dict.fromkeys(destinations, version)
    )
    try:
        ports.rows.write(Write(key=row.key, expected=row.version, row=woken))
    except Conflict as error:
        raise RetryLater("farewell_contended", "the person who is back changed: again") from error


def _closed(erasure: Erasure, outcome: str, ports: FarewellPorts) -> Erasure:
    receipts: list[ForgetReceipt] = [each for _, each in sorted(erasure.receipts.items())]
    told = {
        "farewell": erasure.id,
        "outcome": outcome,
        "destinations": msgspec.to_builtins(receipts),
        "completed_at": ports.clock.now_ms(),
    }
    return ports.save(erasure, certificate=told, passes=PASSES, sealed=b"")
