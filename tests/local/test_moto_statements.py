"""BatchExecuteStatement: 25 statements, each with an outcome of its own, as DynamoDB documents it.

The answers were compared with those of ministack 1.5.33 on 2026-11-25, statement by statement.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.clock import LocalClock
from local.cloud import ENVIRONMENT, Cloud, moto_running, only_environment
from local.statement_check import wrong_outcomes

UPDATE = 'UPDATE "table" SET "v"=? SET "state"=? WHERE "pk"=? AND "sk"=? AND "v"=?'
INSERT = "INSERT INTO \"table\" VALUE {'pk': ?, 'sk': ?, 'v': ?}"


@pytest.fixture
def client():
    with only_environment(ENVIRONMENT), moto_running(LocalClock(1_000_000), 7):
        made = Cloud().client("dynamodb")
        keys = {"pk": "HASH", "sk": "RANGE"}
        made.create_table(
            TableName="table",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        for pk in "ab":
            item = {"pk": {"S": pk}, "sk": {"S": "root"}, "v": {"N": "1"}, "more": {"S": "kept"}}
            made.put_item(TableName="table", Item=item)
        yield made


def update(pk: str, expected: int, statement: str = UPDATE) -> dict[str, Any]:
    values = [{"N": str(expected + 1)}, {"B": b"state"}]
    where = [{"S": pk}, {"S": "root"}, {"N": str(expected)}]
    return {"Statement": statement, "Parameters": values + where}


def insert(pk: str) -> dict[str, Any]:
    return {"Statement": INSERT, "Parameters": [{"S": pk}, {"S": "root"}, {"N": "1"}]}


def codes(client: Any, *statements: dict[str, Any]) -> list[str]:
    answer = client.batch_execute_statement(Statements=list(statements))
    return [one.get("Error", {}).get("Code", "") for one in answer["Responses"]]


def test_every_statement_has_an_outcome_of_its_own(client):
    found = codes(client, update("a", 1), update("b", 7), update("c", 1), insert("a"), insert("d"))
    failed = "ConditionalCheckFailed"
    assert found == ["", failed, failed, "DuplicateItem", ""]
    rows = {one["pk"]["S"]: one for one in client.scan(TableName="table")["Items"]}
    assert {pk: row["v"]["N"] for pk, row in rows.items()} == {"a": "2", "b": "1", "d": "1"}
    assert rows["a"] == {
        "pk": {"S": "a"},
        "sk": {"S": "root"},
        "v": {"N": "2"},
        "state": {"B": b"state"},
        "more": {"S": "kept"},
    }
    assert "state" not in rows["b"]


def test_the_check_that_an_independent_emulator_passes_holds_here_too(client):
    assert wrong_outcomes(client) == []


def test_a_statement_that_came_before_does_not_hold_again(client):
    assert codes(client, update("a", 1)) == [""]
    assert codes(client, update("a", 1), update("a", 2)) == ["ConditionalCheckFailed", ""]


def test_a_table_that_does_not_exist_is_the_error_of_its_statement(client):
    other = update("a", 1, UPDATE.replace('"table"', '"nowhere"'))
    assert codes(client, other, update("b", 1)) == ["ResourceNotFound", ""]


def test_any_other_form_of_statement_is_refused_and_never_guessed_at(client):
    delete = {"Statement": "DELETE FROM \"table\" WHERE pk='a' AND sk='root'"}
    assert codes(client, delete, update("b", 1)) == ["ValidationError", ""]


def test_more_than_twenty_five_statements_are_refused(client):
    with pytest.raises(ClientError, match="ValidationException"):
        client.batch_execute_statement(Statements=[update("a", 1)] * 26)
