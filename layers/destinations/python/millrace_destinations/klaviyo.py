"""Klaviyo: profiles by bulk import. It subscribes nobody; who withdraws is suppressed there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from millrace.activation import (
    Destination,
    Forget,
    HttpRequest,
    Leaver,
    Limits,
    Sending,
    Update,
    Withdrawal,
    forgotten_by_status,
    json_api_job,
    json_api_outcomes,
    told_address,
)
from millrace.profiles.model import Profile

REVISION = "2026-07-15"
TEXT_ATTRIBUTES = {
    "first_name": ("firstName", "first_name"),
    "last_name": ("lastName", "last_name"),
    "title": ("title",),
    "image": ("avatar",),
    "locale": ("locale",),
}
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


def told(profile: Profile, _options: Mapping[str, Any]) -> dict[str, Any] | None:
    """The profile's attributes; None without an e-mail address."""
    emails = profile.identifiers.get("email")
    if not emails:
        return None
    rest = {name: value for name, value in profile.traits.items() if name[:1] not in {"", "$"}}
    rest.pop("email", None)
    state: dict[str, Any] = {"email": emails[0]}
    if user_ids := profile.identifiers.get("user_id"):
        state["external_id"] = user_ids[0]
    if isinstance(phone := rest.get("phone"), str) and _E164.fullmatch(phone):
        state["phone_number"] = rest.pop("phone")
    for attribute, traits in TEXT_ATTRIBUTES.items():
        named = next((name for name in traits if isinstance(rest.get(name), str)), None)
        if named:
            state[attribute] = rest.pop(named)
    return state | {"properties": rest | {"millrace_segments": list(profile.segments)}}


def request(
    batch: Sequence[Update], sending: Sending, *, kind: str = "profile-bulk-import-job"
) -> HttpRequest:
    """One bulk job: an import of all that is known, or a suppression of who withdrew."""
    profiles = [{"type": "profile", "attributes": update.state} for update in batch]
    return _post(kind, {"profiles": {"data": profiles}}, sending)


def deletions(leaver: Leaver, sending: Sending) -> list[HttpRequest]:
    """A job for each address and phone, since one takes just one; it answers without an id."""
    known = [{"email": value} for value in leaver.identifiers.get("email", ())]
    phones = leaver.identifiers.get("phone", ())
    known += [{"phone_number": value} for value in phones if _E164.fullmatch(value)]
    profiles = [{"data": {"type": "profile", "attributes": attributes}} for attributes in known]
    return [_post("data-privacy-deletion-job", {"profile": each}, sending) for each in profiles]


def _post(kind: str, attributes: Mapping[str, Any], sending: Sending) -> HttpRequest:
    headers = {"authorization": f"Klaviyo-API-Key {sending.secret}", "revision": REVISION}
    return json_api_job(kind, attributes, sending, headers)


_PROFILES = "/data/attributes/profiles/data/"
_DOCS = "https://developers.klaviyo.com/en/reference/"
destination = Destination(
    name="klaviyo",
    docs=f"{_DOCS}bulk_import_profiles",
    base_url="https://a.klaviyo.com",
    limits=Limits(profiles=10_000, bytes=5_000_000, profile_bytes=100_000),
    tells=frozenset({"email", "external_id", "phone_number", "properties", *TEXT_ATTRIBUTES}),
    told=told,
    request=request,
    outcomes=partial(json_api_outcomes, pointer=_PROFILES),
    forget=Forget(
        docs=f"{_DOCS}request_profile_deletion",
        requests=deletions,
        forgotten=forgotten_by_status,
    ),
    withdrawal=Withdrawal(
        docs=f"{_DOCS}bulk_suppress_profiles",
        told=told_address,
        request=partial(request, kind="profile-suppression-bulk-create-job"),
        limits=Limits(profiles=100, bytes=100_000, profile_bytes=1_000),
    ),
)
