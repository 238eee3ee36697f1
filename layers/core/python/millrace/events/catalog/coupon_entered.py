from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import CouponProperties


class CouponEntered(CouponProperties, frozen=True, kw_only=True):
    """A customer entered a coupon."""


event = EventDefinition(
    name="Coupon Entered",
    vocabulary="e-commerce",
    properties=CouponEntered,
    example={
        "order_id": "50314b8e9bcf",
        "cart_id": "923923929jd29jd92dj9j93fj3",
        "coupon_id": "may_deals_2026",
    },
)
