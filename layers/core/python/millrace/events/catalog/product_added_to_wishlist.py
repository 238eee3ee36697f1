from __future__ import annotations

from millrace.events.definition import EventDefinition
from millrace.events.vocabulary.commerce import WishlistProductProperties


class ProductAddedToWishlist(WishlistProductProperties, frozen=True, kw_only=True):
    """A customer put a product on a wish list."""


event = EventDefinition(
    name="Product Added to Wishlist",
    vocabulary="e-commerce",
    properties=ProductAddedToWishlist,
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
