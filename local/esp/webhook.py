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
        profiles = json.loads(request.body)["data"]["profiles"]
    except (ValueError, KeyError, TypeError):
        return error_response(400, "bad_message", "the body holds no data.profiles")
    known = state.setdefault("profiles", {})
    known.update({profile["profile_id"]: profile for profile in profiles})
    return Response(status=204)
