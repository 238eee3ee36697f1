"""Many requests at once while stream, queue and bucket fail by turns: nothing is lost."""

from __future__ import annotations

import pytest

from local.engine import Engine
from local.serve import allow_many_connections
from tests.local.crowd import send_at_once, without_pauses

CROWDS = [200, pytest.param(1_000, marks=pytest.mark.slow)]


@pytest.fixture
def running(tmp_path):
    allow_many_connections()
    with Engine.start(state=tmp_path, background=False) as engine:
        without_pauses(engine)
        yield engine


@pytest.mark.parametrize("clients", CROWDS)
def test_many_at_once_in_an_outage_lose_and_double_nothing(running, clients):
    outages = {"kinesis": clients * 9 // 10, "sqs": clients // 8, "s3": clients // 16}
    for service, times in outages.items():
        running.fail_service(service, times=times)
    pending = [
        {"userId": f"u{number % 50}", "event": "x", "messageId": f"crowd-{number}"}
        for number in range(clients)
    ]
    refused = 0
    for _ in range(10):
        statuses = send_at_once(running.url, running.write_keys["website"], pending)
        assert set(statuses) <= {200, 503}
        answered = zip(pending, statuses, strict=True)
        pending = [event for event, status in answered if status == 503]
        refused += len(pending)
        if not pending:
            break
    assert pending == []
    assert refused > 0, "the outage reached the last rung"
    metrics = running.metrics()
    assert metrics["EventsDetoured"] > 0
    assert running.settle(timeout=60) == {}
    assert running.metrics()["EventsRefilled"] == metrics["EventsDetoured"]
    ledger = running.ledger()
    assert {name: count for name, count in ledger.items() if count} == {
        "received": clients,
        "applied": clients,
    }
