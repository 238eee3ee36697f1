"""What the answers of a JSON:API mean, https://jsonapi.org/format/#errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from millrace.activation.model import HttpRequest, HttpResponse, Outcome, Sending, Update
from millrace.activation.outcomes import by_status

MEDIA_TYPE = "application/vnd.api+json"


def json_object(response: HttpResponse) -> dict[str, Any]:
    """The answer's JSON object; empty for anything else, since a proxy may answer in between."""
    try:
        return msgspec.json.decode(response.body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}


def json_api_job(
    kind: str, attributes: Mapping[str, Any], sending: Sending, headers: Mapping[str, str]
) -> HttpRequest:
    """The request that makes one `kind` of a vendor whose collections lie below /api."""
    return HttpRequest(
        method="POST",
        url=f"{sending.base_url}/api/{kind}s",
        headers={**headers, "accept": MEDIA_TYPE, "content-type": MEDIA_TYPE},
        body=msgspec.json.encode({"data": {"type": kind, "attributes": attributes}}),
    )


def json_api_outcomes(
    response: HttpResponse, batch: Sequence[Update], *, pointer: str
) -> list[Outcome]:
    """202 with the job's id; a refusal may name updates below `pointer`: they are suspects."""
    answer = json_object(response)
    if response.status == 202:
        job = answer.get("data")
        receipt = str(job.get("id", "")) if isinstance(job, dict) else ""
        return [Outcome(kind="delivered", receipt=receipt)] * len(batch)
    suspects = _positions(answer, pointer)
    return [
        Outcome(kind=outcome.kind, code=outcome.code, is_suspect=position in suspects)
        for position, outcome in enumerate(by_status(response, batch))
    ]


def _positions(answer: Mapping[str, Any], pointer: str) -> set[int]:
    errors = answer.get("errors")
    found: set[int] = set()
    for error in errors if isinstance(errors, list) else ():
        source = error.get("source") if isinstance(error, dict) else None
        named = str(source.get("pointer", "")) if isinstance(source, dict) else ""
        position = named.removeprefix(pointer).partition("/")[0] if named != pointer else ""
        if named.startswith(pointer) and position.isascii() and position.isdigit():
            found.add(int(position[:5]))
    return found
