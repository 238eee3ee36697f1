"""Klaviyo system webhooks: up to 1000 events per POST, each with the profile it is about.

`Klaviyo-Webhook-Id` is not compared with `meta.klaviyo_webhook_id`: the header is not signed, and
who can sign the body chooses the id. What tells webhooks apart is the secret: one for each.
"""

from __future__ import annotations

from millrace.intake.webhooks import (
    A_DAY_OF_RETRIES,
    Hmac,
    Part,
    Timestamp,
    WebhookSource,
    body,
    each_at,
    first,
    header,
    machine,
    signature,
)
from millrace.intake.webhooks import vocabulary as word

TIMESTAMP = header("Klaviyo-Timestamp")
EVENT = "payload.data.attributes"
DETAIL = f"{EVENT}.event_properties"
PROFILE = "payload.included.0.attributes"
BOUNCE = first(f"{DETAIL}.Bounce Type", f"{DETAIL}.bounce_type")


def kind(part: Part) -> object:
    """The topic; a bounce also by whether it is soft."""
    is_soft = str(BOUNCE(part)).lower() == "soft"
    topic = part.payload.get("topic")
    return f"{topic}.soft" if is_soft and topic == "event:klaviyo.bounced_email" else topic


source = WebhookSource(
    name="klaviyo",
    docs="https://developers.klaviyo.com/en/docs/working_with_system_webhooks",
    verify=Hmac(
        signatures=signature("Klaviyo-Signature"),
        over=(body, TIMESTAMP),
        timestamp=Timestamp(value=TIMESTAMP, past_ms=A_DAY_OF_RETRIES),
    ),
    split=each_at("data"),
    kind=kind,
    events={
        "event:klaviyo.email_delivered": word.DELIVERED,
        "event:klaviyo.received_email": word.DELIVERED,
        "event:klaviyo.opened_email": word.OPENED,
        "event:klaviyo.clicked_email": word.CLICKED,
        "event:klaviyo.bounced_email": word.BOUNCED_HARD,
        "event:klaviyo.bounced_email.soft": word.BOUNCED_SOFT,
        "event:klaviyo.dropped_email": word.DROPPED,
        "event:klaviyo.marked_email_as_spam": word.SPAM,
        "event:klaviyo.subscribed_to_email_marketing": word.SUBSCRIBED,
        "event:klaviyo.subscribed_to_list": word.SUBSCRIBED,
        "event:klaviyo.unsubscribed_from_email_marketing": word.UNSUBSCRIBED,
        "event:klaviyo.unsubscribed_from_list": word.UNSUBSCRIBED,
        "event:klaviyo.sent_sms": word.unplanned("SMS Sent"),
        "event:klaviyo.received_sms": word.unplanned("SMS Delivered"),
        "event:klaviyo.clicked_sms": word.unplanned("SMS Link Clicked"),
    },
    message_id="external_id",
    timestamp=first(f"{EVENT}.datetime", f"{EVENT}.timestamp"),
    identifiers={"email": f"{PROFILE}.email", "user_id": f"{PROFILE}.external_id"},
    traits={
        "firstName": f"{PROFILE}.first_name",
        "lastName": f"{PROFILE}.last_name",
        "phone": f"{PROFILE}.phone_number",
    },
    properties={
        "email_id": first(f"{DETAIL}.$message", f"{DETAIL}.message_id"),
        "email_subject": first(f"{DETAIL}.Subject", f"{DETAIL}.subject"),
        "campaign_name": first(f"{DETAIL}.Campaign Name", f"{DETAIL}.campaign_name"),
        "link_url": first(f"{DETAIL}.URL", f"{DETAIL}.url"),
        "reason": BOUNCE,
        "list_id": first(f"{DETAIL}.List", f"{DETAIL}.list_id"),
    },
    is_machine=machine(f"{DETAIL}.machine_open", f"{DETAIL}.Bot Click", f"{DETAIL}.bot_click"),
)
