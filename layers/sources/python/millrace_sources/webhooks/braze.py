"""Braze Currents by HTTP: lists of events under a bearer token; a refusal can end the feed."""

from __future__ import annotations

from millrace.intake.webhooks import (
    SharedSecret,
    WebhookSource,
    bearer,
    each_at,
    first,
    machine,
)
from millrace.intake.webhooks import vocabulary as word

EMAIL = "users.messages.email"
STATUS = "users.behaviors.subscription.GlobalStateChange"

source = WebhookSource(
    name="braze",
    docs="https://www.braze.com/docs/user_guide/data/braze_currents/",
    verify=SharedSecret(places=(bearer,)),
    split=each_at("events"),
    kind="event_type",
    events={
        f"{EMAIL}.Send": word.SENT,
        f"{EMAIL}.Delivery": word.DELIVERED,
        f"{EMAIL}.Deferral": word.DEFERRED,
        f"{EMAIL}.Open": word.OPENED,
        f"{EMAIL}.Click": word.CLICKED,
        f"{EMAIL}.Bounce": word.BOUNCED_HARD,
        f"{EMAIL}.SoftBounce": word.BOUNCED_SOFT,
        f"{EMAIL}.Abort": word.DROPPED,
        f"{EMAIL}.MarkAsSpam": word.SPAM,
        f"{EMAIL}.Unsubscribe": word.UNSUBSCRIBED,
        STATUS: word.PREFERENCES,
        "users.behaviors.subscriptiongroup.StateChange": word.PREFERENCES,
        "users.behaviors.CustomEvent": word.unplanned("Custom Event"),
        "users.behaviors.Purchase": word.unplanned("Product Purchased"),
        "users.behaviors.app.SessionStart": word.unplanned("Session Started"),
        "users.messages.sms.Send": word.unplanned("SMS Sent"),
        "users.messages.sms.Delivery": word.unplanned("SMS Delivered"),
        "users.messages.pushnotification.Send": word.unplanned("Push Notification Sent"),
        "users.messages.pushnotification.Open": word.unplanned("Push Notification Opened"),
        "users.campaigns.Conversion": word.unplanned("Campaign Converted"),
        "users.canvas.Conversion": word.unplanned("Campaign Converted"),
    },
    message_id="id",
    timestamp="time",
    identifiers={
        "user_id": "user.external_user_id",
        "email": first("properties.email_address", "properties.email"),
    },
    properties={
        "email_id": "properties.dispatch_id",
        "email_subject": "properties.subject",
        "campaign_id": first("properties.campaign_id", "properties.canvas_id"),
        "campaign_name": first("properties.campaign_name", "properties.canvas_name"),
        "link_url": first("properties.url", "properties.link_url"),
        "link_id": "properties.link_id",
        "reason": first("properties.bounce_reason", "properties.abort_log"),
        "name": "properties.name",
        "product_id": "properties.product_id",
        "price": "properties.price",
        "currency": "properties.currency",
        "status": first("properties.subscription_status", "properties.state"),
        "list_id": "properties.subscription_group_id",
    },
    is_machine=machine(
        "properties.machine_open", "properties.is_suspected_bot_click",
        agent="properties.user_agent",
    ),
)  # fmt: skip
