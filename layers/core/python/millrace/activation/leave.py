"""Who may be told to a destination: asked just before each request, and never guessed.

What was decided when a wake was queued, or when the batch was read, does not count. Where the
profile or the suppression list cannot be read, nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from millrace.activation.channel import Channel
from millrace.activation.model import Outcome, Update
from millrace.privacy.consent import refused
from millrace.privacy.ports import Suppressions
from millrace.privacy.suppression import ADDRESSES, OF_EVERYTHING, REASONS, TOKEN_KIND, blocks
from millrace.profiles.model import Profile
from millrace.profiles.ports import ProfileReader
from millrace.settings import ConsentSettings

CHANGED = Outcome(kind="retry", code="consent_changed", after_seconds=1)
"""The message comes again at once: then the person is told as they are now, or withheld."""
ALL = frozenset[str](REASONS)


class LeavePorts(msgspec.Struct, frozen=True, kw_only=True):
    """What leave is asked of."""

    profiles: ProfileReader
    suppressions: Suppressions
    rules: ConsentSettings
    tokens: Callable[[str, str], str]
    """The vault's look-up tokens, of kind and value."""


class Leave:
    """Whether one destination may be told of people."""

    def __init__(self, channel: Channel, ports: LeavePorts) -> None:
        self._purposes = channel.purposes
        self._ports = ports

    def withheld(self, profiles: Iterable[Profile]) -> set[str]:
        """The root keys of those who may not be told: by consent, or as an address is on the list.

        Raises RetryLater when the list cannot be read.
        """
        found: set[str] = set()
        asked: list[Profile] = []
        for profile in profiles:
            if refused(self._purposes, profile.consents, self._ports.rules):
                found.add(profile.key)
            else:
                asked.append(profile)
        return found | self._suppressed(asked)

    def asked_now(self, updates: Sequence[Update]) -> Mapping[str, Outcome]:
        """Root key to why an update must not be sent now: everybody is read anew, with the list."""
        now = self._ports.profiles.read_many([update.key for update in updates])
        withheld = self.withheld({profile.key: profile for profile in now.values()}.values())
        return {
            update.key: CHANGED
            for update in updates
            if update.key not in now or (now[update.key].key in withheld) != update.is_withdrawal
        }

    def _suppressed(self, profiles: Collection[Profile]) -> set[str]:
        """Of a phone or an older address only what blocks everything counts: no mail goes there."""
        addresses = [
            (
                self._ports.tokens(TOKEN_KIND, address),
                profile.key,
                ALL if kind == "email" and place == 0 else OF_EVERYTHING,
            )
            for profile in profiles
            for kind in ADDRESSES
            for place, address in enumerate(profile.identifiers.get(kind, ()))
        ]
        listed = self._ports.suppressions.read_many({token for token, *_ in addresses})
        return {
            key
            for token, key, counting in addresses
            if blocks(counting & listed.get(token, frozenset()), self._purposes)
        }
