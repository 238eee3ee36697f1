"""What webhooks ask of the network and of AWS."""

from __future__ import annotations

from typing import Protocol


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


class SignedTokens(Protocol):
    def claim(self, token: str, content: str, *, until_ms: int) -> bool:
        """Whether `token` stands for `content`: the first content that claims it has it.

        Kept at least until then. Raises RetryLater `tokens_unavailable` when nobody can tell.
        """
        ...
