"""Detours are counted the moment they happen: they are the news of an outage."""

from __future__ import annotations

from collections.abc import Callable

from millrace.runtime.function import logger_for
from millrace.runtime.metrics import FunctionMetrics


def detour_counter(function: str) -> Callable[[str, int], None]:
    """Told the rung and how many events it took; a metric and a log line for each request."""
    metrics = FunctionMetrics(function)
    logger = logger_for(function)

    def note(rung: str, events: int) -> None:
        metrics.count("EventsDetoured", events)
        metrics.flush()
        logger.warning("the stream did not take all", rung=rung, events=events)

    return note
