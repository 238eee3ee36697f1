"""Metric names, and one EMF line per invocation that carries them.

The first nine make the ledger: received = applied + duplicate + failed + blocked_by_consent
+ erased + parked, after a replay with EventsReplayed - EventsRecovered more received and
EventsRecovered fewer failed. An outcome is counted once per acknowledged delivery, so that a
redelivered record is never counted twice.
"""

from __future__ import annotations

from typing import Literal

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "Millrace"

CountName = Literal[
    "EventsReceived",
    "EventsApplied",
    "EventsDuplicate",
    "EventsFailed",
    "EventsBlockedByConsent",
    "EventsErased",
    "EventsParked",
    "EventsReplayed",  # put into the stream again by a replay of failed events or of the lake
    "EventsRecovered",  # failed events that are failed no more, because they were replayed
    "EventsDetoured",  # taken by the overflow queue or bucket, because the stream did not
    "EventsRefilled",  # written to the stream after their detour
    "RequestsRefused",  # a request that holds no usable event: wrong key, broken JSON, too large
    "ReadsFallback",  # a profile read that was answered with the generic content
    "DeliveriesSent",  # profiles a destination has taken
    "DeliveriesUnchanged",  # wakes that found nothing new to tell
    "DeliveriesWithheld",  # people who do not allow what a destination is for, so it is not told
    "DeliveriesRejected",  # profiles a destination will never take as they are
    "DeliveriesDeferred",  # profiles to be told later: rate limit, outage, credentials
    "LedgerEntries",  # new entries of the consent ledger
    "RootsMade",  # days of the ledger that got their root
    "LakeRows",
    "MergesMade",
    "MergesRefused",
    "ErasuresResumed",  # erasures that nobody worked on any more, woken by the hour
    "ProfilesExpired",  # people of whom no event came for so long that they were emptied
    "ProfilesWithdrawn",  # people from whom data went that was kept for a withdrawn purpose
    "ProfilesReturned",  # an event came while they were being emptied, and won
    "BranchKeysRotated",
    "ValuesResealed",  # under the current branch key, where they were under an older one
    "UnhandledErrors",
]
AgeName = Literal[
    "FreshnessSeconds",  # age of the oldest event when its profile was committed
    "ErasureAgeSeconds",  # age of the oldest erasure that is not done
]


class FunctionMetrics:
    """Counts and ages of one function; `flush` writes them as one log line, or nothing."""

    def __init__(self, function: str) -> None:
        self._metrics = EphemeralMetrics(namespace=NAMESPACE, service=function)
        self._is_empty = True

    def count(self, name: CountName, amount: int = 1) -> None:
        if amount:
            self._metrics.add_metric(name, MetricUnit.Count, amount)
            self._is_empty = False

    def age_seconds(self, name: AgeName, seconds: float) -> None:
        self._metrics.add_metric(name, MetricUnit.Seconds, seconds)
        self._is_empty = False

    def flush(self) -> None:
        if not self._is_empty:
            self._metrics.flush_metrics()
            self._is_empty = True
