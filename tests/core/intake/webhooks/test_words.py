"""Small parts: selectors, splits, times, machines."""

import pytest

from millrace.errors import RejectedEvent
from millrace.http import Request
from millrace.intake.webhooks import Delivery, Part, fingerprint, first, number, prefixed, select
from millrace.intake.webhooks.machines import is_machine_agent
from millrace.intake.webhooks.money import minor_units
from millrace.intake.webhooks.splits import each, each_at, form_tree
from tests.fakes.certificates import MemoryCertificates


def delivery(body=b""):
    request = Request(method="POST", path="/", route="", body=body)
    return Delivery(source="s", request=request, received_at=0, certificates=MemoryCertificates({}))


def part(**payload):
    return Part(payload=payload, delivery=delivery())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("a.c", None),
        ("list.0.x", 2),
        ("list.1.x", None),
        ("list.x", None),
        ("n.x", None),
    ],
)
def test_a_path_leads_to_a_value_or_to_nothing(path, value):
    assert select(part(a={"b": 1}, list=[{"x": 2}], n=7), path) == value


def test_the_first_place_that_holds_anything_counts():
    assert first("a", "b", "c")(part(a="", b=None, c=0)) == 0


@pytest.mark.parametrize("value", [True, None, "", [1], {}])
def test_what_is_no_number_of_a_person_is_not_made_one(value):
    assert prefixed("vendor", "id")(part(id=value)) is None


def test_a_fingerprint_tells_values_apart_that_read_alike_when_joined():
    one, two = fingerprint("a", "b"), fingerprint("a", "b")
    assert one(part(a="x", b="yz")) != two(part(a="xy", b="z"))
    assert one(part(a=1)) != one(part(b=1))
    assert one(part()) is None


@pytest.mark.parametrize(
    ("value", "amount"),
    [("388.00", 388.0), (7, 7.0), ("NaN", None), ("inf", None), ("x", None), (True, None),
     ({}, None), ("1e999", None)],
)  # fmt: skip
def test_an_amount_is_a_finite_number(value, amount):
    assert number("total")(part(total=value)) == amount


@pytest.mark.parametrize(
    ("currency", "amount"), [("usd", 19.99), ("JPY", 1999.0), ("kwd", 1.999), (None, 19.99)]
)
def test_minor_units_follow_the_currency(currency, amount):
    read = minor_units("amount", currency="currency")
    assert read(part(amount=1999, currency=currency)) == amount


@pytest.mark.parametrize(
    ("agent", "verdict"),
    [
        ("Mozilla/5.0", True),
        ("Mozilla/5.0 (compatible; Barracuda Sentinel)", True),
        ("python-requests/2.31", True),
        ("Googlebot/2.1", True),
        ("Mozilla/5.0 (Windows NT 5.1) Firefox/11.0 (via ggpht.com GoogleImageProxy)", False),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)", False),
        ("Mozilla/5.0 (Linux; CUBOT X18)", False),
        ("", False),
        (None, False),
    ],
)
def test_machines_are_told_from_people_by_their_user_agent(agent, verdict):
    assert is_machine_agent(agent) is verdict


def test_the_parts_of_a_list_are_its_very_bytes():
    assert each(delivery(b'[{"a": 1 },\r\n {"b":2}]\r\n')) == [b'{"a": 1 }', b'{"b":2}']
    assert each(delivery(b' {"a": 1}')) == [b'{"a": 1}']


def test_lists_inside_objects_and_lists_of_such_objects_are_split():
    assert each_at("events")(delivery(b'{"events":[1,2]}')) == [b"1", b"2"]
    assert each_at("events")(delivery(b'[{"events":[1]},{"events":[2]}]')) == [b"1", b"2"]


@pytest.mark.parametrize("body", [b"{}", b'{"events": {}}', b'{"events": null}', b"7"])
def test_a_batch_without_its_list_is_refused(body):
    with pytest.raises(RejectedEvent):
        each_at("events")(delivery(body))


def test_bracket_keys_become_a_tree():
    body = b"type=subscribe&data%5Bmerges%5D%5BFNAME%5D=Jane&data%5Bid%5D="
    assert form_tree(delivery(body)) == [
        b'{"type":"subscribe","data":{"merges":{"FNAME":"Jane"},"id":""}}'
    ]


@pytest.mark.parametrize(
    "body", [b"a=1&a[b]=2", b"[a]=1", b"a[b=1", b"a" + b"[b]" * 9 + b"=1", b"x", b"%ff=1"]
)
def test_keys_that_are_no_tree_are_refused(body):
    with pytest.raises(RejectedEvent):
        form_tree(delivery(body))
