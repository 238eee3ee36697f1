"""The profiles table in DynamoDB: roots and aliases under `sk` root, id blocks under `sk` D#..."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.errors import NeedsHuman, RetryLater
from millrace.privacy import Vault
from millrace.profiles.model import IdBlock, Profile, Row, Write
from millrace.profiles.ports import Conflict
from millrace.profiles.reading import read_profiles

ROOT = {"S": "root"}
MAX_BATCH_ROUNDS = 5
"""How often what DynamoDB left unprocessed is asked for again before the caller is told."""
_REFUSED = {"AccessDeniedException", "ResourceNotFoundException", "UnrecognizedClientException"}

Item = dict[str, dict[str, Any]]


class DynamoProfiles:
    """`ProfileStore`, `ProfileReader` and `DirtyMarks` over one table. Reads are consistent."""

    def __init__(
        self, *, table: str, dynamodb: Any, vault: Vault, source_priorities: Mapping[str, int]
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._vault = vault
        self._priorities = source_priorities

    def read(self, key: str) -> Profile | None:
        return self.read_many([key]).get(key)

    def read_many(self, keys: Collection[str]) -> dict[str, Profile]:
        return read_profiles(self, keys, self._vault, self._priorities)

    def read_rows(self, keys: Collection[str]) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        for some in _batches(sorted(set(keys)), 100):
            wanted = {
                "Keys": [{"pk": {"S": key}, "sk": ROOT} for key in some],
                "ConsistentRead": True,
            }
            for item in self._read_all({self._table: wanted}):
                row = _to_row(item)
                rows[row.key] = row
        return rows

    def write(self, write: Write) -> None:
        with _answers():
            self._dynamodb.put_item(**self._put(write))

    def write_together(self, writes: Sequence[Write]) -> None:
        with _answers():
            self._dynamodb.transact_write_items(
                TransactItems=[
                    {"Put": self._put(write)}
                    if write.row
                    else {"ConditionCheck": self._check(write)}
                    for write in writes
                ]
            )

    def keep_ids(self, blocks: Sequence[IdBlock]) -> None:
        named = {(block.stem, block.name): block for block in blocks}
        for some in _batches(list(named.values()), 25):
            pending = {self._table: [{"PutRequest": {"Item": _to_item(block)}} for block in some]}
            for _ in range(MAX_BATCH_ROUNDS):
                with _answers():
                    answer = self._dynamodb.batch_write_item(RequestItems=pending)
                pending = answer.get("UnprocessedItems") or {}
                if not pending:
                    break
            else:
                raise _unavailable("id blocks stayed unprocessed")

    def read_ids(self, stem: str, since: int) -> list[IdBlock]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :since AND :last",
            "ExpressionAttributeValues": {
                ":pk": {"S": stem},
                ":since": {"S": f"D#{since:013d}"},
                ":last": {"S": "D#~"},
            },
        }
        blocks: list[IdBlock] = []
        while True:
            with _answers():
                page = self._dynamodb.query(**query)
            blocks += [_to_block(item) for item in page["Items"]]
            if not page.get("LastEvaluatedKey"):
                return blocks
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def clear_dirty(self, key: str, destination: str, version: int) -> None:
        try:
            with _answers():
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key={"pk": {"S": key}, "sk": ROOT},
                    UpdateExpression="REMOVE dirty.#destination",
                    ConditionExpression="dirty.#destination = :version",
                    ExpressionAttributeNames={"#destination": destination},
                    ExpressionAttributeValues={":version": {"N": str(version)}},
                )
        except Conflict:
            return

    def _read_all(self, pending: dict[str, Any]) -> Iterator[Item]:
        for _ in range(MAX_BATCH_ROUNDS):
            with _answers():
                answer = self._dynamodb.batch_get_item(RequestItems=pending)
            yield from answer["Responses"].get(self._table, [])
            pending = answer.get("UnprocessedKeys") or {}
            if not pending:
                return
        raise _unavailable("rows stayed unprocessed")

    def _put(self, write: Write) -> dict[str, Any]:
        assert write.row is not None
        condition = self._check(write)
        del condition["Key"]
        return {"Item": _to_root_item(write.row), **condition}

    def _check(self, write: Write) -> dict[str, Any]:
        key = {"TableName": self._table, "Key": {"pk": {"S": write.key}, "sk": ROOT}}
        if not write.expected:
            return {**key, "ConditionExpression": "attribute_not_exists(pk)"}
        return {
            **key,
            "ConditionExpression": "v = :expected",
            "ExpressionAttributeValues": {":expected": {"N": str(write.expected)}},
        }


@contextmanager
def _answers() -> Iterator[None]:
    """DynamoDB's refusals as what the caller must do about them."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
        if code == "ConditionalCheckFailedException" or "ConditionalCheckFailed" in reasons:
            raise Conflict from error
        if code in _REFUSED:
            raise NeedsHuman("profiles_refused", f"the profiles table refused: {code}") from error
        raise _unavailable(code) from error
    except BotoCoreError as error:
        raise _unavailable(type(error).__name__) from error


def _unavailable(reason: str) -> RetryLater:
    return RetryLater("profiles_unavailable", f"the profiles table did not answer: {reason}")


def _batches(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    remaining = iter(items)
    while some := list(islice(remaining, size)):
        yield some


def _to_row(item: Item) -> Row:
    return Row(
        key=item["pk"]["S"],
        version=int(item["v"]["N"]),
        to=item.get("to", {}).get("S", ""),
        state=bytes(item.get("state", {}).get("B", b"")),
        dirty={name: int(v["N"]) for name, v in item.get("dirty", {}).get("M", {}).items()},
        moved_at=int(item.get("at", {}).get("N", 0)),
    )


def _to_root_item(row: Row) -> Item:
    item: Item = {"pk": {"S": row.key}, "sk": ROOT, "v": {"N": str(row.version)}}
    if row.to:
        return {**item, "to": {"S": row.to}, "at": {"N": str(row.moved_at)}}
    dirty = {name: {"N": str(version)} for name, version in row.dirty.items()}
    return {**item, "state": {"B": row.state}, "dirty": {"M": dirty}}


def _to_item(block: IdBlock) -> Item:
    return {"pk": {"S": block.stem}, "sk": {"S": block.name}, "ids": {"B": block.packed}}


def _to_block(item: Item) -> IdBlock:
    return IdBlock(stem=item["pk"]["S"], name=item["sk"]["S"], packed=bytes(item["ids"]["B"]))
