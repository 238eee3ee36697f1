"""Erasure, consent and sends that race with each other and with events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from millrace.activation import Message, Ports, Wake, deliver
from millrace.erasure import open_erasure
from millrace.errors import RetryLater
from millrace.events import Event
from millrace.identity.model import profile_id
from millrace.privacy.subjects import epoch_in
from millrace.privacy.suppression import TOKEN_KIND, Change
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Profile, Row, SealedPerson, Stem
from millrace.profiles.update import Outcome
from tests.core.profiles.stories import NOON, event
from tests.fakes.clock import MemoryClock
from tests.fakes.queues import MemoryQueues
from tests.fakes.secrets import MemorySecrets
from tests.fakes.subjects import Counter
from tests.simulation.conditions import Calm, Conditions, Crash, Port
from tests.simulation.erasing import DELIVERIES, SUPPRESSIONS, Offices
from tests.simulation.esp import CHANNEL, NAME, Esp, Reader, Watch, refuses, told
from tests.simulation.oracle import People, Verdict, compare, folded_in_one_go
from tests.simulation.orders import Execution, Explorer, delivering
from tests.simulation.privacy_oracle import what_stands
from tests.simulation.races import (
    MAX_DELIVERIES,
    VAULT,
    Race,
    Start,
    login,
    records_of,
    updating_of,
    visits,
    word,
)
from tests.simulation.turns import Turns

HOUR = 3_600_000
Name = tuple[str, str]


class PrivacyRace(Race, kw_only=True):
    """What else goes on while `batches` are handled, after `earlier` ones were settled."""

    erases: Name | None = None
    is_second_pass: bool = False
    """The first pass and then `returned` were settled before; else the second comes after all."""
    returned: Sequence[Event] = ()
    sends: Sequence[Name] = ()
    also_sends: Sequence[Name] = ()
    """What another invocation sends at the same time."""
    suppresses: str = ""
    gone: Sequence[Name] = ()
    """Who must have a tombstone in the end."""
    lives: Sequence[Event] | None = None
    """What people add up to in the end; None where it depends on who came first."""
    purposes: Sequence[str] = ()
    """What the destination uses people's data for, where it is not as its definition says."""
    erased: Sequence[str] = ()
    """Which events must be dropped when they come again; of the others none may be lost."""


