"""Messages of a source's queue as Lambda hands them over."""

from __future__ import annotations

from typing import Any

from millrace.intake.webhooks.receiving import QueueMessage


def to_queue_messages(records: list[dict[str, Any]]) -> list[QueueMessage]:
    """The messages of an SQS event, in its order."""
    return [
        QueueMessage(
            queue=record["eventSourceARN"],
            message_id=record["messageId"],
            sent_at=int(record["attributes"]["SentTimestamp"]),
            body=record["body"],
        )
        for record in records
    ]
