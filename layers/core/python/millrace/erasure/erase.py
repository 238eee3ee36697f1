"""The workflow: level-triggered, so that a run after any crash finds out itself what remains.

Two passes do all of it. What has to be known to go on is kept before anything is destroyed; a row,
a key or a destination that met this erasure already is left as it is, so that a person who came
back with a fresh consent meanwhile is not erased again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec

from millrace.clock import ENDLESS, Deadline
from millrace.erasure.certificate import certificate, with_chains
from millrace.erasure.farewell import FarewellPorts, say
from millrace.erasure.model import PASSES, Erasure
from millrace.erasure.objecting import objections
from millrace.erasure.passing import Passing
from millrace.erasure.request import known_of
from millrace.erasure.running import ErasingPorts, Run
from millrace.erasure.sweeping import (
    ENOUGH_MS,
    UNCOUNTED,
    Counts,
)
from millrace.errors import MillraceError, NeedsHuman, RetryLater
from millrace.privacy.ledger import Entry
from millrace.privacy.suppression import entry_of


class Erasing:
    """Runs erasures; any number of runs, at the same time or after crashes, do what one does."""

    def __init__(self, ports: ErasingPorts) -> None:
        self._ports = ports
        self._passing = Passing(ports, self._saved)
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
        asked = {erasure_id: is_late}
        found = self.run_together(asked, counts=counts, deadline=deadline)[erasure_id]
        if isinstance(found, MillraceError):
            raise found
        return found

    def run_together(
        self,
        asked: Mapping[str, bool],
        *,
        counts: Counts = UNCOUNTED,
        deadline: Deadline = ENDLESS,
    ) -> dict[str, Erasure | MillraceError | None]:
        """The same of several, `asked` by id whether they are late; what stopped one, by its id.

        Each step is done of all before the next: everybody is unreadable before a destination is
        asked, and what has to be gone through is gone through once for all of them.
        """
        found = {erasure_id: self._begun(erasure_id) for erasure_id in asked}
        runs = [
            Run(erasure, is_late=asked[erasure_id])
            for erasure_id, erasure in found.items()
            if isinstance(erasure, Erasure) and not erasure.is_done
        ]
        passing = [run for run in runs if run.is_passing]
        for run in passing:
            run.go_on(self._passing.close)
        for run in passing:
            if run is not passing[0] and deadline.left_ms() < ENOUGH_MS:
                run.stop(RetryLater("no_time_left", "others took the time; it comes again"))
            run.go_on(self._passing.tell)
        self._passing.sweep(passing, counts, deadline)
        for run in runs:
            run.go_on(self._conclude)
            if run.error:
                self._keep_reason(run.erasure.id, run.error)
        return found | {run.erasure.id: run.error or run.erasure for run in runs}

    def _begun(self, erasure_id: str) -> Erasure | MillraceError | None:
        try:
            erasure = self._ports.erasures.read(erasure_id)
            if erasure is None or erasure.is_done:
                return erasure
            return self._saved(erasure, tried_at=self._ports.clock.now_ms())
        except MillraceError as error:
            return error

    def _conclude(self, run: Run) -> None:
        if run.erasure.farewell:
            run.erasure = say(
                run.erasure, run.erasure.farewell, self._farewells, is_late=run.is_late
            )
            return
        if run.is_passing:
            self._passing.finish(run)
        if run.erasure.passes >= PASSES:
            run.erasure = self._certify(run.erasure)

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
