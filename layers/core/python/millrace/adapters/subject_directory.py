"""Every subject, by a scan of the subjects table: to find a key by its pseudonym."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from millrace.adapters.subject_items import PREFIX, SubjectItems
from millrace.adapters.subjects import answers
from millrace.privacy import Randomness, Subject, Vault


class DynamoSubjectDirectory:
    """`SubjectDirectory`, page by page: for operators, never for a function on the hot path."""

    def __init__(self, *, table: str, dynamodb: Any, vault: Vault, randomness: Randomness) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._made_of = SubjectItems(vault, randomness)

    def everyone(self) -> Iterator[Subject]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "FilterExpression": "begins_with(pk, :prefix)",
            "ExpressionAttributeValues": {":prefix": {"S": PREFIX}},
        }
        while True:
            with answers():
                page = self._dynamodb.scan(**request)
            yield from (self._made_of.opened(item) for item in page["Items"])
            if not page.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
