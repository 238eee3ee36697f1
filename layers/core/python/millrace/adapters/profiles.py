"""The profiles table in DynamoDB: roots and aliases under `sk` root, id blocks under `sk` D#..."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of, is_unmet
from millrace.adapters.clock import SystemClock
from millrace.adapters.profile_items import ROOT, Item, to_block, to_item, to_root_item, to_row
from millrace.adapters.profile_statements import statement_of
from millrace.clock import Clock
from millrace.errors import NeedsHuman, RetryLater
from millrace.privacy import SubjectReader, Vault
from millrace.profiles.model import IdBlock, Profile, Row, Write
from millrace.profiles.ports import Conflict
from millrace.profiles.reading import Opening, read_profiles
from millrace.profiles.rules import ReadRules

MAX_BATCH_ROUNDS = 5
"""How often what DynamoDB left unprocessed is asked for again before the caller is told."""
_REFUSED = {"AccessDeniedException", "ResourceNotFoundException", "UnrecognizedClientException"}


class DynamoProfiles:
    """`ProfileStore`, `ProfileReader` and `DirtyMarks` over one table. Reads are consistent."""

    def __init__(
        self,
        *,
        table: str,
        dynamodb: Any,
        vault: Vault,
        subjects: SubjectReader,
        rules: ReadRules,
        clock: Clock | None = None,
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._opening = Opening(
            vault=vault, subjects=subjects, rules=rules, clock=clock or SystemClock()
        )

    def read(self, key: str) -> Profile | None:
        return self.read_many([key]).get(key)

    def read_many(self, keys: Collection[str]) -> dict[str, Profile]:
        return read_profiles(self, keys, self._opening)

    def read_rows(self, keys: Collection[str]) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        for some in _batches(sorted(set(keys)), 100):
            wanted = {
                "Keys": [{"pk": {"S": key}, "sk": ROOT} for key in some],
                "ConsistentRead": True,
            }
            rows |= {row.key: row for row in map(to_row, self._read_all({self._table: wanted}))}
        return rows

    def write(self, write: Write) -> None:
        with answers():
            self._dynamodb.put_item(**self._put(write))

    def write_each(self, writes: Sequence[Write]) -> set[str]:
        statements = [statement_of(self._table, write) for write in writes]
        with answers():
            answer = self._dynamodb.batch_execute_statement(Statements=statements)
        outcomes = answer["Responses"]
        if len(outcomes) != len(writes):
            raise _unavailable("outcomes are missing")
        codes = [str(outcome.get("Error", {}).get("Code", "")) for outcome in outcomes]
        if refused := _REFUSED.intersection(f"{code}Exception" for code in codes):
            raise _refusal(refused.pop())
        return {write.key for write, code in zip(writes, codes, strict=True) if not code}

    def write_together(self, writes: Sequence[Write]) -> None:
        with answers():
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
            pending = {self._table: [{"PutRequest": {"Item": to_item(block)}} for block in some]}
            for _ in range(MAX_BATCH_ROUNDS):
                with answers():
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
            with answers():
                page = self._dynamodb.query(**query)
            blocks += [to_block(item) for item in page["Items"]]
            if not page.get("LastEvaluatedKey"):
                return blocks
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def delete(self, key: str, name: str) -> None:
        """Delete what stands under `key` by a name of its own; roots and aliases stay."""
        assert name != ROOT["S"]
        with answers():
            self._dynamodb.delete_item(
                TableName=self._table, Key={"pk": {"S": key}, "sk": {"S": name}}
            )

    def clear_dirty(self, key: str, destination: str, version: int) -> None:
        try:
            with answers():
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
            with answers():
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
        return {"Item": to_root_item(write.row), **condition}

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
def answers() -> Iterator[None]:
    """DynamoDB's refusals as what the caller must do about them."""
    try:
        yield
    except ClientError as error:
        if is_unmet(error):
            raise Conflict from error
        code = code_of(error)
        if code in _REFUSED:
            raise _refusal(code) from error
        raise _unavailable(code) from error
    except BotoCoreError as error:
        raise _unavailable(type(error).__name__) from error


def _refusal(code: str) -> NeedsHuman:
    return NeedsHuman("profiles_refused", f"the profiles table refused: {code}")


def _unavailable(reason: str) -> RetryLater:
    return RetryLater("profiles_unavailable", f"the profiles table did not answer: {reason}")


def _batches(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    remaining = iter(items)
    while some := list(islice(remaining, size)):
        yield some
