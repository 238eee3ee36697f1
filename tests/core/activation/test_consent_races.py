"""Every moment at which consent can be withdrawn while people are told, with a crash anywhere.

And mistakes that we could have made in the gates: each of them has to be caught.
"""

from __future__ import annotations

from unittest.mock import patch

import msgspec
import pytest

from millrace.activation import deliver, leave
from millrace.activation.channel import Channel
from millrace.activation.leave import Leave
from millrace.activation.memory import Memory
from millrace.privacy.consent import Answer
from millrace.privacy.suppression import TOKEN_KIND, Change
from millrace.profiles import consents
from tests.core.profiles.stories import World
from tests.core.profiles.test_consents import says, statuses, tie
from tests.fakes.bench import Bench, a_profile

DENIED = {"email_marketing": Answer(status="denied", at=9)}
KEYS = [f"i#user_id#{number}" for number in range(3)]
WATCHED = ("profiles", "deliveries", "suppressions", "http", "queues", "marks")
CALLS = 14
"""More than one delivery makes."""


class Crashed(Exception):
    pass


class Watched:
    """A port that tells its run of each call before it is made and after it was."""

    def __init__(self, port, name, run):
        self._port, self._name, self._run = port, name, run

    def __getattr__(self, attribute):
        def call(*given, **named):
            self._run.before(f"{self._name}.{attribute}", given)
            answer = getattr(self._port, attribute)(*given, **named)
            self._run.after()
            return answer

        return call


class Run:
    """Three people are told until nobody waits; consent goes before call `at`, `dies` crashes.

    Between the refusal and a push at most the list may be asked: what comes before, the profiles,
    was read without it then.
    """

    def __init__(self, withdraw, at, dies):
        self.bench = Bench()
        self.faults = []
        self._withdraw, self._at, self._dies = withdraw, at, dies
        self._calls, self._is_withdrawn, self._since = 0, False, set()

    def before(self, name, given):
        if self._calls == self._at and not self._is_withdrawn:
            self._withdraw(self.bench)
            self._is_withdrawn = True
        is_push = name == "http.send" and given[0].url.endswith("/people")
        if is_push and self._since - {"suppressions.read_many"}:
            self.faults.append("pushed although the refusal was there to read")
        if self._is_withdrawn:
            self._since.add(name)

    def after(self):
        self._calls += 1
        if self._calls - 1 == self._dies:
            raise Crashed

    def go(self):
        messages = self.bench.put(*(a_profile(key) for key in KEYS))
        for _ in range(6):
            messages = self._deliver(messages)
        if not self._is_withdrawn:
            self._withdraw(self.bench)
        messages = [self.bench.message(key, 2) for key in KEYS]
        for _ in range(3):
            messages = self._deliver(messages)
        self._judge()
        return self

    def _deliver(self, messages):
        if not messages:
            return []
        ports = self.bench.ports
        watched = {name: Watched(getattr(ports, name), name, self) for name in WATCHED}
        bench = self.bench
        try:
            keep = deliver(messages, bench.channel, msgspec.structs.replace(ports, **watched)).keep
        except Crashed:
            keep = {message.message_id for message in messages}
        return [
            msgspec.structs.replace(message, receives=message.receives + 1)
            for message in messages
            if message.message_id in keep
        ]

    def _judge(self):
        """Whoever was pushed last is known to have left in the end."""
        state = {}
        for request in self.bench.http.requests:
            for person in msgspec.json.decode(request.body):
                state[person["email"]] = request.url.rpartition("/")[2]
        self.faults += [f"still pushed: {end}" for end in state.values() if end == "people"]


def withdraw(bench):
    for key in KEYS:
        bench.people.put(msgspec.structs.replace(a_profile(key, 2), consents=DENIED))


def suppress(bench):
    for key in KEYS:
        token = bench.vault.token(TOKEN_KIND, a_profile(key).identifiers["email"][0])
        bench.suppressions.record(Change(token=token, reason="unsubscribed", at=9, is_on=True))
        bench.people.put(a_profile(key, 2))


def every_run(how):
    for at in range(CALLS):
        for dies in (None, *range(CALLS)):
            yield Run(how, at, dies).go()


@pytest.mark.parametrize("how", [withdraw, suppress])
def test_nobody_is_pushed_after_the_refusal_could_be_read_and_everybody_pushed_is_told_of_it(how):
    assert [fault for run in every_run(how) for fault in run.faults] == []


def asked_when_queued(self, updates):
    return {}


def list_not_asked(self, profiles):
    return set()


def forgets_the_intent(self, keys):
    self.last = dict.fromkeys(keys, self._unsure()) | self.last


def same_for_both(self):
    return None


MISTAKES = {
    "consent is not asked again before the request": (Leave, "asked_now", asked_when_queued),
    "the suppression list is not read": (Leave, "_suppressed", list_not_asked),
    "a withdrawal is told to nobody": (Channel, "withdrawing", property(same_for_both)),
    "any purpose is allowed": (leave, "refused", lambda *_: ()),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_caught(name):
    owner, attribute, value = MISTAKES[name]
    with patch.object(owner, attribute, value):
        faults = [f for how in (withdraw, suppress) for run in every_run(how) for f in run.faults]
    assert faults


def test_the_planted_mistake_that_forgets_who_was_about_to_be_told_is_caught():
    with patch.object(Memory, "intend", forgets_the_intent):
        assert any(run.faults for run in every_run(withdraw))


def merged():
    world = World()
    world.apply(says("m1", at=1, anonymous="phone", email_marketing=False))
    world.apply(says("m2", at=5, user="ada", email_marketing=True), tie("m3", 9))
    return statuses(world, "user_id", "ada")


def only_the_yes(own, elsewhere=()):
    return next((record for record in own if record.status == "granted"), None)


def test_the_planted_mistake_of_a_merge_that_takes_the_wider_answer_is_caught():
    assert merged() == {"email_marketing": "denied"}
    with patch.object(consents, "deciding", only_the_yes):
        assert merged() == {"email_marketing": "granted"}
