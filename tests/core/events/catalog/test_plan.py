import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Meta, Struct

from millrace.errors import RejectedEvent
from millrace.events import Event, Identifier
from millrace.events.plan import Plan, hold_to_plan, validate
from millrace.events.verdicts import COERCED, INVALID, UNPLANNED, PlanPolicy
from millrace.events.violations import violations

PLAN = Plan.of_catalogue()
BOB = Identifier("user_id", "bob")
ORDER = {"order_id": "o-1", "total": 27.5, "currency": "EUR"}
CORE = Path(__file__).resolve().parents[4] / "layers" / "core" / "python"


def track(name, properties, **changes):
    fields = {
        "message_id": "m1",
        "type": "track",
        "name": name,
        "source": "website",
        "event_at": 1,
        "received_at": 2,
        "anchor": BOB,
        "identifiers": (BOB,),
        "properties": properties,
    }
    return Event(**fields | changes)


def found(verdict):
    return [(each.code, each.pointer) for each in verdict.violations]


def test_an_event_as_planned_is_handed_back_untouched():
    event = track("Order Completed", ORDER)
    assert validate(PLAN, event).status == "valid"
    assert hold_to_plan(event, PLAN, PlanPolicy(unplanned="fail", invalid="fail")) is event


def test_properties_beyond_the_plan_are_welcome():
    assert validate(PLAN, track("Order Completed", {**ORDER, "gift": True})).status == "valid"


def test_an_optional_property_may_be_null():
    assert validate(PLAN, track("Order Completed", {**ORDER, "tax": None})).status == "valid"


def test_a_required_property_may_not_be_null():
    verdict = validate(PLAN, track("Order Completed", {**ORDER, "order_id": None}))
    assert found(verdict) == [("missing_property", "/properties/order_id")]


@pytest.mark.parametrize("given", ["27.50", "27", "2.75e1"])
def test_a_number_as_text_passes_with_a_flag_and_stays_text(given):
    event = track("Order Completed", {**ORDER, "total": given})
    kept = hold_to_plan(event, PLAN, PlanPolicy(invalid="fail"))
    assert kept.flags == (COERCED,)
    assert kept.properties == {**ORDER, "total": given}


@pytest.mark.parametrize("given", ["", "27,50", "NaN", "Infinity", "-inf", "1e999", "EUR 27"])
def test_text_that_is_no_number_is_invalid(given):
    verdict = validate(PLAN, track("Order Completed", {**ORDER, "total": given}))
    assert verdict.status == "invalid"
    assert [each.pointer for each in verdict.violations] == ["/properties/total"]


def test_an_id_may_be_a_number():
    assert validate(PLAN, track("Product Viewed", {"product_id": 507})).flags == ()
    assert validate(PLAN, track("Product Viewed", {"product_id": 507.0})).flags == (COERCED,)
    assert validate(PLAN, track("Product Viewed", {"product_id": 507.5})).status == "invalid"


def test_a_whole_number_may_be_written_with_a_point():
    event = track("Product Viewed", {"product_id": "p", "position": 2.0})
    assert validate(PLAN, event).flags == (COERCED,)
    event = track("Cart Viewed", {"products": [{"product_id": 507.0, "position": 2.0}]})
    assert validate(PLAN, event).flags == (COERCED,)
    event = track("Product Viewed", {"product_id": "p", "position": 2.5})
    assert found(validate(PLAN, event)) == [("wrong_type", "/properties/position")]


def test_all_that_is_wrong_is_reported_not_only_the_first():
    event = track(
        "Order Completed",
        {
            "total": [],
            "currency": "euro",
            "revenue": 10**16,
            "products": [{"price": 1}, {"price": -1, "name": 7}, "shoe", {"quantity": "many"}],
        },
    )
    assert sorted(found(validate(PLAN, event))) == [
        ("missing_property", "/properties/order_id"),
        ("out_of_range", "/properties/products/1/price"),
        ("out_of_range", "/properties/revenue"),
        ("wrong_format", "/properties/currency"),
        ("wrong_type", "/properties/products/1/name"),
        ("wrong_type", "/properties/products/2"),
        ("wrong_type", "/properties/products/3/quantity"),
        ("wrong_type", "/properties/total"),
    ]


def test_a_list_that_is_no_list_is_one_violation():
    verdict = validate(PLAN, track("Cart Viewed", {"products": "shoe"}))
    assert found(verdict) == [("wrong_type", "/properties/products")]


def test_a_value_that_is_not_among_the_allowed_is_not_repeated():
    event = track("Email Bounced", {"bounce_type": "ada@example.com"})
    (violation,) = validate(PLAN, event).violations
    assert violation.code == "value_not_allowed"
    assert violation.says == "Expected one of: hard, soft, unknown"


