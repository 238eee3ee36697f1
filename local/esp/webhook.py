"""A webhook receiver on a laptop: takes whatever is posted and remembers the profiles by id."""

from __future__ import annotations

import json
from typing import Any

from millrace.http import Request, Response, error_response


def answer(request: Request, state: dict[str, Any]) -> Response:
    """204 for a POST of JSON; the signature is the receiver's business, so it is not checked."""
    if request.method != "POST":
        return error_response(405, "method_not_allowed", "post here")
    try:
        message = json.loads(request.body)
        if message["type"] == "person.erased":
            _forget(message["data"]["profile_ids"], state)
        elif message["type"] == "consent.withdrawn":
            _forget([each["profile_id"] for each in message["data"]["profiles"]], state)
        else:
            known = state.setdefault("profiles", {})
            known.update({each["profile_id"]: each for each in message["data"]["profiles"]})
    except (ValueError, KeyError, TypeError):
        return error_response(400, "bad_message", "a message of another type")
    return Response(status=204)


def _forget(profile_ids: list[str], state: dict[str, Any]) -> None:
    for profile_id in profile_ids:
        state.setdefault("profiles", {}).pop(profile_id, None)
