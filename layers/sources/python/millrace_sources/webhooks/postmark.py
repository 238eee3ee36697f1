"""Postmark: one event per POST, unsigned; the secret is Basic auth or a header of one's own."""

from __future__ import annotations

from millrace.intake.webhooks import (
    Answers,
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

EVENT_TIME = first("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt")


def kind(part: Part) -> str:
    """The record's type, with what decides its meaning."""
    record = str(part.payload.get("RecordType") or "")
    if record == "Bounce":
        return f"Bounce.{part.payload.get('Type')}"
    if record == "SubscriptionChange":
        suppressed = part.payload.get("SuppressSending")
        reason = part.payload.get("SuppressionReason") if suppressed else "none"
        return f"SubscriptionChange.{reason}"
    return record


source = WebhookSource(
    name="postmark",
    docs="https://postmarkapp.com/developer/webhooks/webhooks-overview",
    verify=SharedSecret(places=(basic, bearer, in_header("X-Millrace-Secret"))),
    answers=Answers(refused=403),  # any other status is tried ten times more
    kind=kind,
    events={
        "Delivery": word.DELIVERED,
        "Open": word.OPENED,
        "Click": word.CLICKED,
        "SpamComplaint": word.SPAM,
        "Bounce.HardBounce": word.BOUNCED_HARD,
        "Bounce.SoftBounce": word.BOUNCED_SOFT,
        "Bounce.VirusNotification": word.BOUNCED_SOFT,
        "Bounce.Transient": word.DEFERRED,
        "Bounce.DnsError": word.DEFERRED,
        "Bounce.OpenRelayTest": word.DEFERRED,
        "Bounce.Blocked": word.DROPPED,
        "Bounce.BadEmailAddress": word.DROPPED,
        "Bounce.ManuallyDeactivated": word.DROPPED,
        "Bounce.Unconfirmed": word.DROPPED,
        "Bounce.DMARCPolicy": word.DROPPED,
        "Bounce.SMTPApiError": word.FAILED,
        "Bounce.TemplateRenderingFailed": word.FAILED,
        "Bounce.SpamNotification": word.SPAM,
        "Bounce.SpamComplaint": word.SPAM,
        "Bounce.AutoResponder": word.AUTO_REPLIED,
        "Bounce.AddressChange": word.AUTO_REPLIED,
        "Bounce.ChallengeVerification": word.AUTO_REPLIED,
        "Bounce.Unsubscribe": word.UNSUBSCRIBED,
        "Bounce.Subscribe": word.SUBSCRIBED,
        "SubscriptionChange.ManualSuppression": word.UNSUBSCRIBED,
        "SubscriptionChange.HardBounce": word.BOUNCED_HARD,
        "SubscriptionChange.SpamComplaint": word.SPAM,
        "SubscriptionChange.none": word.RESUBSCRIBED,
    },
    message_id=fingerprint(
        "RecordType", "ID", "MessageID", first("Recipient", "Email"), EVENT_TIME, "OriginalLink"
    ),
    timestamp=EVENT_TIME,
    identifiers={"email": first("Recipient", "Email"), "user_id": "Metadata.user_id"},
    properties={
        "email_id": "MessageID",
        "email_subject": "Subject",
        "link_url": "OriginalLink",
        "tags": "Tag",
        "reason": first("Details", "Description", "SuppressionReason"),
        "list_id": "MessageStream",
    },
    is_machine=machine(agent="UserAgent"),
)
