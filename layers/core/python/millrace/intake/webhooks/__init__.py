"""Webhooks: a vendor's signed request becomes events of ours; a source is a value in one file."""

from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.ecdsa import Ecdsa
from millrace.intake.webhooks.envelopes import envelope_id, unwrapped
from millrace.intake.webhooks.mac import Hmac, text_key, whsec_key
from millrace.intake.webhooks.machines import machine
from millrace.intake.webhooks.model import Answers, Meaning, Part, Selector, WebhookSource
from millrace.intake.webhooks.money import minor_units
from millrace.intake.webhooks.reasons import refuse
from millrace.intake.webhooks.selecting import (
    fingerprint,
    first,
    from_header,
    number,
    prefixed,
    select,
)
from millrace.intake.webhooks.shared_secret import (
    AnyOf,
    SharedSecret,
    basic,
    bearer,
    in_header,
    in_query,
)
from millrace.intake.webhooks.signed import (
    body,
    field,
    header,
    listed,
    method,
    registered_url,
    signature,
    signed_form,
    undotted,
)
from millrace.intake.webhooks.sns import Sns, subscription
from millrace.intake.webhooks.splits import each, each_at, form_field, form_tree, whole
from millrace.intake.webhooks.timestamps import (
    A_DAY_OF_RETRIES,
    A_WEEK_OF_RETRIES,
    Timestamp,
)

__all__ = [
    "A_DAY_OF_RETRIES",
    "A_WEEK_OF_RETRIES",
    "Answers",
    "AnyOf",
    "Delivery",
    "Ecdsa",
    "Hmac",
    "Meaning",
    "Part",
    "Selector",
    "SharedSecret",
    "Sns",
    "Timestamp",
    "WebhookSource",
    "basic",
    "bearer",
    "body",
    "each",
    "each_at",
    "envelope_id",
    "field",
    "fingerprint",
    "first",
    "form_field",
    "form_tree",
    "from_header",
    "header",
    "in_header",
    "in_query",
    "listed",
    "machine",
    "method",
    "minor_units",
    "number",
    "prefixed",
    "refuse",
    "registered_url",
    "select",
    "signature",
    "signed_form",
    "subscription",
    "text_key",
    "undotted",
    "unwrapped",
    "whole",
    "whsec_key",
]
