"""Erasures in DynamoDB: a record for each, and a marker for each that is still open.

pk e#<id>   sk record   the erasure; what names the person is sealed in it
pk open     sk <id>     until it is done
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of, is_unmet
from millrace.erasure.model import Erasure
from millrace.errors import NeedsHuman, RetryLater

OPEN = {"S": "open"}
RECORD = {"S": "record"}
_REFUSED = {"AccessDeniedException", "ResourceNotFoundException", "ValidationException"}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Erasure).decode


class DynamoErasures:
    """`Erasures` over one table. Reads are consistent."""

    def __init__(self, *, table: str, dynamodb: Any) -> None:
        self._table = table
        self._dynamodb = dynamodb

    def create(self, erasure: Erasure) -> None:
        self._write(self._put(erasure, "attribute_not_exists(pk)"), self._marker("Put", erasure))

    def read(self, erasure_id: str) -> Erasure | None:
        with _answers():
            item = self._dynamodb.get_item(
                TableName=self._table,
                Key={"pk": {"S": f"e#{erasure_id}"}, "sk": RECORD},
                ConsistentRead=True,
            ).get("Item")
        return _decode(item["erasure"]["B"]) if item else None

    def save(self, erasure: Erasure) -> None:
        put = self._put(erasure, "v = :before", erasure.version - 1)
        if erasure.is_done:
            self._write(put, self._marker("Delete", erasure))
        else:
            self._write(put)

    def replace(self, erasure: Erasure) -> bool:
        """Write it anew under the version that it has; False when another stands there."""
        try:
            self._write(self._put(erasure, "v = :before", erasure.version))
        except RetryLater as error:
            if error.code != "erasure_contended":
                raise
            return False
        return True

    def open_ids(self) -> list[str]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :open",
            "ExpressionAttributeValues": {":open": OPEN},
        }
        found: list[str] = []
        while True:
            with _answers():
                page = self._dynamodb.query(**query)
            found += [item["sk"]["S"] for item in page["Items"]]
            if not page.get("LastEvaluatedKey"):
                return found
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _put(self, erasure: Erasure, condition: str, before: int | None = None) -> dict[str, Any]:
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": {
                "pk": {"S": f"e#{erasure.id}"},
                "sk": RECORD,
                "v": {"N": str(erasure.version)},
                "erasure": {"B": _encode(erasure)},
            },
            "ConditionExpression": condition,
        }
        if before is not None:
            put["ExpressionAttributeValues"] = {":before": {"N": str(before)}}
        return {"Put": put}

    def _marker(self, action: str, erasure: Erasure) -> dict[str, Any]:
        key = {"pk": OPEN, "sk": {"S": erasure.id}}
        return {action: {"TableName": self._table, ("Item" if action == "Put" else "Key"): key}}

    def _write(self, *writes: dict[str, Any]) -> None:
        with _answers():
            self._dynamodb.transact_write_items(TransactItems=list(writes))


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if is_unmet(error):
            raise RetryLater("erasure_contended", "another run of the erasure was first") from error
        code = code_of(error)
        if code in _REFUSED:
            raise NeedsHuman("erasures_refused", f"the erasures table refused: {code}") from error
        raise RetryLater("erasures_unavailable", f"the erasures table answered {code}") from error
    except BotoCoreError as error:
        raise RetryLater("erasures_unavailable", "the erasures table cannot be reached") from error
