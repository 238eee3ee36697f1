"""Updates into requests: as few as the destination's limits allow, apart where it refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from millrace.activation.model import Limits, Outcome, Update

Batch = Sequence[Update]
_REQUEST_BYTES = 512
"""What a request holds beside its profiles."""


def batches(updates: Iterable[Update], limits: Limits) -> list[Batch]:
    """Consecutive batches within the limits."""
    made: list[list[Update]] = []
    room = 0
    for update in updates:
        size = update.size + limits.wrapping_bytes
        if not made or size > room or len(made[-1]) >= limits.profiles:
            made.append([])
            room = limits.bytes - _REQUEST_BYTES
        made[-1].append(update)
        room -= size
    return list(made)


def fits(update: Update, limits: Limits) -> bool:
    """Whether the update can be sent at all."""
    return update.size + limits.wrapping_bytes <= min(
        limits.profile_bytes, limits.bytes - _REQUEST_BYTES
    )


def parts(batch: Batch, outcomes: Sequence[Outcome]) -> list[Batch]:
    """A refused batch of two or more in two: the suspects and the others, else halves."""
    suspects = [
        update for update, outcome in zip(batch, outcomes, strict=True) if outcome.is_suspect
    ]
    if 0 < len(suspects) < len(batch):
        others = [u for u, outcome in zip(batch, outcomes, strict=True) if not outcome.is_suspect]
        return [others, suspects]
    middle = len(batch) // 2
    return [batch[:middle], batch[middle:]]
