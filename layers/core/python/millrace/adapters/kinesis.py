"""The events stream behind the `EventSink` port."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.intake.ports import NotAllWritten, SinkRecord

MAX_RECORDS = 500
MAX_CALL_BYTES = 5 * 1024 * 1024
PAUSES = (0.05, 0.1, 0.2, 0.4)
"""Seconds before each new try."""
PATIENCE_SECONDS = 1.0
"""No call after so long and a refusal: the sender waits, and other rungs follow."""


class KinesisSink:
    """PutRecords. It answers 200 with an error per record, by position; only those go again."""

    def __init__(
        self,
        *,
        stream: str,
        kinesis: Any,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._stream = stream
        self._kinesis = kinesis
        self._sleep = sleep
        self._jitter = jitter
        self._monotonic = monotonic
        self._patience_seconds = patience_seconds

    def put(self, records: Sequence[SinkRecord]) -> None:
        until = self._monotonic() + self._patience_seconds
        pending = list(range(len(records)))
        reason = self._try(records, pending, until)
        for pause in PAUSES:
            if not pending or self._monotonic() + pause > until:
                break
            self._sleep(pause * (1 + self._jitter()))
            reason = self._try(records, pending, until) or reason
        if pending:
            raise NotAllWritten(
                f"the stream did not take {len(pending)} of {len(records)} records: {reason}",
                unwritten=frozenset(pending),
            )

    def _try(self, records: Sequence[SinkRecord], pending: list[int], until: float) -> str:
        """Send what is pending once; what the stream took leaves `pending`."""
        refused: list[int] = []
        reason = ""
        for positions in _calls(records, pending):
            if refused and self._monotonic() > until:
                refused += positions
                continue
            try:
                answer = self._kinesis.put_records(
                    StreamName=self._stream,
                    Records=[
                        {"PartitionKey": record.partition_key, "Data": record.data}
                        for record in map(records.__getitem__, positions)
                    ],
                )
            except ClientError as error:
                refused += positions
                reason = str(error.response.get("Error", {}).get("Code", "ClientError"))
            except BotoCoreError as error:
                refused += positions
                reason = type(error).__name__
            else:
                if answer["FailedRecordCount"]:
                    failed = _refused(positions, answer["Records"])
                    refused += failed
                    reason = _first_code(answer["Records"])
        pending[:] = refused
        return reason


def _refused(positions: list[int], answers: list[dict[str, Any]]) -> list[int]:
    return [
        position
        for position, answer in zip(positions, answers, strict=True)
        if answer.get("ErrorCode")
    ]


def _first_code(answers: list[dict[str, Any]]) -> str:
    return str(next(answer["ErrorCode"] for answer in answers if answer.get("ErrorCode")))


def _calls(records: Sequence[SinkRecord], pending: list[int]) -> Iterator[list[int]]:
    """Positions call by call, within the limits of PutRecords."""
    call: list[int] = []
    size = 0
    for position in pending:
        record = records[position]
        length = len(record.data) + len(record.partition_key)
        if call and (len(call) == MAX_RECORDS or size + length > MAX_CALL_BYTES):
            yield call
            call, size = [], 0
        call.append(position)
        size += length
    if call:
        yield call
