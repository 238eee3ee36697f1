"""How long a message waits before its next try."""

from __future__ import annotations

import hashlib
import math

from millrace.activation.model import Message, Outcome

LONGEST_SECONDS = 11 * 3600
"""SQS hides a message for at most 12 hours from its receipt."""
LONGEST_GUESS_SECONDS = 900
NEEDS_HUMAN_SECONDS = 300
FIRST_GUESS_SECONDS = 5


def seconds_until_next_try(message: Message, outcome: Outcome) -> int:
    """What the destination asked for; without a word from it, twice as long after each try.

    A quarter more or less by message, so that a herd does not come back at once.
    """
    if outcome.after_seconds is not None:
        return min(max(math.ceil(outcome.after_seconds), 1), LONGEST_SECONDS)
    if outcome.kind == "needs_human":
        return NEEDS_HUMAN_SECONDS
    doubled = FIRST_GUESS_SECONDS * (1 << min(max(message.receives - 1, 0), 16))
    spread = 0.75 + _fraction(message.message_id) / 2
    return max(1, math.ceil(min(doubled, LONGEST_GUESS_SECONDS) * spread))


def _fraction(text: str) -> float:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") / 2**32
