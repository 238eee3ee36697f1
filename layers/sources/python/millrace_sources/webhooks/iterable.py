"""Iterable system webhooks: one event per POST, unsigned."""

from __future__ import annotations

from millrace.intake.webhooks import (
    Part,
    SharedSecret,
    WebhookSource,
    basic,
    bearer,
    fingerprint,
    first,
    in_header,
    machine,
)
from millrace.intake.webhooks import vocabulary as word

AT = "dataFields"


def created_at(part: Part) -> str:
    """`2026-01-02 03:04:05 +00:00` without the space before its zone."""
    return str(part.payload[AT].get("createdAt")).replace(" +", "+").replace(" -", "-")


source = WebhookSource(
    name="iterable",
    docs="https://support.iterable.com/hc/en-us/articles/208013936-System-Webhooks",
    verify=SharedSecret(places=(basic, bearer, in_header("X-Millrace-Secret"))),
    kind="eventName",
    events={
        "emailSend": word.SENT,
        "emailSendSkip": word.DROPPED,
        "emailOpen": word.OPENED,
        "emailClick": word.CLICKED,
        "hostedUnsubscribeClick": word.CLICKED,
        "emailBounce": word.BOUNCED_HARD,
        "emailComplaint": word.SPAM,
        "emailSubscribe": word.SUBSCRIBED,
        "emailUnSubscribe": word.UNSUBSCRIBED,
        "smsSend": word.unplanned("SMS Sent"),
        "pushSend": word.unplanned("Push Notification Sent"),
        "pushOpen": word.unplanned("Push Notification Opened"),
    },
    message_id=fingerprint(
        "eventName", f"{AT}.messageId", "email", "userId", f"{AT}.createdAt", f"{AT}.url"
    ),
    timestamp=created_at,
    identifiers={
        "email": first("email", f"{AT}.email"),
        "user_id": first("userId", f"{AT}.userId"),
    },
    properties={
        "email_id": f"{AT}.messageId",
        "email_subject": f"{AT}.emailSubject",
        "campaign_id": f"{AT}.campaignId",
        "campaign_name": f"{AT}.campaignName",
        "template_id": f"{AT}.templateId",
        "link_url": f"{AT}.url",
        "link_id": f"{AT}.linkId",
        "list_id": first(f"{AT}.emailListIds.0", f"{AT}.channelIds.0"),
        "reason": first(f"{AT}.bounceMessage", f"{AT}.reason", f"{AT}.recipientState"),
    },
    is_machine=machine(f"{AT}.isBot", agent=f"{AT}.userAgent"),
)
