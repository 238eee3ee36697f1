"""BatchExecuteStatement as DynamoDB documents it, for the two forms of statement that we send.

Moto 5.2.5 answers a condition that does not hold as if it had, and reads the whole table for
each statement. Here every statement has its own outcome, by the key; any other form of
statement is refused. `tests/local/test_moto_statements.py` holds this against the documentation.
"""

from __future__ import annotations

import re
from typing import Any

from moto.dynamodb.exceptions import ConditionalCheckFailed, MockValidationException
from moto.dynamodb.models import DynamoDBBackend

Statement = dict[str, Any]
Item = dict[str, Any]
_INSERT = re.compile(r'INSERT INTO "([^"]+)" VALUE \{(.+)\}')
_UPDATE = re.compile(r'UPDATE "([^"]+)" ((?:SET "\w+"=\? )+)WHERE ("\w+"=\?(?: AND "\w+"=\?)*)')
_NAMES = re.compile(r"""['"](\w+)['"]\s*[:=]\s*\?""")
MAX_STATEMENTS = 25
FAILED = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
DUPLICATE = {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}
MISSING = {"Code": "ResourceNotFound", "Message": "Requested resource not found"}

UNKNOWN = "the local engine plays INSERT of a row and UPDATE by version: local/moto_statements.py"


def statements_fix() -> tuple[Any, str, Any]:
    """What to replace, as (owner, attribute, value)."""
    return DynamoDBBackend, "batch_execute_statement", _execute_each


def _execute_each(backend: Any, statements: list[Statement]) -> list[Item]:
    if len(statements) > MAX_STATEMENTS:
        said = f"a batch may have {MAX_STATEMENTS} statements, not {len(statements)}"
        raise MockValidationException(said)
    return [_outcome(backend, one) for one in statements]


def _outcome(backend: Any, statement: Statement) -> Item:
    text, values = statement["Statement"], statement.get("Parameters", [])
    if found := _INSERT.fullmatch(text):
        item = dict(zip(_NAMES.findall(found[2]), values, strict=True))
        return _put(backend, found[1], item, {}, DUPLICATE)
    if found := _UPDATE.fullmatch(text):
        changed, known = _NAMES.findall(found[2]), _NAMES.findall(found[3])
        wanted = dict(zip(known, values[len(changed) :], strict=True))
        return _update(backend, found[1], dict(zip(changed, values, strict=False)), wanted)
    return {"Error": {"Code": "ValidationError", "Message": UNKNOWN}}


def _update(backend: Any, name: str, changes: Item, wanted: Item) -> Item:
    table = backend.tables.get(name)
    if table is None:
        return {"Error": MISSING}
    key = {each: wanted[each] for each in table.table_key_attrs}
    row = backend.get_item(name, key)
    if row is None:
        return {"Error": FAILED, "TableName": name}
    whole = {each: value.to_json() for each, value in row.attrs.items()} | changes
    return _put(backend, name, whole, wanted, FAILED)


def _put(backend: Any, name: str, item: Item, wanted: Item, refusal: Item) -> Item:
    """Put `item` where the row holds what is `wanted`, or, where nothing is, there is no row."""
    table = backend.tables.get(name)
    if table is None:
        return {"Error": MISSING}
    condition = " AND ".join(f"#{each} = :{each}" for each in wanted)
    names = {f"#{each}": each for each in wanted} or {"#key": table.table_key_attrs[0]}
    try:
        backend.put_item(
            name,
            item,
            condition_expression=condition or "attribute_not_exists(#key)",
            expression_attribute_names=names,
            expression_attribute_values={f":{each}": value for each, value in wanted.items()},
        )
    except ConditionalCheckFailed:
        return {"Error": refusal, "TableName": name}
    return {"TableName": name}
