"""The suppression list in DynamoDB: one item an address, `pk = s#<token>`, two values a reason."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of, is_unmet
from millrace.errors import NeedsHuman, RetryLater
from millrace.privacy.suppression import REASONS, Change, Reason

READ_PER_CALL = 100
ROUNDS = 5
_REFUSED = {"AccessDeniedException", "ResourceNotFoundException", "ValidationException"}


class DynamoSuppressions:
    """`Suppressions` over one table; a change is one conditional update."""

    def __init__(self, *, table: str, dynamodb: Any) -> None:
        self._table = table
        self._dynamodb = dynamodb

    def record(self, change: Change) -> None:
        """Of a beginning and an end at one time, the beginning counts."""
        is_newer = "#at < :at" if not change.is_on else "#at < :at OR (#at = :at AND #on = :off)"
        values = {":at": {"N": str(change.at)}, ":on": {"BOOL": change.is_on}}
        if change.is_on:
            values[":off"] = {"BOOL": False}
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"pk": {"S": f"s#{change.token}"}},
                UpdateExpression="SET #at = :at, #on = :on",
                ConditionExpression=f"attribute_not_exists(#at) OR {is_newer}",
                ExpressionAttributeNames={
                    "#at": f"{change.reason}_at",
                    "#on": f"{change.reason}_on",
                },
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if not is_unmet(error):
                raise _failure(error) from error
        except BotoCoreError as error:
            raise _failure(error) from error

    def read_many(self, tokens: Collection[str]) -> dict[str, frozenset[Reason]]:
        found: dict[str, set[Reason]] = {}
        for change in self.said(tokens):
            if change.is_on:
                found.setdefault(change.token, set()).add(change.reason)
        return {token: frozenset(reasons) for token, reasons in found.items()}

    def said(self, tokens: Collection[str]) -> list[Change]:
        keys = [{"pk": {"S": f"s#{token}"}} for token in dict.fromkeys(tokens)]
        return [
            change
            for start in range(0, len(keys), READ_PER_CALL)
            for item in self._read(keys[start : start + READ_PER_CALL])
            for change in _changes(item)
        ]

    def _read(self, keys: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        request: dict[str, Any] = {self._table: {"Keys": keys, "ConsistentRead": True}}
        for _ in range(ROUNDS):
            answer = _ask(self._dynamodb.batch_get_item, request)
            yield from answer.get("Responses", {}).get(self._table, ())
            request = answer.get("UnprocessedKeys") or {}
            if not request:
                return
        raise RetryLater("suppressions_unavailable", "the list does not answer for all addresses")


def _changes(item: Mapping[str, Any]) -> Iterator[Change]:
    token = item["pk"]["S"].removeprefix("s#")
    for reason in REASONS:
        if f"{reason}_at" in item:
            at, is_on = int(item[f"{reason}_at"]["N"]), item[f"{reason}_on"]["BOOL"]
            yield Change(token=token, reason=reason, at=at, is_on=is_on)


def _ask(operation: Callable[..., Any], request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = operation(RequestItems=request)
    except (ClientError, BotoCoreError) as error:
        raise _failure(error) from error
    return answer


def _failure(error: Exception) -> RetryLater | NeedsHuman:
    code = code_of(error) if isinstance(error, ClientError) else type(error).__name__
    if code in _REFUSED:
        return NeedsHuman("suppressions_refused", f"the suppressions table refused: {code}")
    return RetryLater("suppressions_unavailable", f"the suppressions table answered {code}")
