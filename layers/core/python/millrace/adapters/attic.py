"""What retention needs of the profiles and deliveries tables, beyond what events need."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.deliveries import DynamoDeliveries
from millrace.adapters.table_scan import Cursor, DynamoProfileScan
from millrace.errors import RetryLater
from millrace.profiles.model import IdBlock, Row

CURSOR = {"pk": {"S": "retain#cursor"}}
"""In the deliveries table: a write to the profiles table would wake its readers."""
PER_CALL = 25
ROUNDS = 6


class DynamoAttic:
    """`Attic`; deletes in batches, what stays unprocessed again."""

    def __init__(
        self,
        *,
        profiles_table: str,
        deliveries_table: str,
        destinations: Collection[str],
        dynamodb: Any,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._profiles = profiles_table
        self._deliveries = deliveries_table
        self._destinations = sorted(destinations)
        self._dynamodb = dynamodb
        self._sleep = sleep
        self._known = DynamoDeliveries(table=deliveries_table, dynamodb=dynamodb, sleep=sleep)
        self._scan = DynamoProfileScan(table=profiles_table, dynamodb=dynamodb)

    def page(self, cursor: Cursor) -> tuple[list[Row], Cursor]:
        return self._scan.page(cursor)

    def cursor(self) -> Cursor:
        found = self._ask(
            self._dynamodb.get_item, TableName=self._deliveries, Key=CURSOR, ConsistentRead=True
        ).get("Item")
        known: Cursor = json.loads(found["cursor"]["S"]) if found else None
        return known

    def keep_cursor(self, cursor: Cursor) -> None:
        item = {**CURSOR, "cursor": {"S": json.dumps(cursor)}}
        self._ask(self._dynamodb.put_item, TableName=self._deliveries, Item=item)

    def drop_ids(self, blocks: Sequence[IdBlock]) -> None:
        keys = [{"pk": {"S": block.stem}, "sk": {"S": block.name}} for block in blocks]
        self._delete(self._profiles, keys)

    def told(self, keys: Collection[str]) -> list[str]:
        return [name for name in self._destinations if self._known.read_many(name, keys)]

    def drop_deliveries(self, keys: Collection[str]) -> None:
        named = [f"{name}#{key}" for name in self._destinations for key in sorted(keys)]
        self._delete(self._deliveries, [{"pk": {"S": each}} for each in named])

    def _delete(self, table: str, keys: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(keys), PER_CALL):
            some = keys[start : start + PER_CALL]
            pending = {table: [{"DeleteRequest": {"Key": key}} for key in some]}
            for number in range(ROUNDS):
                if number:
                    self._sleep(0.05 * 2**number)
                answer = self._ask(self._dynamodb.batch_write_item, RequestItems=pending)
                pending = answer.get("UnprocessedItems") or {}
                if not pending:
                    break
            else:
                raise RetryLater("attic_unavailable", f"{table} did not delete all rows")

    @staticmethod
    def _ask(operation: Callable[..., Any], **request: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = operation(**request)
        except (ClientError, BotoCoreError) as error:
            raise RetryLater(
                "attic_unavailable", f"a table did not answer: {type(error).__name__}"
            ) from error
        return answer
