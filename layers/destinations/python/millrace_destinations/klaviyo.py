"""Klaviyo: profiles by bulk import. Consent is never touched: nobody is subscribed by it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from millrace.activation import (
    Destination,
    HttpRequest,
    HttpResponse,
    Limits,
    Outcome,
    Sending,
    Update,
    by_status,
    error_pointers,
    json_object,
)
from millrace.profiles.model import Profile

REVISION = "2026-07-15"
MEDIA_TYPE = "application/vnd.api+json"

TEXT_ATTRIBUTES = {
    "first_name": ("firstName", "first_name"),
    "last_name": ("lastName", "last_name"),
    "title": ("title",),
    "image": ("avatar",),
    "locale": ("locale",),
}
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_SUSPECT = re.compile(r"^/data/attributes/profiles/data/(\d{1,5})(?:/|$)", re.ASCII)


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


def request(batch: Sequence[Update], sending: Sending) -> HttpRequest:
    """One bulk import job, https://developers.klaviyo.com/en/reference/bulk_import_profiles."""
    profiles = [{"type": "profile", "attributes": update.state} for update in batch]
    job = {"type": "profile-bulk-import-job", "attributes": {"profiles": {"data": profiles}}}
    return HttpRequest(
        method="POST",
        url=f"{sending.base_url}/api/profile-bulk-import-jobs",
        headers={
            "authorization": f"Klaviyo-API-Key {sending.secret}",
            "revision": REVISION,
            "content-type": MEDIA_TYPE,
            "accept": MEDIA_TYPE,
        },
        body=msgspec.json.encode({"data": job}),
    )


def outcomes(response: HttpResponse, batch: Sequence[Update]) -> list[Outcome]:
    """202 with the job's id; a 400 names the profiles it dislikes, so they are tried apart."""
    answer = json_object(response)
    if response.status == 202:
        job = answer.get("data")
        receipt = str(job.get("id", "")) if isinstance(job, dict) else ""
        return [Outcome(kind="delivered", receipt=receipt)] * len(batch)
    matches = [_SUSPECT.match(pointer) for pointer in error_pointers(answer)]
    suspects = {int(match[1]) for match in matches if match}
    return [
        Outcome(kind=outcome.kind, code=outcome.code, is_suspect=position in suspects)
        for position, outcome in enumerate(by_status(response, batch))
    ]


destination = Destination(
    name="klaviyo",
    docs="https://developers.klaviyo.com/en/reference/bulk_import_profiles",
    base_url="https://a.klaviyo.com",
    limits=Limits(profiles=10_000, bytes=5_000_000, profile_bytes=100_000),
    tells=frozenset({"email", "external_id", "phone_number", "properties", *TEXT_ATTRIBUTES}),
    told=told,
    request=request,
    outcomes=outcomes,
)
