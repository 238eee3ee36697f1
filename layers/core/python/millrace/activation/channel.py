"""A destination as this deployment uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from millrace.activation.model import Destination, Sending


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """What the config says of one destination, beside its definition."""

    destination: Destination
    secret_name: str
    options: Mapping[str, Any] = {}
    is_withdrawing: bool = False
    own_purposes: Sequence[str] = ()
    """What the config says that the destination is used for; empty: what its definition says."""

    @property
    def purposes(self) -> frozenset[str]:
        return frozenset(self.own_purposes) or self.destination.purposes

    @property
    def withdrawing(self) -> Channel | None:
        """The same channel, over which only withdrawals are told."""
        how = self.destination.withdrawal
        if how is None:
            return None
        destination = msgspec.structs.replace(
            self.destination,
            told=how.told,
            request=how.request,
            limits=how.limits or self.destination.limits,
        )
        return msgspec.structs.replace(self, destination=destination, is_withdrawing=True)

    @property
    def base_url(self) -> str:
        return str(self.options.get("base_url") or self.destination.base_url)

    @property
    def may_be_private(self) -> bool:
        """Whether its address may be loopback or private: on a laptop, never by default."""
        return self.options.get("allow_private") is True

    def sending(self, secret: str, now_ms: int) -> Sending:
        """What the definition's functions need of this deployment."""
        return Sending(
            base_url=self.base_url.rstrip("/"), secret=secret, options=self.options, now_ms=now_ms
        )
