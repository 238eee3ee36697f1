"""Claimed webhook tokens in DynamoDB: digests only, forgotten by themselves."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import is_unmet
from millrace.errors import RetryLater

EXPIRES = "expires"
"""The attribute by which DynamoDB forgets an item, epoch seconds."""


class DynamoSignedTokens:
    """`SignedTokens` over one table; a claim is one conditional write."""

    def __init__(self, *, table: str, dynamodb: Any) -> None:
        self._table = table
        self._dynamodb = dynamodb

    def claim(self, token: str, content: str, *, until_ms: int) -> bool:
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    "pk": {"S": token},
                    "content": {"S": content},
                    EXPIRES: {"N": str(until_ms // 1000)},
                },
                ConditionExpression="attribute_not_exists(pk) OR content = :content",
                ExpressionAttributeValues={":content": {"S": content}},
            )
        except ClientError as error:
            if is_unmet(error):
                return False
            raise _unavailable() from error
        except BotoCoreError as error:
            raise _unavailable() from error
        return True


def _unavailable() -> RetryLater:
    return RetryLater("tokens_unavailable", "the table of claimed tokens does not answer")
