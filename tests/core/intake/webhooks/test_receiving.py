"""A source's own queue: whatever AWS wrapped an event in, it becomes what it becomes by HTTPS."""

import json

import msgspec
import pytest

from millrace.intake.webhooks.receiving import QueueDoors, QueueMessage, receive
from tests.sources.door import Door, samples
from tests.sources.queued import FORMS, by_eventbridge, by_sns, delivered_raw
from tests.sources.signing import NOW_MS
from tests.sources.vendors.ses import sns_message, sns_signed

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:millrace-prod-source-ses"
SENT = NOW_MS - 60_000
REJECT = next(sample for sample in samples("ses") if sample.name == "reject").content


class Queue:
    def __init__(self):
        self.door = Door("ses")
        self.doors = QueueDoors(
            intake=self.door.doors.intake, sources={QUEUE: ("ses", self.door.definition)}
        )

    def receive(self, *bodies):
        messages = [
            QueueMessage(queue=QUEUE, message_id=f"q{place}", sent_at=SENT, body=body)
            for place, body in enumerate(bodies)
        ]
        return receive(messages, self.doors, self.door.metrics)

    @property
    def failed(self):
        return self.door.failed.kept


@pytest.fixture
def queue():
    return Queue()


def meant(events):
    """What events say, whichever way they came."""
    plain = msgspec.json.decode(msgspec.json.encode(events))
    return [
        {
            name: value
            for name, value in one.items()
            if name not in ("message_id", "received_at", "original_at")
        }
        for one in plain
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sample", samples("ses"), ids=lambda sample: sample.name)
def test_every_event_means_the_same_by_a_queue_as_by_https(queue, form, sample):
    by_https = Door("ses")
    by_https.post(by_https.sign(sample.content))
    assert queue.receive(form(sample.content)) == []
    assert meant(queue.door.sink.events) == meant(by_https.sink.events)
    assert [one.code for one in queue.failed] == [one.code for one in by_https.failed.kept]
    assert queue.door.metrics.counts == by_https.metrics.counts


def test_it_was_received_when_it_was_put_into_the_queue(queue):
    queue.receive(by_sns(REJECT))
    assert [event.received_at for event in queue.door.sink.events] == [SENT]


def test_the_same_notification_by_https_and_by_the_queue_is_one_event(queue):
    (by_https,) = queue.door.take(REJECT)
    queue.receive(by_sns(REJECT))
    assert [one.message_id for one in queue.door.sink.events] == [by_https.message_id] * 2


@pytest.mark.parametrize("form", FORMS)
def test_what_the_queue_delivers_twice_has_one_message_id(queue, form):
    queue.receive(form(REJECT), form(REJECT))
    assert len({event.message_id for event in queue.door.sink.events}) == 1
    assert len(queue.door.sink.events) == 2


def test_the_greeting_of_ses_is_no_event(queue):
    greeting = "Successfully validated SNS topic for Amazon SES event publishing."
    assert queue.receive(json.dumps(sns_message(Message=greeting))) == []
    assert queue.door.is_untouched


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("not JSON", "invalid_json"),
        ("[1]", "invalid_json"),
        ('{"Message": "{"}', "invalid_json"),
        ('{"detail": 7}', "not_an_object"),
        ('{"detail": {}, "detail": {}}', "duplicate_key"),
        ('{"detail": {"recommendation": "turn on DKIM"}}', "unexpected_shape"),
        ("{}", "unexpected_shape"),
        ("\ud800", "invalid_json"),
    ],
)
def test_what_cannot_be_used_is_kept_as_it_came_and_does_not_come_again(queue, body, code):
    assert queue.receive(body, by_sns(REJECT)) == []
    assert [(one.code, one.payload) for one in queue.failed] == [
        (code, body.encode("utf-8", "surrogatepass"))
    ]
    assert len(queue.door.sink.events) == 1


def test_what_cannot_be_stored_comes_again_with_all_after_it_and_nothing_is_lost(queue):
    bodies = [by_eventbridge(REJECT), by_sns(REJECT), delivered_raw(REJECT)]
    first = Queue.receive(queue, bodies[0])
    queue.door.sink.refused = frozenset({0})
    assert first == []
    assert queue.receive(*bodies[1:]) == ["q0", "q1"]
    assert [error.code for error in queue.door.reported] == ["stream_unavailable"]
    assert queue.receive(*bodies[1:]) == []
    assert len(queue.door.sink.events) == 3


def test_beside_what_sns_signed_an_http_body_says_nothing():
    door = Door("ses")
    forged = json.loads(REJECT) | {"eventType": "Complaint"}
    message = sns_message(Message=REJECT.decode(), detail=forged, id="mine")
    (event,) = door.take(sns_signed(message))
    assert (event.name, event.message_id) == ("Email Dropped", f"ses:{message['MessageId']}")
