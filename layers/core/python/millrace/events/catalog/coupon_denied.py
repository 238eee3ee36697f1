from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from millrace.events.definition import EventDefinition, NotPii
from millrace.events.vocabulary.commerce import CouponProperties


class CouponDenied(CouponProperties, frozen=True, kw_only=True):
    """A coupon was refused."""

    reason: (
        Annotated[str, Meta(description="Why the shop refused it."), NotPii("the shop's words")]
        | None
    ) = None


event = EventDefinition(
    name="Coupon Denied",
    vocabulary="e-commerce",
    properties=CouponDenied,
    example={
        "order_id": "50314b8e9bcf",
        "cart_id": "923923929jd29jd92dj9j93fj3",
        "coupon_id": "may_deals_2026",
        "reason": "Coupon expired",
    },
)
