"""`millrace failed list|stats|show`: reading; only `show --open` opens a payload."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from cli.connection import Connection
from cli.opening import opened, parts_of
from cli.printing import moment, print_json, print_table
from cli.unsealing import vault_of
from millrace.access import check_purpose
from millrace.adapters.failed_event_store import S3FailedEventStore
from millrace.errors import GiveUp, NeedsHuman
from millrace.failed.model import Summary, key_of
from millrace.failed.selecting import prefixes, where_of
from millrace.failed.statistics import statistics

CHUNK = 200


def store_of(connection: Connection) -> S3FailedEventStore:
    """The failed events there; keys are asked for only when a payload is opened."""
    return S3FailedEventStore(
        bucket=connection.name("FailedBucket"),
        s3=connection.client("s3"),
        vault=vault_of(connection),
    )


def list_failed(connection: Connection, options: argparse.Namespace) -> None:
    """The newest failed events of a selection."""
    found = list(itertools.islice(_selected(connection, options.where), options.limit))
    if options.json:
        print_json(found)
        return
    print_table(
        ("received", "source", "stage", "code", "pointer", "id"),
        [
            (moment(each.received_at), each.source, each.stage, each.code, each.pointer, each.id)
            for each in found
        ],
        empty="no failed events",
    )


def stats_failed(connection: Connection, options: argparse.Namespace) -> None:
    """Counts of a selection, with samples to show."""
    found = statistics(itertools.islice(_selected(connection, options.where), options.limit))
    if options.json:
        print_json(found)
        return
    print_table(
        ("events", "source", "stage", "code", "pointer", "newest", "sample"),
        [
            (
                str(group.count),
                group.source,
                group.stage,
                group.code,
                group.pointer,
                moment(group.last_at),
                group.samples[0],
            )
            for group in found.groups
        ],
        empty="no failed events",
    )
    for day, count in found.days.items():
        print(f"{day}  {count}")
    if found.total == options.limit:
        print(f"only the newest {found.total} were counted; --limit counts more", file=sys.stderr)


def show_failed(connection: Connection, options: argparse.Namespace) -> None:
    """One failed event; its payload only with --open and a purpose, which is kept first."""
    key = key_of(options.id)
    if options.open:
        check_purpose(options.purpose)
    store = store_of(connection)
    summaries = store.summaries([key])
    if not summaries:
        raise NeedsHuman("not_failed", "there is no such failed event; it may have been replayed")
    shown: dict[str, Any] = msgspec.to_builtins(summaries[0])
    if options.open:
        shown |= _payload(connection, options, key)
    if options.json:
        print_json(shown)
        return
    shown["received_at"] = moment(shown["received_at"])
    for name, value in shown.items():
        print(f"{name:<15} {value}")
    if not options.open:
        print("the payload is sealed; --open --purpose WHY shows it, and keeps who saw it and why")


def _selected(connection: Connection, words: list[str]) -> Iterator[Summary]:
    now_ms = connection.now_ms()
    where = where_of(words, now_ms)
    store = store_of(connection)
    keys = sorted(store.keys(prefixes(where, now_ms)), reverse=True)
    for start in range(0, len(keys), CHUNK):
        summaries = store.summaries(keys[start : start + CHUNK])
        yield from filter(where.matches, sorted(summaries, key=lambda each: -each.received_at))


def _payload(connection: Connection, options: argparse.Namespace, key: str) -> dict[str, Any]:
    """What was opened of it, by name; the ledger has it first."""
    bucket = connection.name("FailedBucket")
    body = connection.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    shown = opened(
        connection, parts_of(bytes(body)), options.purpose, f"s3://{bucket}/{key}", most=2
    )
    if all(each.refused for each in shown):
        raise GiveUp(shown[0].refused, "the payload cannot be opened, and never will be")
    return {each.place.strip("/"): each.content for each in shown}
