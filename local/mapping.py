"""What an event source mapping decides, without doing it: pure, so that tests can ask anything.

The rules are AWS's: a partial failure makes the LOWEST reported sequence number the checkpoint
and retries everything from there; a raised error splits the batch where bisecting is on, and
splitting does not spend a retry; what runs out of retries or of age goes to the destination.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from local.intrinsics import TemplateError

LONGEST_WAIT_SECONDS = 1.0
"""Lambda and SQS wait for minutes between tries; here nobody wants to."""
KNOWN = {
    "BatchSize",
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "Enabled",
    "EventSourceArn",
    "FunctionName",
    "FunctionResponseTypes",
    "KmsKeyArn",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "MetricsConfig",
    "ParallelizationFactor",
    "ScalingConfig",
    "StartingPosition",
    "Tags",
}


class MappingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One `AWS::Lambda::EventSourceMapping`, resolved."""

    id: str
    function_name: str
    source_arn: str
    function_path: str = ""
    batch_size: int = 100
    window_seconds: float = 0
    retries: int = -1
    """-1: for as long as the record lives."""
    max_age_seconds: int = -1
    is_bisecting: bool = False
    is_partial: bool = False
    """The function reports which items failed."""
    on_failure_arn: str = ""

    @property
    def service(self) -> str:
        return self.source_arn.split(":")[2]


def mapping_plan(name: str, properties: dict[str, Any]) -> MappingPlan:
    """The plan in a template's properties; what would be ignored silently is an error."""
    if unknown := set(properties) - KNOWN:
        raise TemplateError(f"event source mapping {name}: {sorted(unknown)} is not played locally")
    source = properties["EventSourceArn"]
    default_size = 10 if ":sqs:" in source else 100
    destination = properties.get("DestinationConfig", {}).get("OnFailure", {})
    return MappingPlan(
        id=name,
        function_name=_function_name(properties["FunctionName"]),
        source_arn=source,
        batch_size=int(properties.get("BatchSize", default_size)),
        window_seconds=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
        retries=int(properties.get("MaximumRetryAttempts", -1)),
        max_age_seconds=int(properties.get("MaximumRecordAgeInSeconds", -1)),
        is_bisecting=bool(properties.get("BisectBatchOnFunctionError", False)),
        is_partial="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
        on_failure_arn=destination.get("Destination", ""),
    )


def _function_name(name: str) -> str:
    """Mappings name a function by ARN, alias ARN or name."""
    parts = name.split(":")
    return parts[6] if len(parts) > 6 else parts[-1]


class Item(msgspec.Struct, frozen=True):
    """One record or message as its function will see it."""

    id: str
    """What a partial failure names: the sequence number, or the message id."""
    event: dict[str, Any]
    arrived_ms: int
    size: int


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A batch and how many retries it has spent."""

    items: tuple[Item, ...]
    spent: int = 0
    wait_seconds: float = 0
    """Before it is tried."""


class Failure(msgspec.Struct, frozen=True):
    """The invocation failed as a whole."""

    reason: str


class Sequel(msgspec.Struct, frozen=True, kw_only=True):
    """What follows an attempt: batches to try again, in order, and items to give up."""

    retry: tuple[Attempt, ...] = ()
    given_up: tuple[Item, ...] = ()


def failed_ids(response: Any) -> list[str] | Failure:
    """The ids in a partial response; empty, null or absent lists mean that all went well."""
    if not response or not isinstance(response, dict):
        return []
    ids = []
    for failure in response.get("batchItemFailures") or []:
        name = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if not isinstance(name, str) or not name:
            return Failure("the response names a failure without itemIdentifier")
        ids.append(name)
    return ids


def lowest_failed(items: Sequence[Item], response: Any) -> int | Failure | None:
    """The position of the checkpoint: None when everything went well."""
    ids = failed_ids(response)
    if isinstance(ids, Failure):
        return ids
    if not ids:
        return None
    places = {item.id: place for place, item in enumerate(items)}
    if unknown := [name for name in ids if name not in places]:
        return Failure(f"the response names {len(unknown)} records that were not in the batch")
    return min(places[name] for name in ids)


def after(attempt: Attempt, outcome: int | Failure | None, plan: MappingPlan) -> Sequel:
    """What a stream mapping does next."""
    if outcome is None:
        return Sequel()
    items, spent = attempt.items, attempt.spent + 1
    if isinstance(outcome, Failure):
        if plan.is_bisecting and len(items) > 1:
            middle = len(items) // 2
            halves = (items[:middle], items[middle:])
            return Sequel(retry=tuple(Attempt(items=half, spent=attempt.spent) for half in halves))
    else:
        items = items[outcome:]
    if 0 <= plan.retries < spent:
        return Sequel(given_up=items)
    wait = min(LONGEST_WAIT_SECONDS, 0.05 * 2 ** min(spent, 10))
    return Sequel(retry=(Attempt(items=items, spent=spent, wait_seconds=wait),))
