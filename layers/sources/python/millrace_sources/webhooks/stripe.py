"""Stripe: payments, invoices and subscriptions; amounts become major units."""

from __future__ import annotations

from millrace.intake.webhooks import (
    Delivery,
    Hmac,
    Part,
    Timestamp,
    WebhookSource,
    body,
    first,
    listed,
    minor_units,
    prefixed,
    select,
)
from millrace.intake.webhooks import vocabulary as word

AT = "data.object"
CURRENCY = f"{AT}.currency"
PAYMENTS = ("checkout.session", "charge", "payment_intent")
ENTRIES = listed("Stripe-Signature", separator=",", prefix="t=")


def signed_at(delivery: Delivery) -> bytes:
    """The one `t=` of the header."""
    times = ENTRIES(delivery)
    return times[0].encode() if len(times) == 1 else b""


def order(part: Part) -> object:
    """What a checkout and its refund have in common."""
    is_payment = select(part, f"{AT}.object") in PAYMENTS
    return first(f"{AT}.payment_intent", f"{AT}.id")(part) if is_payment else None


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
        "customer.deleted": word.unplanned("Customer Deleted"),
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
        "object_id": f"{AT}.id",
        "order_id": order,
        "revenue": minor_units(
            f"{AT}.amount_subtotal", f"{AT}.amount_paid", f"{AT}.subtotal", currency=CURRENCY
        ),
        "total": minor_units(
            f"{AT}.amount_total",
            f"{AT}.total",
            f"{AT}.amount_refunded",
            f"{AT}.amount",
            currency=CURRENCY,
        ),
        "currency": lambda part: str(select(part, CURRENCY) or "").upper(),
        "status": f"{AT}.status",
    },
)
