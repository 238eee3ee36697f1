"""Events, records and runs of the update use case, for the tests of profiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from millrace.events import Envelope, Event, Identifier, seal_envelope
from millrace.identity.model import LIMITS, Limits
from millrace.profiles.consents import answers
from millrace.profiles.drafting import ProfileRules
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.facts import Facts
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person
from millrace.profiles.update import Outcome, UpdateProfiles
from millrace.profiles.view import canonical_json
from millrace.settings import ConsentSettings, TraitPolicy
from tests.fakes.clock import MemoryClock
from tests.fakes.failed_events import MemoryFailedEvents
from tests.fakes.profiles import MemoryProfiles
from tests.fakes.subjects import MemorySubjects
from tests.fakes.vault import MemoryVault

NOON = 1_780_000_000_000
POLICIES: dict[str, TraitPolicy] = {}
PRIORITIES = {"crm": 90, "web": 50, "app": 50}


def event(
    message_id: str,
    *,
    user: str = "",
    anonymous: str = "",
    email: str = "",
    previous: str = "",
    at: int = 0,
    kind: str = "track",
    name: str = "Product Viewed",
    source: str = "web",
    traits: dict[str, Any] | None = None,
    operation: str = "",
    properties: dict[str, Any] | None = None,
) -> Event:
    """One event, `at` milliseconds after noon."""
    named = [("user_id", user), ("user_id", previous), ("anonymous_id", previous)]
    named += [("anonymous_id", anonymous), ("email", email)]
    identifiers = tuple(dict.fromkeys(Identifier(kind, value) for kind, value in named if value))
    return Event(
        message_id=message_id,
        type=kind,  # type: ignore[arg-type]
        source=source,
        event_at=NOON + at,
        received_at=NOON + at + 500,
        original_at=NOON + at,
        anchor=identifiers[0],
        identifiers=identifiers,
        name=operation or (name if kind == "track" else ""),
        traits=traits or ({"email": email} if email and not operation else {}),
        properties=properties or {},
    )


def consenting(message_id: str, **named: Any) -> Event:
    """Somebody decides on a page of preferences that what they do may be kept."""
    one = event(message_id, name="Segment Consent Preference Updated", **named)
    said = {"consent": {"categoryPreferences": {"analytics": True}}}
    return msgspec.structs.replace(one, context=said)


def sealed(vault: MemoryVault, *events: Event) -> bytes:
    """The record of the stream that holds the events."""
    return seal_envelope(Envelope(events=events), vault)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    sequence_number: str
    data: bytes
    arrived_at: int = NOON


TRUSTING = ConsentSettings(trusted_sources=["web", "app", "crm", "server", "sendgrid"])
"""Nobody else can send as they: what they say of consent may begin an erased person anew."""


class World:
    """The use case over memory, and what can be asked of it."""

    def __init__(
        self,
        limits: Limits = LIMITS,
        destinations: Sequence[str] = ("klaviyo",),
        priorities: dict[str, int] = PRIORITIES,
        threads: int = 1,
        consent: ConsentSettings | None = None,
        policies: Mapping[str, TraitPolicy] = POLICIES,
    ) -> None:
        self.vault = MemoryVault()
        rules = ProfileRules(
            priorities=priorities,
            policies=policies,
            destinations=destinations,
            limits=limits,
            consent=consent or TRUSTING,
        )
        self.clock = MemoryClock(NOON)
        self.subjects = MemorySubjects()
        self.store = MemoryProfiles(self.vault, rules, self.subjects, self.clock)
        self.failed = MemoryFailedEvents()
        self.updating = UpdateProfiles(
            store=self.store,
            vault=self.vault,
            subjects=self.subjects,
            failed_events=self.failed,
            clock=self.clock,
            rules=rules,
            threads=threads,
        )

    def records(self, *batches: Sequence[Event]) -> list[Record]:
        """One record per list of events."""
        return [
            Record(
                sequence_number=f"{number:05d}",
                data=seal_envelope(Envelope(events=tuple(events)), self.vault),
            )
            for number, events in enumerate(batches)
        ]

    def apply(self, *events: Event) -> Outcome:
        """One batch with one record per event."""
        return self.updating.update(self.records(*([one] for one in events)))

    def key(self, kind: str, value: str) -> str:
        return f"i#{kind}#{self.vault.token(kind, value)}"

    def person(self, key: str) -> Person:
        """What stands in a root row, opened."""
        outer = unseal(self.store.rows[key], self.vault)
        return open_person(outer, Keyring(self.subjects.read))

    def profile(self, kind: str, value: str) -> Any:
        return self.store.read(self.key(kind, value))

    def answers(self, person: Person) -> dict[str, Any]:
        return answers(person)

    def canonical(self) -> dict[str, bytes]:
        """Everything anybody can read, by row key."""
        roots = self.store.read_many(list(self.store.rows))
        return {key: canonical_json(profile) for key, profile in sorted(roots.items())}

    def fact(self, one: Event, number: int = 0) -> Any:
        return Facts(self.vault, TRUSTING).of(one, number)

    def counted(self) -> int:
        """All events in all profiles."""
        people = {
            profile.key: profile for profile in self.store.read_many(list(self.store.rows)).values()
        }
        return sum(sum(profile.counters.values()) for profile in people.values())


def world_of(batches: Iterable[Sequence[Event]], **options: Any) -> World:
    """A world in which the batches were applied one after another."""
    world = World(**options)
    for batch in batches:
        outcome = world.apply(*batch)
        assert outcome.retry == []
    return world
