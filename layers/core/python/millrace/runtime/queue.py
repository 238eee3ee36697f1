"""SQS messages as Lambda hands them over."""

from __future__ import annotations

from typing import Any

import msgspec

from millrace.activation import Message, Wake

_decoder = msgspec.json.Decoder(Wake)


def to_messages(records: list[dict[str, Any]]) -> tuple[list[Message], list[str]]:
    """The wakes of an SQS event, and the ids of messages that hold none.

    The latter are for the dead-letter queue: we alone write here, so one of them is a fault.
    """
    messages: list[Message] = []
    unreadable: list[str] = []
    for record in records:
        try:
            messages.append(_to_message(record))
        except msgspec.MsgspecError:
            unreadable.append(record["messageId"])
    return messages, unreadable


def _to_message(record: dict[str, Any]) -> Message:
    return Message(
        wake=_decoder.decode(record["body"]),
        message_id=record["messageId"],
        receipt_handle=record["receiptHandle"],
        receives=int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)),
    )
