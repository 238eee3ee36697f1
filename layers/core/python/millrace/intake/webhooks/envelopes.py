"""What AWS wraps an event in: SNS's notification, EventBridge's event, or nothing at all."""

from __future__ import annotations

from millrace.intake.repeats import refuse_repeated
from millrace.intake.splitter import split_members
from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.model import Part

_OF_SNS, _OF_EVENTBRIDGE = "Message", "detail"


def unwrapped(delivery: Delivery) -> list[bytes]:
    """The exact bytes of the event inside.

    What SNS signed is looked for first: an HTTP body may hold, beside it, what nobody signed.
    """
    envelope = delivery.json
    if _OF_SNS in envelope:
        return [str(envelope[_OF_SNS]).encode("utf-8", "surrogatepass")]
    if _OF_EVENTBRIDGE not in envelope:
        return [delivery.body]
    members = split_members(delivery.body)
    refuse_repeated(member for member, _ in members)
    return [dict(members)[_OF_EVENTBRIDGE]]


def envelope_id(part: Part) -> object:
    """What is the same in every try of SNS or EventBridge; None of an event that stands alone."""
    envelope = part.delivery.json
    if _OF_SNS in envelope:
        return envelope.get("MessageId")
    return envelope.get("id") if _OF_EVENTBRIDGE in envelope else None
