from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import PromotionProperties


class PromotionViewed(PromotionProperties, frozen=True, kw_only=True):
    """A customer saw a promotion inside the shop."""


event = EventDefinition(
    name="Promotion Viewed",
    vocabulary="e-commerce",
    properties=PromotionViewed,
    example={
        "promotion_id": "promo_1",
        "creative": "top_banner_2",
        "name": "75% store-wide shoe sale",
        "position": "home_banner_top",
    },
)
