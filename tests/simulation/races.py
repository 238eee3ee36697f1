"""Handlers that race for the profiles: batches of events at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from millrace.events import Event
from millrace.identity.model import LIMITS, Limits
from millrace.profiles import seen
from millrace.profiles.drafting import ProfileRules
from millrace.profiles.update import Outcome, UpdateProfiles
from millrace.settings import ConsentSettings, PurposeSettings
from tests.core.profiles.stories import PRIORITIES, TRUSTING, World, event
from tests.fakes.clock import MemoryClock
from tests.fakes.failed_events import MemoryFailedEvents
from tests.simulation.conditions import Calm, Conditions, Crash
from tests.simulation.oracle import Verdict, compare, folded_in_one_go
from tests.simulation.orders import Execution, Explorer, delivering
from tests.simulation.table import Table
from tests.simulation.vault import PlainVault

VAULT = PlainVault()
MAIL = "email_marketing"
MAX_DELIVERIES = 6


class Race(msgspec.Struct, kw_only=True):
    """Batches that are handled at the same time, after `earlier` ones were settled."""

    batches: Sequence[Sequence[Event]]
    earlier: Sequence[Sequence[Event]] = ()
    limits: Limits = LIMITS
    ring: int = seen.RING_IDS
    consent: ConsentSettings = msgspec.field(default_factory=lambda: TRUSTING)
    is_long: bool = False
    """With faults it takes more than half a minute: the default run leaves them out."""


class EventWorld:
    """The table, and one sandbox for each batch of a race."""

    def __init__(self, race: Race, execution: Execution, start: Start) -> None:
        self.table = start.copied(execution)
        self.table.subjects = self.table.keys  # nobody destroys or renews a key here
        self._race, self._start, self._execution = race, start, execution
        self.stores = self.table.stores

    def tasks(self) -> list[Callable[[], None]]:
        return [
            delivering(self._execution, self._start.applying(self.table, batch), MAX_DELIVERIES)
            for batch in self._race.batches
        ]

    def told(self) -> object:
        return None

    def judge(self) -> Sequence[str]:
        self.table.conditions = Calm()
        verdict, start = Verdict(), self._start
        compare(verdict, self.table, start.expected, start.all, start.rules, len(start.all))
        return [] if verdict.is_clean else [str(verdict)]


class Start:
    """How the table is before a race, and how it has to be after it."""

    def __init__(self, race: Race) -> None:
        self.rules = ProfileRules(priorities=PRIORITIES, limits=race.limits, consent=race.consent)
        self.all = [one for batch in (*race.earlier, *race.batches) for one in batch]
        self._table = Table()
        for batch in race.earlier:
            assert updating_of(self._table, self.rules).update(records_of(batch)).retry == []
        self.expected = folded_in_one_go(self.all, self.rules)

    def copied(self, execution: Conditions) -> Table:
        table = Table(execution)
        table.rows = dict(self._table.rows)
        table.keys.items = dict(self._table.keys.items)
        table.blocks = {stem: dict(own) for stem, own in self._table.blocks.items()}
        return table

    def applying(
        self,
        table: Table,
        batch: Sequence[Event],
        acknowledged: Callable[[Outcome], None] = lambda outcome: None,
    ) -> Callable[[], bool]:
        """One delivery of `batch`; whether it was acknowledged."""
        updating, records = updating_of(table, self.rules), records_of(batch)

        def apply() -> bool:
            try:
                outcome = updating.update(records)
            except Crash:
                return False
            if not outcome.retry:
                acknowledged(outcome)
            return not outcome.retry

        return apply


def explorer_of(race: Race, faults: int = 1) -> Explorer:
    start = Start(race)
    return Explorer(lambda execution: EventWorld(race, execution, start), faults)


def updating_of(table: Table, rules: ProfileRules) -> UpdateProfiles:
    return UpdateProfiles(
        store=table,
        vault=VAULT,
        subjects=table.subjects,
        failed_events=MemoryFailedEvents(),
        clock=MemoryClock(),
        rules=rules,
    )


def records_of(batch: Sequence[Event]) -> list[Any]:
    """One record for each event."""
    world = World.__new__(World)
    world.vault = VAULT  # type: ignore[assignment]
    return World.records(world, *([one] for one in batch))


@contextmanager
def ring_of(size: int) -> Iterator[None]:
    before = seen.RING_IDS
    seen.RING_IDS = size
    try:
        yield
    finally:
        seen.RING_IDS = before


def login(name: str, at: int, **named: str) -> Event:
    return event(name, at=at, kind="identify", **named)  # type: ignore[arg-type]


def visits(count: int, first: int = 0, user: str = "ann") -> list[Event]:
    return [event(f"{user}{at}", user=user, at=at) for at in range(first, first + count)]


TIED = [login("m1", 30, user="ann", anonymous="a1"), event("m2", user="bob", at=20)]
KNOT = [
    login("k1", 10, user="ann", email="e1@x.com"),
    login("k2", 20, user="ann", email="e2@x.com"),
    login("k3", 10, anonymous="a1", email="e3@x.com"),
    login("k4", 20, anonymous="a1", email="e4@x.com"),
    login("k5", 50, user="ann", anonymous="a1"),
    login("k6", 3, anonymous="a9", email="e8@x.com"),
]
"""Ann and a1 would have too many e-mails together. Bob was first to use one of hers, and a9, who
has no room for another, one of a1's; either alone changes nothing for the other of the two."""


def word(name: str, at: int, says: str = "block", **named: str) -> Event:
    return event(name, at=at, kind="operation", operation=f"identity.{says}", **named)  # type: ignore[arg-type]


