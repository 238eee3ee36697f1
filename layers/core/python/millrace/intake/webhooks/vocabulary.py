"""One vocabulary for what happens to a message, whichever vendor sent it.

The names are Segment's semantic e-mail events where it has them. A bounce says whether it is
`hard` (the address is dead) or `soft` (this message was refused, the next may arrive).
"""

from __future__ import annotations

from millrace.intake.webhooks.model import Meaning

QUEUED = "Email Queued"
"""The ESP has taken it from us."""
SENT = "Email Sent"
"""The ESP has tried, or is about to try, to deliver it."""
DELIVERED = "Email Delivered"
"""The mailbox provider took it."""
OPENED = "Email Opened"
CLICKED = "Email Link Clicked"
DEFERRED = "Email Deferred"
"""Not taken yet; the ESP goes on trying."""
DROPPED = "Email Dropped"
"""The ESP decided not to send it: suppressed, invalid or rejected."""
FAILED = "Email Failed"
"""The ESP could not make the message, for example of a broken template."""
BOUNCED = "Email Bounced"
SPAM = "Email Marked as Spam"
UNSUBSCRIBED = "Unsubscribed"
RESUBSCRIBED = "Resubscribed"
SUBSCRIBED = "Subscribed"
PREFERENCES = "Subscription Preferences Updated"
AUTO_REPLIED = "Email Auto-Replied"
"""A machine answered for the person."""
ERASURE = "Erasure Requested"
"""The person, or the vendor for them, asks to be forgotten."""

BOUNCED_HARD = Meaning(name=BOUNCED, properties={"bounce_type": "hard"})
BOUNCED_SOFT = Meaning(name=BOUNCED, properties={"bounce_type": "soft"})
TRAITS = Meaning(type="identify")
"""The vendor tells what a person is, not what they did."""


def unplanned(name: str) -> Meaning:
    """An event of ours that the tracking plan does not hold."""
    return Meaning(name=name, is_planned=False)


OPENED_OR_CLICKED = frozenset({OPENED, CLICKED})
EMAIL = frozenset(
    {
        QUEUED,
        SENT,
        DELIVERED,
        OPENED,
        CLICKED,
        DEFERRED,
        DROPPED,
        FAILED,
        BOUNCED,
        SPAM,
        UNSUBSCRIBED,
        RESUBSCRIBED,
        SUBSCRIBED,
        PREFERENCES,
        AUTO_REPLIED,
    }
)
"""Every word above that is about mail."""
