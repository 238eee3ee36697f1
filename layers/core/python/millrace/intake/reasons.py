"""Why an event or a request is not taken: every code, in one table.

A rejected event is kept as a failed event under its code, byte for byte; the other events of
its batch are taken. A request that is too large, or that names no valid write key, is refused
and nothing of it is kept: its sender is told.
"""

from __future__ import annotations

from millrace.errors import RejectedEvent

REASONS = {
    # the request
    "no_such_route": "there is no such route",
    "invalid_write_key": "the write key is missing or belongs to no source",
    "unknown_write_key": "the write key belongs to no source",
    "body_too_large": "a body holds at most 512000 bytes, counted after decompression",
    "too_many_events": "a batch holds at most 2500 events",
    "context_too_large": "the context and integrations of a batch hold at most 32768 bytes each",
    "invalid_encoding": "the body is not the gzip or deflate data that it claims to be",
    "invalid_json": "not valid JSON (RFC 8259, UTF-8)",
    "invalid_batch": 'a batch is an object with an array "batch" of events',
    "invalid_pixel_data": "the data parameter is not base64 of a JSON object",
    # one event, as JSON
    "event_too_large": "an event holds at most 32768 bytes",
    "not_an_object": "this must be a JSON object",
    "too_deep": "objects and arrays nest at most 40 deep",
    "non_finite_number": "NaN and Infinity are not JSON and cannot be stored",
    "number_out_of_range": "a number is beyond what a 64-bit float can hold",
    "integer_out_of_range": "an integer is beyond 64 bits; send it as a string",
    "duplicate_key": "an object names one key twice, and readers differ on which one counts",
    "not_utf8": "JSON is sent in UTF-8 without a byte order mark, never in UTF-16 or UTF-32",
    "invalid_unicode": "text holds a lone surrogate or is not UTF-8",
    # one event, as an event
    "unknown_type": "type must be track, identify, page, screen, group or alias",
    "missing_event": "a track call needs the name of its event",
    "name_too_long": "the name of an event holds at most 256 characters",
    "missing_group_id": "a group call needs a groupId",
    "missing_user_id": "an alias call needs a userId",
    "missing_previous_id": "an alias call needs a previousId",
    "no_identifier": "an event needs a usable userId, anonymousId, traits.email or traits.phone",
    # after all of that
    "message_id_collision": "another event came under this messageId before; that one counts",
    "stream_unavailable": "the stream did not take the event of a pixel, which nobody sends again",
}


def reject(code: str, pointer: str = "") -> RejectedEvent:
    """The error for one of the codes above, at a JSON pointer."""
    return RejectedEvent(code, REASONS[code], pointer=pointer)