ONE = [login("m1", 1, user="ann", anonymous="a1"), event("m2", anonymous="a1", at=2)]
PAIR = {"user": "ann", "anonymous": "a1"}


def decided(name: str, at: int, says: bool, purpose: str = MAIL, **named: str) -> Event:
    """Somebody decides about a purpose on a page of preferences."""
    one = event(name, at=at, name="Segment Consent Preference Updated", **named)  # type: ignore[arg-type]
    context = {"consent": {"categoryPreferences": {purpose: says}}}
    return msgspec.structs.replace(one, context=context)


def recorded(name: str, at: int, status: str, **named: str) -> Event:
    """What the consent API writes."""
    told = {"purpose": MAIL, "status": status}
    one = event(name, at=at, kind="operation", operation="consent.record", **named)  # type: ignore[arg-type]
    return msgspec.structs.replace(one, properties=told)


TWICE = msgspec.structs.replace(TRUSTING, purposes={MAIL: PurposeSettings(is_double_opt_in=True)})
RACES: dict[str, Race] = {
    "a refusal against a merge": Race(
        batches=[
            [decided("d1", 20, says=False, anonymous="a1")],
            [login("m1", 9, user="ann", anonymous="a1")],
        ],
        earlier=[[decided("d2", 5, says=True, user="ann")], [event("m2", anonymous="a1", at=2)]],
    ),
    "a refusal against events": Race(
        batches=[
            [decided("d1", 20, says=False, user="ann")],
            [
                decided("d2", 15, says=True, user="ann"),
                login("m1", 30, user="ann", email="e@x.com"),
            ],
        ],
        earlier=[visits(1)],
    ),
    "a confirmation against a refusal": Race(
        batches=[
            [recorded("d1", 20, "confirmed", user="ann")],
            [event("d2", user="ann", at=25, name="Unsubscribed")],
        ],
        earlier=[[recorded("d3", 5, "granted", user="ann")]],
        consent=TWICE,
    ),
    "a first login while its two names are read apart": Race(
        batches=[
            [event("e1", user="bob", at=30), login("m1", 1, user="ann", anonymous="a1")],
            [login("m2", 9, user="bob", anonymous="a1")],
        ],
    ),
    "unmerge against events": Race(
        batches=[
            [word("o1", 90, **PAIR)],
            [event("e1", anonymous="a1", at=30), event("e2", user="ann", at=31)],
        ],
        earlier=[ONE],
    ),
    "block against merge": Race(
        batches=[[word("o1", 5, **PAIR)], [login("m3", 90, user="ann", anonymous="a1")]],
        earlier=[visits(1), [event("m2", anonymous="a1", at=2)]],
    ),
    "block against allow": Race(
        batches=[[word("o1", 90, **PAIR)], [word("o2", 91, "allow", **PAIR)]], earlier=[ONE]
    ),
    "the same batch twice": Race(batches=[visits(2), visits(2)]),
    "the same batch three times": Race(batches=[visits(1)] * 3),
    "two batches of one person": Race(batches=[visits(2), visits(2, 10)], earlier=[visits(1, 20)]),
    "three batches of one person": Race(
        batches=[visits(1), visits(1, 10), visits(1, 30)],
        earlier=[visits(1, 20)],
        is_long=True,
    ),
    "two people in two batches": Race(
        batches=[
            [event("e1", user="ann"), event("e2", user="bob")],
            [event("e3", user="ann", at=9), event("e4", user="bob", at=9)],
        ],
        earlier=[visits(1)],
    ),
    "a merge against events of both": Race(
        batches=[
            [login("m1", 9, user="ann", anonymous="a1")],
            [event("e1", anonymous="a1"), event("e2", user="ann")],
        ],
        earlier=[[event("o1", user="ann"), event("o2", anonymous="a1")]],
    ),
    "a merge against a merge": Race(
        batches=[
            [login("m1", 1, user="ann", anonymous="a1")],
            [login("m2", 2, user="bob", anonymous="a1")],
        ],
    ),
    "an alias against the alias back": Race(
        batches=[
            [event("m1", user="ann", previous="bob", kind="alias", at=1)],
            [event("m2", user="bob", previous="ann", kind="alias", at=2)],
        ],
    ),
    "new names of one person": Race(
        batches=[
            [login("m1", 1, user="ann", email="e1@x.com")],
            [login("m2", 2, user="ann", anonymous="a1")],
        ],
        earlier=[visits(1)],
    ),
    "ids spill while events come": Race(
        batches=[visits(2, 10), visits(2, 20)], earlier=[visits(4)], ring=2
    ),
    "ids spill while old events come again": Race(
        batches=[visits(2, 10), visits(2)], earlier=[visits(2), visits(2, 2), visits(3, 4)], ring=2
    ),
    "a device that moves while it is used": Race(
        batches=[
            [login("m3", 5, user="bob", anonymous="a1")],
            [event("m4", anonymous="a1", at=40)],
        ],
        earlier=[TIED],
    ),
    "joined and parted while somebody reads": Race(
        batches=[
            [login("m3", 50, user="ann", email="e1@x.com")],
            [
                event("m1", anonymous="a1", email="e1@x.com", at=10),
                event("m4", anonymous="a5", email="e7@x.com", at=1),
            ],
        ],
        earlier=[
            [
                event("m1", anonymous="a1", email="e1@x.com", at=10),
                event("m2", user="ann", anonymous="a5", at=10),
            ]
        ],
        limits=Limits(email=1),
    ),
    "two merges that only together let a refused tie hold": Race(
        batches=[
            [login("m1", 1, user="bob", email="e2@x.com")],
            [login("m2", 2, anonymous="a9", email="e4@x.com")],
        ],
        earlier=[KNOT],
        limits=Limits(email=2),
        is_long=True,
    ),
}
