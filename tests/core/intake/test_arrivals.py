"""What a request said about all of its items comes back with a failed one, within bounds."""

import os

from millrace.events import FailedEvent
from millrace.intake.arrivals import MAX_PACKED_BYTES, pack_arrival, unpack_arrival
from millrace.intake.normalise import Arrival

KNOWN = {"source": "website", "received_at": 1_780_000_000_000, "request_id": "r1"}


def back(arrival):
    fields = {"stage": "intake", "code": "x", "payload": b""}
    return unpack_arrival(FailedEvent(**KNOWN, **fields, arrival=pack_arrival(arrival)))


def test_everything_comes_back():
    arrival = Arrival(
        **KNOWN,
        type="track",
        source_ip="192.0.2.7",
        sent_at=1_780_000_000,
        context={"library": {"name": "x"}},
        integrations={"All": False},
        headers={"x-shopify-topic": "orders/create"},
    )
    assert back(arrival) == arrival


def test_where_there_is_nothing_nothing_is_packed():
    assert pack_arrival(Arrival(**KNOWN)) == b""
    assert back(Arrival(**KNOWN)) == Arrival(**KNOWN)


def test_of_a_large_context_nothing_is_kept_but_the_rest_is():
    large = {"blob": os.urandom(20_000).hex()}
    arrival = Arrival(**KNOWN, type="track", sent_at="2026-11-22", context=large)
    assert len(pack_arrival(arrival)) < MAX_PACKED_BYTES
    assert back(arrival) == Arrival(**KNOWN, type="track", sent_at="2026-11-22")


def test_what_proves_a_sender_is_not_kept():
    proofs = {
        "authorization": "Basic x",
        "x-shopify-hmac-sha256": "x",
        "webhook-signature": "x",
        "x-api-key": "x",
        "x-gitlab-token": "x",
    }
    assert back(Arrival(**KNOWN, headers={**proofs, "webhook-id": "7"})).headers == {
        "webhook-id": "7"
    }


def test_half_a_character_in_a_header_costs_the_rest_and_not_the_event():
    arrival = Arrival(**KNOWN, type="page", context={"userAgent": "\ud800"})
    assert back(arrival) == Arrival(**KNOWN, type="page")
