"""What the requests really sent would be billed for: calls, and DynamoDB write units by size."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

UNIT_BYTES = 1024


def size_of(value: Mapping[str, Any]) -> int:
    """Bytes of an attribute value, as DynamoDB counts them."""
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return len(content.lstrip("-").replace(".", "")) // 2 + 2
    if kind == "B":
        return len(content)
    if kind == "M":
        return 3 + item_bytes(content) + len(content)
    if kind == "L":
        return 3 + sum(size_of(one) + 1 for one in content)
    return 1


def item_bytes(item: Mapping[str, Any]) -> int:
    return sum(len(name.encode()) + size_of(value) for name, value in item.items())


def write_units(item: Mapping[str, Any]) -> int:
    return max(1, math.ceil(item_bytes(item) / UNIT_BYTES))


class Meter:
    """Listens to a client; an update counts one unit, as it does not say how large the item is."""

    def __init__(self, client: Any) -> None:
        self.calls: Counter[str] = Counter()
        self.units = 0
        self.largest = 0
        """Bytes of the largest root row put."""
        client.meta.events.register("before-parameter-build", self._see)

    def _see(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        self.calls[model.name] += 1
        for item, weight in _written(model.name, params):
            self.units += weight * write_units(item)
            if "state" in item:
                self.largest = max(self.largest, item_bytes(item))


def attributes(statement: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Attributes of a statement; those of its condition stand among them once."""
    names = re.findall(r"""['"](\w+)['"]\s*[:=]\s*\?""", statement["Statement"])
    return zip(names, statement["Parameters"], strict=True)


def _written(operation: str, params: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], int]]:
    """The items that a call writes, and how many times each is charged."""
    if operation == "PutItem":
        yield params["Item"], 1
    elif operation == "UpdateItem":
        yield params["Key"], 1
    elif operation == "BatchWriteItem":
        for requests in params["RequestItems"].values():
            yield from ((one["PutRequest"]["Item"], 1) for one in requests)
    elif operation == "BatchExecuteStatement":
        yield from ((dict(attributes(one)), 1) for one in params["Statements"])
    elif operation == "TransactWriteItems":
        for action in params["TransactItems"]:
            yield action["Put"]["Item"] if "Put" in action else action["ConditionCheck"]["Key"], 2
