"""Mailchimp Marketing: one form per change of an audience; the secret stands in the address."""

from __future__ import annotations

from millrace.intake.webhooks import (
    Part,
    SharedSecret,
    WebhookSource,
    basic,
    first,
    form_tree,
    in_query,
)
from millrace.intake.webhooks import vocabulary as word


def kind(part: Part) -> str:
    """The type, with the reason where that decides its meaning."""
    found, reason = part.payload.get("type"), part.payload["data"].get("reason")
    return f"{found}.{reason}" if found in {"unsubscribe", "cleaned"} and reason else str(found)


source = WebhookSource(
    name="mailchimp",
    docs="https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/",
    verify=SharedSecret(places=(in_query("secret"), basic)),
    split=form_tree,
    kind=kind,
    events={
        "subscribe": word.SUBSCRIBED,
        "unsubscribe": word.UNSUBSCRIBED,
        "unsubscribe.manual": word.UNSUBSCRIBED,
        "unsubscribe.abuse": word.SPAM,
        "cleaned.hard": word.BOUNCED_HARD,
        "cleaned.abuse": word.SPAM,
        "profile": word.TRAITS,
        "upemail": word.unplanned("Email Address Changed"),
    },
    # No id is given: the message id is a digest of the form, the same in every try.
    message_id=lambda _part: None,
    timestamp="fired_at",
    identifiers={"email": first("data.new_email", "data.email")},
    traits={
        "firstName": "data.merges.FNAME",
        "lastName": "data.merges.LNAME",
        "phone": "data.merges.PHONE",
    },
    properties={
        "list_id": "data.list_id",
        "campaign_id": "data.campaign_id",
        "old_email": "data.old_email",
        "reason": "data.reason",
    },
)
