"""The Segment tracking API: POST /v1/{track,identify,...,batch}, pixels, the tag's settings."""

from __future__ import annotations

from millrace.adapters.doors import open_doors
from millrace.http import Request, Response
from millrace.intake.track import answer
from millrace.runtime.detours import detour_counter
from millrace.runtime.function import describe_error, http_function, logger_for
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import IntakeTrackSettings

NAME = "intake/track"
settings = IntakeTrackSettings.from_env()
logger = logger_for(NAME)
doors = open_doors(
    settings,
    write_keys={name: source.secret for name, source in settings.sources.items()},
    report=lambda error: logger.error("request failed", **describe_error(error)),
    note=detour_counter(NAME),
)


@http_function(NAME)
def handler(request: Request, metrics: FunctionMetrics) -> Response:
    return answer(request, doors, metrics)
