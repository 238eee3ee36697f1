import zlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millrace.errors import GiveUp
from millrace.events import Envelope, Event, Identifier, open_envelope, seal_envelope
from millrace.events.envelope import MAX_INFLATED_BYTES, MAX_PLAIN_BYTES
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


@settings(max_examples=60)
@given(st.lists(st.text(max_size=700), min_size=1, max_size=3))
def test_an_envelope_of_any_length_comes_back_as_it_went_in(notes):
    vault = MemoryVault()
    envelope = Envelope(events=tuple(an_event(properties={"note": note}) for note in notes))
    assert open_envelope(seal_envelope(envelope, vault), vault) == envelope


def an_envelope_of(length: int) -> Envelope:
    """Of so many bytes of JSON, which deflate very well."""
    empty = len(msgspec.json.encode(Envelope(events=(an_event(properties={"note": ""}),))))
    return Envelope(events=(an_event(properties={"note": "x" * (length - empty)}),))


def test_only_what_would_not_fit_into_a_kibibyte_with_its_partition_key_is_deflated():
    vault = MemoryVault()
    longest = seal_envelope(an_envelope_of(MAX_PLAIN_BYTES), vault)
    deflated = seal_envelope(an_envelope_of(MAX_PLAIN_BYTES + 1), vault)
    partition_key = vault.token("user_id", "bob")
    assert 1000 < len(longest) + len(partition_key) <= 1024
    assert len(deflated) < 500


@pytest.mark.parametrize("length", [300, 2000])
def test_a_deflated_record_is_read_whatever_its_length(length):
    vault, envelope = MemoryVault(), an_envelope_of(length)
    deflated = vault.seal(zlib.compress(msgspec.json.encode(envelope)), context="events")
    assert open_envelope(deflated, vault) == envelope


def test_what_was_cut_before_it_was_sealed_is_given_up():
    vault, plain = MemoryVault(), msgspec.json.encode(an_envelope_of(300))
    for content in (plain, zlib.compress(plain)):
        for length in range(len(content)):
            with pytest.raises(GiveUp, match="unreadable_record"):
                open_envelope(vault.seal(content[:length], context="events"), vault)


def test_nothing_of_the_person_is_readable_in_the_record():
    for size in (1, 50):
        record = seal_envelope(Envelope(events=(an_event(),) * size), MemoryVault())
        assert b"bob" not in record
        assert b"Chaise" not in record


@pytest.mark.parametrize(
    "content",
    [b"not zlib", zlib.compress(b"not json"), zlib.compress(b'{"events": 3}'), b'{"events": 3}'],
    ids=["not_compressed", "not_json", "another_shape", "another_plain_shape"],
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
