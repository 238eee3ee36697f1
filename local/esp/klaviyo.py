"""Klaviyo on a laptop: profile import and deletion with the vendor's shapes and limits."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from millrace.http import Request, Response, json_response

JOBS = "/api/profile-bulk-import-jobs"
SUPPRESSIONS = "/api/profile-suppression-bulk-create-jobs"
DELETIONS = "/api/data-privacy-deletion-jobs"
MEDIA_TYPE = "application/vnd.api+json"
MAX_PROFILES = 10_000
MAX_SUPPRESSED = 100
MAX_BYTES = 5_000_000
MAX_PROFILE_BYTES = 100_000
CREATED_AT = datetime(2026, 7, 15, tzinfo=UTC).isoformat()

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_REVISION = re.compile(r"20\d\d-\d\d-\d\d(\.\w+)?", re.ASCII)
_IDENTIFIERS = ("email", "phone_number", "external_id")


def answer(request: Request, state: dict[str, Any]) -> Response:
    """The vendor's answer; `state` holds the imported `profiles` and the `jobs`."""
    path = request.path.rpartition("/_esp/klaviyo")[2].rstrip("/")
    refusal = _refused_headers(request)
    if refusal:
        return refusal
    if path == JOBS and request.method == "POST":
        return _import(request.body, state)
    if path == SUPPRESSIONS and request.method == "POST":
        return _suppress(request.body, state)
    if path == DELETIONS and request.method == "POST":
        return _delete(request.body, state)
    job = state.get("jobs", {}).get(path.removeprefix(f"{JOBS}/"))
    if request.method == "GET" and job:
        return _document(200, {"data": job})
    return _error(404, "not_found", "Not found.", "The path does not exist.")


def _refused_headers(request: Request) -> Response | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme != "Klaviyo-API-Key" or not key.strip():
        return _error(401, "not_authenticated", "Authentication credentials were not provided.", "")
    if not _REVISION.fullmatch(request.headers.get("revision", "")):
        return _error(400, "invalid", "Invalid API revision.", "A `revision` header is required.")
    if request.method == "POST" and request.headers.get("content-type") != MEDIA_TYPE:
        return _error(415, "unsupported_media_type", "Unsupported media type.", MEDIA_TYPE)
    return None


def _import(body: bytes, state: dict[str, Any]) -> Response:
    if len(body) > MAX_BYTES:
        return _error(413, "request_too_large", "Request too large.", "At most 5 MB.")
    try:
        profiles = json.loads(body)["data"]["attributes"]["profiles"]["data"]
    except (ValueError, KeyError, TypeError):
        return _error(400, "invalid", "Invalid input.", "The body is not an import job.", "/data")
    if len(profiles) > MAX_PROFILES:
        return _error(400, "invalid", "Invalid input.", "At most 10000 profiles.", "/data")
    for position, profile in enumerate(profiles):
        problem = _problem(profile)
        if problem:
            field, detail = problem
            pointer = f"/data/attributes/profiles/data/{position}/attributes/{field}"
            return _error(400, "invalid", "Invalid input.", detail, pointer)
    return _document(202, {"data": _take(profiles, state)})


def _suppress(body: bytes, state: dict[str, Any]) -> Response:
    """Nobody here is mailed any more; the profile stays."""
    try:
        profiles = json.loads(body)["data"]["attributes"]["profiles"]["data"]
        addresses = [profile["attributes"]["email"] for profile in profiles]
    except (ValueError, KeyError, TypeError):
        return _error(400, "invalid", "Invalid input.", "The body is no suppression.", "/data")
    if not 0 < len(addresses) <= MAX_SUPPRESSED:
        return _error(400, "invalid", "Invalid input.", "1 to 100 profiles.", "/data")
    state.setdefault("suppressed", set()).update(addresses)
    kind = "profile-suppression-bulk-create-job"
    return _document(202, {"data": {"type": kind, "id": f"{kind}-{len(state['suppressed'])}"}})


def _delete(body: bytes, state: dict[str, Any]) -> Response:
    """202 without a body, whether or not anybody matches; exactly one identifier is taken."""
    try:
        profile = json.loads(body)["data"]["attributes"]["profile"]["data"]
        named = {**profile.get("attributes", {}), "id": profile.get("id")}
    except (ValueError, KeyError, TypeError, AttributeError):
        return _error(400, "invalid", "Invalid input.", "The body is no deletion job.", "/data")
    given = {name: value for name, value in named.items() if value}
    if len(given) != 1:
        detail = "Exactly one of email, phone_number and id is required."
        return _error(400, "invalid", "Invalid input.", detail, "/data/attributes/profile")
    ((name, value),) = given.items()
    known = state.setdefault("profiles", {})
    state["profiles"] = {k: held for k, held in known.items() if held.get(name) != value}
    return Response(status=202)


def _problem(profile: dict[str, Any]) -> tuple[str, str] | None:
    """The field that the vendor would not take, and why."""
    attributes = profile.get("attributes", {})
    email, phone = attributes.get("email"), attributes.get("phone_number")
    if not any(attributes.get(name) for name in _IDENTIFIERS):
        return "email", "One of email, phone_number and external_id is required."
    if email is not None and not _EMAIL.fullmatch(email):
        return "email", "Invalid email address"
    if phone is not None and not _PHONE.fullmatch(phone):
        return (
            "phone_number",
            "Invalid phone number format (Example of a valid format: +12345678901)",
        )
    if len(json.dumps(profile).encode()) > MAX_PROFILE_BYTES:
        return "properties", "A profile holds at most 100 KB."
    return None


def _take(profiles: list[dict[str, Any]], state: dict[str, Any]) -> dict[str, Any]:
    """Upsert the profiles as the vendor does: what is absent stays as it was."""
    known = state.setdefault("profiles", {})
    for profile in profiles:
        new = profile["attributes"]
        held = known.setdefault(next(new[name] for name in _IDENTIFIERS if new.get(name)), {})
        properties = held.get("properties", {}) | (new.get("properties") or {})
        held.update(new | {"properties": properties})
    jobs = state.setdefault("jobs", {})
    attributes = {
        "status": "complete",
        "created_at": CREATED_AT,
        "total_count": len(profiles),
        "completed_count": len(profiles),
        "failed_count": 0,
    }
    job = {
        "type": "profile-bulk-import-job",
        "id": f"job{len(jobs) + 1:08d}",
        "attributes": attributes,
        "links": {"self": f"https://a.klaviyo.com{JOBS}/job{len(jobs) + 1:08d}"},
    }
    jobs[job["id"]] = job
    queued = {**attributes, "status": "queued", "completed_count": 0}
    return {**job, "attributes": queued}


def _document(status: int, document: object) -> Response:
    answered = json_response(status, document)
    return Response(status=status, body=answered.body, headers={"content-type": MEDIA_TYPE})


def _error(status: int, code: str, title: str, detail: str, pointer: str = "/data/") -> Response:
    error = {
        "id": "00000000-0000-4000-8000-000000000000",
        "status": status,
        "code": code,
        "title": title,
        "detail": detail,
        "source": {"pointer": pointer},
        "links": {},
        "meta": {},
    }
    return _document(status, {"errors": [error]})
