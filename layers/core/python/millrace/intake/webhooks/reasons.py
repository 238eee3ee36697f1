"""Why a webhook is not taken: every code that the tracking API does not know already.

A request whose sender is not proven is refused and nothing of it is kept. Once it is proven,
whatever cannot be used is kept as a failed event, and the vendor is told that all is well: it
could only send the same bytes again.
"""

from __future__ import annotations

from millrace.errors import RejectedEvent

REASONS = {
    "unknown_source": "no webhook source of that name is configured",
    "body_too_large": "a webhook holds at most 6000000 bytes",
    "signature_missing": "the request does not carry the signature or secret of this source",
    "signature_mismatch": "the signature or secret is not the one of this source",
    "timestamp_out_of_tolerance": "the signed time is too far from now",
    "token_reused": "the signed token came with another body before; it proves one body only",
    "topic_not_allowed": "the SNS topic is not in the list `topics` of this source",
    "certificate_refused": "the signing certificate is not one of Amazon SNS",
    "too_many_events": "a webhook holds at most 10000 events",
    "event_too_large": "one event of a webhook holds at most 262144 bytes",
    "invalid_batch": "the body does not hold the list of events that this vendor sends",
    "unexpected_shape": "the event is not shaped as the vendor's documentation says",
    "ambiguous_recipient": "the message had several recipients; the event does not say whose it is",
}


def refuse(code: str, pointer: str = "") -> RejectedEvent:
    """The error for one of the codes above, at a JSON pointer."""
    return RejectedEvent(code, REASONS[code], pointer=pointer)
