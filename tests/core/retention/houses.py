"""People whose time passes, for the tests of retention."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from millrace.clock import DAY_MS
from millrace.consents.recording import RecordPorts, record
from millrace.erasure import Erasing, ErasingPorts
from millrace.erasure.waking import LATE_SECONDS, run_all
from millrace.events import Event
from millrace.retention import Farewells, RetainPorts, Terms, retain
from millrace.settings import ConsentSettings
from tests.core.erasure.stage import REMAINS_HOURS
from tests.core.profiles.stories import World, event
from tests.fakes.attic import MemoryAttic
from tests.fakes.deliveries import MemoryDeliveries
from tests.fakes.erasures import MemoryErasures, MemoryForgetting
from tests.fakes.ledger import MemoryLedger
from tests.fakes.subjects import Counter
from tests.fakes.suppressions import MemorySuppressions

DAYS = 730
LATER = (DAYS + 2) * DAY_MS


class Messages:
    """A queue; `bodies` are those that nobody took yet."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.before: Callable[[str], None] = lambda call: None

    def send(self, body: str, *, delay_seconds: int = 0) -> None:
        self.before("send")
        assert delay_seconds == LATE_SECONDS
        self.bodies.append(body)


class House:
    """People, what hangs on them, and retention over all of it."""

    def __init__(self, consent: ConsentSettings | None = None) -> None:
        self.consent = consent or ConsentSettings()
        self.adopt(World(consent=self.consent))

    def adopt(self, world: World) -> None:
        """The same house around other people."""
        self.world = world
        self.ledger = MemoryLedger(self.world.clock)
        self.deliveries = MemoryDeliveries()
        self.attic = MemoryAttic(self.world.store, self.deliveries)
        self.slept: list[float] = []
        self.erasures = MemoryErasures()
        self.messages = Messages()
        self.forgetting = MemoryForgetting("klaviyo", "webhook")
        self.farewells = Farewells(
            erasures=self.erasures,
            queue=self.messages,
            vault=self.world.vault,
            clock=self.world.clock,
            randomness=Counter(),
        )

    def retain(self, days: int = DAYS, **options):
        ports = RetainPorts(
            store=self.world.store,
            attic=self.attic,
            vault=self.world.vault,
            subjects=self.world.subjects,
            ledger=self.ledger,
            farewells=self.farewells,
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

    def deliver(self) -> list[Exception]:
        """The messages that are due now, as functions/privacy/erase takes them; what went wrong."""
        ports = ErasingPorts(
            erasures=self.erasures,
            rows=self.world.store,
            subjects=self.world.subjects,
            deliveries=self.deliveries,
            suppressions=MemorySuppressions(),
            holders=(),
            remains_hours=REMAINS_HOURS,
            destinations=self.forgetting,
            ledger=self.ledger,
            vault=self.world.vault,
            clock=self.world.clock,
        )
        due = dict(enumerate(self.messages.bodies))
        self.messages.bodies = []
        errors: list[Exception] = []
        again = run_all(due, Erasing(ports), self.messages, errors.append)
        self.messages.bodies += [due[number] for number in again]
        return errors
