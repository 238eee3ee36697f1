"""People whose time passes, for the tests of retention."""

from __future__ import annotations

import msgspec

from millrace.clock import DAY_MS
from millrace.consents.recording import RecordPorts, record
from millrace.events import Event
from millrace.retention import RetainPorts, Terms, retain
from millrace.settings import ConsentSettings
from tests.core.profiles.stories import World, event
from tests.fakes.attic import MemoryAttic
from tests.fakes.deliveries import MemoryDeliveries
from tests.fakes.ledger import MemoryLedger
from tests.fakes.suppressions import MemorySuppressions

DAYS = 730
LATER = (DAYS + 2) * DAY_MS


class House:
    """People, what hangs on them, and retention over all of it."""

    def __init__(self, consent: ConsentSettings | None = None) -> None:
        self.consent = consent or ConsentSettings()
        self.world = World(consent=self.consent)
        self.ledger = MemoryLedger(self.world.clock)
        self.deliveries = MemoryDeliveries()
        self.attic = MemoryAttic(self.world.store, self.deliveries)
        self.slept: list[float] = []

    def retain(self, days: int = DAYS, **options):
        ports = RetainPorts(
            store=self.world.store,
            attic=self.attic,
            vault=self.world.vault,
            subjects=self.world.subjects,
            ledger=self.ledger,
            clock=self.world.clock,
            sleep=self.slept.append,
        )
        terms = Terms(profiles_days=days, consent=self.consent, destinations=["klaviyo"])
        return retain(terms, ports, **options)

    def everything(self, **options):
        """Runs until the table was seen whole."""
        expired = self.retain(**options).expired
        while self.attic.kept:
            expired += self.retain(**options).expired
        return expired

    def later(self, milliseconds: int = LATER) -> None:
        self.world.clock.advance(milliseconds)

    def come_back(self, number: str = "back", at: int = LATER, **fields) -> None:
        self.world.apply(event(number, **{"user": "ada", "at": at, **fields}))

    def profile(self, kind="user_id", value="ada"):
        return self.world.profile(kind, value)

    def says(self, number: str, *, at: int = 0, user: str = "ada", **purposes: bool) -> None:
        """A decision of a preference page, at `at`, in the profile and in the ledger."""
        context = {"consent": {"categoryPreferences": purposes}}
        one = event(number, user=user, at=at, name="Segment Consent Preference Updated")
        self.take(msgspec.structs.replace(one, context=context))

    def take(self, *events: Event) -> None:
        """Both readers of the stream take the events."""
        for one in events:
            self.world.apply(one)
        ports = RecordPorts(
            vault=self.world.vault,
            ledger=self.ledger,
            suppressions=MemorySuppressions(),
            rules=self.consent,
        )
        assert record(self.world.records(events), ports).retry == []
