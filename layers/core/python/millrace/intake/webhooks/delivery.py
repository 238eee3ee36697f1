"""One POST of a vendor, before and after it is proven to be the vendor's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from millrace.errors import GiveUp, NeedsHuman
from millrace.http import Request
from millrace.intake.reasons import reject
from millrace.intake.webhooks.ports import Certificates

MAX_FORM_FIELDS = 1_000
_decoder = msgspec.json.Decoder(dict[str, Any])


class _NoCertificates:
    """Of what was proven before: a replay, or a queue that only AWS may write to."""

    def pem(self, url: str) -> bytes:
        raise GiveUp("not_verified_again", f"nothing here asks for a certificate ({len(url)})")


NO_CERTIFICATES = _NoCertificates()


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The request with what our own configuration says of its source."""

    source: str
    request: Request
    received_at: int
    certificates: Certificates = NO_CERTIFICATES
    secrets: tuple[str, ...] = ()
    url: str = ""
    topics: frozenset[str] = frozenset()

    @property
    def body(self) -> bytes:
        """The raw bytes: signatures are over these and nothing else."""
        return self.request.body

    def header(self, name: str) -> str:
        """One header, or nothing."""
        return self.request.headers.get(name.lower(), "")

    def valid_keys(self) -> tuple[str, ...]:
        """Every valid secret; NeedsHuman `secret_missing` where there is none: never no check."""
        usable = tuple(secret for secret in self.secrets if secret.strip())
        if not usable:
            raise NeedsHuman("secret_missing", f"the source {self.source} has no secret")
        return usable

    @cached_property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object, its text exactly as signed; RejectedEvent when it is none."""
        try:
            return _decoder.decode(self.body)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise reject("invalid_json") from error

    @cached_property
    def form(self) -> list[tuple[str, str]]:
        """The fields of a form body; RejectedEvent `invalid_encoding` when it is none."""
        try:
            return parse_qsl(
                self.body.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=MAX_FORM_FIELDS,
            )
        except ValueError as error:
            raise reject("invalid_encoding") from error
