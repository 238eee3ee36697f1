"""What destinations were last told, in DynamoDB: a digest and a version, never a value."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.activation import Delivery
from millrace.adapters.client_errors import code_of
from millrace.errors import NeedsHuman, RetryLater

READ_PER_CALL = 100
WRITE_PER_CALL = 25
ROUNDS = 5
_REFUSED = {"AccessDeniedException", "ResourceNotFoundException", "ValidationException"}


class DynamoDeliveries:
    """`Deliveries`; one item for each destination and person, `pk = <destination>#<root key>`."""

    def __init__(
        self, *, table: str, dynamodb: Any, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._sleep = sleep

    def read_many(self, destination: str, keys: Collection[str]) -> dict[str, Delivery]:
        found: dict[str, Delivery] = {}
        wanted = [{"pk": {"S": f"{destination}#{key}"}} for key in dict.fromkeys(keys)]
        for part in _chunks(wanted, READ_PER_CALL):
            for item in self._read(part):
                found[item["pk"]["S"].removeprefix(f"{destination}#")] = _from_item(item)
        return found

    def record(self, destination: str, deliveries: Mapping[str, Delivery]) -> None:
        puts = [
            {"PutRequest": {"Item": {"pk": {"S": f"{destination}#{key}"}, **_to_item(delivery)}}}
            for key, delivery in deliveries.items()
        ]
        for part in _chunks(puts, WRITE_PER_CALL):
            self._write(part)

    def replace(
        self, destination: str, changes: Mapping[str, tuple[Delivery, Delivery]]
    ) -> Collection[str]:
        done = set()
        for part in _chunks(list(changes), WRITE_PER_CALL):
            statements = [self._statement(f"{destination}#{key}", *changes[key]) for key in part]
            answer = self._call(self._dynamodb.batch_execute_statement, Statements=statements)
            codes = [str(one.get("Error", {}).get("Code", "")) for one in answer["Responses"]]
            if refused := _REFUSED.intersection(f"{code}Exception" for code in codes):
                raise _refusal(refused.pop())
            done |= {key for key, code in zip(part, codes, strict=True) if not code}
        return done

    def _statement(self, name: str, before: Delivery, now: Delivery) -> dict[str, Any]:
        """One of at most 25 a call, each with an outcome of its own; nothing old stays in it."""
        wanted = {"pk": {"S": name}, **_required(before)}
        changed = _required(now) | {"receipt": {"S": now.receipt}, "code": {"S": now.code}}
        sets = " ".join(f'SET "{each}"=?' for each in changed)
        where = " AND ".join(f'"{each}"=?' for each in wanted)
        return {
            "Statement": f'UPDATE "{self._table}" {sets} WHERE {where}',
            "Parameters": [*changed.values(), *wanted.values()],
        }

    def delete(self, names: Sequence[str]) -> None:
        """Delete items by their whole key."""
        wanted = [{"DeleteRequest": {"Key": {"pk": {"S": name}}}} for name in dict.fromkeys(names)]
        for part in _chunks(wanted, WRITE_PER_CALL):
            self._write(part)

    def _read(self, keys: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        request = {self._table: {"Keys": keys, "ConsistentRead": True}}
        for _ in self._rounds():
            answer = self._call(self._dynamodb.batch_get_item, RequestItems=request)
            yield from answer.get("Responses", {}).get(self._table, ())
            request = answer.get("UnprocessedKeys") or {}
            if not request:
                return
        raise RetryLater(
            "deliveries_unavailable", "the deliveries table does not answer for all keys"
        )

    def _write(self, puts: list[dict[str, Any]]) -> None:
        request: dict[str, Any] = {self._table: puts}
        for _ in self._rounds():
            answer = self._call(self._dynamodb.batch_write_item, RequestItems=request)
            request = answer.get("UnprocessedItems") or {}
            if not request:
                return
        raise RetryLater("deliveries_unavailable", "the deliveries table does not take all rows")

    def _rounds(self) -> Iterator[int]:
        for number in range(ROUNDS):
            if number:
                self._sleep(0.05 * 2**number)
            yield number

    def _call(self, operation: Callable[..., Any], **request: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = operation(**request)
        except ClientError as error:
            code = code_of(error)
            if code in _REFUSED:
                raise _refusal(code) from error
            raise RetryLater(
                "deliveries_unavailable", f"the deliveries table answered {code}"
            ) from error
        except BotoCoreError as error:
            raise RetryLater(
                "deliveries_unavailable", "the deliveries table cannot be reached"
            ) from error
        return answer


def _chunks(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def _refusal(code: str) -> NeedsHuman:
    return NeedsHuman("deliveries_refused", f"the deliveries table refused: {code}")


def _required(delivery: Delivery) -> dict[str, Any]:
    return {
        "digest": {"S": delivery.digest},
        "v": {"N": str(delivery.version)},
        "at": {"N": str(delivery.at)},
    }


def _to_item(delivery: Delivery) -> dict[str, Any]:
    texts = {"receipt": delivery.receipt, "code": delivery.code}
    return _required(delivery) | {name: {"S": text} for name, text in texts.items() if text}


def _from_item(item: Mapping[str, Any]) -> Delivery:
    return Delivery(
        digest=item["digest"]["S"],
        version=int(item["v"]["N"]),
        at=int(item["at"]["N"]),
        receipt=item.get("receipt", {}).get("S", ""),
        code=item.get("code", {}).get("S", ""),
    )
