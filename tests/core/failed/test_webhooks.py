"""A vendor's event that failed for a fault of ours is, replayed, what it would have been."""

import msgspec
import pytest

from millrace.failed.replay import replay
from millrace.intake.arrivals import unpack_arrival
from tests.core.failed.conftest import task
from tests.sources.door import SOURCES, Door, samples

EVERY_SAMPLE = pytest.mark.parametrize(
    "sample", samples(), ids=lambda sample: f"{sample.source}/{sample.name}"
)


def nobody(definition):
    """The definition with the fault that it finds no identifier in anything."""
    return msgspec.structs.replace(definition, identifiers={}, traits={}, call=lambda _part: None)


def plain(events):
    """Events in no order; a batch that was whole is split when it comes back one by one."""
    return sorted(msgspec.json.encode(event) for event in events)


@EVERY_SAMPLE
def test_a_replay_after_a_mended_definition_gives_the_events_of_the_door(sample, scene):
    right = Door(sample.source)
    posted = right.sign(sample.content, headers=sample.headers)
    right.post(posted)
    faulty = Door(sample.source, definition=nobody(SOURCES[sample.source]))
    faulty.post(posted)
    assert faulty.sink.events == []
    expected = {event.message_id: event for event in right.sink.events}
    stage = scene(faulty.failed.kept)
    stage.doors.webhooks.update({sample.source: SOURCES[sample.source]})
    report = replay(stage.keys, task(), stage.doors, stage.counts)
    found = {event.message_id: event for event in stage.sink.events}
    assert plain(found.values()) == plain(expected.values())
    assert report.passing + sum(report.failing.values()) == len(faulty.failed.kept)


def test_the_headers_come_back_without_what_proves_the_sender():
    door = Door("shopify", definition=nobody(SOURCES["shopify"]))
    (sample, *_) = samples("shopify")
    door.post(door.sign(sample.content, headers=sample.headers))
    headers = unpack_arrival(door.failed.kept[0]).headers
    assert "x-shopify-topic" in headers
    assert not [name for name in headers if "hmac" in name or "signature" in name]
