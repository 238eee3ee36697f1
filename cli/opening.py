"""`millrace open`: a sealed payload in clear, for a purpose."""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pyarrow.parquet as pq

from cli.connection import Connection
from cli.printing import print_json
from cli.unsealing import open_ports_of, warrant_of
from millrace.access import Opened, SealedPart, check_purpose, open_parts, sealed_parts
from millrace.errors import GiveUp, NeedsHuman
from millrace.failed.model import key_of

PARQUET = b"PAR1"


def open_payload(connection: Connection, options: argparse.Namespace) -> None:
    """Open what `options.what` names; whoever it is about has the opening in their ledger."""
    check_purpose(options.purpose)
    what, body = _read(connection, options.what)
    shown = opened(connection, parts_of(body), options.purpose, what, most=options.limit)
    if options.json:
        print_json(shown)
    else:
        for each in shown:
            _print(each)
    if all(each.refused for each in shown):
        raise GiveUp(shown[0].refused, "nothing of it can be opened")


def opened(
    connection: Connection, parts: Sequence[SealedPart], purpose: str, what: str, *, most: int
) -> list[Opened]:
    """The one way from sealed to clear on the command line."""
    warrant = warrant_of(connection, purpose, what)
    return open_parts(parts, warrant, open_ports_of(connection), most=most)


def parts_of(body: bytes) -> list[SealedPart]:
    """The sealed payloads of a file, a Parquet file of the lake included."""
    if body[:4] != PARQUET:
        return sealed_parts(body)
    try:
        rows = pq.read_table(io.BytesIO(body), columns=["subject", "sealed"]).to_pylist()
    except (ValueError, KeyError, OSError) as error:
        raise GiveUp("nothing_sealed", "this Parquet file is none of the lake's events") from error
    return [
        SealedPart(kind="row", place=f"row {number}", data=row["sealed"], subject=row["subject"])
        for number, row in enumerate(rows)
        if row["sealed"]
    ]


def _read(connection: Connection, what: str) -> tuple[str, bytes]:
    """What the ledger calls it, and its bytes. A file's own name may name somebody: not kept."""
    place = urlsplit(what)
    if place.scheme == "s3":
        return what, _object(connection, place.netloc, place.path.lstrip("/"))
    try:
        key = key_of(what)
    except NeedsHuman:
        body = _file(what)
        return f"file sha256:{hashlib.sha256(body).hexdigest()[:32]}", body
    bucket = connection.name("FailedBucket")
    return f"s3://{bucket}/{key}", _object(connection, bucket, key)


def _object(connection: Connection, bucket: str, key: str) -> bytes:
    s3 = connection.client("s3")
    try:
        return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket) as error:
        raise NeedsHuman("no_object", "there is no such object; it may have expired") from error


def _file(what: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if what == "-" else Path(what).read_bytes()
    except OSError as error:
        raise NeedsHuman(
            "no_file", "give a file, `-`, s3://bucket/key, or the id of a failed event"
        ) from error


def _print(each: Opened) -> None:
    print(f"--- {each.place}")
    for name, value in each.clear.items():
        print(f"{name}: {value}")
    if each.refused:
        print(f"refused: {each.refused}")
    elif isinstance(each.content, str):
        print(each.content)
    else:
        print(msgspec.json.format(msgspec.json.encode(each.content), indent=1).decode())
