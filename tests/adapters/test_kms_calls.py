"""What KMS is asked: by sandbox and by rotation, never by event or by person.

Eight functions use the vault for every event. Twenty cold sandboxes of each in a million events,
all of which live through a rotation, are about the most that the goal allows: one in 6,000 events.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from botocore.exceptions import ClientError

from millrace.adapters.branch_keys import KmsBranchKeys
from millrace.adapters.clock import SystemRandomness
from millrace.adapters.subject_items import SubjectItems
from millrace.adapters.vault import KmsVault
from millrace.adapters.wrapped_keys import WrappedKeys
from millrace.privacy.branches import CURRENT_MS, rotate
from tests.fakes.clock import MemoryClock

FUNCTIONS, SANDBOXES = 8, 20
GOAL = 500
"""Calls per million events."""


class CountingKms:
    """KMS whose wrapped keys are names of what it keeps."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._keys: dict[bytes, bytes] = {}

    def generate_data_key(self, **request: Any) -> dict[str, bytes]:
        self.calls["generate_data_key"] += 1
        blob = repr(sorted(request["EncryptionContext"].items())).encode()
        self._keys[blob] = hashlib.sha256(blob).digest()
        return {"CiphertextBlob": blob, "Plaintext": self._keys[blob]}

    def decrypt(self, **request: Any) -> dict[str, bytes]:
        self.calls["decrypt"] += 1
        return {"Plaintext": self._keys[request["CiphertextBlob"]]}

    def re_encrypt(self, **request: Any) -> dict[str, bytes]:
        self.calls["re_encrypt"] += 1
        return {"CiphertextBlob": request["CiphertextBlob"]}


class Table:
    """The items of the vault's keys, with the conditions that are asked for."""

    def __init__(self) -> None:
        self.reads = 0
        self._items: dict[str, dict[str, Any]] = {}

    def get_item(self, **request: Any) -> dict[str, Any]:
        self.reads += 1
        found = self._items.get(request["Key"]["pk"]["S"])
        return {"Item": found} if found else {}

    def put_item(self, **request: Any) -> None:
        item = request["Item"]
        name = item["pk"]["S"]
        if request["ConditionExpression"] == "attribute_not_exists(pk)" and name in self._items:
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "PutItem")
        self._items[name] = item


class World:
    def __init__(self) -> None:
        self.kms, self.table, self.clock = CountingKms(), Table(), MemoryClock()
        self.sandboxes = [self._sandbox() for _ in range(FUNCTIONS * SANDBOXES)]

    def _places(self) -> dict[str, Any]:
        return {
            "stage": "local",
            "table": "subjects",
            "key_arn": "arn:aws:kms:us-east-1:000000000000:key/x",
            "dynamodb": self.table,
            "kms": self.kms,
            "clock": self.clock,
        }

    def _sandbox(self) -> KmsVault:
        return KmsVault(**self._places(), randomness=SystemRandomness())

    def play(self, events: int) -> None:
        """Each event is sealed, its name tokenised, and it opens somebody else's; some are new."""
        for number in range(events):
            vault = self.sandboxes[number % len(self.sandboxes)]
            other = self.sandboxes[(number * 7 + 1) % len(self.sandboxes)]
            assert other.open(vault.seal(b"event", context="events"), context="events")
            vault.token("email", str(number))
            if number % 10 == 0:
                SubjectItems(vault, SystemRandomness()).made(f"i#email#{number}", 1)

    def rotate(self) -> None:
        keys = KmsBranchKeys(WrappedKeys(**self._places()))
        rotate(keys, self.clock)
        keys.rewrap()
        self.clock.advance(CURRENT_MS)

    def calls(self) -> int:
        return sum(self.kms.calls.values())


def test_a_million_events_and_a_rotation_cost_at_most_500_calls() -> None:
    world = World()
    world.play(2_000)
    cold = world.calls()
    assert cold == 2 * len(world.sandboxes) + 2, "two keys a sandbox, and each made once"
    world.play(2_000)
    assert world.calls() == cold, "however many events there are, no call more"
    world.rotate()
    world.play(2_000)
    rotated = world.calls()
    made_and_wrapped_anew = 1 + 3
    assert rotated - cold == len(world.sandboxes) + made_and_wrapped_anew
    world.play(2_000)
    assert world.calls() == rotated
    assert rotated <= GOAL


def test_the_pointer_is_read_once_in_five_minutes_not_once_an_event() -> None:
    world = World()
    world.play(1_000)
    before = world.table.reads
    world.play(1_000)
    assert world.table.reads == before
    world.clock.advance(CURRENT_MS)
    world.play(1_000)
    assert world.table.reads - before == len(world.sandboxes)
