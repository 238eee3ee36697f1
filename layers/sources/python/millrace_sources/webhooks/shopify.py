"""Shopify: orders, checkouts, customers and the privacy topics that every app must take."""

from __future__ import annotations

from typing import Any

from millrace.intake.webhooks import (
    Hmac,
    Part,
    WebhookSource,
    body,
    first,
    from_header,
    number,
    prefixed,
    signature,
)
from millrace.intake.webhooks import vocabulary as word

TOPIC = from_header("X-Shopify-Topic")
CONSENT = ("email_marketing_consent.state", "marketing_consent.state")
PRODUCT = {"product_id": "product_id", "sku": "sku", "name": "title", "variant": "variant_title",
           "brand": "vendor", "quantity": "quantity"}  # fmt: skip


def kind(part: Part) -> str:
    """The topic; a change of consent also by its new state."""
    topic = TOPIC(part)
    state = first(*CONSENT)(part) if "consent" in topic else None
    return f"{topic}/{state}" if state else topic


def of(resource: str) -> Any:
    """The payload's own id, when it is of that resource."""
    return lambda part: part.payload.get("id") if TOPIC(part).startswith(resource) else None


def products(part: Part) -> list[dict[str, Any]]:
    """The line items in the words of the e-commerce events."""
    found = []
    for line in part.payload.get("line_items") or []:
        product = {name: line[field] for name, field in PRODUCT.items() if line.get(field)}
        found.append(product | ({"price": float(line["price"])} if line.get("price") else {}))
    return found


source = WebhookSource(
    name="shopify",
    docs="https://shopify.dev/docs/api/webhooks",
    # No time is signed; a replay is a duplicate by its event id.
    verify=Hmac(signatures=signature("X-Shopify-Hmac-Sha256"), over=(body,), encoding="base64"),
    kind=kind,
    events={
        "orders/create": "Order Completed",
        "orders/paid": "Order Paid",
        "orders/updated": "Order Updated",
        "orders/fulfilled": "Order Fulfilled",
        "orders/cancelled": "Order Cancelled",
        "refunds/create": "Order Refunded",
        "checkouts/create": "Checkout Started",
        "checkouts/update": "Checkout Updated",
        "customers/create": word.TRAITS,
        "customers/update": word.TRAITS,
        "customers/delete": word.unplanned("Customer Deleted"),
        "customers_email_marketing_consent/update/subscribed": word.SUBSCRIBED,
        "customers_email_marketing_consent/update/unsubscribed": word.UNSUBSCRIBED,
        "customers_marketing_consent/update/subscribed": word.SUBSCRIBED,
        "customers_marketing_consent/update/unsubscribed": word.UNSUBSCRIBED,
        "customers/redact": word.ERASURE,
        "customers/data_request": word.unplanned("Data Export Requested"),
    },
    message_id=first(from_header("X-Shopify-Event-Id"), from_header("X-Shopify-Webhook-Id")),
    timestamp=first(from_header("X-Shopify-Triggered-At"), "updated_at", "created_at"),
    identifiers={
        "email": first("customer.email", "email", "contact_email", "email_address"),
        "anonymous_id": prefixed(
            "shopify:customer", "customer.id", "customer_id", of("customers/")
        ),
    },
    traits={
        "firstName": first("customer.first_name", "first_name"),
        "lastName": first("customer.last_name", "last_name"),
        "phone": first("customer.phone", "phone"),
    },
    properties={
        "order_id": first("order_id", of("orders/")),
        "checkout_id": first("checkout_id", of("checkouts/")),
        "revenue": number("subtotal_price"),
        "total": number("total_price"),
        "tax": number("total_tax"),
        "discount": number("total_discounts"),
        "currency": "currency",
        "coupon": "discount_codes.0.code",
        "products": products,
    },
)
