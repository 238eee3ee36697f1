"""The workflow: level-triggered, so that a run after any crash finds out itself what remains.

Two passes do all of it. What has to be known to go on is kept before anything is destroyed; a row,
a key or a destination that met this erasure already is left as it is, so that a person who came
back with a fresh consent meanwhile is not erased again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from millrace.clock import ENDLESS, Clock, Deadline
from millrace.erasure.asking import ask_each, late_error
from millrace.erasure.certificate import certificate, with_chains
from millrace.erasure.entombing import (
    EntombPorts,
    destroy_keys,
    entomb,
    forget_mentions,
    forget_seen,
    tell_again,
)
from millrace.erasure.farewell import FarewellPorts, say
from millrace.erasure.model import PASSES, Erasure, Known
from millrace.erasure.objecting import objections
from millrace.erasure.ports import (
    ErasableDeliveries,
    ErasableRows,
    ErasableSubjects,
    Erasures,
    Forgetting,
)
from millrace.erasure.request import known_of
from millrace.erasure.sweeping import UNCOUNTED, Counts, Holder, Sweeping, sweep
from millrace.errors import MillraceError, NeedsHuman, RetryLater
from millrace.privacy import Vault
from millrace.privacy.ledger import Entry
from millrace.privacy.ports import Ledger, Suppressions
from millrace.privacy.suppression import entry_of


class ErasingPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that holds a person."""

    erasures: Erasures
    rows: ErasableRows
    subjects: ErasableSubjects
    deliveries: ErasableDeliveries
    suppressions: Suppressions
    holders: Sequence[Holder]
    destinations: Forgetting
    ledger: Ledger
    vault: Vault
    clock: Clock
    remains_hours: Mapping[str, int]
    """How long after an erasure something sealed is left, by name in `certificate.REMAINS`."""
    phone_region: str = ""
    """Whose national numbers others may have as a trait; "" finds international ones only."""


class Erasing:
    """Runs erasures; any number of runs, at the same time or after crashes, do what one does."""

    def __init__(self, ports: ErasingPorts) -> None:
        self._ports = ports
        self._entombing = EntombPorts(
            rows=ports.rows,
            subjects=ports.subjects,
            suppressions=ports.suppressions,
            vault=ports.vault,
            clock=ports.clock,
            save=self._saved,
            phone_region=ports.phone_region,
        )
        self._farewells = FarewellPorts(
            rows=ports.rows,
            deliveries=ports.deliveries,
            destinations=ports.destinations,
            vault=ports.vault,
            clock=ports.clock,
            save=self._saved,
        )

    def run(
        self,
        erasure_id: str,
        *,
        is_late: bool = False,
        counts: Counts = UNCOUNTED,
        deadline: Deadline = ENDLESS,
    ) -> Erasure | None:
        """As far as it gets now; None for one that is not there. Raises RetryLater.

        The second pass waits for a run that `is_late`: whoever calls knows that it is time.
        """
        erasure = self._ports.erasures.read(erasure_id)
        if erasure is None or erasure.is_done:
            return erasure
        erasure = self._saved(erasure, tried_at=self._ports.clock.now_ms())
        try:
            if erasure.farewell:
                return say(erasure, erasure.farewell, self._farewells, is_late=is_late)
            if erasure.passes == 0 or (erasure.passes < PASSES and is_late):
                erasure = self._pass(erasure, counts, deadline)
            return self._certify(erasure) if erasure.passes >= PASSES else erasure
        except MillraceError as error:
            self._keep_reason(erasure_id, error)
            raise

    def _pass(self, erasure: Erasure, counts: Counts, deadline: Deadline) -> Erasure:
        erasure, known = entomb(erasure, self._entombing)
        destroy_keys(erasure, known, self._entombing)
        names = self._ports.destinations.names
        erasure = forget_mentions(erasure, known, names, self._entombing)
        forget_seen(known, self._entombing)
        erasure, late = self._destinations(erasure, known)
        tell_again(known, names, self._entombing)
        sweeping = Sweeping(
            holders=self._ports.holders,
            vault=self._ports.vault,
            save=self._saved,
            counts=counts,
            deadline=deadline,
        )
        erasure = sweep(erasure, known, sweeping)
        if erasure.is_sweeping:
            return erasure
        if late:
            raise late_error(late)
        passed_at = self._ports.clock.now_ms()
        passes = erasure.passes + 1
        return self._saved(erasure, passes=passes, passed_at=passed_at, waits_for="")

    def _destinations(
        self, erasure: Erasure, known: Known
    ) -> tuple[Erasure, dict[str, MillraceError]]:
        """Each is asked once a pass; what it was told is forgotten after that.

        Else who came back and was told just before the deletion would count as told.
        """
        names, asked = self._ports.destinations.names, self._ports.destinations
        erasure, late = ask_each(names, erasure, known, asked, self._saved)
        for name in names:
            self._ports.deliveries.forget(name, known.keys)
        return erasure, late

    def _keep_reason(self, erasure_id: str, error: MillraceError) -> None:
        """Why it does not go on, for whoever asks; where that cannot be kept, the log has it."""
        if error.code == "erasure_contended":  # another run goes on, and says so itself
            return
        with suppress(RetryLater, NeedsHuman):
            erasure = self._ports.erasures.read(erasure_id)
            if erasure is not None and not erasure.is_done:
                self._saved(erasure, waits_for=f"{error.code}: {error.message}")

    def _certify(self, erasure: Erasure) -> Erasure:
        known = known_of(erasure, self._ports.vault)
        objected = list(objections(erasure, known, self._ports.vault))
        for change in objected:
            self._ports.ledger.append(entry_of(change, why=erasure.id, by=erasure.by))
        body = certificate(erasure, known, len(objected), self._ports.remains_hours)
        for key in known.keys:
            self._ports.ledger.append(_entry(key, erasure, str(body["digest"])))
        chains = {key: self._ports.ledger.read(key) for key in known.keys}
        return self._saved(erasure, certificate=with_chains(body, chains), sealed=b"")

    def _saved(self, erasure: Erasure, /, **changes: Any) -> Erasure:
        after = msgspec.structs.replace(erasure, version=erasure.version + 1, **changes)
        self._ports.erasures.save(after)
        return after


def _entry(key: str, erasure: Erasure, digest: str) -> Entry:
    return Entry(
        subject=key,
        kind="erasure",
        event=erasure.id,
        at=erasure.erased_at,
        status="erased",
        basis=erasure.reason,
        proof=digest,
        by=erasure.by,
    )
