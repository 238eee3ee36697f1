"""Who asks to be erased in an episode, and the queue that drives the real workflow."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from millrace.activation.forget import ASK_AGAIN_AFTER_MS
from millrace.erasure import Erasure, open_erasure, verify
from millrace.errors import MillraceError
from millrace.identity.model import profile_id, row_key
from tests.fakes.subjects import Counter
from tests.simulation.conditions import Conditions
from tests.simulation.erasing import Offices
from tests.simulation.oracle import Verdict
from tests.simulation.table import Table
from tests.simulation.vault import PlainVault


class Office:
    """Messages that drive erasures; the second pass is a message that waits."""

    def __init__(
        self,
        offices: Offices,
        table: Table,
        vault: PlainVault,
        conditions: Conditions,
        dice: random.Random,
    ) -> None:
        self._offices, self._table, self._vault, self._dice = offices, table, vault, dice
        self._erasing = offices.erasing(table, vault, conditions)
        self._messages: list[tuple[int, str]] = []
        """From when on, and which erasure."""
        self._in_flight = 0
        self._asked: list[tuple[str, str]] = []
        self._randomness = Counter()

    def ask(self, kind: str, value: str) -> None:
        asked = open_erasure(
            kind,
            value,
            by="x",
            erasures=self._offices.erasures,
            vault=self._vault,
            clock=self._offices.clock,
            randomness=self._randomness,
        )
        self._asked.append((row_key(kind, self._vault.token(kind, value)), asked.id))
        self._messages.append((0, asked.id))

    def has_work(self) -> bool:
        return bool(self._messages or self._in_flight)

    @property
    def is_waiting(self) -> bool:
        """Whether there is nothing to do before the time of a second pass."""
        return bool(self._messages) and not self._due() and not self._in_flight

    def next_work(self) -> tuple[Callable[[], Any], Callable[[Any], None]] | None:
        due = self._due()
        if not due:
            return None
        together = self._dice.sample(due, min(len(due), self._dice.choice((1, 1, 2, 3))))
        for message in together:
            self._messages.remove(message)
        self._in_flight += len(together)
        asked: dict[str, bool] = {}
        for at, name in together:
            asked[name] = asked.get(name, False) or at > 0

        def end(found: dict[str, Erasure | MillraceError | None] | None) -> None:
            self._in_flight -= len(together)
            for message in together:
                erasure = found and found[message[1]]
                if not isinstance(erasure, Erasure):  # a crash, or no time: it comes again
                    self._messages.append(message)
                elif not erasure.is_done:
                    later = self._offices.clock.now_ms() + ASK_AGAIN_AFTER_MS
                    self._messages.append((later, message[1]))

        return (lambda: self._erasing.run_together(asked)), end

    def _due(self) -> list[tuple[int, str]]:
        now = self._offices.clock.now_ms()
        return [message for message in self._messages if message[0] <= now]

    def judge(self, verdict: Verdict) -> None:
        """Whoever asked is gone, or began anew since; the destination knows of nobody else."""
        rows = self._table.rows
        for key, name in self._asked:
            erasure = self._offices.erasures.kept[name]
            if not erasure.is_done:
                verdict.complain(f"{name} is not done")
                continue
            verdict.complaints += verify(erasure.certificate)
            if key not in rows or rows[key].erased_at < erasure.requested_at:
                verdict.complain(f"{key} was never erased")
        for key, row in rows.items():
            if row.is_tombstone:
                if self._offices.destinations.knows.get(profile_id(key)) is not None:
                    verdict.complain(f"{key} is erased, and still known to the destination")
                if self._table.blocks.get(key):
                    verdict.complain(f"{key} is erased, and its seen ids are kept")
                subject = self._table.keys.items.get(key)
                if subject is None or (
                    not subject.is_erased and subject.erased_at <= row.erased_at
                ):
                    verdict.complain(f"{key} is erased, and has a key from before that")
