"""The profiles table's stream as rows before and after, read by hand as in `table_stream`."""

from __future__ import annotations

import base64
from typing import Any

from millrace.lake import RowChange
from millrace.profiles.model import Row
from millrace.runtime.table_stream import ROOT


def to_row_change(record: dict[str, Any]) -> RowChange:
    """A row before and after; what is no root or alias, as id blocks are, has neither."""
    change = record["dynamodb"]
    is_root = change["Keys"]["sk"]["S"] == ROOT
    return RowChange(
        written_at=int(float(change["ApproximateCreationDateTime"]) * 1000),
        before=_row(change.get("OldImage")) if is_root else None,
        after=_row(change.get("NewImage")) if is_root else None,
    )


def _row(image: dict[str, Any] | None) -> Row | None:
    if image is None:
        return None
    return Row(
        key=image["pk"]["S"],
        version=int(image["v"]["N"]),
        to=image.get("to", {}).get("S", ""),
        state=base64.b64decode(image.get("state", {}).get("B", "")),
        moved_at=int(image.get("at", {}).get("N", 0)),
    )
