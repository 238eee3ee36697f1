"""Intake: one event a request against one bare call, a hundred against the least there is."""

from __future__ import annotations

from typing import Any

import boto3

from millrace.runtime.function import Handler
from tests.bench import workload
from tests.bench.floor import IntakeFloor
from tests.bench.measure import Row, cpu_row, interleaved


def rows(address: str) -> list[Row]:
    """Intake at 1 event a request against one put_record; at 100 against the hand-signed floor."""
    handler = workload.load("intake/track").handler
    kinesis = boto3.client("kinesis", region_name="us-east-1")
    data = b"x" * 1000
    one = workload.http_event([workload.a_track(1)])
    floor = IntakeFloor(address)

    def put_record() -> object:
        return kinesis.put_record(StreamName="events", Data=data, PartitionKey="p")

    ours, theirs = interleaved(lambda: handler(one, None), put_record, repeats=(20, 20))
    found = [
        cpu_row("intake CPU, 1 event a request", "one bare boto3 put_record", ours, theirs, 1.3)
    ]
    for people in (1, 100):
        events = [workload.a_track(number % people) for number in range(100)]
        found.append(_intake_of_many(handler, floor, workload.http_event(events), people))
    return found


def _intake_of_many(
    handler: Handler, floor: IntakeFloor, event: dict[str, Any], people: int
) -> Row:
    ours, least = interleaved(
        lambda: handler(event, None), lambda: floor.take(event["body"]), repeats=(5, 5)
    )
    who = "one person" if people == 1 else f"{people} people"
    return cpu_row(
        f"intake CPU per event, 100 a request of {who}",
        "floor: parse, group, one hand-signed PutRecords",
        ours / 100,
        least / 100,
        5,
        "a token, a key, a tag and a deflated envelope of its own for everybody, 20 µs each",
    )
