"""An erasure while it is run, beside others, and with what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from millrace.clock import Clock
from millrace.erasure.model import PASSES, Erasure, Known
from millrace.erasure.ports import (
    ErasableDeliveries,
    ErasableRows,
    ErasableSubjects,
    Erasures,
    Forgetting,
)
from millrace.erasure.remainders import Holder
from millrace.errors import MillraceError
from millrace.privacy import Vault
from millrace.privacy.ports import Ledger, Suppressions


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


class Run:
    """How far one erasure got; what stopped it stops no other."""

    def __init__(self, erasure: Erasure, *, is_late: bool) -> None:
        self.erasure = erasure
        self.known = Known()
        self.is_late = is_late
        self.is_passing = erasure.farewell is None and (
            erasure.passes == 0 or (erasure.passes < PASSES and is_late)
        )
        """Whether a pass is to be done now; the second waits for a run that is late."""
        self.late: dict[str, MillraceError] = {}
        """Why destinations did not answer, by name."""
        self.error: MillraceError | None = None

    @property
    def goes_on(self) -> bool:
        return self.error is None

    def go_on(self, step: Callable[[Run], None]) -> None:
        """Do it, unless something has stopped this one before; what it raises does."""
        if self.goes_on:
            try:
                step(self)
            except MillraceError as error:
                self.stop(error)

    def stop(self, error: MillraceError) -> None:
        """The first error is the one that tells why."""
        self.error = self.error or error
