"""A run of retention meets every fault between every two of its calls: nothing is lost or back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from millrace.activation import Delivery
from millrace.clock import DAY_MS
from millrace.errors import RetryLater
from tests.core.profiles.stories import NOON, event
from tests.core.retention.houses import LATER, House

SEEN = [
    event("a1", user="ada", name="Product Added", properties={"product_id": "p"}, at=LATER - 99),
    event("a2", user="ada", kind="identify", traits={"plan": "gold"}, at=LATER - 98),
    event("b1", user="bob", anonymous="b", at=5),
    event("b2", user="bob", email="bob@x.com", kind="identify", at=6),
]


class Crash(BaseException):
    """The sandbox is gone: nothing handles it."""


def street() -> House:
    """Of ada what she did is to go; bob, who was told to klaviyo, is to go himself."""
    house = House()
    house.take(*SEEN)
    house.deliveries.rows["klaviyo", house.profile(value="bob").key] = Delivery(
        digest="d", version=1, at=NOON
    )
    house.says("no", at=LATER - 90, analytics=False)
    house.later(LATER + 31 * DAY_MS)
    house.take(event("a3", user="ada", kind="identify", traits={"vip": True}, at=LATER))
    return house


def places(house: House):
    """Every fake and side at which a call can be met."""
    for fake in (house.world.store, house.erasures):
        yield from ((fake, "before"), (fake, "after"))
    for fake in (house.attic, house.world.subjects, house.messages):
        yield fake, "before"


def run_with(fault: Callable[[House], None], place: int) -> tuple[House, bool]:
    """One run in which `fault` strikes at call number `place`; whether there was one."""
    house, met = street(), 0

    def strike(_call: str) -> None:
        nonlocal met
        met += 1
        if met == place:
            calm(house)
            fault(house)

    for fake, side in places(house):
        setattr(fake, side, strike)
    with contextlib.suppress(RetryLater, Crash):
        house.retain(pages=99)
    calm(house)
    return house, met >= place


def calm(house: House) -> None:
    for fake, side in places(house):
        setattr(fake, side, lambda call: None)


def crash(_house: House) -> None:
    raise Crash


def throttle(_house: House) -> None:
    """Before a call: it was not taken; after its effect: its reply was lost."""
    raise RetryLater("throttled", "again later")


def come(house: House) -> None:
    """Both are heard of at that very moment."""
    at = LATER + 31 * DAY_MS
    traits = {"plan": "platinum"}
    house.take(event("a9", user="ada", kind="identify", traits=traits, at=at))
    house.take(event("b9", user="bob", name="Back", at=at))


def settle(house: House) -> None:
    """The daily runs and the messages that follow."""
    for _ in range(2):
        house.everything()
        house.later(15 * 60 * 1000)
        house.deliver()
        house.later(15 * 60 * 1000)
        house.deliver()


def check_ada(house: House, plan: str) -> None:
    ada = house.profile()
    assert "Product Added" not in ada.counters
    assert ada.computed.cart is None
    assert ada.traits == {"plan": plan, "vip": True}
    assert ada.consents["analytics"].status == "denied"


@pytest.mark.parametrize("fault", [crash, throttle])
def test_whatever_a_fault_left_undone_the_next_runs_do_and_nothing_comes_back(fault):
    place = 0
    is_met = True
    while is_met:
        place += 1
        house, is_met = run_with(fault, place)
        settle(house)
        check_ada(house, "gold")
        assert house.profile(value="bob") is None
        assert house.deliveries.rows == {}
        asked = [leaver.identifiers for _, leaver in house.forgetting.asked]
        assert asked
        assert asked[-1]["email"] == ("bob@x.com",)
        house.take(*SEEN[:2])  # a replay of what she did
        check_ada(house, "gold")
    assert place > 18


def test_an_event_at_any_moment_is_kept_whole_and_stops_no_removal():
    place = 0
    is_met = True
    while is_met:
        place += 1
        house, is_met = run_with(come, place)
        if not is_met:
            come(house)
        settle(house)
        check_ada(house, "platinum")
        bob = house.profile(value="bob")
        assert bob.counters in ({"Back": 1}, {"Product Viewed": 1, "identify": 1, "Back": 1})
        told_of = [leaver for _, leaver in house.forgetting.asked]
        row = house.world.store.rows[bob.key]
        assert not told_of or row.dirty == {"klaviyo": row.version}, "asked only who had gone"
    assert place > 18
