"""SparkPost: lists of events wrapped by class; unsigned, with Basic auth or OAuth's token."""

from __future__ import annotations

from typing import Any

from millrace.http import Request
from millrace.intake.webhooks import (
    Part,
    SharedSecret,
    WebhookSource,
    basic,
    bearer,
    each,
    in_header,
    machine,
)
from millrace.intake.webhooks import vocabulary as word

BOUNCE_CLASSES = {
    **dict.fromkeys(("10", "30"), "hard"),
    **dict.fromkeys(("60", "100"), "auto"),
    "80": "subscribe",
    "90": "unsubscribe",
}
"""All others are soft: full, too large, blocked, transient, undetermined."""
BOUNCES = frozenset({"bounce", "out_of_band"})


def unwrapped(part: Part) -> tuple[dict[str, Any]]:
    """The event inside `{"msys": {"<class>": ...}}`."""
    (event,) = part.payload["msys"].values()
    return (event,)


def kind(part: Part) -> str:
    """The type; a bounce also by what its class says."""
    found = str(part.payload.get("type"))
    if found not in BOUNCES:
        return found
    return "bounce." + BOUNCE_CLASSES.get(str(part.payload.get("bounce_class")), "soft")


def is_probe(request: Request) -> bool:
    """SparkPost asks with one empty event when a webhook is made."""
    return b"".join(request.body.split()) == b'[{"msys":{}}]'


source = WebhookSource(
    name="sparkpost",
    docs="https://developers.sparkpost.com/api/webhooks/",
    verify=SharedSecret(places=(basic, bearer, in_header("X-Millrace-Secret"))),
    is_probe=is_probe,
    split=each,
    spread=unwrapped,
    kind=kind,
    events={
        "injection": word.QUEUED,
        "delivery": word.DELIVERED,
        "delay": word.DEFERRED,
        "bounce.hard": word.BOUNCED_HARD,
        "bounce.soft": word.BOUNCED_SOFT,
        "bounce.auto": word.AUTO_REPLIED,
        "bounce.subscribe": word.SUBSCRIBED,
        "bounce.unsubscribe": word.UNSUBSCRIBED,
        "policy_rejection": word.DROPPED,
        "generation_rejection": word.DROPPED,
        "generation_failure": word.FAILED,
        "spam_complaint": word.SPAM,
        "open": word.OPENED,
        "amp_open": word.OPENED,
        # comes beside the `open` of the same moment: it must not be counted twice
        "initial_open": word.unplanned("Email First Opened"),
        "amp_initial_open": word.unplanned("Email First Opened"),
        "click": word.CLICKED,
        "amp_click": word.CLICKED,
        "list_unsubscribe": word.UNSUBSCRIBED,
        "link_unsubscribe": word.UNSUBSCRIBED,
    },
    message_id="event_id",
    timestamp="timestamp",
    identifiers={"email": "rcpt_to", "user_id": "rcpt_meta.user_id"},
    properties={
        "email_id": "transmission_id",
        "email_subject": "subject",
        "link_url": "target_link_url",
        "link_id": "target_link_name",
        "campaign_id": "campaign_id",
        "template_id": "template_id",
        "reason": "raw_reason",
    },
    is_machine=machine("is_prefetched", agent="user_agent"),
)
