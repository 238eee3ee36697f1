"""What events mean for what is computed of a person: a line for each that means anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from millrace.behaviour import carts, orders
from millrace.behaviour.carts import Cart
from millrace.behaviour.orders import Order

Properties = Mapping[str, Any]


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of event does."""

    points: int = 0
    """For the engagement score and the best hour; none where a machine did it."""
    is_browsing: bool = False
    """Whether the person was on the site: visits are made of these."""
    interest: int = 0
    """How much it says for the product's category."""
    cart: Callable[[Cart, int, Properties], Cart] | None = None
    order: Callable[[int, bytes, Properties], Order] | None = None


SEEN = Meaning(points=1, is_browsing=True)
MEANINGS: dict[str, Meaning] = {
    "page": SEEN,
    "screen": SEEN,
    "Products Searched": SEEN,
    "Product List Viewed": SEEN,
    "Product List Filtered": SEEN,
    "Product Clicked": SEEN,
    "Promotion Clicked": SEEN,
    "Product Viewed": Meaning(points=1, is_browsing=True, interest=1),
    "Product Added to Wishlist": Meaning(points=3, is_browsing=True, interest=2),
    "Product Added": Meaning(points=4, is_browsing=True, interest=3, cart=carts.put),
    "Product Removed": Meaning(is_browsing=True, cart=carts.take),
    "Cart Viewed": Meaning(points=2, is_browsing=True, cart=carts.replace),
    "Checkout Started": Meaning(points=5, cart=carts.replace),
    "Order Completed": Meaning(points=10, cart=carts.empty, order=orders.placed),
    "Order Paid": Meaning(order=orders.placed),
    "Order Updated": Meaning(order=orders.changed),
    "Order Refunded": Meaning(order=orders.refunded),
    "Order Cancelled": Meaning(order=orders.cancelled),
    "Email Opened": Meaning(points=1),
    "Email Link Clicked": Meaning(points=3),
    "Signed Up": Meaning(points=5),
    "Subscribed": Meaning(points=5),
}
NOTHING = Meaning()
