"""Freshdesk: the webhook action of an automation rule, with its default content; unsigned."""

from __future__ import annotations

from millrace.intake.webhooks import Part, SharedSecret, WebhookSource, basic, bearer, in_header

AT = "freshdesk_webhook"


def kind(part: Part) -> str:
    """What set the rule off, e.g. `{ticket_action:created}` or `{status:{from:2,to:5}}`."""
    triggered = str(part.payload[AT].get("triggered_event") or "")
    if triggered == "{ticket_action:created}":
        return "ticket.created"
    return "ticket.updated" if triggered else ""


source = WebhookSource(
    name="freshdesk",
    docs="https://support.freshdesk.com/support/solutions/articles/132589-using-webhooks",
    verify=SharedSecret(places=(in_header("X-Millrace-Secret"), basic, bearer)),
    kind=kind,
    events={"ticket.created": "Ticket Created", "ticket.updated": "Ticket Updated"},
    # No id is given: the message id is a digest of the body.
    message_id=lambda _part: None,
    timestamp=f"{AT}.ticket_updated_at",
    identifiers={
        "email": f"{AT}.ticket_contact_email",
        "user_id": f"{AT}.ticket_contact_unique_external_id",
    },
    traits={"name": f"{AT}.ticket_contact_name", "phone": f"{AT}.ticket_contact_phone"},
    properties={
        "ticket_id": f"{AT}.ticket_id",
        "ticket_subject": f"{AT}.ticket_subject",
        "ticket_url": f"{AT}.ticket_url",
        "status": f"{AT}.ticket_status",
        "priority": f"{AT}.ticket_priority",
    },
)