class PrivacyWorld:
    """The tables, the destination and everything that an erasure goes to."""

    def __init__(self, race: PrivacyRace, execution: Execution, start: PrivateStart) -> None:
        self._race, self._execution, self._start = race, execution, start
        self.clock = MemoryClock(NOON + HOUR)
        self.table = start.events.copied(execution)
        self.watch = Watch(execution, execution.turns, self.table)
        self.table.conditions = self.watch
        self.table.on_change = lambda key, before, after: self.watch.note(after)
        self.esp = Esp(self.watch, self.watch, VAULT)
        self.offices = Offices(self.clock, self.esp)
        start.settle(self)
        self._counted: list[list[int]] = []

    @property
    def stores(self) -> Mapping[str, Mapping[str, object]]:
        return {**self.table.stores, **self.offices.stores, "outside": self.esp.knows}

    def tasks(self) -> list[Callable[[], None]]:
        race, table, start = self._race, self.table, self._start.events
        works = [start.applying(table, batch, self._count) for batch in race.batches]
        works += [partial(self._sending, names) for names in (race.sends, race.also_sends) if names]
        if race.suppresses:
            works.append(self._suppressing)
        tasks = [delivering(self._execution, work, MAX_DELIVERIES) for work in works]
        return [*tasks, self._erase] if race.erases else tasks

    def told(self) -> object:
        return [sorted(self._counted), sorted(self.watch.complaints)]

    def _count(self, one: Outcome) -> None:
        self._counted.append([one.applied, one.duplicate, one.blocked, one.erased, one.failed])

    # -- what goes on --------------------------------------------------------------------------

    def _erase(self) -> None:
        """Both passes, each again and again, as the queue does; the second when all is over."""
        erasing = self.offices.erasing(self.table, VAULT, self.watch)
        for number in range(MAX_DELIVERIES):
            self._execution.begin_again(number)
            passes = self.offices.erasures.kept[self._start.erasure].passes
            if passes and not self._race.is_second_pass:
                self._execution.until_alone()
            try:
                found = erasing.run(self._start.erasure, is_late=passes > 0)
            except (Crash, RetryLater):
                continue
            if found is not None and found.is_done:
                return
        raise AssertionError("the erasure never ends")

    def _sending(self, names: Sequence[Name]) -> bool:
        return self.send([wake_of(key_of(name)) for name in names], self.watch)

    def _suppressing(self) -> bool:
        port = Port(self.offices.suppressions, self.watch, SUPPRESSIONS)
        token = VAULT.token(TOKEN_KIND, self._race.suppresses)
        try:
            port.record(Change(token=token, reason="objected", at=NOON, is_on=True))
        except (Crash, RetryLater):
            return False
        return True

    def send(self, messages: Sequence[Message], conditions: Conditions) -> bool:
        """One delivery; whether nobody has to be told later."""
        try:
            channel = msgspec.structs.replace(CHANNEL, own_purposes=self._race.purposes)
            return not deliver(messages, channel, self._ports(conditions)).keep
        except (Crash, RetryLater):
            return False

    def _ports(self, conditions: Conditions) -> Ports:
        port: Any = Port
        return Ports(
            profiles=Reader(self.table, self._start.events.rules, self.clock),
            marks=self.table,
            deliveries=port(self.offices.deliveries, conditions, DELIVERIES),
            queues=MemoryQueues(),
            http=self.esp,
            secrets=MemorySecrets({"s": "secret"}),
            clock=self.clock,
            vault=VAULT,
            suppressions=port(self.offices.suppressions, conditions, SUPPRESSIONS),
            consent=self._race.consent,
        )

    # -- how it has to end -----------------------------------------------------------------------

    def judge(self) -> Sequence[str]:
        return [*self._watched(), *self._placed(), *self._buried(), *self._living(), *self._known()]

    def _watched(self) -> list[str]:
        found = sorted(self.watch.complaints)
        self.watch = Watch(Calm(), Turns(), self.table)
        self.table.conditions = self.watch
        self.esp = Esp(self.watch, self.watch, VAULT, self.esp.knows)
        return found

    def _placed(self) -> list[str]:
        """Each event is in one place, and stays there when all come again."""
        race = self._race
        sent = sum(map(len, race.batches))
        placed = sum(map(sum, self._counted))
        found = [] if placed == sent else [f"{placed} of {sent} events are in a place"]
        every = [one for batch in (*race.earlier, *race.batches) for one in batch]
        old = [one for one in every if one.message_id in race.erased]
        if (outcome := self._apply(old)).erased != len(old):
            found.append(f"of {len(old)} old events not all are dropped: {outcome}")
        if (outcome := self._apply(race.lives or [])).applied:
            found.append(f"what had been applied is applied once more: {outcome}")
        return found

    def _apply(self, events: Sequence[Event]) -> Outcome:
        return updating_of(self.table, self._start.events.rules).update(records_of(events))

    def _buried(self) -> list[str]:
        rows, subjects = self.table.rows, self.table.keys.items
        gone = {key_of(name) for name in self._race.gone}
        found = [f"{key} has no tombstone" for key in sorted(gone) if not is_tomb(rows.get(key))]
        found += [f"{key} has a key" for key in sorted(gone) if not subjects[key].is_erased]
        found += [f"{key} has seen ids" for key in sorted(gone) if self.table.blocks.get(key)]
        for row in (row for row in rows.values() if row.state):
            outer = unseal(row, VAULT)
            if gone & {*outer.keys, *(stem.key for stem in outer.stems)}:
                found.append(f"{row.key} counts the erased as its own")
            ends = {end for edge in outer.edges for end in (edge.a, edge.b)}
            named = {key for stem in self._stems(outer) for key in stem.identifiers}
            if gone & (ends | named):
                found.append(f"{row.key} remembers the erased")
            for stem in outer.stems:
                subject = subjects[stem.key]
                if subject.is_erased or subject.epoch != epoch_in(stem.sealed):
                    found.append(f"{stem.key} cannot be opened, though nobody erased it")
        return found

    def _stems(self, outer: SealedPerson) -> Sequence[Stem]:
        return open_person(outer, Keyring(self.table.keys.read)).stems

    def _living(self) -> list[str]:
        verdict, rules = Verdict(), self._start.events.rules
        lives = self._race.lives
        if lives is None:
            every = (*self._race.earlier, *self._race.batches, self._race.returned)
            sent = [one for batch in every for one in batch]
            lives = what_stands(verdict, sent, self.table, rules)
            if not self._race.is_second_pass:  # what comes after the erasure may be met before it
                verdict = Verdict()
        expected = folded_in_one_go(lives, rules)
        compare(verdict, self.table, expected, lives, rules, len(lives))
        return [] if verdict.is_clean else [str(verdict)]

    def _known(self) -> list[str]:
        """Once all marked are told of, the destination knows who may be known, as they are."""
        if not self._race.sends:
            return []
        people = People(self.table, self._start.events.rules, VAULT).roots
        names = [key for key, person in people.items() if person.stems]
        if not any(self.send(self._due(), Calm()) for _ in range(MAX_DELIVERIES)):
            return ["somebody is never told of"]
        reader = Reader(self.table, self._start.events.rules, self.clock)
        found = []
        for key in names:
            profile, knows = reader.read(key), self.esp.knows.get(profile_id(key))
            if self._race.purposes or refuses(people[key]) or self._is_listed(profile):
                if knows is not None and "left" not in knows:
                    found.append(f"{key} is still known")
            elif knows != shown(profile):
                found.append(f"{key} is not known as they are")
        gone = [profile_id(key_of(name)) for name in self._race.gone]
        return found + [f"{name} is still known" for name in gone if name in self.esp.knows]

    def _due(self) -> list[Message]:
        """Whom a wake is there for, or would be once on-call wakes the marked."""
        rows = self.table.rows.items()
        if self._race.suppresses:
            return [wake_of(key) for key, _ in rows]
        return [wake_of(key, row.dirty[NAME], receives=1) for key, row in rows if row.dirty]

    def _is_listed(self, profile: Profile | None) -> bool:
        return bool(profile) and self._race.suppresses in profile.identifiers.get("email", ())


