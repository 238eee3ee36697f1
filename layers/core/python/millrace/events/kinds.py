"""The kinds of identifiers, and what makes one person of several: the one table of the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from millrace.events.spelling import spell_email, spell_id, spell_phone


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of identifier. Limits can be set otherwise in the configuration."""

    name: str
    spell: Callable[[str, str], str | None]
    """Text and default phone region to the one spelling, or None for what can be nobody's."""
    most: int
    """So many of them one person may have, and so many one identifier may be tied to."""
    is_unique: bool = False
    """Two of them are two people, unless an alias call makes the one name the other."""
    shared_by: int = 0
    """One that more user ids than this were seen with is shared, and ties nobody; 0: no matter."""


RANKED = (
    # only user ids that alias calls joined can be more than one; migrations rename a few times
    Kind(name="user_id", spell=spell_id, most=16, is_unique=True),
    # private, work, old and new addresses; more is a shared or scripted form
    Kind(name="email", spell=spell_email, most=8, shared_by=4),
    # private, work, old and new numbers; a family's may be shared
    Kind(name="phone", spell=spell_phone, most=6, shared_by=4),
    # browsers, devices and cleared cookies; more is a bot, and one of many users is a kiosk
    Kind(name="anonymous_id", spell=spell_id, most=48, shared_by=2),
)
"""The first kind that a person has gives them their root."""

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in RANKED}
