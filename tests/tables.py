"""Tables of DynamoDB for tests, with the keys that the templates give them."""

from __future__ import annotations

from typing import Any


def create_table(dynamodb: Any, name: str, *keys: str, **more: Any) -> None:
    """On demand; `keys` are the partition key, `pk` if none is named, and the sort key."""
    keys = keys or ("pk",)
    dynamodb.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": key, "KeyType": kind}
            for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