class PrivateStart:
    """How everything is before a race."""

    def __init__(self, race: PrivacyRace) -> None:
        self.events = Start(race)
        self.erasure = ""
        self._race = race

    def settle(self, world: PrivacyWorld) -> None:
        """What was said and told before, with nobody else around."""
        race, watched = self._race, world.table.conditions
        world.table.conditions = calm = Watch(Calm(), Turns(), world.table)
        if race.sends:
            world.esp = Esp(calm, calm, VAULT, world.esp.knows)
            assert world.send([wake_of(key) for key in world.table.rows], calm)
            self.events.rules = msgspec.structs.replace(self.events.rules, destinations=(NAME,))
        if race.erases:
            self._ask(world, race.erases, calm)
        world.table.conditions = watched
        world.esp = Esp(world.watch, world.watch, VAULT, world.esp.knows)
        world.offices.destinations = world.esp

    def _ask(self, world: PrivacyWorld, who: Name, calm: Conditions) -> None:
        offices = world.offices
        asked = open_erasure(
            *who,
            by="x",
            erasures=offices.erasures,
            vault=VAULT,
            clock=world.clock,
            randomness=Counter(),
        )
        self.erasure = asked.id
        if self._race.is_second_pass:
            offices.erasing(world.table, VAULT, calm).run(asked.id)
            updating = updating_of(world.table, self.events.rules)
            assert updating.update(records_of(self._race.returned)).retry == []


def explorer_of(race: PrivacyRace, faults: int = 1) -> Explorer:
    start = PrivateStart(race)
    return Explorer(lambda execution: PrivacyWorld(race, execution, start), faults)


def key_of(name: Name) -> str:
    return f"i#{name[0]}#{VAULT.token(*name)}"


def wake_of(key: str, version: int = 0, *, receives: int = 2) -> Message:
    """Unless it is said otherwise, a message that came before: it tells again."""
    wake = Wake(destination=NAME, key=key, version=version)
    return Message(wake=wake, message_id=key, receipt_handle=key, receives=receives)


def is_tomb(row: Row | None) -> bool:
    return row is not None and row.is_tombstone


def shown(profile: Profile | None) -> object:
    return msgspec.json.decode(msgspec.json.encode(told(profile, {}))) if profile else None


def saying(name: str, at: int, kind: str = "act", *, source: str = "web", **said: Any) -> Event:
    """A decision, or with kind `signal` a page view with a banner's state."""
    named = {word: said.pop(word) for word in ("user", "anonymous", "email") if word in said}
    label = "Segment Consent Preference Updated" if kind == "act" else "Product Viewed"
    one = event(name, at=at, name=label, source=source, **named)
    return msgspec.structs.replace(one, context={"consent": {"categoryPreferences": said}})


ANN, PHONE, BOB = ("user_id", "ann"), ("anonymous_id", "a1"), ("user_id", "bob")
MAIL = ("email", "ann@x.com")
BOTH = [login("o1", 1, user="ann", anonymous="a1"), event("o2", user="bob", at=2)]
BACK = saying("c1", 2 * HOUR, user="ann", analytics=True)
ALONE = [event("o1", user="ann", at=1)]
MAILED = [login("o1", 1, user="ann", email="ann@x.com"), event("o2", user="bob", at=2)]
STAYS = [event("o2", user="bob", at=2)]
CONTESTED = [*BOTH, login("o3", 3, user="bob", anonymous="a1")]
"""Her phone was seen with somebody else, too: he holds a tie to it that was refused."""
BY_MAIL = saying("c1", 2 * HOUR, user="bob", email="ann@x.com", analytics=True)

