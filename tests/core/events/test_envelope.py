import zlib

import pytest

from millrace.errors import GiveUp
from millrace.events import Envelope, Event, Identifier, open_envelope, seal_envelope
from millrace.events.envelope import MAX_INFLATED_BYTES
from tests.fakes.vault import MemoryVault

BOB = Identifier("user_id", "bob")


def an_event(**changes):
    fields = {
        "message_id": "m1",
        "type": "track",
        "name": "Product Added",
        "source": "website",
        "event_at": 1_000,
        "received_at": 2_000,
        "anchor": BOB,
        "identifiers": (BOB,),
        "properties": {"price": 9.5, "name": "Chaise longue ☀"},
    }
    return Event(**fields | changes)


def test_an_envelope_comes_back_as_it_went_in():
    envelope = Envelope(events=(an_event(), an_event(message_id="m2")), request_id="r1")
    vault = MemoryVault()
    assert open_envelope(seal_envelope(envelope, vault), vault) == envelope


def test_nothing_of_the_person_is_readable_in_the_record():
    record = seal_envelope(Envelope(events=(an_event(),)), MemoryVault())
    assert b"bob" not in record
    assert b"Chaise" not in record


@pytest.mark.parametrize(
    "content",
    [b"not zlib", zlib.compress(b"not json"), zlib.compress(b'{"events": 3}')],
    ids=["not_compressed", "not_json", "another_shape"],
)
def test_a_record_that_is_no_envelope_is_given_up(content):
    vault = MemoryVault()
    with pytest.raises(GiveUp, match="unreadable_record"):
        open_envelope(vault.seal(content, context="events"), vault)


def test_a_record_sealed_for_another_use_is_given_up():
    vault = MemoryVault()
    with pytest.raises(GiveUp, match="unreadable"):
        open_envelope(vault.seal(b"{}", context="profile|x"), vault)


def test_a_record_that_inflates_without_end_is_given_up():
    vault = MemoryVault()
    bomb = zlib.compress(b" " * (MAX_INFLATED_BYTES + 1))
    with pytest.raises(GiveUp, match="inflates beyond"):
        open_envelope(vault.seal(bomb, context="events"), vault)


def test_the_label_is_the_name_for_a_track_call_and_the_type_for_all_others():
    assert an_event().label == "Product Added"
    assert an_event(type="page", name="Home").label == "page"
