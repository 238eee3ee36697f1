"""Vendors that sign nothing: a secret that travels with each request, over TLS."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from typing import Protocol

import msgspec

from millrace.errors import RejectedEvent
from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.reasons import refuse

Place = Callable[[Delivery], list[str]]
"""What a request says its secret is; several readings of the same place are allowed."""


def bearer(delivery: Delivery) -> list[str]:
    """`Authorization: Bearer <secret>`."""
    return _credentials(delivery, "bearer")


def basic(delivery: Delivery) -> list[str]:
    """`Authorization: Basic`: the secret is `user:password`, or the password of any user."""
    readings = []
    for credentials in _credentials(delivery, "basic"):
        try:
            decoded = base64.b64decode(credentials, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            continue
        readings += [decoded, decoded.partition(":")[2]]
    return readings


def in_header(name: str) -> Place:
    """A header that the vendor lets its users set."""
    return lambda delivery: [delivery.header(name)]


def in_query(name: str) -> Place:
    """A parameter of the address, for vendors that let their users set nothing else."""
    return lambda delivery: [delivery.request.query.get(name, "")]


class SharedSecret(msgspec.Struct, frozen=True, kw_only=True):
    """The secret stands in one of `places`; the body is proven by the TLS connection only."""

    places: tuple[Place, ...]

    def check(self, delivery: Delivery) -> None:
        """RejectedEvent when no place holds a valid secret."""
        keys = [key.strip().encode() for key in delivery.valid_keys()]
        given = [each.encode("utf-8", "surrogatepass") for each in self._given(delivery)]
        if not given:
            raise refuse("signature_missing")
        if not sum(hmac.compare_digest(mine, theirs) for mine in keys for theirs in given):
            raise refuse("signature_mismatch")

    def _given(self, delivery: Delivery) -> list[str]:
        return [each for place in self.places for each in place(delivery) if each]


class Scheme(Protocol):
    def check(self, delivery: Delivery) -> None:
        """RejectedEvent when the request is not the vendor's; NeedsHuman when we cannot tell."""
        ...


class AnyOf(msgspec.Struct, frozen=True):
    """Whichever of these the vendor's user has set up."""

    schemes: tuple[Scheme, ...]

    def check(self, delivery: Delivery) -> None:
        """RejectedEvent when none proves the sender: of the first scheme that was tried at all."""
        missing: RejectedEvent = refuse("signature_missing")
        refusal = missing
        for scheme in self.schemes:
            try:
                scheme.check(delivery)
            except RejectedEvent as error:
                refusal = error if refusal.code == missing.code else refusal
            else:
                return
        raise refusal


def _credentials(delivery: Delivery, scheme: str) -> list[str]:
    given, _, credentials = delivery.header("authorization").strip().partition(" ")
    return [credentials.strip()] if given.lower() == scheme and credentials.strip() else []
