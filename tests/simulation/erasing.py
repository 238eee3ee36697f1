"""The real erasure with every call to a store made under conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millrace.clock import Clock
from millrace.erasure import Erasing, ErasingPorts
from tests.core.erasure.stage import REMAINS_HOURS
from tests.fakes.deliveries import MemoryDeliveries
from tests.fakes.erasures import MemoryErasures
from tests.fakes.ledger import MemoryLedger
from tests.fakes.suppressions import MemorySuppressions
from tests.simulation.conditions import Call, Conditions, Port, each
from tests.simulation.table import Table
from tests.simulation.vault import PlainVault

ERASURES = {
    "read": Call("read_erasure", lambda name: each("erasure", [name])),
    "save": Call("save_erasure", lambda erasure: each("erasure", [erasure.id])),
}
DELIVERIES = {
    "read_many": Call("read_deliveries", lambda destination, keys: each("delivery", keys)),
    "record": Call("record_delivery", lambda destination, told: each("delivery", told)),
    "replace": Call("replace_delivery", lambda destination, told: each("delivery", told)),
    "forget": Call("forget_deliveries", lambda destination, keys: each("delivery", keys)),
}
SUPPRESSIONS = {
    "record": Call("suppress", lambda change: each("suppression", [change.token])),
    "read_many": Call("read_suppressions", lambda tokens: each("suppression", tokens)),
}
DESTINATIONS = {"ask": Call("forget", lambda destination, leaver: ["outside *"])}
LEDGER = {
    "append": Call("append_ledger", lambda entry: each("ledger", [entry.subject])),
    "read": Call("read_ledger", lambda subject: each("ledger", [subject])),
}


class Offices:
    """Everything that an erasure goes to, beside the tables of profiles and subjects.

    Objects that are swept page by page have tests of their own: nobody races for them.
    """

    def __init__(self, clock: Clock, destinations: Any) -> None:
        self.erasures = MemoryErasures()
        self.deliveries = MemoryDeliveries()
        self.ledger = MemoryLedger(clock)
        self.suppressions = MemorySuppressions()
        self.destinations = destinations
        self.clock = clock

    @property
    def stores(self) -> Mapping[str, Mapping[str, object]]:
        return {
            "erasure": self.erasures.kept,
            "delivery": {key: row for (_, key), row in self.deliveries.rows.items()},
            "ledger": self.ledger.chains,
            "suppression": {token: said for (token, _), said in self.suppressions.known.items()},
        }

    def erasing(self, table: Table, vault: PlainVault, conditions: Conditions) -> Erasing:
        def port(of: Any, calls: Mapping[str, Call]) -> Any:
            return Port(of, conditions, calls)

        return Erasing(
            ErasingPorts(
                erasures=port(self.erasures, ERASURES),
                rows=table,
                subjects=table.subjects,
                suppressions=port(self.suppressions, SUPPRESSIONS),
                deliveries=port(self.deliveries, DELIVERIES),
                holders=[],
                remains_hours=REMAINS_HOURS,
                destinations=port(self.destinations, DESTINATIONS),
                ledger=port(self.ledger, LEDGER),
                vault=vault,
                clock=self.clock,
            )
        )
