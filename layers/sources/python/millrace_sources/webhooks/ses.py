"""Amazon SES through SNS: one event per message, which may be about several recipients."""

from __future__ import annotations

from typing import Any

from millrace.intake.webhooks import (
    Answers,
    Delivery,
    Meaning,
    Part,
    Sns,
    WebhookSource,
    first,
    machine,
    refuse,
    subscription,
)
from millrace.intake.webhooks import vocabulary as word

RECIPIENTS = {"Bounce": "bouncedRecipients", "Complaint": "complainedRecipients"}
DELAYED = {"DeliveryDelay": "delayedRecipients", "Delivery": "recipients"}
OF_NOBODY_KNOWN = frozenset({"Open", "Click"})


def event_type(payload: dict[str, Any]) -> str:
    """`eventType` from a configuration set, `notificationType` from the older notifications."""
    return str(payload.get("eventType") or payload.get("notificationType") or "")


def kind(part: Part) -> str:
    """SES's own name, with what decides its meaning."""
    found = event_type(part.payload)
    if found == "Bounce":
        return f"Bounce.{part.payload['bounce'].get('bounceType')}"
    if found == "Subscription":
        new = part.payload["subscription"].get("newTopicPreferences", {})
        return f"Subscription.{'none' if new.get('unsubscribeAll') else 'some'}"
    return found


def notification(delivery: Delivery) -> list[bytes]:
    """The event inside the message; SES's one greeting in plain text is no event."""
    message = str(delivery.json.get("Message"))
    return [] if message.startswith("Successfully validated SNS topic") else [message.encode()]


def recipients(part: Part) -> list[dict[str, Any]]:
    """One payload per recipient. Who of several opened or clicked, SES does not say."""
    found = event_type(part.payload)
    detail = part.payload.get(found[:1].lower() + found[1:].replace(" ", ""), {})
    listed = detail.get({**RECIPIENTS, **DELAYED}.get(found, ""))
    people = listed or part.payload["mail"].get("destination", [])
    if found in OF_NOBODY_KNOWN and len(people) > 1:
        raise refuse("ambiguous_recipient", "/mail/destination")
    named = [one if isinstance(one, dict) else {"emailAddress": one} for one in people]
    return [{**part.payload, "detail": detail, "recipient": one} for one in named]


source = WebhookSource(
    name="ses",
    docs="https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html",
    verify=Sns(),
    needs_secret=False,
    # SNS takes 4xx as final and repeats 5xx, so only what is not ours gets a 4xx.
    answers=Answers(refused=403),
    subscription=subscription,
    split=notification,
    spread=recipients,
    kind=kind,
    events={
        "Send": word.SENT,
        "Delivery": word.DELIVERED,
        "DeliveryDelay": word.DEFERRED,
        "Bounce.Permanent": word.BOUNCED_HARD,
        "Bounce.Transient": word.BOUNCED_SOFT,
        "Bounce.Undetermined": word.BOUNCED_SOFT,
        "Complaint": word.SPAM,
        "Reject": word.DROPPED,
        "Rendering Failure": word.FAILED,
        "Open": word.OPENED,
        "Click": word.CLICKED,
        "Subscription.none": word.UNSUBSCRIBED,
        "Subscription.some": Meaning(name=word.PREFERENCES),
    },
    message_id=lambda part: part.delivery.json.get("MessageId"),
    timestamp=first("detail.timestamp", "mail.timestamp"),
    identifiers={"email": "recipient.emailAddress", "user_id": "mail.tags.user_id.0"},
    properties={
        "email_id": "mail.messageId",
        "email_subject": "mail.commonHeaders.subject",
        "link_url": "detail.link",
        "reason": first("recipient.diagnosticCode", "detail.reason", "detail.errorMessage"),
        "campaign_name": "mail.tags.campaign.0",
        "list_name": "detail.contactList",
    },
    is_machine=machine(agent="detail.userAgent"),
)
