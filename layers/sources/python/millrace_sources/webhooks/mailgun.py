"""Mailgun: one event per POST. Only a token is signed, not the body: it is good for one body."""

from __future__ import annotations

from millrace.intake.webhooks import (
    A_DAY_OF_RETRIES,
    Answers,
    AnyOf,
    Hmac,
    Part,
    Timestamp,
    WebhookSource,
    field,
    first,
    machine,
)
from millrace.intake.webhooks import vocabulary as word

AT = "event-data"
TOKENS = ("signature.token", "parent-signature.token")


def signed_by(name: str) -> Hmac:
    """Mailgun's scheme; a sub-account's events carry the parent account's signature as well."""
    return Hmac(
        signatures=lambda delivery: [field(name, "signature")(delivery).decode()],
        over=(field(name, "timestamp"), field(name, "token")),
        timestamp=Timestamp(value=field(name, "timestamp"), past_ms=A_DAY_OF_RETRIES),
    )


def kind(part: Part) -> str:
    """A failure is a bounce or a deferral by its severity."""
    data = part.payload[AT]
    return "failed.temporary" if data.get("severity") == "temporary" else str(data.get("event"))


source = WebhookSource(
    name="mailgun",
    docs="https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhooks",
    signed_tokens=TOKENS,
    verify=AnyOf((signed_by("signature"), signed_by("parent-signature"))),
    answers=Answers(refused=406),  # any other status is tried seven times more
    kind=kind,
    events={
        "accepted": word.QUEUED,
        "rejected": word.DROPPED,
        "delivered": word.DELIVERED,
        "failed": word.BOUNCED_HARD,
        "failed.temporary": word.DEFERRED,
        "opened": word.OPENED,
        "clicked": word.CLICKED,
        "unsubscribed": word.UNSUBSCRIBED,
        "complained": word.SPAM,
    },
    # event-data.id is unique within a day only
    message_id=first(*TOKENS),
    timestamp=f"{AT}.timestamp",
    identifiers={"email": f"{AT}.recipient", "user_id": f"{AT}.user-variables.user_id"},
    properties={
        "email_id": f"{AT}.message.headers.message-id",
        "email_subject": f"{AT}.message.headers.subject",
        "link_url": f"{AT}.url",
        "tags": f"{AT}.tags",
        "reason": first(
            f"{AT}.delivery-status.message",
            f"{AT}.delivery-status.description",
            f"{AT}.reject.reason",
            f"{AT}.reason",
        ),
    },
    is_machine=machine(f"{AT}.client-info.bot", agent=f"{AT}.client-info.user-agent"),
)
