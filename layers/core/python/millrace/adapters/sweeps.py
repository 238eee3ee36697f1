"""How far sealing anew has come: one item of the subjects table."""

from __future__ import annotations

from typing import Any

import msgspec

from millrace.adapters.subjects import Changed, answers
from millrace.rotation.model import Sweep

KEY = {"pk": {"S": "key#sweep"}}
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Sweep).decode


class DynamoSweeps:
    """`Sweeps`; of two runs at once one goes on."""

    def __init__(self, *, table: str, dynamodb: Any) -> None:
        self._table = table
        self._dynamodb = dynamodb

    def read(self) -> Sweep:
        with answers():
            found = self._dynamodb.get_item(TableName=self._table, Key=KEY, ConsistentRead=True)
        return _decode(found["Item"]["sweep"]["B"]) if "Item" in found else Sweep()

    def keep(self, sweep: Sweep) -> bool:
        item = KEY | {"step": {"N": str(sweep.step)}, "sweep": {"B": _encode(sweep)}}
        try:
            with answers():
                self._dynamodb.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(pk) OR #step = :before",
                    ExpressionAttributeNames={"#step": "step"},
                    ExpressionAttributeValues={":before": {"N": str(sweep.step - 1)}},
                )
        except Changed:
            return False
        return True
