"""Asking a destination to delete a person: until it has taken every request, by the same rules."""

from __future__ import annotations

import msgspec
import pytest

from millrace.activation import CannotForget, Channel, Forget, HttpResponse, Leaver
from millrace.activation.forget import ASK_AGAIN_AFTER_MS
from millrace.activation.outcomes import forgotten_by_status
from millrace.errors import NeedsHuman, RetryLater
from tests.fakes.bench import PIGEON

ADA = Leaver(
    request_id="erasure-1",
    identifiers={"email": ("ada@example.com", "old@example.com"), "user_id": ("u-1",)},
)


def pigeon(**changes) -> Channel:
    return Channel(destination=msgspec.structs.replace(PIGEON, **changes), secret_name="key")


def test_every_address_is_asked_for_and_the_receipt_says_so(bench):
    receipt = bench.forget(ADA)
    assert [msgspec.json.decode(sent.body)["email"] for sent in bench.http.requests] == [
        "ada@example.com",
        "old@example.com",
    ]
    assert (receipt.status, receipt.requests, receipt.is_settled) == ("asked", 2, True)
    assert receipt.at == bench.clock.now_ms()


def test_a_receipt_names_nobody(bench):
    written = msgspec.json.encode(bench.forget(ADA))
    assert b"example.com" not in written
    assert b"u-1" not in written


def test_a_leaver_is_not_printed():
    assert "example.com" not in repr(ADA)


def test_somebody_the_destination_cannot_hold_is_not_asked_for(bench):
    receipt = bench.forget(Leaver(request_id="erasure-2", identifiers={"user_id": ("u-1",)}))
    assert (receipt.status, receipt.is_settled) == ("nothing_to_ask", True)
    assert bench.http.requests == []


def test_the_destinations_own_word_for_when_is_kept(bench):
    bench.answers(HttpResponse(status=202), HttpResponse(status=429, headers={"retry-after": "7"}))
    with pytest.raises(RetryLater, match="forget_later") as raised:
        bench.forget(ADA)
    assert raised.value.after_seconds == 7.0


def test_the_next_try_asks_for_everything_again(bench):
    bench.answers(HttpResponse(status=202), HttpResponse(status=503))
    with pytest.raises(RetryLater):
        bench.forget(ADA)
    assert bench.forget(ADA).status == "asked"
    assert len(bench.http.requests) == 4


def test_no_answer_is_a_matter_of_time(bench):
    bench.answers(RetryLater("destination_unreachable", "no answer"))
    with pytest.raises(RetryLater, match="destination_unreachable"):
        bench.forget(ADA)


@pytest.mark.parametrize("status", [301, 401, 403, 404])
def test_a_wrong_key_or_address_needs_a_person(bench, status):
    bench.answers(HttpResponse(status=status))
    with pytest.raises(NeedsHuman, match="forget_refused") as raised:
        bench.forget(ADA)
    assert "example.com" not in raised.value.message
    assert "s3cret" not in raised.value.message


def test_one_refused_request_does_not_keep_the_others_from_being_asked(bench):
    bench.answers(HttpResponse(status=400))
    receipt = bench.forget(ADA)
    assert len(bench.http.requests) == 2
    assert (receipt.status, receipt.code, receipt.is_settled) == ("refused", "http_400", False)


def test_a_missing_secret_is_no_receipt(bench):
    bench.secrets.secrets.clear()
    with pytest.raises(NeedsHuman, match="secret_missing"):
        bench.forget(ADA)


def test_a_destination_that_cannot_delete_says_so_in_the_receipt(bench):
    bench.channel = pigeon(
        forget=CannotForget(docs="https://pigeon.example", reason="Pigeon keeps every letter.")
    )
    receipt = bench.forget(ADA)
    assert (receipt.status, receipt.reason) == ("cannot", "Pigeon keeps every letter.")
    assert not receipt.is_settled
    assert bench.http.requests == []


def test_a_definition_that_fails_quotes_nobody(bench):
    def odd(leaver, _sending):
        raise KeyError(leaver.identifiers["email"][0])

    bench.channel = pigeon(
        forget=Forget(docs="https://pigeon.example", requests=odd, forgotten=forgotten_by_status)
    )
    with pytest.raises(NeedsHuman, match="forget_unmappable") as raised:
        bench.forget(ADA)
    assert "example.com" not in raised.value.message
    assert raised.value.__suppress_context__


def test_the_second_asking_comes_after_every_update_that_was_under_way():
    """Else a send that overlapped the erasure could make the record anew, for good."""
    from infra.activation import TIMEOUT_SECONDS

    assert ASK_AGAIN_AFTER_MS > 2 * TIMEOUT_SECONDS * 1000
