"""A conditional write of one root row as a PartiQL statement, for BatchExecuteStatement.

A call carries 25 of them, each with an outcome of its own: a condition that does not hold is
`ConditionalCheckFailed` or, for a row that should have been new, `DuplicateItem`.
"""

from __future__ import annotations

from typing import Any

from millrace.adapters.profile_items import to_root_item
from millrace.profiles.model import Write


def statement_of(table: str, write: Write) -> dict[str, Any]:
    """INSERT where there must be no row; else UPDATE under the version that was read.

    An update leaves what it does not name. A root row never loses an attribute that it had:
    `erased_at` is kept for good, and only aliases have the others.
    """
    assert write.row is not None
    assert not write.row.to
    item = to_root_item(write.row)
    if not write.expected:
        names = ", ".join(f"'{name}': ?" for name in item)
        return {
            "Statement": f'INSERT INTO "{table}" VALUE {{{names}}}',
            "Parameters": list(item.values()),
        }
    key = {name: item.pop(name) for name in ("pk", "sk")}
    sets = " ".join(f'SET "{name}"=?' for name in item)
    return {
        "Statement": f'UPDATE "{table}" {sets} WHERE "pk"=? AND "sk"=? AND "v"=?',
        "Parameters": [*item.values(), *key.values(), {"N": str(write.expected)}],
    }
