"""Intake: one event a request against one bare call, a hundred against the least there is."""

from __future__ import annotations

from typing import Any

import boto3

from millrace.runtime.function import Handler
from tests.bench import workload
from tests.bench.floor import IntakeFloor
from tests.bench.measure import ROUNDS, Row, cpu_row, interleaved


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
    one_person = [workload.a_track(1) for _ in range(100)]
    everybody = [workload.a_track(number) for number in range(100)]
    orders = [_an_order(number) for number in range(100)]
    for who, events in (
        ("one person", one_person),
        ("100 people", everybody),
        ("100 people, orders of 1.6 KB", orders),
    ):
        found.append(_intake_of_many(handler, floor, workload.http_event(events), who))
    return found


def _an_order(number: int) -> dict[str, Any]:
    """One order of four products by somebody whom two identifiers name: too long to go plain."""
    order = workload.a_track(number)
    order["event"] = "Order Completed"
    order["anonymousId"] = f"{number:08d}-1c2d-4e5f-8a9b-0123456789ab"
    order["context"]["page"]["referrer"] = "https://www.google.com/"
    order["context"]["campaign"] = {"name": "spring sale", "source": "news", "medium": "email"}
    order["properties"] = {
        "order_id": f"O-{number}",
        "total": 356.0,
        "currency": "EUR",
        "coupon": "SPRING",
        "products": [
            {
                "product_id": f"P-{number}-{place}",
                "sku": f"SKU-{number * 7 + place}",
                "name": f"Trail Shoes {place}",
                "brand": "Millrace Sports",
                "category": "shoes/trail",
                "variant": "blue, 42",
                "price": 89.0,
                "quantity": 1,
            }
            for place in range(4)
        ],
    }
    return order


def _intake_of_many(handler: Handler, floor: IntakeFloor, event: dict[str, Any], who: str) -> Row:
    ours, least = interleaved(
        lambda: handler(event, None),
        lambda: floor.take(event["body"]),
        repeats=(3, 3),
        rounds=5 * ROUNDS,
    )
    return cpu_row(
        f"intake CPU per event, 100 a request of {who}",
        "floor: parse, group, one hand-signed PutRecords",
        ours / 100,
        least / 100,
        5,
        "beyond 1 KiB a record pays for its bytes, so it is deflated, which is a third of the work",
    )
