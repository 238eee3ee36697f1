"""The ledger: what became of every event, summed from the metrics that the functions wrote."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

NAMESPACE = "Millrace"
RECEIVED = "EventsReceived"
REPLAYED = "EventsReplayed"
RECOVERED = "EventsRecovered"
PLACES = {
    "applied": "EventsApplied",
    "duplicate": "EventsDuplicate",
    "failed": "EventsFailed",
    "blocked_by_consent": "EventsBlockedByConsent",
    "erased": "EventsErased",
    "parked": "EventsParked",
}


class Ledger:
    """Counts by metric name; `balance` is 0 when every event received is in exactly one place."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def read(self, lines: Iterable[str]) -> None:
        """Count the EMF lines of our namespace among a function's log lines."""
        for line in lines:
            if line.startswith("{") and '"_aws"' in line:
                self._read_metrics(json.loads(line))

    def park(self, events: int) -> None:
        """Count events of records that ran out of retries and wait for a redrive."""
        self._counts[PLACES["parked"]] += events

    def counts(self) -> dict[str, int]:
        """A replayed event leaves `failed`; whatever it put into the stream is received instead."""
        places = {place: self._counts[metric] for place, metric in PLACES.items()}
        recovered = self._counts[RECOVERED]
        places["failed"] -= recovered
        received = self._counts[RECEIVED] + self._counts[REPLAYED] - recovered
        return {"received": received, **places, "balance": received - sum(places.values())}

    def metrics(self) -> dict[str, int]:
        """Every count that was written, by metric name."""
        return dict(sorted(self._counts.items()))

    def _read_metrics(self, entry: dict[str, Any]) -> None:
        for directive in entry["_aws"].get("CloudWatchMetrics", []):
            if directive.get("Namespace") != NAMESPACE:
                continue
            for metric in directive.get("Metrics", []):
                if metric.get("Unit") == "Count":
                    value = entry[metric["Name"]]
                    self._counts[metric["Name"]] += round(
                        sum(value) if isinstance(value, list) else value
                    )
