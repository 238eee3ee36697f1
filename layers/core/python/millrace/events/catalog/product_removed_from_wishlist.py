from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import WishlistProductProperties


class ProductRemovedFromWishlist(WishlistProductProperties, frozen=True, kw_only=True):
    """A customer took a product off a wish list."""


event = EventDefinition(
    name="Product Removed from Wishlist",
    vocabulary="e-commerce",
    properties=ProductRemovedFromWishlist,
    example={
        "wishlist_id": "skdjsidjsdkdj29j",
        "wishlist_name": "Loved Games",
        "product_id": "507f1f77",
        "sku": "G-32",
        "category": "Games",
        "name": "Monopoly: 3rd Edition",
        "brand": "Hasbro",
        "variant": "200 pieces",
        "price": 18.99,
        "quantity": 1,
        "position": 3,
        "url": "https://shop.example/products/g-32",
        "image_url": "https://shop.example/products/g-32.jpg",
    },
)
