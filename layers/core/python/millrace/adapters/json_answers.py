"""The answers of the calls that `json_client` makes: what our adapters read of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

import msgspec


class Value(TypedDict, total=False):
    """A DynamoDB attribute value; JSON carries its binary parts as base64."""

    S: str
    N: str
    B: bytes
    SS: list[str]
    NS: list[str]
    BS: list[bytes]
    M: dict[str, Value]
    L: list[Value]
    NULL: bool
    BOOL: bool


Item = dict[str, Value]


class PutRecordsEntry(TypedDict, total=False):
    ErrorCode: str
    ErrorMessage: str


class PutRecordsAnswer(TypedDict):
    FailedRecordCount: int
    Records: list[PutRecordsEntry]


class GetItemAnswer(TypedDict, total=False):
    Item: Item


class WriteAnswer(TypedDict, total=False):
    Attributes: Item


class Keys(TypedDict, total=False):
    Keys: list[Item]
    ConsistentRead: bool
    ProjectionExpression: str
    ExpressionAttributeNames: dict[str, str]


class BatchGetItemAnswer(TypedDict, total=False):
    Responses: dict[str, list[Item]]
    UnprocessedKeys: dict[str, Keys]


class Put(TypedDict):
    Item: Item


class Delete(TypedDict):
    Key: Item


class WriteRequest(TypedDict, total=False):
    PutRequest: Put
    DeleteRequest: Delete


class BatchWriteItemAnswer(TypedDict, total=False):
    UnprocessedItems: dict[str, list[WriteRequest]]


class QueryAnswer(TypedDict, total=False):
    Items: list[Item]
    Count: int
    LastEvaluatedKey: Item


class StatementError(TypedDict, total=False):
    Code: str
    Message: str


class StatementAnswer(TypedDict, total=False):
    Error: StatementError


class BatchExecuteStatementAnswer(TypedDict, total=False):
    Responses: list[StatementAnswer]


_ANSWERS: dict[str, Any] = {
    "PutRecords": PutRecordsAnswer,
    "GetItem": GetItemAnswer,
    "PutItem": WriteAnswer,
    "UpdateItem": WriteAnswer,
    "BatchGetItem": BatchGetItemAnswer,
    "BatchExecuteStatement": BatchExecuteStatementAnswer,
    "BatchWriteItem": BatchWriteItemAnswer,
    "Query": QueryAnswer,
}
DECODERS: dict[str, Callable[[bytes], Any]] = {
    operation: msgspec.json.Decoder(answer).decode for operation, answer in _ANSWERS.items()
}
"""By operation. What an answer holds besides is left out."""
