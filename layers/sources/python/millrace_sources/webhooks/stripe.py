"""Stripe: payments, invoices and subscriptions; amounts become major units."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from millrace.intake.webhooks import (
    Delivery,
    Hmac,
    Part,
    Timestamp,
    WebhookSource,
    body,
    first,
    listed,
    prefixed,
    select,
)
from millrace.intake.webhooks import vocabulary as word

AT = "data.object"
ZERO_DECIMAL = ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx",
                "vnd", "vuv", "xaf", "xof", "xpf")  # fmt: skip
THREE_DECIMAL = ("bhd", "jod", "kwd", "omr", "tnd")
ENTRIES = listed("Stripe-Signature", separator=",", prefix="t=")


def signed_at(delivery: Delivery) -> bytes:
    """The one `t=` of the header."""
    times = ENTRIES(delivery)
    return times[0].encode() if len(times) == 1 else b""


def money(*fields: str) -> Callable[[Part], float | None]:
    """An amount in minor units, as Segment's `revenue` wants it."""

    def read(part: Part) -> float | None:
        minor = first(*(f"{AT}.{field}" for field in fields))(part)
        currency = str(select(part, f"{AT}.currency")).lower()
        digits = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
        return float(Decimal(minor).scaleb(-digits)) if type(minor) is int else None

    return read


def customer(part: Part) -> object:
    """The id of the customer that the object is, or belongs to."""
    is_customer = select(part, f"{AT}.object") == "customer"
    return select(part, f"{AT}.id" if is_customer else f"{AT}.customer")


source = WebhookSource(
    name="stripe",
    docs="https://docs.stripe.com/webhooks",
    verify=Hmac(
        signatures=listed("Stripe-Signature", separator=",", prefix="v1="),
        over=(signed_at, b".", body),
        timestamp=Timestamp(value=signed_at),
    ),
    kind="type",
    events={
        "checkout.session.completed": "Order Completed",
        "checkout.session.expired": "Checkout Expired",
        "charge.refunded": "Order Refunded",
        "invoice.paid": "Invoice Paid",
        "invoice.payment_failed": "Payment Failed",
        "payment_intent.payment_failed": "Payment Failed",
        "customer.created": word.TRAITS,
        "customer.updated": word.TRAITS,
        "customer.deleted": "Customer Deleted",
        "customer.subscription.created": "Subscription Started",
        "customer.subscription.updated": "Subscription Updated",
        "customer.subscription.deleted": "Subscription Cancelled",
        "customer.subscription.trial_will_end": "Trial Ending",
    },
    message_id="id",
    timestamp="created",
    identifiers={
        "user_id": first(f"{AT}.client_reference_id", f"{AT}.metadata.user_id"),
        "anonymous_id": prefixed("stripe", customer),
        "email": first(
            f"{AT}.customer_details.email",
            f"{AT}.customer_email",
            f"{AT}.email",
            f"{AT}.receipt_email",
            f"{AT}.billing_details.email",
        ),
    },
    traits={"name": first(f"{AT}.customer_details.name", f"{AT}.customer_name", f"{AT}.name")},
    properties={
        "order_id": f"{AT}.id",
        "revenue": money("amount_subtotal", "amount_paid", "subtotal"),
        "total": money("amount_total", "total", "amount_refunded", "amount"),
        "currency": lambda part: str(select(part, f"{AT}.currency") or "").upper(),
        "status": f"{AT}.status",
    },
)
