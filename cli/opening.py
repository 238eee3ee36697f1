"""Who opens what, and why: kept before anything is opened."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import msgspec

from cli.connection import Connection
from millrace.errors import NeedsHuman
from millrace.failed.model import OPENED_PREFIX


def keep_opening(connection: Connection, what: str, purpose: str) -> None:
    """Keep that `what` is opened for `purpose`; NeedsHuman `no_purpose` for none."""
    if len(purpose.split()) < 2:
        raise NeedsHuman("no_purpose", 'say why: --open --purpose "ticket 4711, wrong currency"')
    now_ms = connection.now_ms()
    day = datetime.fromtimestamp(now_ms / 1000, UTC)
    who = connection.who()
    opening = {"id": what, "purpose": purpose, "who": who, "opened_at": now_ms}
    key = f"{OPENED_PREFIX}/day={day:%Y-%m-%d}/{what}-{now_ms}.json"
    connection.client("s3").put_object(
        Bucket=connection.name("FailedBucket"), Key=key, Body=msgspec.json.encode(opening)
    )
    print(f"opened as {who}; kept at {key}", file=sys.stderr)
