"""What the read API answers: a profile, or the generic content and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from millrace.http import Response, error_response, json_response
from millrace.privacy.consent import Answer
from millrace.profiles.model import Profile
from millrace.profiles.shown import Computed

Reason = Literal["unknown_person", "timeout", "unavailable", "no_consent"]


def profile_answer(profile: Profile) -> Response:
    """The person as they are now."""
    return _answer(
        {
            "profile_id": profile.profile_id,
            "traits": profile.traits,
            "segments": profile.segments,
            "counters": profile.counters,
            "consents": {purpose: _consent(one) for purpose, one in profile.consents.items()},
            "computed": _computed(profile.computed),
            "first_seen": _iso(profile.first_seen) if profile.first_seen else None,
            "last_seen": _iso(profile.last_seen) if profile.last_seen else None,
            "as_of": _iso(profile.as_of),
            "version": profile.version,
            "lag_ms": profile.lag_ms,
            "fallback": False,
        }
    )


def fallback_answer(content: Mapping[str, Any], reason: Reason) -> Response:
    """The generic content, marked as such: a page or mail can always be rendered."""
    return _answer(
        {
            "profile_id": None,
            "traits": dict(content),
            "segments": [],
            "counters": {},
            "consents": {},
            "computed": {},
            "first_seen": None,
            "last_seen": None,
            "as_of": None,
            "version": 0,
            "lag_ms": None,
            "fallback": True,
            "reason": reason,
        }
    )


def refusal(status: int, code: str, message: str) -> Response:
    """An error that no cache may keep."""
    return error_response(status, code, message, cache_control="no-store")


def _consent(given: Answer) -> dict[str, str]:
    return {
        "status": given.status,
        "at": _iso(given.at),
        "basis": given.basis,
        "text_version": given.text_version,
        "source": given.source,
    }


def _computed(shown: Computed) -> dict[str, Any]:
    """Computed traits with their times as text; what is not known is left out."""
    plain: dict[str, Any] = msgspec.to_builtins(shown)
    times = [(plain, "first_purchase_at"), (plain, "last_purchase_at")]
    if cart := plain["cart"]:
        times += [(cart, "updated_at"), (cart, "abandoned_since")]
    for place, name in times:
        if place[name] is not None:
            place[name] = _iso(place[name])
    return {name: value for name, value in plain.items() if value is not None}


def _iso(epoch_ms: int) -> str:
    moment = datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")


def _answer(payload: dict[str, Any]) -> Response:
    return json_response(200, payload, cache_control="no-store")
