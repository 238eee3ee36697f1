"""Amazon SES, by SNS over HTTPS or by a queue of ours: one event, maybe of several recipients."""

from __future__ import annotations

from typing import Any

from millrace.intake.webhooks import (
    Answers,
    Delivery,
    Part,
    Sns,
    WebhookSource,
    envelope_id,
    first,
    machine,
    refuse,
    select,
    subscription,
    unwrapped,
)
from millrace.intake.webhooks import vocabulary as word

DETAILS = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}
RECIPIENTS = {"Bounce": "bouncedRecipients", "Complaint": "complainedRecipients",
              "Delivery": "recipients", "DeliveryDelay": "delayedRecipients"}  # fmt: skip
event_type = first("eventType", "notificationType")  # the second in older notifications


def kind(part: Part) -> str:
    """SES's own name, with what decides its meaning."""
    found = str(event_type(part))
    if found == "Bounce":
        return f"Bounce.{part.payload['bounce'].get('bounceType')}"
    if found == "Subscription":
        new = part.payload["subscription"].get("newTopicPreferences", {})
        return f"Subscription.{'none' if new.get('unsubscribeAll') else 'some'}"
    return found


def notification(delivery: Delivery) -> list[bytes]:
    """The event inside; SES's one greeting in plain text is no event."""
    return [one for one in unwrapped(delivery) if not one.startswith(b"Successfully validated ")]


def user(part: Part) -> object:
    """The tag `user_id`, unless the message went to several people."""
    is_one = len(part.payload["mail"].get("destination") or []) == 1
    return select(part, "mail.tags.user_id.0") if is_one else None


def recipients(part: Part) -> list[dict[str, Any]]:
    """One payload per recipient. Who of several opened or clicked, SES does not say."""
    found = str(event_type(part))
    detail = part.payload.get(DETAILS.get(found) or found.lower(), {})
    people = detail.get(RECIPIENTS.get(found, "")) or part.payload["mail"].get("destination", [])
    if found in ("Open", "Click") and len(people) > 1:
        raise refuse("ambiguous_recipient", "/mail/destination")
    named = [one if isinstance(one, dict) else {"emailAddress": one} for one in people]
    return [{**part.payload, "detail": detail, "recipient": one} for one in named]


source = WebhookSource(
    name="ses",
    docs="https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html",
    verify=Sns(),
    needs_secret=False,
    has_queue=True,
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
        "Subscription.some": word.PREFERENCES,
    },
    message_id=envelope_id,
    timestamp=first("detail.timestamp", "mail.timestamp"),
    identifiers={"email": "recipient.emailAddress", "user_id": user},
    properties={
        "email_id": "mail.messageId",
        "email_subject": "mail.commonHeaders.subject",
        "link_url": "detail.link",
        "reason": first("recipient.diagnosticCode", "detail.reason", "detail.errorMessage"),
        "list_name": "detail.contactList",
    },
    is_machine=machine(agent="detail.userAgent"),
)
