"""What a rollback says. Times are epoch milliseconds, by the clock of the events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Time = Annotated[int, msgspec.Meta(ge=0, le=9_999_999_999_999)]
MAX_RESTORED = 64


class Restored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that the profile has forgotten: put back as it was, with its source and event."""

    trait: Name
    source: Name
    at: Time
    event: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{24}$")]
    value: Any


Restore = Annotated[tuple[Restored, ...], msgspec.Meta(max_length=MAX_RESTORED)]


class TraitRollback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was said of one trait after `to` does not count; `source` limits it to one source."""

    identifier: str
    trait: Name
    to: Time
    source: str = ""
    restore: Restore = ()

    @property
    def first(self) -> int:
        """The first time that does not count; the last is that of the operation."""
        return self.to + 1


class SourceRollback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one source has said of any trait from `since` on does not count."""

    identifier: str
    source: Name
    since: Time
    restore: Restore = ()

    @property
    def first(self) -> int:
        """The first time that does not count; the last is that of the operation."""
        return self.since


def concerned(rollback: TraitRollback | SourceRollback) -> Sequence[str]:
    """Whose traits they are."""
    return (rollback.identifier,)
