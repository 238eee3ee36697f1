"""Customers of a generated shop and what they send: logins, shared devices, renamed accounts,
late events, and the same messages again; and operators who part some of them, and think better
of it."""

from __future__ import annotations

import random
from typing import Any

import msgspec

from millrace.events import Event
from millrace.events.kinds import KINDS
from millrace.identity.model import Limits
from tests.core.profiles.stories import NOON, event

SOURCES = ("web", "app", "crm")
DECISION = "Segment Consent Preference Updated"
NAMES = ("Product Viewed", "Product Added", "Order Completed")
TRAITS = ("first_name", "plan", "size")
HOUR = 3_600_000
AT_MOST_APART = 4_000
"""Milliseconds between two requests."""
SMALL = Limits(user_id=2, email=2, anonymous_id=3)
"""So small that customers meet every limit."""


class Household(msgspec.Struct, kw_only=True):
    """People who can come to hang together; small enough for one transaction."""

    users: list[str]
    devices: list[str]
    emails: list[str]


class Request(msgspec.Struct, kw_only=True):
    """What one call of a client puts into the stream: events of one anchor."""

    events: tuple[Event, ...]


class Shop:
    """Seeded customers; `requests` makes their next requests."""

    def __init__(self, dice: random.Random, *, private_share: float = 0.3) -> None:
        self._dice = dice
        self._sent = 0
        self._now = 0
        self.households = [self._household(number) for number in range(dice.randint(1, 4))]
        self._late = dice.choice((0.1, 0.2, 0.5))
        self._logins = dice.choice((0.15, 0.25, 0.5))
        self.limits = dice.choice((Limits(), SMALL))
        self._words = dice.choice((0.0, 0.03, 0.1))
        self.is_private = dice.random() < private_share
        """Whether people are asked, refuse, are erased and come back."""
        if self.is_private:
            self.limits, self._words = Limits(shared_by=dict.fromkeys(KINDS, 0)), 0.0
        self._script: list[list[Event]] = []
        for number in range(0 if self.is_private else dice.choice((0, 2, 6))):
            if self.limits is SMALL:
                self._script += self._knot(f"k{number}") + self._visitor(f"g{number}")
            self._script += self._move(f"d{number}")

    def follow(self, now_ms: int) -> None:
        """Let what comes next happen just before `now_ms`, if it is not late."""
        self._now = now_ms - AT_MOST_APART - NOON - 4 * HOUR

    def requests(self, *, is_quiet: bool) -> list[Request]:
        """What arrives next. The scenes of the script wait until all before them is settled."""
        if not self._script or self._dice.random() < 0.2:
            return [self._request()]
        if not is_quiet:
            return []
        return [Request(events=(one,)) for one in self._script.pop(0)]

    def _request(self) -> Request:
        dice = self._dice
        house = dice.choice(self.households)
        self._now += dice.randint(1, AT_MOST_APART)
        first = self._event(house)
        many = 1 if dice.random() < 0.6 else dice.randint(2, 12)
        rest = [self._again(first) for _ in range(many - 1)]
        return Request(events=(first, *rest))

    def resent(self, request: Request) -> Request:
        """The same messages received later: the skew rule gives them the same event time."""
        later = self._dice.randint(1, 5000)
        return Request(
            events=tuple(
                msgspec.structs.replace(one, received_at=one.received_at + later)
                for one in request.events
            )
        )

    def _knot(self, name: str) -> list[list[Event]]:
        """Two people whom only the e-mail limit keeps apart, and late events that take one e-mail
        of each: either alone changes nobody else, both together let the refused tie hold."""
        ann, first, second, third, fourth, other = (f"{name}{letter}" for letter in "uefghi")
        tied = [
            {"user": ann, "email": first, "at": 10},
            {"user": ann, "email": second, "at": 20},
            {"anonymous": name, "email": third, "at": 10},
            {"anonymous": name, "email": fourth, "at": 20},
            {"user": ann, "anonymous": name, "at": 50},
            {"anonymous": f"{name}y", "email": other, "at": 3},
        ]
        late = [
            {"user": f"{name}x", "email": second, "at": 1},
            {"anonymous": f"{name}y", "email": fourth, "at": 2},
        ]
        return [self._scene(f"{name}t", tied), self._scene(f"{name}l", late)]

    def _move(self, name: str) -> list[list[Event]]:
        """A device that is used while a late event gives it to the one who had it first."""
        ann, bob = f"{name}u", f"{name}v"
        tied = [{"user": ann, "anonymous": name, "at": 30}, {"user": bob, "at": 20}]
        late = [
            {"user": bob, "anonymous": name, "at": 5},
            {"anonymous": name, "kind": "track", "at": 40},
            {"anonymous": name, "kind": "track", "at": 1},
            {"user": ann, "email": f"{name}@x.com", "at": 3},
        ]
        return [self._scene(f"{name}t", tied), self._scene(f"{name}l", late)]

    def _visitor(self, name: str) -> list[list[Event]]:
        """A guest who joins a full person while a late event makes that person fuller still."""
        ann, phone, mine, ours, theirs = (f"{name}{letter}" for letter in "upefg")
        tied = [
            {"anonymous": name, "email": mine, "at": 10},
            {"user": ann, "anonymous": phone, "at": 10},
            {"user": ann, "email": ours, "at": 10},
        ]
        late = [
            {"user": ann, "email": mine, "at": 50},
            {"anonymous": phone, "email": theirs, "at": 1},
            {"anonymous": name, "kind": "track", "at": 60},
            {"email": mine, "kind": "track", "at": 70},
        ]
        return [self._scene(f"{name}t", tied), self._scene(f"{name}l", late)]

    def _scene(self, name: str, named: list[dict[str, Any]]) -> list[Event]:
        self._dice.shuffle(named)
        return [event(f"{name}{at}", **{"kind": "identify"} | one) for at, one in enumerate(named)]

    def _household(self, number: int) -> Household:
        def some(kind: str, most: int) -> list[str]:
            return [f"{kind}{number}{at}" for at in range(self._dice.randint(1, most))]

        emails = [f"{name}@x.com" for name in some("e", 2)]
        return Household(users=some("u", 3), devices=some("a", 4), emails=emails)

    def _event(self, house: Household) -> Event:
        dice = self._dice
        draw = dice.random()
        if dice.random() < self._words:
            return self._word(house) if dice.random() < 0.7 else self._rollback(house)
        if draw < 0.06 and len(house.users) > 1:
            user, previous = dice.sample(house.users, 2)
            if dice.random() < 0.5:
                previous = dice.choice(house.devices)
            return self._make(kind="alias", user=user, previous=previous)
        if draw < 0.06 + self._logins:
            return self._make(
                kind="identify",
                user=dice.choice(house.users) if dice.random() < 0.8 else "",
                anonymous=dice.choice(house.devices),
                email=dice.choice(house.emails) if dice.random() < 0.5 else "",
            )
        if draw < 0.8:
            return self._make(anonymous=dice.choice(house.devices))
        return self._make(user=dice.choice(house.users))

    def _word(self, house: Household) -> Event:
        """An operator says that two identifiers are not one person, or takes that back."""
        dice = self._dice
        user, device = dice.choice(house.users), dice.choice(house.devices)
        named = dice.choice(
            (
                {"user": user, "anonymous": device},
                {"user": user, "email": dice.choice(house.emails)},
                {"anonymous": device, "email": dice.choice(house.emails)},
            )
        )
        name = dice.choice(("identity.block", "identity.block", "identity.allow"))
        return self._make(kind="operation", operation=name, **named)

    def _rollback(self, house: Household) -> Event:
        """An operator takes back what was said of a trait, or by a source, in the last hours."""
        dice = self._dice
        first = NOON + 4 * HOUR + self._now - dice.randint(0, 3) * HOUR
        asked = {"trait": dice.choice(TRAITS), "to": first}
        if dice.random() < 0.5:
            asked = {"source": dice.choice(SOURCES), "since": first}
        name = "trait.rollback" if "trait" in asked else "source.rollback"
        user = dice.choice(house.users)
        one = self._make(kind="operation", operation=name, user=user)
        properties = {"identifier": f"user_id:{user}", "operator": "x", **asked}
        return msgspec.structs.replace(one, properties=properties)

    def _make(self, **named: Any) -> Event:
        """An event of now, or one that was on its way for hours."""
        dice = self._dice
        self._sent += 1
        late = dice.randint(1, 3) * HOUR if dice.random() < self._late else 0
        made = event(
            f"m{self._sent}",
            at=max(1, 4 * HOUR + self._now - late),
            name=dice.choice(NAMES),
            source=dice.choice(SOURCES),
            traits=self._traits(),
            properties={} if "operation" in named else self._properties(),
            **named,
        )
        made = self._said(made)
        made = msgspec.structs.replace(made, received_at=NOON + 4 * HOUR + self._now)
        return msgspec.structs.replace(made, original_at=0) if dice.random() < 0.05 else made

    def _again(self, first: Event) -> Event:
        """Another event with the same names."""
        self._sent += 1
        self._now += 1
        again = msgspec.structs.replace(
            first,
            message_id=f"m{self._sent}",
            event_at=first.event_at + self._dice.randint(0, 50),
            original_at=first.original_at and first.original_at + self._dice.randint(0, 50),
            type=first.type if first.type in {"alias", "operation"} else "track",
            name=first.name if first.type in {"alias", "operation"} else self._dice.choice(NAMES),
            traits=self._traits(),
            properties=self._properties() if first.type != "operation" else first.properties,
        )
        return self._said(again)

    def _said(self, one: Event) -> Event:
        """Sometimes a banner's state comes with it, or a decision."""
        if not self.is_private:
            return one
        dice = self._dice
        said = {"analytics": dice.random() < 0.8} if dice.random() < 0.4 else {}
        if dice.random() < 0.2:
            said["sharing"] = dice.random() < 0.5
        decides = bool(said) and one.type == "track" and dice.random() < 0.5
        context = {"consent": {"categoryPreferences": said}}
        return msgspec.structs.replace(one, name=DECISION if decides else one.name, context=context)

    def somebody(self) -> tuple[str, str]:
        """Kind and value of an identifier of one of the customers."""
        house = self._dice.choice(self.households)
        kinds = {"user_id": house.users, "anonymous_id": house.devices, "email": house.emails}
        kind = self._dice.choice(sorted(kinds))
        return kind, self._dice.choice(kinds[kind])

    def _properties(self) -> dict[str, Any]:
        """Of a product and an order, for whichever event it is; from the count, not the dice."""
        number = self._sent
        return {
            "product_id": f"p{number % 3}",
            "quantity": number % 4,
            "order_id": f"o{number % 5}",
            "total": number / 10,
            "category": ("Games", "Books")[number % 2],
        }

    def _traits(self) -> dict[str, Any]:
        if self._dice.random() < 0.6:
            return {}
        return {self._dice.choice(TRAITS): self._dice.choice(("a", "b", 3, None, ["x"], {"k": 1}))}
