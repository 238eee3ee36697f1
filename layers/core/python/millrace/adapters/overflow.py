"""The rungs below the stream: a queue, then a bucket; and the bucket's objects on the way back."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.clock import Clock
from millrace.errors import RetryLater
from millrace.intake.overflow import MAX_MESSAGE_BYTES, PREFIX, messages, pack
from millrace.intake.ports import NotAllWritten, SinkRecord

PATIENCE_SECONDS = 0.5
"""No message after so long and a refusal: the sender waits."""
GONE = frozenset({"NoSuchKey", "404"})


class SqsOverflow:
    """`EventSink` into a queue: as few messages as their size allows, one try each."""

    def __init__(
        self, *, queue_url: str, sqs: Any, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._queue_url = queue_url
        self._sqs = sqs
        self._monotonic = monotonic

    def put(self, records: Sequence[SinkRecord]) -> None:
        until = self._monotonic() + PATIENCE_SECONDS
        unwritten: list[int] = []
        reason = "a record is too large"
        for positions in messages(records):
            body = pack([records[position] for position in positions])
            try:
                is_late = bool(unwritten) and self._monotonic() > until
                if is_late or len(body) > MAX_MESSAGE_BYTES:
                    unwritten += positions
                else:
                    self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=body.decode())
            except (ClientError, BotoCoreError) as error:
                unwritten += positions
                reason = _reason(error)
        if unwritten:
            raise NotAllWritten(
                f"the queue did not take {len(unwritten)} of {len(records)} records: {reason}",
                unwritten=frozenset(unwritten),
            )


class S3Overflow:
    """`EventSink` into a bucket: one object a call."""

    def __init__(self, *, bucket: str, s3: Any, clock: Clock) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._clock = clock

    def put(self, records: Sequence[SinkRecord]) -> None:
        body = pack(records)
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        name = hashlib.blake2b(body, digest_size=16).hexdigest()
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=f"{PREFIX}/{now:day=%Y-%m-%d/hour=%H}/{name}.json",
                Body=body,
                ContentType="application/json",
            )
        except (ClientError, BotoCoreError) as error:
            everything = frozenset(range(len(records)))
            said = f"the bucket did not take {len(records)} records: {_reason(error)}"
            raise NotAllWritten(said, unwritten=everything) from error


class S3OverflowObjects:
    """`OverflowObjects` of one bucket."""

    def __init__(self, *, bucket: str, s3: Any) -> None:
        self._bucket = bucket
        self._s3 = s3

    def read(self, key: str) -> bytes | None:
        try:
            return bytes(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())
        except ClientError as error:
            if _reason(error) in GONE:
                return None
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error

    def delete(self, key: str) -> None:
        try:
            self._s3.delete_object(Bucket=self._bucket, Key=key)
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from error


def _reason(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "ClientError"))
    return type(error).__name__


def _unavailable(error: Exception) -> RetryLater:
    return RetryLater("overflow_unavailable", f"the overflow bucket: {_reason(error)}")
