"""WooCommerce: orders and customers of one shop."""

from __future__ import annotations

from typing import Any

from millrace.http import Request
from millrace.intake.webhooks import (
    Hmac,
    Part,
    WebhookSource,
    body,
    fingerprint,
    first,
    from_header,
    number,
    signature,
)
from millrace.intake.webhooks import vocabulary as word

TOPIC = from_header("X-WC-Webhook-Topic")
SHOP = from_header("X-WC-Webhook-Source")
PRODUCT = {"product_id": "product_id", "sku": "sku", "name": "name", "price": "price",
           "quantity": "quantity", "variant": "variation_id"}  # fmt: skip
DECISIVE = frozenset({"cancelled", "refunded", "completed"})


def is_probe(request: Request) -> bool:
    """A new webhook asks with a form of its number alone, unsigned."""
    name, _, value = request.body.partition(b"=")
    return name == b"webhook_id" and value.isdigit()


def kind(part: Part) -> str:
    """The topic; an updated order also by a status that decides its meaning."""
    status = part.payload.get("status")
    topic = TOPIC(part)
    return f"{topic}.{status}" if topic == "order.updated" and status in DECISIVE else topic


def customer(part: Part) -> str | None:
    """The shop's number of a customer, made unique; guests are 0."""
    found = part.payload.get("id" if TOPIC(part).startswith("customer.") else "customer_id")
    return f"woocommerce:{SHOP(part)}:{found}" if found else None


def products(part: Part) -> list[dict[str, Any]]:
    """The line items in the words of the e-commerce events."""
    lines = part.payload.get("line_items") or []
    return [{name: line[key] for name, key in PRODUCT.items() if line.get(key)} for line in lines]


source = WebhookSource(
    name="woocommerce",
    docs="https://woocommerce.com/document/webhooks/",
    # No time is signed; a replay is a duplicate by what changed when.
    verify=Hmac(signatures=signature("X-WC-Webhook-Signature"), over=(body,), encoding="base64"),
    is_probe=is_probe,
    kind=kind,
    events={
        "order.created": "Order Completed",
        "order.updated": "Order Updated",
        "order.updated.completed": "Order Fulfilled",
        "order.updated.cancelled": "Order Cancelled",
        "order.updated.refunded": "Order Refunded",
        "customer.created": word.TRAITS,
        "customer.updated": word.TRAITS,
        "customer.deleted": word.unplanned("Customer Deleted"),
    },
    message_id=fingerprint(SHOP, TOPIC, "id", first("date_modified_gmt", "date_created_gmt")),
    timestamp=first("date_modified_gmt", "date_created_gmt"),
    identifiers={"email": first("billing.email", "email"), "anonymous_id": customer},
    traits={
        "firstName": first("billing.first_name", "first_name"),
        "lastName": first("billing.last_name", "last_name"),
        "phone": "billing.phone",
    },
    properties={
        "order_id": lambda part: part.payload.get("id") if TOPIC(part)[:6] == "order." else None,
        "total": number("total"),
        "tax": number("total_tax"),
        "shipping": number("shipping_total"),
        "discount": number("discount_total"),
        "currency": "currency",
        "coupon": "coupon_lines.0.code",
        "status": "status",
        "products": products,
    },
)