def test_the_length_of_a_list_is_held_to_beside_what_is_in_it():
    class Shape(Struct, frozen=True, kw_only=True):
        tags: Annotated[tuple[int, ...], Meta(max_length=2)] | None = None

    assert violations({"tags": [1, 2.0]}, Shape) == ()
    assert [(each.code, each.pointer) for each in violations({"tags": [1, "x", 3]}, Shape)] == [
        ("wrong_type", "/properties/tags/1"),
        ("wrong_length", "/properties/tags"),
    ]


def test_violations_have_an_end():
    event = track("Cart Viewed", {"products": [{"price": "x"}] * 5_000})
    assert len(validate(PLAN, event).violations) == 100


@pytest.mark.parametrize("kind", ["identify", "page", "screen", "group", "alias"])
def test_only_track_calls_are_planned(kind):
    event = track("Order Completed", {}, type=kind)
    assert validate(PLAN, event).status == "exempt"
    assert hold_to_plan(event, PLAN, PlanPolicy(unplanned="fail", invalid="fail")) is event


def test_by_default_nothing_is_lost():
    unplanned, invalid = track("Dreamt", {}), track("Order Completed", {})
    assert hold_to_plan(unplanned, PLAN) is unplanned
    assert hold_to_plan(invalid, PLAN).flags == (INVALID,)


def test_flags_are_added_to_those_that_stand():
    event = track("Order Completed", {}, flags=("future_clamped",))
    assert hold_to_plan(event, PLAN).flags == ("future_clamped", INVALID)


@pytest.mark.parametrize(
    ("action", "flags"), [("keep", ()), ("flag", (UNPLANNED,))], ids=["keep", "flag"]
)
def test_an_unplanned_event_is_kept_or_flagged(action, flags):
    assert hold_to_plan(track("Dreamt", {}), PLAN, PlanPolicy(unplanned=action)).flags == flags


@pytest.mark.parametrize(
    ("action", "flags"), [("keep", ()), ("flag", (INVALID,))], ids=["keep", "flag"]
)
def test_an_invalid_event_is_kept_or_flagged(action, flags):
    event = track("Order Completed", {})
    assert hold_to_plan(event, PLAN, PlanPolicy(invalid=action)).flags == flags


def test_an_unplanned_event_fails_where_the_policy_says_so():
    with pytest.raises(RejectedEvent, match="no event of this name") as caught:
        hold_to_plan(track("mail to ada@example.com", {}), PLAN, PlanPolicy(unplanned="fail"))
    assert (caught.value.code, caught.value.pointer) == (UNPLANNED, "/event")
    assert "ada" not in str(caught.value)


def test_an_invalid_event_fails_with_its_first_violation():
    with pytest.raises(RejectedEvent) as caught:
        hold_to_plan(track("Order Completed", {"total": "x"}), PLAN, PlanPolicy(invalid="fail"))
    assert caught.value.pointer in {"/properties/order_id", "/properties/total"}
    assert caught.value.code in {"missing_property", "wrong_type"}


@pytest.mark.parametrize(
    "spelt", ["order completed", "order_completed", "OrderCompleted", "ORDER-COMPLETED"]
)
def test_another_spelling_is_unplanned_but_the_planned_name_is_told(spelt):
    event = track(spelt, ORDER)
    verdict = validate(PLAN, event)
    assert (verdict.status, verdict.near) == ("unplanned", "Order Completed")
    with pytest.raises(RejectedEvent, match='did you mean "Order Completed"'):
        hold_to_plan(event, PLAN, PlanPolicy(unplanned="fail"))


@pytest.mark.parametrize("name", ["", "..", "__init__", "os", "Order Completed.x", "é", "a" * 256])
def test_a_name_never_imports_what_is_no_event(name):
    assert validate(PLAN, track(name, {})).status == "unplanned"


def test_a_plan_may_be_made_of_chosen_events():
    definition = PLAN.find("Order Completed")
    plan = Plan([definition])
    assert plan.find("Order Completed") is definition
    assert plan.find("Cart Viewed") is None


def test_the_plan_costs_a_cold_start_neither_pydantic_nor_the_events_that_do_not_come():
    script = (
        "import sys\n"
        "from millrace.events.plan import Plan\n"
        "Plan.of_catalogue().find('Order Completed')\n"
        "print(sorted(m for m in sys.modules if m.startswith('millrace.events.catalog.')))\n"
        "print('pydantic' in sys.modules, 'json' in sys.modules)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(CORE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "['millrace.events.catalog.order_completed']\nFalse False\n"
