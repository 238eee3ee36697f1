"""The tracking API: every route of functions/intake/track, from request to answer."""

from __future__ import annotations

from collections.abc import Mapping

from millrace.errors import MillraceError, NeedsHuman, RejectedEvent, RetryLater
from millrace.http import Request, Response, error_response, json_response
from millrace.intake.described import answer_document
from millrace.intake.keys import bearer_key, key_in_request, source_of
from millrace.intake.normalise import Arrival
from millrace.intake.parcels import open_parcel
from millrace.intake.pixel import answer_pixel
from millrace.intake.ports import Counts, Doors
from millrace.intake.reasons import reject
from millrace.intake.receipts import is_asked, receipts
from millrace.intake.routes import CALLS, DOCUMENT, PIXELS, TAG_SETTINGS
from millrace.intake.tag_settings import answer_tag_settings
from millrace.intake.taking import take
from millrace.intake.throttle import RateLimited
from millrace.privacy.opting_out import said_by_headers

RETRY_AFTER_SECONDS = 5
STATUSES = {"invalid_write_key": 401, "unknown_write_key": 404, "no_such_route": 404}
"""Of a refusal, by its code; 400 for every other."""
_TAKEN = json_response(200, {"success": True})


def answer(request: Request, doors: Doors, counts: Counts) -> Response:
    """The answer to one request; 200 only after everything in it is stored.

    4xx: the sender must not send this again. 503 with Retry-After: it must, and nothing that
    was already stored is harmed by that.
    """
    try:
        return _answer(request, doors, counts)
    except RejectedEvent as error:
        counts.count("RequestsRefused")
        return _refusal(error)
    except RateLimited as error:
        counts.count("RequestsRefused")
        return error_response(429, error.code, error.message, retry_after=_seconds(error))
    except (RetryLater, NeedsHuman) as error:
        doors.report(error)
        return _later(error)


def _answer(request: Request, doors: Doors, counts: Counts) -> Response:
    if request.route in CALLS:
        return _take_call(request, CALLS[request.route], doors, counts)
    if request.route in PIXELS:
        return answer_pixel(request, doors, counts)
    if request.route == TAG_SETTINGS:
        return answer_tag_settings(request, doors)
    if request.route == DOCUMENT:
        return answer_document()
    raise reject("no_such_route")


def _take_call(request: Request, call: str, doors: Doors, counts: Counts) -> Response:
    received_at = doors.clock.now_ms()
    key = key_in_request(request)
    source = source_of(key, doors) if key else ""
    is_batch = call == "batch"
    parcel = open_parcel(request, is_batch=is_batch)
    if not source:
        key = parcel.key or bearer_key(request)
        if key is None and parcel.error:
            raise parcel.error
        source = source_of(key, doors)
    doors.throttle.take(source, len(parcel.items))
    arrival = Arrival(
        source=source,
        received_at=received_at,
        request_id=request.request_id,
        source_ip=request.source_ip,
        type="" if is_batch else call,
        sent_at=parcel.batch.sent_at or request.headers.get("sentat"),
        context={**parcel.batch.context, **said_by_headers(request.headers)},
        integrations=parcel.batch.integrations,
    )
    taken = take(parcel.items, arrival, doors, counts)
    told = {"receipts": receipts(parcel.items, taken)} if is_asked(request) else {}
    if taken.errors and (parcel.error or not is_batch):
        counts.count("RequestsRefused")
        return _refusal(taken.errors[0], told)
    return json_response(200, {"success": True, **told}) if told else _TAKEN


def _refusal(error: RejectedEvent, told: Mapping[str, object] = {}) -> Response:
    where = f" (at {error.pointer})" if error.pointer else ""
    body = {"success": False, "code": error.code, "message": error.message + where}
    return json_response(STATUSES.get(error.code, 400), {**body, **told})


def _later(error: MillraceError) -> Response:
    return error_response(
        503,
        error.code,
        "events cannot be stored at this moment; send the same request again",
        retry_after=_seconds(error),
    )


def _seconds(error: MillraceError) -> str:
    seconds = getattr(error, "after_seconds", None) or RETRY_AFTER_SECONDS
    return str(max(1, round(seconds)))
