"""What is measured: requests and stream batches like a shop's, and the handlers under test."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from millrace.adapters.aws import client
from millrace.adapters.clock import SystemRandomness
from millrace.adapters.vault import KmsVault
from millrace.events import Envelope, Event, Identifier, seal_envelope

ROOT = Path(__file__).resolve().parents[2]
NOW_MS = 1_796_000_000_000
WRITE_KEY = "bench-key"
SOURCES = json.dumps({"website": {"secret": "millrace/bench/sources/website", "priority": 50}})

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    "POWERTOOLS_LOG_LEVEL": "ERROR",
    "STAGE": "bench",
    "SUBJECTS_TABLE": "subjects",
    "KEY_ARN": "arn:aws:kms:us-east-1:000000000000:key/bench",
    "EVENTS_STREAM": "events",
    "FAILED_BUCKET": "failed",
    "OVERFLOW_QUEUE": "https://queue.example/overflow",
    "OVERFLOW_BUCKET": "overflow",
    "LAKE_BUCKET": "lake",
    "PROFILES_TABLE": "profiles",
    "SOURCES": SOURCES,
    "SOURCE_PRIORITIES": '{"website": 50}',
    "DESTINATION_NAMES": '["klaviyo", "webhook"]',
    "WRITE_THREADS": "1",
    "READ_SECRET": "millrace/bench/read-key",
    "FALLBACK": "{}",
    "BUDGET_MS": "1000",
}


def load(path: str) -> ModuleType:
    """The handler module of functions/<path>, imported from its file as Lambda does."""
    file = ROOT / "functions" / path / "handler.py"
    spec = importlib.util.spec_from_file_location(f"bench_{path.replace('/', '_')}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def vault() -> KmsVault:
    return KmsVault(
        stage="bench",
        table="subjects",
        key_arn=ENVIRONMENT["KEY_ARN"],
        dynamodb=client("dynamodb"),
        kms=client("kms"),
        randomness=SystemRandomness(),
    )


def a_track(number: int) -> dict[str, Any]:
    """One Segment track call of about 1 KB."""
    return {
        "type": "track",
        "event": "Product Viewed",
        "messageId": f"bench-{number:09d}-{os.urandom(8).hex()}",
        "userId": f"user-{number}",
        "timestamp": "2026-12-01T10:00:00.000Z",
        "properties": {
            "product_id": "P-100",
            "name": "Trail Shoes",
            "price": 89.0,
            "sku": "x" * 40,
        },
        "context": {
            "library": {"name": "analytics.js", "version": "1.84.0"},
            "page": {"path": "/shoes", "title": "Shoes", "url": "https://shop.example/shoes"},
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 " * 4,
            "locale": "en-GB",
            "timezone": "Europe/London",
        },
    }


def http_event(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The API Gateway event of one batch request."""
    return {
        "version": "2.0",
        "routeKey": "POST /v1/batch",
        "rawPath": "/v1/batch",
        "rawQueryString": "",
        "headers": {"x-write-key": WRITE_KEY, "content-type": "application/json"},
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/batch", "sourceIp": "127.0.0.1"},
            "requestId": "bench",
            "domainName": "bench.example",
        },
        "body": json.dumps({"batch": events, "sentAt": "2026-12-01T10:00:00.100Z"}),
        "isBase64Encoded": False,
    }


def session_batch(*, events: int = 1000, people: int = 386, seed: int = 1) -> list[Event]:
    """Events as in the session model of the published design study: 386 people in 1,000 events."""
    chance = random.Random(seed)
    names = ("Product Viewed", "Product Added", "Page Viewed", "Cart Viewed")
    return [
        Event(
            message_id=f"m-{seed}-{number}",
            type="track",
            name=chance.choice(names),
            source="website",
            event_at=NOW_MS + number,
            received_at=NOW_MS + number,
            original_at=NOW_MS + number,
            anchor=(who := Identifier("user_id", f"user-{number % people}")),
            identifiers=(who,),
            properties={"product_id": "P-100", "price": 89.0, "note": "x" * 200},
            context={"library": {"name": "analytics.js"}, "userAgent": "Mozilla/5.0 " * 10},
        )
        for number in range(events)
    ]


def kinesis_event(payloads: list[tuple[str, bytes]]) -> dict[str, Any]:
    """The Lambda event of one Kinesis batch of (partition key, data)."""
    return {
        "Records": [
            {
                "eventID": f"shardId-000:{number:021d}",
                "kinesis": {
                    "sequenceNumber": f"{number:021d}",
                    "partitionKey": key,
                    "data": base64.b64encode(data).decode(),
                    "approximateArrivalTimestamp": NOW_MS / 1000,
                },
            }
            for number, (key, data) in enumerate(payloads)
        ]
    }


def sealed_batches(count: int) -> list[dict[str, Any]]:
    """`count` Kinesis batches of 1,000 events, one event a record, sealed as intake seals them."""
    sealer = vault()
    return [
        kinesis_event(
            [
                (event.anchor.value, seal_envelope(Envelope(events=(event,)), sealer))
                for event in session_batch(seed=seed)
            ]
        )
        for seed in range(count)
    ]


def open_batch(seed: int) -> dict[str, Any]:
    """The same events in clear, for the floor."""
    return kinesis_event(
        [(event.anchor.value, msgspec.json.encode(event)) for event in session_batch(seed=seed)]
    )


def sealed_batch(events: Sequence[Event]) -> dict[str, Any]:
    """One Kinesis batch of one record that holds `events` of one person."""
    sealed = seal_envelope(Envelope(events=tuple(events)), vault())
    return kinesis_event([(events[0].anchor.value, sealed)])


def plain_batch(seed: int) -> dict[str, Any]:
    """The same batch as plain JSON, for the handler that is written by the docs."""
    payloads = []
    for event in session_batch(seed=seed):
        body = {"messageId": event.message_id, "userId": event.anchor.value, "event": event.name}
        payloads.append((event.anchor.value, json.dumps(body | event.properties).encode()))
    return kinesis_event(payloads)


def in_turn(handler: Callable[[Any, Any], Any], events: list[Any]) -> Callable[[], Any]:
    """A call that takes the next event each time, so that nothing is seen twice."""
    queue = iter(events)
    return lambda: handler(next(queue), None)
