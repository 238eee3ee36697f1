"""The ledger in DynamoDB: each append is one transaction of three items that must not exist yet.

pk l#<subject>        sk n#<number>       the link itself
pk l#<subject>        sk e#<entry name>   says that the entry is in the chain
pk d#<day>#<lane>     sk <subject>#<n>    the link's digest, for the root of its day
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of
from millrace.clock import Clock
from millrace.errors import NeedsHuman, RetryLater
from millrace.privacy.attesting import day_of
from millrace.privacy.ledger import Entry, Leaf, Link, link

LANES = 16
"""Partitions of a day: each takes some 500 transactions a second."""
ATTEMPTS = 8
"""Others may append to the same chain; each time one of them has got on."""
_REFUSED = {"AccessDeniedException", "ResourceNotFoundException", "ValidationException"}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Link).decode

Item = dict[str, dict[str, Any]]


class DynamoLedger:
    """`Ledger` over one table, by PutItem and Query alone."""

    def __init__(self, *, table: str, dynamodb: Any, clock: Clock) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._clock = clock

    def append(self, entry: Entry) -> bool:
        for _ in range(ATTEMPTS):
            last = self._last(entry.subject)
            new = link(entry, last, self._clock.now_ms())
            failed = self._put(new)
            if failed is None:
                return True
            if failed[1] == "ConditionalCheckFailed":
                return False
        raise RetryLater("ledger_contended", "others append to the same chain all the time")

    def read(self, subject: str) -> list[Link]:
        return [_decode(item["link"]["B"]) for item in self._query(f"l#{subject}", "n#")]

    def day(self, day: str) -> list[Leaf]:
        return [
            Leaf(item["subject"]["S"], int(item["number"]["N"]), item["digest"]["S"])
            for lane in range(LANES)
            for item in self._query(f"d#{day}#{lane:02}")
        ]

    def _last(self, subject: str) -> Link | None:
        items = self._query(f"l#{subject}", "n#", ScanIndexForward=False, Limit=1)
        found = next(iter(items), None)
        return _decode(found["link"]["B"]) if found else None

    def _put(self, new: Link) -> list[str] | None:
        """None when the link is in; else why each of its three items was refused."""
        try:
            self._dynamodb.transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": self._table,
                            "Item": item,
                            "ConditionExpression": "attribute_not_exists(pk)",
                        }
                    }
                    for item in _items(new)
                ]
            )
        except ClientError as error:
            reasons = error.response.get("CancellationReasons")
            if reasons:
                return [str(reason.get("Code")) for reason in reasons]
            raise _failure(error) from error
        except BotoCoreError as error:
            raise _failure(error) from error
        return None

    def _query(self, partition: str, prefix: str = "", **more: Any) -> Iterator[Item]:
        """The items of a partition in order; with a Limit, the first page only."""
        values = {":pk": {"S": partition}} | ({":sk": {"S": prefix}} if prefix else {})
        request = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk" + (" AND begins_with(sk, :sk)" if prefix else ""),
            "ExpressionAttributeValues": values,
            **more,
        }
        while True:
            page = _ask(self._dynamodb.query, request)
            yield from page["Items"]
            if "Limit" in more or not page.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _items(new: Link) -> list[Item]:
    subject, place = new.entry.subject, f"{new.number:09}"
    lane = hashlib.blake2b(subject.encode(), digest_size=1).digest()[0] % LANES
    pk = {"S": f"l#{subject}"}
    return [
        {"pk": pk, "sk": {"S": f"n#{place}"}, "link": {"B": _encode(new)}},
        {"pk": pk, "sk": {"S": f"e#{new.entry.name}"}, "number": {"N": str(new.number)}},
        {
            "pk": {"S": f"d#{day_of(new.recorded_at)}#{lane:02}"},
            "sk": {"S": f"{subject}#{place}"},
            "subject": {"S": subject},
            "number": {"N": str(new.number)},
            "digest": {"S": new.digest},
        },
    ]


def _ask(operation: Callable[..., Any], request: dict[str, Any]) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = operation(**request)
    except (ClientError, BotoCoreError) as error:
        raise _failure(error) from error
    return answer


def _failure(error: Exception) -> RetryLater | NeedsHuman:
    code = type(error).__name__
    if isinstance(error, ClientError):
        code = code_of(error)
    if code in _REFUSED:
        return NeedsHuman("ledger_refused", f"the ledger table refused: {code}")
    return RetryLater("ledger_unavailable", f"the ledger table did not answer: {code}")
