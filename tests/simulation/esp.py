"""A destination, and who watches that it is told only what it may be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from millrace.activation import (
    CannotForget,
    Channel,
    Destination,
    ForgetReceipt,
    HttpRequest,
    HttpResponse,
    Leaver,
    Limits,
    Sending,
    Update,
    Withdrawal,
    by_status,
)
from millrace.clock import Clock
from millrace.privacy.consent import is_allowed
from millrace.privacy.suppression import TOKEN_KIND
from millrace.profiles.consents import answers
from millrace.profiles.encoding import open_person, unseal
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Profile, Row
from millrace.profiles.reading import Opening, read_profiles
from millrace.profiles.rules import ReadRules
from millrace.settings import ConsentSettings
from tests.simulation.conditions import Conditions, Items, answered
from tests.simulation.table import Table
from tests.simulation.turns import Task, Turns
from tests.simulation.vault import PlainVault

NAME = "klaviyo"
PURPOSE = "sharing"


def told(profile: Profile, _options: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": profile.profile_id, "is": profile.identifiers, "traits": profile.traits}


def left(profile: Profile, _options: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": profile.profile_id, "left": True}


def request(batch: Sequence[Update], _sending: Sending) -> HttpRequest:
    body = msgspec.json.encode([update.state for update in batch])
    return HttpRequest(method="POST", url="https://esp.example", headers={}, body=body)


DESTINATION = Destination(
    name=NAME,
    docs="https://esp.example",
    base_url="https://esp.example",
    limits=Limits(profiles=3, bytes=1_000_000, profile_bytes=100_000),
    tells=frozenset({"id", "is", "traits"}),
    told=told,
    request=request,
    outcomes=by_status,
    forget=CannotForget(docs="https://esp.example", reason="`Esp.ask` plays what comes of it"),
    purposes=frozenset({PURPOSE}),
    withdrawal=Withdrawal(docs="https://esp.example", told=left, request=request),
)
CHANNEL = Channel(destination=DESTINATION, secret_name="s")


class Watch:
    """`Conditions` that remember in which order tasks asked, and people refused."""

    def __init__(self, conditions: Conditions, turns: Turns, table: Table) -> None:
        self.complaints: dict[str, None] = {}
        self._conditions, self._turns, self._table = conditions, turns, table
        self._tick = 0
        self._asked: dict[Task | None, int] = {}
        """When a task began to read profiles; gone once it did anything but ask the list."""
        self._listed: dict[Task | None, int] = {}
        self._refused: dict[str, int] = {}
        """Row key to when its person refused, or was erased."""
        self._moved: dict[str, int] = {}
        """Row key to when it became another name of somebody."""
        self._suppressed: dict[str, int] = {}

    def before(self, call: str, items: Items) -> str:
        fault = self._conditions.before(call, items)
        self._tick += 1
        task = self._turns.current
        if call == "read_rows":
            if self._listed.pop(task, None) or task not in self._asked:
                self._asked[task] = self._tick
        elif call == "read_suppressions":
            self._listed[task] = self._tick
        elif call not in {"read_subjects", "tell"}:
            self._asked.pop(task, None)
        return fault

    def pause(self, items: Items) -> None:
        self._conditions.pause(items)

    def later(self, effect: Any) -> None:
        self._conditions.later(effect)

    def note(self, row: Row) -> None:
        """A row was written."""
        if row.to:
            self._moved[row.key] = self._tick
        if row.to or (not row.is_tombstone and not self._is_refusing(row)):
            self._refused.pop(row.key, None)
        else:
            self._refused.setdefault(row.key, self._tick)

    def suppress(self, token: str) -> None:
        self._suppressed.setdefault(token, self._tick)

    def check(self, told: Sequence[Mapping[str, Any]], vault: PlainVault) -> None:
        """Somebody is about to be told."""
        task = self._turns.current
        asked, listed = self._asked.pop(task, None), self._listed.pop(task, None)
        if asked is None or listed is None:
            self._complain("a destination was told without asking right before it")
            return
        for state in told:
            if "left" in state:
                continue
            if self._refused_at(state["id"], asked) < asked:
                self._complain("somebody was told of, whose refusal or erasure could be read")
            tokens = [vault.token(TOKEN_KIND, one) for one in state["is"].get("email", ())]
            if any(self._suppressed.get(token, listed) < listed for token in tokens):
                self._complain("somebody was told of whose address is on the list")

    def _complain(self, sentence: str) -> None:
        self.complaints[sentence] = None

    def _refused_at(self, profile_id: str, never: int) -> int:
        """When the refusal began to hold for who has this id; a refusal that is joined, then."""
        rows, since = self._table.rows, 0
        key = next(key for key in rows if key.endswith("#" + profile_id.removeprefix("p_")))
        while rows[key].to:
            since, key = max(since, self._moved.get(key, 0)), rows[key].to
        return max(since, self._refused.get(key, never))

    def _is_refusing(self, row: Row) -> bool:
        keyring = Keyring(self._table.keys.read)
        return refuses(open_person(unseal(row, VAULT), keyring))


VAULT = PlainVault()


def refuses(person: Person) -> bool:
    """Whether the person as a row has them now may not be told of."""
    said = {r.status for stem in person.stems for r in stem.consents.get(PURPOSE, ())}
    if len(said) < 2:
        return bool(said - {"granted"})
    return not is_allowed(PURPOSE, answers(person), ConsentSettings())


class Reader:
    """`ProfileReader` over a table, as the functions have it."""

    def __init__(self, table: Table, rules: ReadRules, clock: Clock) -> None:
        self._table = table
        self._opening = Opening(vault=VAULT, subjects=table.subjects, rules=rules, clock=clock)

    def read_many(self, keys: Collection[str]) -> dict[str, Profile]:
        return read_profiles(self._table, keys, self._opening)

    def read(self, key: str) -> Profile | None:
        return self.read_many([key]).get(key)


class Esp:
    """`Http` and `Forgetting`: knows what it was told last, under every profile id."""

    names = (NAME,)

    def __init__(
        self,
        conditions: Conditions,
        watch: Watch,
        vault: PlainVault,
        knows: dict[str, Any] | None = None,
    ) -> None:
        self.knows: dict[str, Any] = {} if knows is None else knows
        self._conditions, self._watch, self._vault = conditions, watch, vault

    def send(self, asked: HttpRequest, **_: Any) -> HttpResponse:
        fault = self._conditions.before("tell", ["outside *"])
        states = msgspec.json.decode(asked.body)
        if fault == "throttle":
            return HttpResponse(status=429)
        self._watch.check(states, self._vault)
        answered(self._conditions, fault, lambda: self._learn(states))
        return HttpResponse(status=202)

    def ask(self, destination: str, leaver: Leaver) -> ForgetReceipt:
        for name in leaver.profile_ids:
            self.knows.pop(name, None)
        return ForgetReceipt(destination=destination, status="asked", at=1, requests=1)

    def _learn(self, states: Sequence[Mapping[str, Any]]) -> None:
        for state in states:
            self.knows[state["id"]] = state