ERASURES: dict[str, PrivacyRace] = {
    "erase against events": PrivacyRace(
        earlier=[BOTH],
        batches=[[event("e1", anonymous="a1", at=9)]],
        erases=ANN,
        gone=[ANN, PHONE],
        erased=["o1", "e1"],
        lives=STAYS,
    ),
    "erase against a new name": PrivacyRace(
        earlier=[BOTH],
        batches=[[login("n1", 9, user="ann", email="ann@x.com")]],
        erases=ANN,
        gone=[ANN, PHONE],
        erased=["o1", "n1"],
        lives=STAYS,
    ),
    "erase against a merge": PrivacyRace(
        earlier=[[*BOTH, event("o3", anonymous="a2", at=3)]],
        batches=[[login("m1", 9, user="ann", anonymous="a2")]],
        erases=ANN,
        gone=[ANN, PHONE],
        erased=["o1", "m1"],
    ),
    "erase against the first event": PrivacyRace(
        earlier=[STAYS],
        batches=[[event("f1", user="ann", at=9)]],
        erases=ANN,
        gone=[ANN],
        erased=["f1"],
        lives=STAYS,
    ),
    "erase against a neighbour's tie": PrivacyRace(
        earlier=[BOTH],
        batches=[[login("t1", 9, user="bob", anonymous="a1")]],
        erases=ANN,
        gone=[ANN, PHONE],
        erased=["o1", "t1"],
    ),
    "erase against a fresh consent": PrivacyRace(
        earlier=[ALONE], batches=[[BACK]], erases=ANN, erased=["o1"]
    ),
    "erase against a fresh consent and an event": PrivacyRace(
        earlier=[ALONE],
        batches=[[BACK], [event("e1", user="ann", at=9)]],
        erases=ANN,
        erased=["o1", "e1"],
    ),
    "erase against a fresh consent of one name": PrivacyRace(
        earlier=[BOTH],
        batches=[[BACK]],
        erases=ANN,
        gone=[PHONE],
        erased=["o1"],
    ),
    "erase against a later event": PrivacyRace(
        earlier=[ALONE],
        batches=[[event("l1", user="ann", at=2 * HOUR)]],
        erases=ANN,
        gone=[ANN],
        erased=["o1", "l1"],
        lives=[],
    ),
    "erase against a later banner": PrivacyRace(
        earlier=[ALONE],
        batches=[[saying("l1", 2 * HOUR, "signal", user="ann", analytics=True)]],
        erases=ANN,
        gone=[ANN],
        erased=["o1", "l1"],
        lives=[],
    ),
    "erase against a parting": PrivacyRace(
        earlier=[BOTH],
        batches=[[word("w1", 9, user="ann", anonymous="a1")]],
        erases=ANN,
        gone=[ANN],
        erased=["w1"],
    ),
    "erase against a parting and a fresh consent of both names": PrivacyRace(
        earlier=[BOTH],
        batches=[
            [word("w1", 9, user="ann", anonymous="a1")],
            [saying("c1", 2 * HOUR, user="ann", anonymous="a1", analytics=True)],
        ],
        erases=ANN,
        erased=["o1", "w1"],
    ),
    "erase against a yes from before it": PrivacyRace(
        earlier=[ALONE],
        batches=[[msgspec.structs.replace(BACK, received_at=NOON + 9)]],
        erases=ANN,
        gone=[ANN],
        erased=["o1", "c1"],
        lives=[],
    ),
    "erase against a neighbour's new name": PrivacyRace(
        earlier=[CONTESTED],
        batches=[[login("n1", 9, user="bob", email="bob@x.com")]],
        erases=ANN,
        gone=[ANN, PHONE],
        erased=["o1", "o3"],
    ),
    "erase against who shares the address": PrivacyRace(
        earlier=[[*MAILED, login("o3", 3, user="bob", email="ann@x.com")]],
        batches=[[event("e1", user="bob", at=9)]],
        erases=ANN,
        gone=[ANN, MAIL],
        erased=["o1", "o3"],
        lives=[*STAYS, login("o3", 3, user="bob"), event("e1", user="bob", at=9)],
    ),
    "erase against a fresh consent of a neighbour's name": PrivacyRace(
        earlier=[CONTESTED],
        batches=[[saying("c1", 2 * HOUR, anonymous="a1", analytics=True)]],
        erases=ANN,
        gone=[ANN],
        erased=["o1"],
    ),
    "erase against a fresh consent that names a neighbour": PrivacyRace(
        earlier=[
            [*MAILED, login("o3", 3, user="bob", email="ann@x.com")],
            [
                login("o4", 4, user="bob", anonymous="b1"),
                login("o5", 5, user="ann", anonymous="b1"),
            ],
        ],
        batches=[[BY_MAIL]],
        erases=ANN,
        gone=[ANN],
        erased=["o1", "o5"],
    ),
    "erase against ids that spill": PrivacyRace(
        earlier=[visits(4), visits(2, 4)],
        batches=[visits(2, 20)],
        erases=ANN,
        gone=[ANN],
        ring=2,
        erased=["ann0", "ann20"],
        lives=[],
    ),
    "the second pass against a fresh consent": PrivacyRace(
        earlier=[ALONE],
        batches=[[BACK], [event("e1", user="ann", at=9)]],
        erases=ANN,
        is_second_pass=True,
        erased=["o1", "e1"],
        lives=[BACK],
    ),
    "the second pass against two fresh consents": PrivacyRace(
        earlier=[ALONE],
        batches=[[BACK], [saying("c2", 2 * HOUR + 5, user="ann", analytics=True)]],
        erases=ANN,
        is_second_pass=True,
        erased=["o1"],
    ),
    "the second pass against late events about somebody who joined another": PrivacyRace(
        earlier=[[login("o1", 1, user="ann", email="ann@x.com"), *STAYS]],
        batches=[
            [login("e1", 9, user="bob", email="ann@x.com")],
            [event("e2", user="bob", at=2 * HOUR + 9)],
        ],
        erases=ANN,
        is_second_pass=True,
        returned=[BY_MAIL],
        gone=[ANN],
        erased=["o1", "e1"],
        lives=[*STAYS, BY_MAIL, event("e2", user="bob", at=2 * HOUR + 9)],
    ),
    "the second pass against who came back": PrivacyRace(
        earlier=[visits(6)],
        batches=[visits(2, 2 * HOUR + 20)],
        erases=ANN,
        is_second_pass=True,
        returned=[BACK, *visits(5, 2 * HOUR + 2)],
        ring=2,
        erased=["ann0", "ann5"],
        lives=[BACK, *visits(5, 2 * HOUR + 2), *visits(2, 2 * HOUR + 20)],
    ),
}
SENDS: dict[str, PrivacyRace] = {
    "erase against a send": PrivacyRace(
        earlier=[BOTH], batches=[], erases=ANN, sends=[ANN, BOB], gone=[ANN, PHONE], lives=STAYS
    ),
    "the second pass against a send of who came back": PrivacyRace(
        earlier=[ALONE],
        batches=[],
        erases=ANN,
        is_second_pass=True,
        returned=[BACK],
        sends=[ANN],
        erased=["o1"],
        lives=[BACK],
    ),
    "a parting against a send by either name": PrivacyRace(
        earlier=[BOTH],
        batches=[[word("w1", 9, user="ann", anonymous="a1")]],
        sends=[ANN],
        also_sends=[PHONE],
    ),
    "withdraw against a send": PrivacyRace(
        earlier=[BOTH], batches=[[saying("w1", 9, user="ann", sharing=False)]], sends=[ANN, BOB]
    ),
    "a banner's no against a send": PrivacyRace(
        earlier=[BOTH],
        batches=[[saying("w1", 9, "signal", anonymous="a1", sharing=False)]],
        sends=[ANN, BOB],
    ),
    "withdraw and take it back against a send": PrivacyRace(
        earlier=[BOTH],
        batches=[
            [saying("w1", 9, user="ann", sharing=False)],
            [saying("w2", 10, user="ann", sharing=True)],
        ],
        sends=[ANN],
    ),
    "a merge with who refuses against a send": PrivacyRace(
        earlier=[[event("o1", user="ann", at=1)], [saying("w1", 5, anonymous="a1", sharing=False)]],
        batches=[[login("m1", 9, user="ann", anonymous="a1")]],
        sends=[ANN, PHONE],
    ),
    "suppress against a send": PrivacyRace(
        earlier=[MAILED], batches=[], sends=[ANN, BOB], suppresses="ann@x.com"
    ),
    "a send for a purpose that nobody knows": PrivacyRace(
        earlier=[BOTH],
        batches=[[event("e1", user="ann", at=9)]],
        sends=[ANN, BOB],
        purposes=["sharing", "selling"],
    ),
}
PRIVACY: dict[str, PrivacyRace] = ERASURES | SENDS
