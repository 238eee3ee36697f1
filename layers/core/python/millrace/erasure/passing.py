"""One pass over everything that holds a person, a step at a time.

What has to be known to go on is kept before anything is destroyed; a row, a key or a destination
that met this erasure already is left as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from millrace.clock import Deadline
from millrace.erasure.asking import ask_each, late_error
from millrace.erasure.entombing import (
    EntombPorts,
    destroy_keys,
    entomb,
    forget_mentions,
    forget_seen,
    tell_again,
)
from millrace.erasure.model import Erasure, Known, Save
from millrace.erasure.running import ErasingPorts, Run
from millrace.erasure.sweeping import Counts, Sweeping, sweep
from millrace.errors import MillraceError


class Passing:
    """The steps, in their order; of each the run is one that no step before has stopped."""

    def __init__(self, ports: ErasingPorts, save: Save) -> None:
        self._ports = ports
        self._save = save
        self._entombing = EntombPorts(
            rows=ports.rows,
            subjects=ports.subjects,
            suppressions=ports.suppressions,
            vault=ports.vault,
            clock=ports.clock,
            save=save,
            phone_region=ports.phone_region,
        )

    def close(self, run: Run) -> None:
        """Nothing of the person can be read after it."""
        run.erasure, run.known = entomb(run.erasure, self._entombing)
        destroy_keys(run.erasure, run.known, self._entombing)

    def tell(self, run: Run) -> None:
        """Others forget them; destinations are asked to."""
        names, known = self._ports.destinations.names, run.known
        run.erasure = forget_mentions(run.erasure, known, names, self._entombing)
        forget_seen(known, self._entombing)
        run.erasure, run.late = self._destinations(run.erasure, known)
        tell_again(known, names, self._entombing)

    def sweep(self, runs: Sequence[Run], counts: Counts, deadline: Deadline) -> None:
        """Take them out of what can be edited, side by side."""
        sweeping = Sweeping(
            holders=self._ports.holders,
            vault=self._ports.vault,
            save=self._save,
            counts=counts,
            deadline=deadline,
        )
        sweep(runs, sweeping)

    def finish(self, run: Run) -> None:
        """Count the pass, unless it has to go on. Raises what holds it up."""
        if run.erasure.is_sweeping:
            return
        if run.late:
            raise late_error(run.late)
        passed_at = self._ports.clock.now_ms()
        passes = run.erasure.passes + 1
        run.erasure = self._save(run.erasure, passes=passes, passed_at=passed_at, waits_for="")

    def _destinations(
        self, erasure: Erasure, known: Known
    ) -> tuple[Erasure, dict[str, MillraceError]]:
        """Each is asked once a pass; what it was told is forgotten after that.

        Else who came back and was told just before the deletion would count as told.
        """
        names, asked = self._ports.destinations.names, self._ports.destinations
        erasure, late = ask_each(names, erasure, known, asked, self._save)
        for name in names:
            self._ports.deliveries.forget(name, known.keys)
        return erasure, late
