"""The batched conditional writes of profiles, judged by an emulator that is not ours."""

from __future__ import annotations

from typing import Any

from millrace.adapters.profile_statements import statement_of
from millrace.profiles.model import Row, Write

TABLE = "statement-check"
FAILED, DUPLICATE = "ConditionalCheckFailed", "DuplicateItem"


def wrong_outcomes(dynamodb: Any) -> list[str]:
    """What is not as DynamoDB documents it: each of 25 statements has an outcome of its own."""
    keys = {"pk": "HASH", "sk": "RANGE"}
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    rounds = [
        ([_write("a", 0), _write("b", 0)], ["", ""]),
        (
            [_write("a", 1), _write("b", 7), _write("c", 1), _write("a", 0), _write("d", 0)],
            ["", FAILED, FAILED, DUPLICATE, ""],
        ),
        ([_write(f"e{number}", 0) for number in range(25)], [""] * 25),
    ]
    wrong = [said for writes, codes in rounds if (said := _compared(dynamodb, writes, codes))]
    versions = {
        item["pk"]["S"]: int(item["v"]["N"])
        for item in dynamodb.scan(TableName=TABLE, ConsistentRead=True)["Items"]
    }
    expected = {"a": 2, "b": 1, "d": 1} | {f"e{number}": 1 for number in range(25)}
    return wrong + ([f"rows are {versions}"] if versions != expected else [])


def _write(key: str, expected: int) -> Write:
    row = Row(key=key, version=expected + 1, state=b"state", dirty={"klaviyo": expected + 1})
    return Write(key=key, expected=expected, row=row)


def _compared(dynamodb: Any, writes: list[Write], codes: list[str]) -> str:
    statements = [statement_of(TABLE, write) for write in writes]
    answer = dynamodb.batch_execute_statement(Statements=statements)["Responses"]
    found = [one.get("Error", {}).get("Code", "") for one in answer]
    return "" if found == codes else f"outcomes are {found}, not {codes}"
