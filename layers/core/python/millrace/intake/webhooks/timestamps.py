"""How old a signed request may be."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

import msgspec

from millrace.clock import DAY_MS, HOUR_MS, SECOND_MS
from millrace.intake.times import parse_time
from millrace.intake.webhooks.delivery import Delivery
from millrace.intake.webhooks.reasons import refuse

FIVE_MINUTES = 300 * SECOND_MS
A_DAY_OF_RETRIES = 25 * HOUR_MS
A_WEEK_OF_RETRIES = 8 * DAY_MS
"""For vendors whose retries may carry the first try's time: a replay within it is a duplicate."""

_DIGITS = re.compile(rb"[0-9]{1,15}")
_ISO = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_SCALE = {"s": SECOND_MS, "ms": 1}


class Timestamp(msgspec.Struct, frozen=True, kw_only=True):
    """Where the signed time stands, its unit, and how far it may be from now."""

    value: Callable[[Delivery], bytes]
    unit: Literal["s", "ms", "iso"] = "s"
    past_ms: int = FIVE_MINUTES
    future_ms: int = FIVE_MINUTES

    def check(self, delivery: Delivery) -> None:
        """RejectedEvent `timestamp_out_of_tolerance` for any other time, or what is no time."""
        signed_at = self._epoch_ms(self.value(delivery))
        age = None if signed_at is None else delivery.received_at - signed_at
        if age is None or not -self.future_ms <= age <= self.past_ms:
            raise refuse("timestamp_out_of_tolerance")

    def _epoch_ms(self, text: bytes) -> int | None:
        if self.unit == "iso":
            return parse_time(text.decode()) if _ISO.fullmatch(text) else None
        return int(text) * _SCALE[self.unit] if _DIGITS.fullmatch(text) else None
