"""What activation asks of queues, of HTTP and of the deliveries table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from millrace.activation.model import Delivery, HttpRequest, HttpResponse, Wake


class Queues(Protocol):
    """One queue of wakes for each destination."""

    def send(self, wakes: Sequence[Wake]) -> list[Wake]:
        """Send wakes; those that could not be sent come back."""
        ...

    def defer(self, destination: str, seconds: Mapping[str, int]) -> None:
        """Hide messages, by receipt handle, for so many seconds from now.

        A message that cannot be hidden comes back when the queue's own time is over.
        """
        ...


class Deliveries(Protocol):
    """What each destination was last told. Raises RetryLater `deliveries_unavailable`."""

    def read_many(self, destination: str, keys: Collection[str]) -> dict[str, Delivery]:
        """The last delivery by root key; people who were never told of are left out."""
        ...

    def record(self, destination: str, deliveries: Mapping[str, Delivery]) -> None:
        """Remember by root key, whatever was remembered before."""
        ...

    def replace(
        self, destination: str, changes: Mapping[str, tuple[Delivery, Delivery]]
    ) -> Collection[str]:
        """Remember the second of each pair where the first is what is remembered now; for whom."""
        ...


class Http(Protocol):
    def send(self, request: HttpRequest, *, may_be_private: bool = False) -> HttpResponse:
        """The answer, whatever its status; redirects are not followed.

        Raises RetryLater `destination_unreachable` without an answer; NeedsHuman
        `insecure_address` or `private_address` where it must be https to the public internet and
        is not, `unsendable_request` when there is no valid request to send.
        """
        ...
