"""What holds for every destination when a person is to be deleted there."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.activation import CannotForget, Forget, HttpResponse
from tests.destinations.example import (
    BASE_URL,
    DESTINATIONS,
    SAMPLES,
    SECRET,
    deletion_sample,
    deletions,
    leaver,
    sending,
)

ABLE = {name: each for name, each in DESTINATIONS.items() if isinstance(each.forget, Forget)}
UNABLE = {name: each for name, each in DESTINATIONS.items() if name not in ABLE}
every = pytest.mark.parametrize("destination", DESTINATIONS.values(), ids=list(DESTINATIONS))
able = pytest.mark.parametrize("destination", ABLE.values(), ids=list(ABLE))


@every
def test_it_says_where_the_vendor_documents_deletion(destination):
    assert destination.forget.docs.startswith("https://")


@every
def test_one_that_cannot_delete_says_why_in_a_sentence(destination):
    if isinstance(destination.forget, CannotForget):
        assert len(destination.forget.reason.split()) >= 5


@every
def test_it_ships_a_sample_and_asks_exactly_that(destination):
    kept = SAMPLES / f"{destination.name}.deletion.json"
    assert kept.exists(), f"run `python3 run.py accept {destination.name}`"
    assert deletion_sample(destination) == json.loads(kept.read_text())


@able
def test_somebody_with_every_identifier_is_asked_for(destination):
    assert deletions(destination)


@able
def test_every_address_is_asked_for_not_only_the_best(destination):
    """The record under an older address was made by us, too."""
    bodies = b" ".join(sent.body for sent in deletions(destination))
    for address in leaver().identifiers["email"]:
        assert address.encode() in bodies


@able
def test_the_secret_travels_only_in_a_header_to_the_given_host(destination):
    for sent in deletions(destination):
        assert sent.url.startswith(BASE_URL)
        assert SECRET not in sent.url
        assert SECRET.encode() not in sent.body
        assert any(SECRET in value or "signature" in name for name, value in sent.headers.items())


@able
def test_asking_again_later_asks_the_same(destination):
    """Apart from the moment: whoever deduplicates by id or body sees one request."""
    again = destination.forget.requests(leaver(), sending(now_ms=sending().now_ms))
    assert list(again) == deletions(destination)


@able
@given(
    identifiers=st.dictionaries(
        st.sampled_from(["email", "phone", "user_id", "anonymous_id", "other"]),
        st.lists(st.text(max_size=20), max_size=3).map(tuple),
    )
)
def test_any_identifiers_make_requests_that_are_json(destination, identifiers):
    for sent in deletions(destination, leaver(identifiers=identifiers)):
        json.loads(sent.body)


@able
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, "delivered"),
        (202, "delivered"),
        (204, "delivered"),
        (301, "needs_human"),
        (400, "rejected"),
        (401, "needs_human"),
        (403, "needs_human"),
        (422, "rejected"),
        (429, "retry"),
        (500, "retry"),
        (503, "retry"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"null", b"<html>", b'{"data": {"id": "ada@example.com"}}'])
def test_every_answer_has_an_outcome_that_names_nobody(destination, status, kind, body):
    outcome = destination.forget.forgotten(HttpResponse(status=status, body=body))
    assert outcome.kind == kind
    assert "ada" not in outcome.receipt + outcome.code
