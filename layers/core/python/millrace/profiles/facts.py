"""An event with what the profiles need of it worked out once: its id, row keys and edges."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from millrace.clock import DAY_MS
from millrace.events import Event, Identifier
from millrace.events.operation import OPERATION
from millrace.events.upcasting import as_newest
from millrace.identity.links import star
from millrace.identity.model import WORDS, Edge, Rule, row_key
from millrace.privacy import Vault
from millrace.privacy.consent import ConsentRecord
from millrace.privacy.grants import begins_anew
from millrace.privacy.signals import records_of
from millrace.profiles.seen import event_id, event_time
from millrace.settings import ConsentSettings

RENAMED = frozenset({"user_id", "anonymous_id"})
"""What the previousId of an alias call may be."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One event, ready to be folded into the stem of its anchor."""

    event: Event
    """With the properties of the newest version of its definition."""
    stored: Event
    """As it lies in the stream."""
    number: int
    """Its place in the batch."""
    id: bytes
    time: int
    anchor: str
    identifiers: dict[str, str]
    """Row key to normalised value, the anchor's included; without what an alias call renames."""
    edges: tuple[Edge, ...]
    consents: dict[str, ConsentRecord] = {}
    """What the event says about consent, by purpose."""

    @property
    def keys(self) -> set[str]:
        """Every row key that the event names."""
        return {
            self.anchor,
            *self.identifiers,
            *(end for edge in self.edges for end in (edge.a, edge.b)),
        }

    def grants(self, erased_at: int) -> bool:
        """Whether who was erased then begins anew with it: `millrace.privacy.grants`."""
        return begins_anew(self.consents.values(), erased_at)


class Facts:
    """Makes facts; a token that one batch needs often is worked out once."""

    def __init__(self, vault: Vault, consent: ConsentSettings) -> None:
        self._vault = vault
        self._consent = consent
        self._keys: dict[Identifier, str] = {}

    def of(self, stored: Event, number: int = 0) -> Fact:
        """The fact in `stored`, whichever version of its definition it is of."""
        event = as_newest(stored)
        known = event_id(event)
        anchor = self._key(event.anchor)
        keys = {self._key(one): one for one in (event.anchor, *event.identifiers)}
        previous = _previous(event)
        return Fact(
            event=event,
            stored=stored,
            number=number,
            id=known,
            time=event_time(event, event.received_at + DAY_MS),
            anchor=anchor,
            identifiers={
                key: one.value
                for key, one in keys.items()
                if one not in previous and event.type != OPERATION
            },
            edges=star(anchor, _rules(event, keys, previous), event.event_at, known),
            consents=records_of(event, known, self._consent),
        )

    def _key(self, identifier: Identifier) -> str:
        key = self._keys.get(identifier)
        if key is None:
            token = self._vault.token(identifier.kind, identifier.value)
            key = self._keys[identifier] = row_key(identifier.kind, token)
        return key


def _rules(
    event: Event, keys: Mapping[str, Identifier], previous: set[Identifier]
) -> dict[str, Rule]:
    """Row key to what the event says of it and the anchor; nothing where it names nobody else."""
    if len(keys) == 1:
        return {}
    if event.type == OPERATION:
        return dict.fromkeys(keys, WORDS[event.name]) if event.name in WORDS else {}
    return {key: "alias" if one in previous else "observed" for key, one in keys.items()}


def _previous(event: Event) -> set[Identifier]:
    """Whom an alias call renames: its previousId as a user id and as an anonymous id.

    The event does not say which of the two it is, and to ask which one exists would make the
    answer depend on the order of arrival. The one that nobody uses stays an empty name.
    """
    if event.type != "alias":
        return set()
    values = {
        one.value for one in event.identifiers if one.kind == "user_id" and one != event.anchor
    }
    return {one for one in event.identifiers if one.value in values and one.kind in RENAMED}
