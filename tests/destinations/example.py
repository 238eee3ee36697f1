"""The example person of every destination's sample, and how a sample becomes a request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

import millrace_destinations
from millrace.activation import (
    CannotForget,
    Channel,
    Destination,
    HttpRequest,
    Leaver,
    Sending,
    Update,
)
from millrace.activation.plan import update_for
from millrace.profiles.model import Profile
from millrace.registry import discover
from tests.fakes.vault import MemoryVault

SAMPLES = Path(__file__).parent / "samples"
NOW_MS = 1_795_348_800_000  # 2026-11-22T12:00:00Z
SECRET = "whsec_bWlsbHJhY2UtZXhhbXBsZS1zZWNyZXQtMzItYnl0ZXM="
BASE_URL = "https://destination.example"

DESTINATIONS: dict[str, Destination] = discover(millrace_destinations, Destination)


def profile(**changes: Any) -> Profile:
    """Ada, with everything a profile can hold; what must never leave is marked `canary`."""
    example = Profile(
        profile_id="p_ada",
        key="i#user_id#canary-key",
        identifiers={
            "user_id": ("u-1815",),
            "email": ("ada@example.com", "a.lovelace@example.org"),
            "anonymous_id": ("anon-1",),
        },
        traits={
            "email": "ada@example.com",
            "phone": "+442079460000",
            "firstName": "Ada",
            "lastName": "Lovelace",
            "title": "Countess",
            "plan": "gold",
            "lifetime_value": 1815.12,
            "is_vip": True,
            "tags": ["maths", "engines"],
            "address": {"city": "London", "country": "United Kingdom"},
            "unknown": None,
        },
        segments=("cart-abandoners",),
        version=7,
        as_of=NOW_MS,
        lag_ms=900,
        first_seen=NOW_MS - 1,
        last_seen=NOW_MS,
        counters={"canary counter": 3},
    )
    return msgspec.structs.replace(example, **changes)


def update(
    destination: Destination, person: Profile, options: dict[str, Any] | None = None
) -> Update | None:
    """What the engine would make of a profile; None where it cannot be told."""
    channel = Channel(destination=destination, secret_name="secret", options=options or {})
    vault = MemoryVault()
    made = update_for(channel, person, None, lambda text: vault.token("told", text))
    assert made is None or isinstance(made, Update), made
    return made


def request(destination: Destination, *updates: Update) -> HttpRequest:
    return destination.request(updates, sending())


def sending(**changes: Any) -> Sending:
    made = Sending(base_url=BASE_URL, secret=SECRET, options={}, now_ms=NOW_MS)
    return msgspec.structs.replace(made, **changes)


def leaver(**changes: Any) -> Leaver:
    """Ada, who wants to be deleted: every identifier she ever had."""
    example = Leaver(
        request_id="erasure-1",
        identifiers={**profile().identifiers, "phone": ("+442079460000", "020 7946 0000")},
        profile_ids=("p_ada", "p_ada_before"),
    )
    return msgspec.structs.replace(example, **changes)


def deletions(destination: Destination, person: Leaver | None = None) -> list[HttpRequest]:
    """The requests that ask to delete; none where the destination says that it cannot."""
    if isinstance(destination.forget, CannotForget):
        return []
    return list(destination.forget.requests(person or leaver(), sending()))


def sample(destination: Destination) -> dict[str, Any]:
    """The request for the example person, as it is kept beside the tests."""
    made = update(destination, profile())
    assert made is not None
    return _readable(request(destination, made))


def deletion_sample(destination: Destination) -> list[dict[str, Any]]:
    """The requests that ask to delete the example person, as they are kept beside the tests."""
    return [_readable(sent) for sent in deletions(destination)]


def _readable(sent: HttpRequest) -> dict[str, Any]:
    headers = {name: value.replace(SECRET, "<secret>") for name, value in sent.headers.items()}
    return {
        "method": sent.method,
        "url": sent.url,
        "headers": headers,
        "body": json.loads(sent.body),
    }
