from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import CouponProperties


class CouponRemoved(CouponProperties, frozen=True, kw_only=True):
    """A coupon was taken off an order or cart."""


event = EventDefinition(
    name="Coupon Removed",
    vocabulary="e-commerce",
    properties=CouponRemoved,
    example={
        "order_id": "50314b8e9bcf",
        "cart_id": "923923929jd29jd92dj9j93fj3",
        "coupon_id": "may_deals_2026",
        "coupon_name": "May Deals 2026",
        "discount": 23.32,
    },
)
