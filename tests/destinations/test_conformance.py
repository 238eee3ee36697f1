"""What holds for every destination; a new file in millrace_destinations is tested from here on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import millrace_destinations
from millrace.activation import Destination, HttpResponse
from millrace.activation.batches import batches, fits
from tests.destinations.example import (
    BASE_URL,
    DESTINATIONS,
    SAMPLES,
    SECRET,
    profile,
    request,
    sample,
    update,
)

pytestmark = pytest.mark.parametrize("destination", DESTINATIONS.values(), ids=list(DESTINATIONS))
LINES = 100
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
trait_names = (
    st.sampled_from(
        ["email", "phone", "firstName", "lastName", "name", "title", "avatar", "locale", "address"]
    )
    | st.text()
)


def test_it_is_named_after_its_file_and_says_where_the_vendor_documents_it(destination):
    assert DESTINATIONS[destination.name] is destination
    assert destination.docs.startswith("https://")
    assert destination.base_url == "" or re.fullmatch(r"https://[^/]+", destination.base_url)


def test_it_is_one_small_file(destination):
    source = Path(millrace_destinations.__path__[0], f"{destination.name}.py").read_text()
    assert len(source.splitlines()) <= LINES


def test_it_ships_a_sample_and_sends_exactly_that(destination):
    kept = SAMPLES / f"{destination.name}.request.json"
    assert kept.exists(), f"run `python3 run.py accept {destination.name}`"
    assert sample(destination) == json.loads(kept.read_text())


def test_the_secret_travels_only_in_a_header(destination):
    sent = request(destination, update(destination, profile()))
    assert SECRET not in sent.url
    assert SECRET.encode() not in sent.body
    assert sent.headers.keys() == {name.lower() for name in sent.headers}
    authorized = request(destination, update(destination, profile())).headers
    assert authorized != {}


def test_without_the_right_secret_the_request_is_another(destination):
    """A destination that ignores its secret would send unauthenticated requests."""
    made = update(destination, profile())
    assert any(SECRET in v for v in request(destination, made).headers.values()) or (
        "signature" in " ".join(request(destination, made).headers)
    )


def test_the_request_goes_to_the_given_host_and_nowhere_else(destination):
    assert request(destination, update(destination, profile())).url.startswith(BASE_URL)


def test_nothing_is_told_beyond_what_is_declared(destination):
    state = update(destination, profile()).state
    assert set(state) <= destination.tells
    told = json.dumps(state)
    assert "canary" not in told
    for inner in ("as_of", "lag_ms", "first_seen", "last_seen", "counters"):
        assert f'"{inner}"' not in told


def test_what_only_moves_with_every_event_is_no_news(destination):
    """Else each page view would be a call to the vendor."""
    later = profile(version=8, as_of=9, lag_ms=1, last_seen=9, counters={"page": 99})
    assert update(destination, later).digest == update(destination, profile()).digest


def test_a_changed_trait_is_news(destination):
    changed = profile(traits=profile().traits | {"plan": "silver"})
    assert update(destination, changed).digest != update(destination, profile()).digest


def test_a_changed_segment_is_news(destination):
    assert update(destination, profile(segments=())).digest != update(destination, profile()).digest


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(traits=st.dictionaries(trait_names, json_values, max_size=6))
def test_any_traits_make_a_request_that_is_json(destination, traits):
    made = update(destination, profile(traits=traits))
    assert set(made.state) <= destination.tells
    json.loads(request(destination, made).body)


@pytest.mark.parametrize("length", [10, 900, 9_000])
def test_batches_stay_within_the_vendors_limits(destination, length):
    limits = destination.limits
    made = update(destination, profile(traits={"note": "x" * length}))
    for batch in batches([made] * 1_500, limits):
        assert len(batch) <= limits.profiles
        assert len(request(destination, *batch).body) <= limits.bytes


def test_the_largest_profile_that_fits_makes_a_request_within_the_limits(destination):
    limits = destination.limits
    largest = max(
        (
            made
            for length in range(limits.profile_bytes - 2_000, limits.profile_bytes, 50)
            if fits(made := update(destination, profile(traits={"note": "x" * length})), limits)
        ),
        key=lambda made: made.size,
    )
    assert largest.size > limits.profile_bytes * 0.9
    assert len(request(destination, largest).body) <= limits.bytes


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, "delivered"),
        (202, "delivered"),
        (301, "needs_human"),
        (400, "split"),
        (401, "needs_human"),
        (403, "needs_human"),
        (408, "retry"),
        (410, "needs_human"),
        (429, "retry"),
        (500, "retry"),
        (503, "retry"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"<html>", b'{"errors": [null, 7]}'])
def test_every_answer_has_one_outcome_for_each_profile(
    destination: Destination, status, kind, body
):
    batch = [update(destination, profile())] * 3
    outcomes = destination.outcomes(HttpResponse(status=status, body=body), batch)
    assert [outcome.kind for outcome in outcomes] == [kind] * 3
