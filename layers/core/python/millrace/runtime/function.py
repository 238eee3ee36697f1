"""What surrounds every handler: metrics are flushed, an unexpected error leaves a clean trace."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from millrace import starting
from millrace.clock import ENDLESS, Deadline
from millrace.errors import GiveUp, MillraceError
from millrace.http import Request, Response, error_response
from millrace.runtime.http import to_request, to_result
from millrace.runtime.metrics import FunctionMetrics

Handler = Callable[[dict[str, Any], Any], Any]


def logger_for(function: str) -> Logger:
    """JSON logs under the function's name. Log codes, counts and tokens: never payloads."""
    return Logger(service=function)


def http_function(
    function: str,
) -> Callable[[Callable[[Request, FunctionMetrics], Response]], Handler]:
    """Turn `(Request, FunctionMetrics) -> Response` into a handler for an HTTP API, format 2.0.

    An error that nobody expected is answered 500 with a code and the request id, nothing else.
    """
    metrics = FunctionMetrics(function)
    logger = logger_for(function)

    def decorate(answer: Callable[[Request, FunctionMetrics], Response]) -> Handler:
        starting.end()

        @functools.wraps(answer)
        def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
            request = to_request(event)
            try:
                return to_result(answer(request, metrics))
            except Exception as error:  # noqa: BLE001 - the last line of defence
                metrics.count("UnhandledErrors")
                logger.error(  # noqa: TRY400 - a traceback may quote personal data
                    "unhandled error", request_id=request.request_id, **describe_error(error)
                )
                return to_result(
                    error_response(500, "internal_error", f"request {request.request_id} failed")
                )
            finally:
                metrics.flush()

        return handler

    return decorate


class Invocation:
    """The deadline of one invocation, as Lambda's context tells it; endless without a context."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def left_ms(self) -> int:
        if self._context is None:
            return ENDLESS.left_ms()
        return int(self._context.get_remaining_time_in_millis())


Records = list[dict[str, Any]]


def batch_function(
    function: str,
) -> Callable[[Callable[[Records, FunctionMetrics], list[str]]], Handler]:
    """Turn `(records, FunctionMetrics) -> identifiers to retry` into an event source handler.

    An exception is the whole batch's "try again later"; permanent errors must not raise.
    """
    timed = timed_batch_function(function)

    def decorate(work: Callable[[Records, FunctionMetrics], list[str]]) -> Handler:
        @functools.wraps(work)
        def untimed(records: Records, metrics: FunctionMetrics, _: Deadline) -> list[str]:
            return work(records, metrics)

        return timed(untimed)

    return decorate


def timed_batch_function(
    function: str,
) -> Callable[[Callable[[Records, FunctionMetrics, Deadline], list[str]]], Handler]:
    """As `batch_function`, for work that minds how much time its invocation has left."""
    metrics = FunctionMetrics(function)
    logger = logger_for(function)

    def decorate(work: Callable[[Records, FunctionMetrics, Deadline], list[str]]) -> Handler:
        starting.end()

        @functools.wraps(work)
        def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
            try:
                retry = work(event["Records"], metrics, Invocation(context))
            except Exception as error:
                metrics.count("UnhandledErrors")
                logger.error(  # noqa: TRY400 - a traceback may quote personal data
                    "batch failed", records=len(event["Records"]), **describe_error(error)
                )
                raise
            finally:
                metrics.flush()
            return {"batchItemFailures": [{"itemIdentifier": name} for name in retry]}

        return handler

    return decorate


def task_function(
    function: str,
) -> Callable[[Callable[[dict[str, Any], FunctionMetrics], dict[str, Any]]], Handler]:
    """Turn `(event, FunctionMetrics) -> result` into a handler that is invoked by name.

    Whoever invokes it is told the code of an error and, where we wrote it, its sentence.
    """
    metrics = FunctionMetrics(function)
    logger = logger_for(function)

    def decorate(
        work: Callable[[dict[str, Any], FunctionMetrics], dict[str, Any]],
    ) -> Handler:
        starting.end()

        @functools.wraps(work)
        def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
            try:
                return work(event, metrics)
            except MillraceError as error:
                logger.error("task failed", **describe_error(error))  # noqa: TRY400 - as above
                raise
            except Exception as error:  # noqa: BLE001 - the last line of defence
                metrics.count("UnhandledErrors")
                logger.error("task failed", **describe_error(error))  # noqa: TRY400 - as above
                raise GiveUp("internal_error", "see the function's log") from None
            finally:
                metrics.flush()

        return handler

    return decorate


def describe_error(error: Exception) -> dict[str, Any]:
    """The kind, code and place of an error; its text only where we wrote it ourselves."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno}" if frame else ""
    described = {"error": type(error).__name__, "place": place}
    if isinstance(error, MillraceError):
        described |= {"code": error.code, "reason": error.message}
    return described
