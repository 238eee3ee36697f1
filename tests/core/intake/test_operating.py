"""What an operator asks for: read, refused with a sentence, or in the stream under one id."""

from __future__ import annotations

import pytest

from millrace.errors import NeedsHuman
from millrace.events import Identifier
from millrace.intake.operating import OperateDoors, definition_of, operate, read_asking
from millrace.intake.ports import NotAllWritten
from tests.core.intake.conftest import Counts
from tests.fakes.clock import MemoryClock
from tests.fakes.kinesis import MemorySink
from tests.fakes.vault import MemoryVault

NOW = 1_780_000_000_000
PAIR = {"a": "email: Ada@Example.com ", "b": "user_id:7"}
BLOCK = {"name": "identity.block", "properties": PAIR}


def asking(*operations, **more):
    asked = {"operator": "arn:aws:iam::1:user/ada", "reason": "ticket 4711", **more}
    return {"operations": list(operations), **asked}


class Door:
    def __init__(self):
        self.sink, self.counts, self.clock = MemorySink(), Counts(), MemoryClock(NOW)
        self.doors = OperateDoors(sink=self.sink, vault=MemoryVault(), clock=self.clock)

    def ask(self, *operations, **more):
        return operate(read_asking(asking(*operations, **more)), self.doors, self.counts)


@pytest.fixture
def door():
    return Door()


def test_an_operation_becomes_a_sealed_event_of_the_first_identifier_it_concerns(door):
    door.ask(BLOCK)
    (event,) = door.sink.events
    assert (event.type, event.name, event.source) == ("operation", "identity.block", "operator")
    assert event.anchor == Identifier("email", "ada@example.com")
    assert event.identifiers == (event.anchor, Identifier("user_id", "7"))
    assert event.properties == {
        **PAIR,
        "after": "",
        "operator": "arn:aws:iam::1:user/ada",
        "reason": "ticket 4711",
    }
    assert (event.event_at, event.received_at, event.original_at) == (NOW, NOW, 0)
    assert b"example.com" not in door.sink.records[0].data
    assert door.counts == {"EventsReceived": 1}


def test_asking_twice_is_the_same_event_whoever_asks_and_why(door):
    once = door.ask(BLOCK)
    door.clock.advance(60_000)
    assert door.ask(BLOCK, operator="arn:other", reason="once more") == once
    other = {"name": "identity.block", "properties": {**PAIR, "after": "0a"}}
    assert door.ask(other) != once
    assert door.ask({**BLOCK, "name": "identity.allow"}) != once
    assert door.ask({**BLOCK, "message_id": "mine"}).message_ids == ["mine"]


def test_an_operation_may_hold_from_a_time_that_is_not_in_the_future(door):
    door.ask({**BLOCK, "at": NOW - 5})
    assert (door.sink.events[0].event_at, door.sink.events[0].original_at) == (NOW - 5, NOW - 5)
    with pytest.raises(NeedsHuman, match="not in the future"):
        door.ask({**BLOCK, "at": NOW + 2 * 86_400_000})


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ({}, "no invocation of intake/operate"),
        (asking(BLOCK, colour="red"), "no invocation of intake/operate"),
        (asking(), "1 to 500 operations"),
        (asking(BLOCK, reason="because"), "two words"),
        (asking(BLOCK, reason="x y" * 200), "500 characters"),
        (asking(BLOCK, operator=""), "who asks"),
        (asking({"name": "identity.blok", "properties": {}}), "There are: identity.allow: takes"),
        (asking({"name": "identity_block", "properties": {}}), "no such operation"),
        (asking({"name": "identity.block", "properties": {"a": "user_id:7"}}), "operation 0"),
        (
            asking({"name": "identity.block", "properties": {**PAIR, "c": 1}}),
            "unknown field `c`",
        ),
        (
            asking(BLOCK, {"name": "identity.block", "properties": {**PAIR, "b": "shoe:7"}}),
            r"operation 1 \(identity.block\): identifier 1 can identify nobody",
        ),
        (
            asking(
                {"name": "identity.block", "properties": {**PAIR, "b": "email:ADA@example.com"}}
            ),
            "one identifier twice",
        ),
        (
            asking({"name": "identity.block", "properties": {**PAIR, "after": "x" * 40_000}}),
            "more than 32768 bytes",
        ),
    ],
)
def test_what_cannot_be_done_is_answered_with_a_sentence_and_puts_nothing(door, event, sentence):
    with pytest.raises(NeedsHuman, match=sentence) as refused:
        operate(read_asking(event), door.doors, door.counts)
    assert refused.value.code == "bad_operation"
    assert "example.com" not in refused.value.message.replace("ada@example.com", "", 1)
    assert (door.sink.records, door.counts) == ([], {})


def test_what_the_stream_took_is_counted_before_the_caller_is_told_to_come_again(door):
    door.sink.refused = frozenset({1})
    other = {"name": "identity.block", "properties": {"a": "user_id:1", "b": "user_id:2"}}
    with pytest.raises(NotAllWritten):
        door.ask(BLOCK, other)
    assert door.counts == {"EventsReceived": 1}


def test_the_log_names_the_role_and_not_the_session():
    arn = "arn:aws:sts::1:assumed-role/Support/ada@example.com"
    told = read_asking(asking(BLOCK, BLOCK, operator=arn)).described()
    assert told == {
        "role": "arn:aws:sts::1:assumed-role/Support",
        "operations": {"identity.block": 2},
    }


def test_every_operation_is_in_the_module_of_its_name():
    import pkgutil

    from millrace.events import operations
    from millrace.events.operation import OperationDefinition
    from millrace.registry import definition_in

    names = [module.name for module in pkgutil.iter_modules(operations.__path__)]
    assert {"identity_allow", "identity_block"} <= set(names)
    for name in names:
        definition = definition_in(operations, name, OperationDefinition)
        assert definition.module == name
        assert definition_of(definition.name) is definition
        assert definition.properties.__struct_config__.forbid_unknown_fields
        assert not {"operator", "reason"} & set(definition.properties.__struct_fields__)


def test_no_public_door_takes_an_operation(intake):
    item = {"type": "operation", "event": "identity.block", "userId": "7", "properties": PAIR}
    assert intake.post("batch", {"batch": [item]}).status == 200
    assert intake.sink.events == []
    assert [failed.code for failed in intake.failed_events.kept] == ["unknown_type"]
    assert intake.post("operation", item).status == 404
    for call in ("track", "identify", "page", "screen", "group", "alias"):
        intake.post(call, {**item, "groupId": "g", "previousId": "8"})
    assert "operation" not in {event.type for event in intake.sink.events}
