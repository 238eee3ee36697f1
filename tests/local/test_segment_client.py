"""The main job: the stock Segment client, 1,000 events, then every batch once more."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from segment.analytics.client import Client

from local.engine import Engine
from local.sql import query_lake

PEOPLE = 40
EVENTS = 1000


@pytest.fixture(scope="module")
def outcome(engine: Engine, ask):
    """The ledger and metrics after each of the two rounds, with the bodies that were sent."""
    bodies = []
    seen = []

    def round_of(send):
        send()
        assert engine.settle(timeout=120) == {}
        seen.append((engine.ledger(), engine.metrics(), _requests(engine)))

    def first():
        client = Client(ask.write_key, host=ask.url, sync_mode=False, max_retries=1, timeout=60)
        client.on_error = lambda error, batch: pytest.fail(f"the client gave up: {error}")
        for number in range(EVENTS):
            person = f"person-{number % PEOPLE}"
            client.track(
                anonymous_id=person,
                event=f"Event {number % 4}",
                message_id=f"stock-{number}",
                properties={"number": number},
            )
        client.flush()
        client.join()
        bodies.extend(_batches())

    def second():
        for body in bodies:
            assert ask.send(body)[0] == 200

    round_of(first)
    round_of(second)
    return seen


def _batches():
    events = [
        {
            "type": "track",
            "anonymousId": f"person-{number % PEOPLE}",
            "event": f"Event {number % 4}",
            "messageId": f"stock-{number}",
            "properties": {"number": number},
        }
        for number in range(EVENTS)
    ]
    return [{"batch": events[start : start + 100]} for start in range(0, EVENTS, 100)]


def _requests(engine):
    return {name: len(engine.outbox(name)) for name in ("klaviyo", "webhook")}


def test_all_events_are_in_the_ledger_and_a_second_sending_is_all_duplicates(outcome):
    first, second = outcome[0][0], outcome[1][0]
    assert (first["received"], first["applied"], first["balance"]) == (EVENTS, EVENTS, 0)
    assert (second["received"], second["applied"]) == (2 * EVENTS, EVENTS)
    assert (second["duplicate"], second["balance"]) == (EVENTS, 0)


def test_all_events_are_in_the_profiles_none_twice(outcome, engine, ask):
    webhook = [json.loads(request["body"]) for request in engine.outbox("webhook")]
    people = {profile["profile_id"] for body in webhook for profile in body["data"]["profiles"]}
    assert len(people) == PEOPLE
    for number in range(PEOPLE):
        found = ask.profile(f"anonymous_id:person-{number}")
        assert found["profile_id"] in people
        assert not found["fallback"]


def test_all_events_are_in_the_lake_and_none_twice(outcome, engine):
    by_event = dict(query_lake(engine.lake_path, "select event, count(*) from events group by 1"))
    assert by_event == {f"Event {number}": EVENTS // 4 for number in range(4)}
    ((distinct,),) = query_lake(engine.lake_path, "select count(distinct event_id) from events_log")
    assert distinct == EVENTS


def test_a_second_sending_tells_the_destinations_nothing(outcome):
    assert outcome[1][2] == outcome[0][2]


def test_events_of_one_person_share_one_partition_key_per_request(outcome, engine):
    keys = Counter(
        line["partition_key"]
        for line in map(json.loads, engine.sinks())
        if line["sink"] == "stream"
    )
    assert len(keys) == PEOPLE
