"""Queues of wakes over SQS, ten messages a call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from millrace.activation import Wake, wake_body

T = TypeVar("T")
PER_CALL = 10
ROUNDS = 3


class SqsQueues:
    """`Queues` by destination name -> queue URL."""

    def __init__(self, *, urls: Mapping[str, str], sqs: Any) -> None:
        self._urls = urls
        self._sqs = sqs

    def send(self, wakes: Sequence[Wake]) -> list[Wake]:
        unsent: list[Wake] = []
        for destination in dict.fromkeys(wake.destination for wake in wakes):
            waiting = [wake for wake in wakes if wake.destination == destination]
            for _ in range(ROUNDS):
                waiting = [w for ten in _tens(waiting) for w in self._send(destination, ten)]
                if not waiting:
                    break
            unsent += waiting
        return unsent

    def defer(self, destination: str, seconds: Mapping[str, int]) -> None:
        for ten in _tens(seconds.items()):
            try:
                self._sqs.change_message_visibility_batch(
                    QueueUrl=self._urls[destination],
                    Entries=[
                        {"Id": str(n), "ReceiptHandle": handle, "VisibilityTimeout": wait}
                        for n, (handle, wait) in enumerate(ten)
                    ],
                )
            except (ClientError, BotoCoreError):
                continue  # these come back when the queue's own time is over, as the port says

    def _send(self, destination: str, wakes: Sequence[Wake]) -> list[Wake]:
        """Those of at most ten wakes that were not taken."""
        try:
            answer = self._sqs.send_message_batch(
                QueueUrl=self._urls[destination],
                Entries=[{"Id": str(n), "MessageBody": wake_body(w)} for n, w in enumerate(wakes)],
            )
        except (ClientError, BotoCoreError):
            return list(wakes)
        return [wakes[int(failed["Id"])] for failed in answer.get("Failed", ())]


def _tens(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while ten := list(islice(rest, PER_CALL)):
        yield ten
