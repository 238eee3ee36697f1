# ruff: noqa: INP001, T201
"""Wake everybody of whom a destination has yet to be told: rewake.py PROFILES_TABLE STAGE.

Reads the `dirty` marks that stand in the profiles table, so it finds every wake that was lost,
whatever lost it. Waking somebody twice changes nothing: only news is told.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import boto3

PER_CALL = 10


def rewake(table: str, stage: str, dynamodb: Any, sqs: Any) -> int:
    """How many wakes were sent."""
    wakes: dict[str, list[str]] = {}
    for destination, body in marks(table, dynamodb):
        wakes.setdefault(destination, []).append(body)
    for destination, bodies in wakes.items():
        url = sqs.get_queue_url(QueueName=f"millrace-{stage}-{destination}")["QueueUrl"]
        for start in range(0, len(bodies), PER_CALL):
            send(bodies[start : start + PER_CALL], url, sqs)
        print(f"{destination}: {len(bodies)} wakes")
    return sum(len(bodies) for bodies in wakes.values())


def marks(table: str, dynamodb: Any) -> Iterator[tuple[str, str]]:
    """(destination, body of the wake) for each mark in the table."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="attribute_exists(dirty)",
        ProjectionExpression="pk, dirty",
    )
    for row in (item for page in pages for item in page["Items"]):
        for destination, version in row["dirty"]["M"].items():
            wake = {"destination": destination, "key": row["pk"]["S"], "version": int(version["N"])}
            yield destination, json.dumps(wake)


def send(bodies: list[str], url: str, sqs: Any) -> None:
    """Send wakes; a refused one ends the run, which can be repeated."""
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    if answer.get("Failed"):
        raise RuntimeError(f"{url} refused {len(answer['Failed'])} wakes; run this again")


if __name__ == "__main__":
    total = rewake(sys.argv[1], sys.argv[2], boto3.client("dynamodb"), boto3.client("sqs"))
    print(f"{total} wakes sent")
