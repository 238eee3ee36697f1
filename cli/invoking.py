"""Functions that are invoked by name: their answer, or their error as one of ours."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from millrace.errors import NeedsHuman, RetryLater

TRIES = 5
LATER = frozenset({"RetryLater", "NotAllWritten"})


def invoke(client: Any, function: str, event: Mapping[str, Any], stays: str) -> Any:
    """What `function` returned. It may be invoked again, so asking twice must change nothing.

    `stays` says to whoever is told to try again what need not be done again.
    """
    for attempt in range(TRIES):
        answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        told = json.loads(answer["Payload"].read())
        if not answer.get("FunctionError"):
            return told
        if told.get("errorType") not in LATER:
            break
        time.sleep(2**attempt)
    code, _, message = str(told.get("errorMessage", "")).partition(": ")
    if told.get("errorType") in LATER:
        raise RetryLater(code, f"{message}; {stays}: run it again later")
    raise NeedsHuman(code or "not_done", message or "see the function's log")
