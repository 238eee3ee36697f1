"""HubSpot CRM subscriptions, signature v3: lists of what changed on a contact."""

from __future__ import annotations

from collections.abc import Callable

from millrace.intake.webhooks import (
    Hmac,
    Part,
    Timestamp,
    WebhookSource,
    body,
    each,
    fingerprint,
    header,
    method,
    registered_url,
    signature,
)
from millrace.intake.webhooks import vocabulary as word

TIMESTAMP = header("X-HubSpot-Request-Timestamp")
TRAITS = {
    "firstname": "firstName",
    "lastname": "lastName",
    "jobtitle": "title",
    **{name: name for name in ("phone", "company", "website", "city", "country")},
}


def kind(part: Part) -> object:
    """The subscription's type; opting out is a change of a property like any other."""
    changed = part.payload.get("propertyName")
    if changed == "hs_email_optout":
        value = part.payload.get("propertyValue")
        return f"hs_email_optout.{str(value).lower()}"
    return part.payload.get("subscriptionType")


def contact(part: Part) -> str | None:
    """HubSpot's number of a contact, made unique; companies and deals are not people."""
    if not str(part.payload.get("subscriptionType")).startswith("contact."):
        return None
    return f"hubspot:{part.payload.get('portalId')}:{part.payload['objectId']}"


def changed(name: str) -> Callable[[Part], object]:
    """The new value, when it is this property that changed."""

    def read(part: Part) -> object:
        is_it = part.payload.get("propertyName") == name
        return part.payload.get("propertyValue") if is_it else None

    return read


source = WebhookSource(
    name="hubspot",
    docs="https://developers.hubspot.com/docs/api/webhooks",
    verify=Hmac(
        signatures=signature("X-HubSpot-Signature-v3"),
        over=(method, registered_url, body, TIMESTAMP),
        encoding="base64",
        timestamp=Timestamp(value=TIMESTAMP, unit="ms"),
    ),
    split=each,
    kind=kind,
    events={
        "contact.creation": word.unplanned("Contact Created"),
        "contact.propertyChange": word.TRAITS,
        "contact.deletion": word.unplanned("Contact Deleted"),
        "contact.restore": word.unplanned("Contact Restored"),
        "contact.merge": word.unplanned("Contact Merged"),
        "contact.privacyDeletion": word.ERASURE,
        "hs_email_optout.true": word.UNSUBSCRIBED,
        "hs_email_optout.false": word.RESUBSCRIBED,
    },
    # eventId alone is not promised to be unique
    message_id=fingerprint("portalId", "subscriptionId", "eventId", "occurredAt", "objectId"),
    timestamp="occurredAt",
    identifiers={"anonymous_id": contact, "email": changed("email")},
    traits={ours: changed(theirs) for theirs, ours in TRAITS.items()},
    properties={
        "property_name": "propertyName",
        "property_value": "propertyValue",
        "change_source": "changeSource",
    },
)
