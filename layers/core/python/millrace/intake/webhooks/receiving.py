"""Vendors' messages from a queue of ours: who may write there is the queue's policy to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from millrace.errors import RetryLater
from millrace.http import Request
from millrace.intake.normalise import Arrival
from millrace.intake.ports import Counts, Doors
from millrace.intake.recent import RecentIds
from millrace.intake.taking import take
from millrace.intake.webhooks.configured import Configured
from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.model import WebhookSource
from millrace.intake.webhooks.translating import to_items


class QueueMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message as the queue handed it over."""

    queue: str
    """ARN."""
    message_id: str
    sent_at: int
    """When it was put there, in epoch milliseconds: from then on it was ours."""
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueDoors:
    """What `receive` works with."""

    intake: Doors
    sources: Mapping[str, tuple[str, WebhookSource]]
    """By the ARN of its queue: a source's name and definition."""


def queue_doors(
    intake: Doors, sources: Mapping[str, Configured], queues: Mapping[str, str]
) -> QueueDoors:
    """The doors of those of `sources` that have a queue; `queues` has its ARN by source."""
    return QueueDoors(
        intake=intake,
        sources={arn: (name, sources[name].definition) for name, arn in queues.items()},
    )


def receive(messages: Sequence[QueueMessage], doors: QueueDoors, counts: Counts) -> list[str]:
    """Take every message; the ids of those that have to come again.

    What cannot be used is kept as a failed event, as by HTTP, and does not come again. Once one
    cannot be stored the rest is not tried: the queue waits better than we do. No throttle: what
    the queue holds back is late, and what we refused would be late as well.
    """
    for place, message in enumerate(messages):
        try:
            _receive(message, doors, counts)
        except RetryLater as error:
            doors.intake.report(error)
            return [each.message_id for each in messages[place:]]
    return []


def _receive(message: QueueMessage, doors: QueueDoors, counts: Counts) -> None:
    name, definition = doors.sources[message.queue]
    body = message.body.encode("utf-8", "surrogatepass")
    request = Request(method="", path="", route="", body=body, request_id=message.message_id)
    delivery = Delivery(source=name, request=request, received_at=message.sent_at)
    arrival = Arrival(
        source=name, received_at=message.sent_at, request_id=message.message_id, headers={}
    )
    take(to_items(delivery, definition), arrival, replace(doors.intake, recent=RecentIds()), counts)
