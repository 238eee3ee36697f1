"""One message to one queue."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.errors import RetryLater


class SqsMessages:
    """Sends bodies to the queue at `queue_url`."""

    def __init__(self, *, queue_url: str, sqs: Any) -> None:
        self._queue_url = queue_url
        self._sqs = sqs

    def send(self, body: str, *, delay_seconds: int = 0) -> None:
        """Raises RetryLater `queue_unavailable` when it may not have been taken."""
        try:
            self._sqs.send_message(
                QueueUrl=self._queue_url, MessageBody=body, DelaySeconds=delay_seconds
            )
        except (ClientError, BotoCoreError) as error:
            raise RetryLater("queue_unavailable", "the queue did not take a message") from error
