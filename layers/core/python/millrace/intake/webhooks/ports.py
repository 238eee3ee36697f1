"""What webhooks ask of the network, of AWS and of whoever wires them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from millrace.intake.ports import Doors

if TYPE_CHECKING:
    from millrace.intake.webhooks.model import WebhookSource


class Certificates(Protocol):
    def pem(self, url: str) -> bytes:
        """The certificate at an address of Amazon SNS, which the caller has checked.

        Raises RetryLater `certificate_unavailable` when it cannot be had.
        """
        ...


class Subscriptions(Protocol):
    def confirm(self, topic: str, token: str) -> None:
        """Confirm a subscription to an SNS topic, so that only its owner can end it.

        Raises RetryLater `confirmation_unavailable` or NeedsHuman `confirmation_refused`.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Configured:
    """One source as an operator configured it: its definition, and what is theirs to say."""

    definition: WebhookSource
    secret: str
    """Name of its secret."""
    url: str = ""
    """The address as registered with the vendor, where the signature covers it."""
    topics: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookDoors:
    """What `millrace.intake.webhooks.answering.answer` works with."""

    intake: Doors
    sources: Mapping[str, Configured]
    certificates: Certificates
    subscriptions: Subscriptions
