"""Computed traits: what follows from events and the moment of asking."""

from __future__ import annotations

from typing import Any

import pytest

from millrace.behaviour.orders import MAX_ORDERS
from millrace.clock import DAY_MS, HOUR_MS
from millrace.profiles.shown import Computed
from tests.core.profiles.stories import NOON, World, event

MINUTE = 60_000
SHOP = {"product_id": "p1", "category": "Games", "price": 18.99, "currency": "EUR", "name": "Uno"}


class Shopper(World):
    """One person, and what is computed of them."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    def does(self, what: str, at: int = 0, /, **properties: Any) -> None:
        self._count += 1
        self.apply(
            event(f"m{self._count}", user="u1", at=at, name=what, properties=properties),
        )

    def computed(self, at: int = 0) -> Computed:
        self.clock.set(NOON + at)
        found = self.profile("user_id", "u1").computed
        assert isinstance(found, Computed)
        return found

    def is_dirty(self) -> bool:
        (row,) = [row for row in self.store.rows.values() if not row.to]
        return row.dirty.get("klaviyo") == row.version


@pytest.fixture
def ann() -> Shopper:
    return Shopper()


# -- cart ------------------------------------------------------------------------------------


def test_the_newest_event_of_a_product_says_how_many_lie_in_the_cart(ann: Shopper) -> None:
    ann.does("Product Added", 2, **SHOP, quantity=3)
    ann.does("Product Added", 1, **SHOP, quantity=1)
    cart = ann.computed(MINUTE).cart
    assert cart is not None
    assert [(line.product_id, line.quantity, line.name) for line in cart.lines] == [
        ("p1", 3, "Uno")
    ]
    assert cart.value == {"EUR": 56.97}
    assert cart.abandoned_since is None


def test_a_cart_is_abandoned_once_nothing_was_done_to_it_for_an_hour(ann: Shopper) -> None:
    ann.does("Product Added", 5, **SHOP)
    left = ann.computed(5 + HOUR_MS).cart
    fresh = ann.computed(4 + HOUR_MS).cart
    assert left is not None
    assert fresh is not None
    assert (left.abandoned_since, fresh.abandoned_since) == (NOON + 5, None)


def test_a_late_event_does_not_put_back_what_was_taken_out_or_ordered(ann: Shopper) -> None:
    ann.does("Product Removed", 10, **SHOP)
    ann.does("Product Added", 5, **SHOP)
    assert ann.computed().cart is None
    ann.does("Order Completed", 30, order_id="o1", total=5)
    ann.does("Product Added", 20, product_id="p2")
    assert ann.computed().cart is None
    ann.does("Product Added", 31, product_id="p2")
    assert ann.computed().cart is not None


def test_a_cart_that_was_seen_whole_holds_nothing_else(ann: Shopper) -> None:
    ann.does("Product Added", 1, product_id="p1")
    ann.does("Product Added", 9, product_id="p9")
    ann.does("Cart Viewed", 5, products=[{"product_id": "p2", "quantity": 2}])
    ann.does("Cart Viewed", 6)
    cart = ann.computed().cart
    assert cart is not None
    assert [(line.product_id, line.quantity) for line in cart.lines] == [("p2", 2), ("p9", 1)]
    ann.does("Cart Viewed", 20, products=[])
    assert ann.computed().cart is None


def test_odd_products_are_passed_over(ann: Shopper) -> None:
    ann.does("Product Added", 1, quantity="two", price="free")
    ann.does("Product Added", 2, product_id="x" * 65)
    ann.does("Cart Viewed", 3, products=["p1", None, {"sku": 7, "quantity": -4, "price": -1}])
    assert ann.computed().cart is None


# -- orders ----------------------------------------------------------------------------------


def test_an_order_that_two_sources_tell_of_counts_once(ann: Shopper) -> None:
    ann.does("Order Completed", 10, order_id="o1", total=27.5, currency="eur")
    ann.does("Order Completed", 12, order_id="o1", total=27.5, currency="EUR")
    ann.does("Order Completed", 20, order_id=2, revenue=10, total=12, currency="USD")
    known = ann.computed()
    assert (known.orders, known.lifetime_value) == (2, {"EUR": 27.5, "USD": 10})
    assert (known.first_purchase_at, known.last_purchase_at) == (NOON + 10, NOON + 20)
    assert known.is_approximate is False


def test_refunds_are_taken_off_and_cancelled_orders_never_were(ann: Shopper) -> None:
    ann.does("Order Refunded", 30, order_id="o1", total=7.25)
    ann.does("Order Completed", 10, order_id="o1", total=27.5, currency="EUR")
    assert ann.computed().lifetime_value == {"EUR": 20.25}
    ann.does("Order Completed", 40, order_id="o2", total=5, currency="EUR")
    ann.does("Order Cancelled", 41, order_id="o2")
    assert (ann.computed().orders, ann.computed().lifetime_value) == (1, {"EUR": 20.25})
    ann.does("Order Refunded", 42, order_id="o1")
    assert (ann.computed().orders, ann.computed().last_purchase_at) == (0, None)


def test_the_newest_word_on_an_amount_counts_and_a_tenth_is_a_tenth(ann: Shopper) -> None:
    ann.does("Order Updated", 20, order_id="o1", total=0.1, currency="EUR")
    ann.does("Order Completed", 10, order_id="o1", total=99, currency="EUR")
    ann.does("Order Completed", 11, order_id="o2", total=0.2, currency="EUR")
    assert ann.computed().lifetime_value == {"EUR": 0.3}


def test_who_ordered_beyond_the_bound_is_told_from_a_sample_and_marked(ann: Shopper) -> None:
    count = MAX_ORDERS * 4
    ann.apply(
        *(
            event(
                f"o{number}",
                user="u1",
                at=number,
                name="Order Completed",
                properties={"order_id": number, "total": 10, "currency": "EUR"},
            )
            for number in range(count)
        )
    )
    known = ann.computed()
    assert known.is_approximate is True
    assert abs(known.orders / count - 1) < 0.2
    assert abs(known.lifetime_value["EUR"] / (count * 10) - 1) < 0.2


# -- engagement, hours, visits, interests -----------------------------------------------------


def test_the_score_halves_every_fortnight_without_any_event(ann: Shopper) -> None:
    ann.does("Order Completed", 0, order_id="o1", total=1)
    scores = [ann.computed(days * DAY_MS).engagement for days in (0, 14, 28, 89, 90)]
    assert scores == [10, 5, 2.5, 0.12, 0]


def test_machines_that_open_and_click_give_no_points(ann: Shopper) -> None:
    ann.does("Email Opened", is_machine=True)
    ann.does("Email Link Clicked", is_machine=True)
    assert (ann.computed().engagement, ann.computed().best_hour) == (0, None)
    ann.does("Email Opened", 3 * HOUR_MS, is_machine=False)
    hour = (NOON + 3 * HOUR_MS) % DAY_MS // HOUR_MS
    assert (ann.computed().engagement, ann.computed().best_hour) == (1, hour)


def test_a_visit_ends_where_nothing_happened_for_half_an_hour(ann: Shopper) -> None:
    for at in (0, 20, 45, 70):
        ann.does("Product Viewed", at * MINUTE, category="Games")
    assert ann.computed().browse_bucket == "over_30m"
    ann.does("Product Viewed", 300 * MINUTE, category="Books")
    ann.does("Product Viewed", 302 * MINUTE, category="Books")
    assert ann.computed().browse_bucket == "1m_to_5m"


def test_the_favourite_category_is_the_one_with_the_most_interest(ann: Shopper) -> None:
    ann.does("Product Viewed", 1, category="Books")
    ann.does("Product Viewed", 2, category="Books")
    assert ann.computed().favourite_category == "Books"
    ann.does("Product Added", 3, **SHOP)
    assert ann.computed().favourite_category == "Games"


def test_counts_of_the_last_thirty_days_fade_with_the_clock_and_take_late_events(
    ann: Shopper,
) -> None:
    for day in (0, 1, 1, 20):
        ann.does("Product Viewed", day * DAY_MS)
    ann.does("Product Viewed", -400 * DAY_MS)
    assert ann.computed(20 * DAY_MS).last_30_days == {"Product Viewed": 4}
    assert ann.computed(30 * DAY_MS).last_30_days == {"Product Viewed": 3}
    assert ann.computed(31 * DAY_MS).last_30_days == {"Product Viewed": 1}
    assert ann.profile("user_id", "u1").counters == {"Product Viewed": 5}


# -- what destinations are told of -----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "properties", "is_news"),
    [
        ("Product Viewed", {"category": "Games"}, False),
        ("Email Opened", {}, False),
        ("Product Added", {"product_id": "p2"}, True),
        ("Product Added", {**SHOP, "quantity": 1}, True),
        ("Order Completed", {"order_id": "o1", "total": 5}, True),
        ("Order Refunded", {"order_id": "o1"}, True),
    ],
)
def test_only_cart_orders_and_favourite_category_are_news_for_destinations(
    ann: Shopper, name: str, properties: dict[str, Any], is_news: bool
) -> None:
    ann.does("Product Added", 1, **SHOP)
    assert ann.is_dirty()
    ann.does(name, 2, **properties)
    assert ann.is_dirty() is is_news


def test_two_who_become_one_have_one_cart_and_all_orders(ann: Shopper) -> None:
    ann.apply(
        event("a1", anonymous="d", at=1, name="Product Added", properties=SHOP),
        event("a2", user="u1", at=2, name="Product Removed", properties=SHOP),
        event("a3", user="u1", at=3, name="Order Completed", properties={"order_id": 1}),
        event("a4", anonymous="d", at=4, name="Order Completed", properties={"order_id": 1}),
        event("a5", anonymous="d", at=5, name="Order Completed", properties={"order_id": 2}),
    )
    assert ann.computed().orders == 1
    ann.apply(event("a6", user="u1", anonymous="d", at=6))
    assert (ann.computed().orders, ann.computed().cart) == (2, None)
