"""Every listed document, properly signed, through every webhook door: kept or taken, no crash."""

from __future__ import annotations

import pytest

from millrace.intake.reasons import REASONS
from millrace.intake.webhooks.reasons import REASONS as WEBHOOK_REASONS
from tests.abuse.inputs import DOCUMENTS
from tests.sources.door import SOURCES, Door

WRAPPED = {"mailchimp", "mailgun", "mandrill", "ses"}
"""Where what is signed is put into a form or an envelope first, which not all bytes survive."""


@pytest.mark.parametrize("source", SOURCES)
def test_a_proven_vendor_may_send_anything(source):
    taken = SOURCES[source].answers.taken
    tried = 0
    for name, document in DOCUMENTS.items():
        door = Door(source)
        try:
            posted = door.sign(document.raw)
        except (ValueError, TypeError, AttributeError, RecursionError, KeyError):
            assert source in WRAPPED, name
            continue
        tried += 1
        response = door.post(posted)
        answers = {taken, SOURCES[source].answers.refused} if source in WRAPPED else {taken}
        assert response.status in answers, (name, response)
        kept, events = door.failed.kept, door.sink.events
        counted = door.metrics.counts
        assert counted.get("EventsReceived", 0) == len(kept) + len(events), name
        assert counted.get("EventsFailed", 0) == len(kept), name
        assert {event.code for event in kept} <= {*REASONS, *WEBHOOK_REASONS}, name
        assert door.reported == [], name
        if source not in WRAPPED:
            assert all(event.payload.strip(b" \t\r\n") in posted.body for event in kept), name
            is_list = document.raw.startswith(b"[")  # of which some vendors send any number
            assert not document.is_json or kept or is_list, name
    assert tried > len(DOCUMENTS) // 3


@pytest.mark.parametrize(("source", "name"), [("braze", "events"), ("klaviyo", "data")])
def test_a_second_list_of_events_cannot_hide_the_first(source, name):
    door = Door(source)
    posted = door.sign(b'{"%s":[{"a":1}],"%s":[]}' % (name.encode(), name.encode()))
    assert door.post(posted).status == SOURCES[source].answers.taken
    ((failed,), events) = door.failed.kept, door.sink.events
    assert (failed.code, failed.payload, events) == ("duplicate_key", posted.body, [])
