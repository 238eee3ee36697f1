"""Plays an event source mapping on a queue: windows, partial failures, visibility, redrive."""

from __future__ import annotations

import time
from typing import Any

from local.clock import LocalClock
from local.cloud import Cloud
from local.lane import Window
from local.mapping import LONGEST_WAIT_SECONDS, Failure, MappingPlan, failed_ids
from local.stream_pump import Invoke
from local.template import REGION


class QueuePump:
    """One mapping.

    Failed messages come back when their visibility ends; moto moves them to the dead-letter
    queue when they have been received too often.
    """

    def __init__(self, plan: MappingPlan, cloud: Cloud, invoke: Invoke, clock: LocalClock) -> None:
        self.plan = plan
        self._cloud = cloud
        self._invoke = invoke
        self._name = plan.source_arn.rsplit(":", 1)[-1]
        self._window = Window(plan.window_seconds, clock)
        self._retry_at = 0.0

    def run(self, *, is_flushing: bool) -> bool:
        """Invoke once with what is visible, or due to be; whether anything was done."""
        if self._hidden() and (is_flushing or time.monotonic() >= self._retry_at):
            self._uncover()
        visible = len(self._queue().messages)
        if not visible:
            self._window.close()
            return False
        self._window.open()
        if not (is_flushing or visible >= self.plan.batch_size or self._window.has_passed()):
            return False
        self._window.close()
        messages = self._cloud.backend("sqs").receive_message(
            self._name, self.plan.batch_size, 0, self._queue().visibility_timeout
        )
        if messages:
            self._try(messages)
        return True

    def in_flight(self) -> int:
        return len(self._queue()._messages)  # noqa: SLF001

    def wait_seconds(self) -> float | None:
        """How long until something is due; None when nothing will be."""
        wait = self._window.wait_seconds()
        if wait is None and self._hidden():
            return max(0.0, self._retry_at - time.monotonic())
        return wait

    def _hidden(self) -> list[Any]:
        everything = self._queue()._messages  # noqa: SLF001
        return [each for each in everything if not each.visible or each.delayed]

    def _uncover(self) -> None:
        """End the waits: nobody sits through a visibility timeout on a laptop."""
        for message in self._hidden():
            message.visible_at = message.delayed_until = 0.0

    def _queue(self) -> Any:
        return self._cloud.backend("sqs").queues[self._name]

    def _try(self, messages: list[Any]) -> None:
        records = [self._record(message) for message in messages]
        self._retry_at = time.monotonic() + LONGEST_WAIT_SECONDS
        try:
            response = self._invoke({"Records": records})
        except Exception:  # noqa: BLE001 - whatever a handler raises fails its batch
            return
        failed = failed_ids(response) if self.plan.is_partial else []
        known = {message.id for message in messages}
        if isinstance(failed, Failure) or not known.issuperset(failed):
            return
        for message in messages:
            if message.id not in failed:
                self._queue().delete_message(message.receipt_handle)

    def _record(self, message: Any) -> dict[str, Any]:
        return {
            "messageId": message.id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": str(message.approximate_receive_count),
                "SentTimestamp": str(message.sent_timestamp),
                "SenderId": message.sender_id,
                "ApproximateFirstReceiveTimestamp": str(
                    message.approximate_first_receive_timestamp
                ),
            },
            "messageAttributes": message.message_attributes,
            "md5OfBody": message.body_md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": self.plan.source_arn,
            "awsRegion": REGION,
        }
