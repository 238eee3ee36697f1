"""Asking for operations: by functions/intake/operate, which needs no key of whoever asks."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cli.connection import Connection
from cli.invoking import invoke
from millrace.intake.operating import MOST_AT_ONCE, Asked, Asking, Operated, read_asking


def operate(connection: Connection, operations: Sequence[Asked], reason: str) -> Operated:
    """Ask for the operations as whoever this is; NeedsHuman says what is wrong with them.

    Asking twice changes nothing: what one operation is called follows from what it says.
    """
    function, client = connection.name("OperateFunction"), connection.client("lambda")
    operator = connection.who()
    message_ids: list[str] = []
    for start in range(0, len(operations), MOST_AT_ONCE):
        some = list(operations[start : start + MOST_AT_ONCE])
        asking = Asking(operations=some, operator=operator, reason=reason)
        event = msgspec.to_builtins(asking)
        read_asking(event)
        told = invoke(client, function, event, "what was asked for stays asked for")
        message_ids += msgspec.convert(told, Operated).message_ids
    return Operated(message_ids=message_ids)
