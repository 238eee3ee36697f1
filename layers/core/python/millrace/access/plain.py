"""Values as people read them: names for fields, ISO times, canonical JSON opened up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

TIMES = frozenset({"at", "first", "last", "since", "until"})
_FIRST_MS = 10**11
"""1973: a smaller number under such a name is no time in milliseconds."""
_decode = msgspec.json.Decoder().decode


def moment(milliseconds: int) -> str:
    """Epoch milliseconds as ISO 8601, UTC; empty for 0."""
    if not milliseconds:
        return ""
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(value: Any, name: str = "") -> Any:
    """`value` in the types of JSON, whatever the pipeline keeps: a new field shows by itself."""
    if isinstance(value, msgspec.Struct):
        fields = value.__struct_fields__
        return {field: plain(getattr(value, field), field) for field in fields}
    if isinstance(value, Mapping):
        return {_name(key): plain(each, _name(key)) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        shown = [plain(each, name) for each in value]
        return sorted(shown) if isinstance(value, (set, frozenset)) else shown
    if isinstance(value, bytes):
        return _opened_up(value)
    if isinstance(value, int) and not isinstance(value, bool) and _is_time(name, value):
        return moment(value)
    return value


def _name(key: Any) -> str:
    return key.hex() if isinstance(key, bytes) else str(key)


def _opened_up(value: bytes) -> Any:
    """JSON where it is some, else hex."""
    try:
        return _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return value.hex()


def _is_time(name: str, value: int) -> bool:
    is_named = name in TIMES or name.endswith(("_at", "_seen", "_since", "_until"))
    return is_named and value >= _FIRST_MS
