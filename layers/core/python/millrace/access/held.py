"""What was found about a person, before it is made readable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from millrace.activation.model import Delivery
from millrace.events.model import Event, Identifier
from millrace.lake.model import ChangeRow
from millrace.privacy.ledger import Link
from millrace.privacy.suppression import Change
from millrace.profiles.model import Person, Profile

Json = dict[str, Any]


class KeptEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the lake; None for one whose key was destroyed."""

    event_id: str
    event: Event | None = None


class KeptChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the profile, with its value where that can be opened."""

    row: ChangeRow
    value: Any = None
    keys: Mapping[str, str] = {}
    """The row keys behind pseudonyms that are the person's own."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a destination was last told; the state itself where it is still the person's."""

    destination: str
    delivery: Delivery
    state: Any = None


class Suppressed(msgspec.Struct, frozen=True, kw_only=True):
    """The newest word on one reason not to write to an address of the person."""

    address: Identifier
    change: Change


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was found."""

    person: Person | None = None
    profile: Profile | None = None
    events: Sequence[KeptEvent] = ()
    changes: Sequence[KeptChange] = ()
    failed_events: Sequence[Json] = ()
    told: Sequence[Told] = ()
    ledger: Sequence[Link] = ()
    suppressed: Sequence[Suppressed] = ()
