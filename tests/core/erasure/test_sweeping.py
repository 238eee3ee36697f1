"""Objects that hold an erased person's events lose them, both times, and keep everybody else's."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest

from millrace.access import SealedPart, sealed_parts
from millrace.clock import ENDLESS, Deadline
from millrace.erasure.remainders import Named, of_detour, of_failed_event, of_parked
from millrace.errors import RetryLater
from millrace.events import Event, open_envelope
from millrace.intake.overflow import unpack
from tests.core.erasure.stage import HOUR, Stage, detour, failed, parked
from tests.core.profiles.stories import NOON, event
from tests.fakes.sealed_objects import MemorySealedObjects
from tests.fakes.vault import MemoryVault

VAULT = MemoryVault()
ANN, BOB = event("a", user="ann", at=1), event("b", user="bob", at=2)
BOTH = event("c", user="bob", email="ann@x.com", at=3)
LATER = event("d", user="ann", at=2 * HOUR)


def key(kind: str, value: str) -> str:
    return f"i#{kind}#{VAULT.token(kind, value)}"


NAMED = Named(
    keys=frozenset({key("user_id", "ann"), key("email", "ann@x.com")}),
    values=frozenset({"ann", "ann@x.com", "+4917012345678"}),
    until=NOON + HOUR,
)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def events_in(body: bytes) -> list[str]:
    found: list[SealedPart] = sealed_parts(body)
    return [each.message_id for part in found for each in open_envelope(part.data, VAULT).events]


def check_swept(stage: Stage) -> None:
    """Only what is Bob's is left, in every version."""
    for store in (stage.overflow, stage.parked):
        versions = [body for held in store.held.values() for _, body in held]
        assert [events_in(body) for body in versions if body is not None] == [["o2"]], store.store
    assert list(stage.failed.held) == ["failed_events/2"]


def test_detours_and_parked_batches_lose_who_is_erased_and_keep_the_others(stage: Stage) -> None:
    erasure = stage.finish(stage.request())
    check_swept(stage)
    assert stage.counted.erased == 1, "of the overflow: no profile ever saw that event"
    swept = {each["store"]: each["count"] for each in erasure.certificate["stores"]}
    assert (swept["failed events"], swept["overflow"], swept["parked batches"]) == (1, 1, 1)


def test_what_was_replayed_or_redriven_lies_under_a_delete_marker_and_goes_as_well(
    stage: Stage,
) -> None:
    for store, body in (
        (stage.parked, parked(stage.world.vault, (ANN,), (BOB,))),
        (stage.failed, failed(b'{"userId": "ann"}', stage.world.vault)),
    ):
        store.put("hidden", body)
        store.put("hidden", None)
    stage.finish(stage.request())
    for store in (stage.parked, stage.failed):
        assert [body for _, body in store.held["hidden"]] == [None]
    assert stage.counted.erased == 1


def test_what_comes_between_the_passes_goes_with_the_second(stage: Stage) -> None:
    name = stage.request()
    stage.erasing.run(name)
    stage.parked.put("aws/lambda/2", parked(stage.world.vault, (event("late", user="ann"),)))
    erasure = stage.finish(name)
    assert list(stage.parked.bodies()) == ["aws/lambda/1"]
    swept = {each["store"]: each["count"] for each in erasure.certificate["stores"]}
    assert swept["parked batches"] == 2


def test_what_a_person_did_after_a_fresh_start_is_not_swept(stage: Stage) -> None:
    stage.overflow.put("overflow/2", detour(stage.world.vault, (LATER,)))
    stage.finish(stage.request())
    assert events_in(stage.overflow.bodies()["overflow/2"]) == ["d"]


class Minute:
    """A deadline after so many pages."""

    def __init__(self, pages: int) -> None:
        self.pages = pages

    def left_ms(self) -> int:
        self.pages -= 1
        return 60_000 if self.pages >= 0 else 0


def test_a_run_without_time_left_goes_on_where_it_stopped(stage: Stage) -> None:
    stage.failed = MemorySealedObjects("failed events", most=2)
    for number in range(11):
        who = "ann" if number in {3, 10} else f"u{number}"
        body = failed(json.dumps({"userId": who}).encode(), stage.world.vault)
        stage.failed.put(f"failed_events/{number:02}", body)
    stage.erasing = type(stage.erasing)(stage.ports())
    name, runs = stage.request(), 0
    while True:
        erasure = stage.erasing.run(name, deadline=Minute(2))
        assert erasure is not None
        runs += 1
        if not erasure.is_sweeping:
            break
        assert erasure.passes == 0
    assert (runs, erasure.passes) == (4, 1)
    assert stage.failed.pages == 6, "no page was read twice"
    assert len(stage.failed.held) == 9
    asked = [store for store, _ in stage.destinations.asked]
    assert asked == ["klaviyo", "webhook"], "each destination was asked once"


class Two(Stage):
    """Bob is to be erased as well; they share objects, and each has some alone."""

    def __init__(self) -> None:
        super().__init__()
        vault = self.world.vault
        self.overflow.put("overflow/2", detour(vault, (event("o4", user="bob", at=9),)))
        self.overflow.put("overflow/3", detour(vault, (event("o5", user="cy", at=9),)))
        self.names = [self.request(), self.request("user_id", "bob")]

    def run(self, *, is_late: bool = False, deadline: Deadline = ENDLESS) -> dict[str, Any]:
        asked = dict.fromkeys(self.names, is_late)
        return self.erasing.run_together(asked, counts=self.counted, deadline=deadline)


def test_two_in_one_object_go_together_and_a_page_is_read_once_for_both() -> None:
    one, two = Stage(), Two()
    one.erasing.run(one.request())
    two.run()
    stores = [(two.failed, one.failed), (two.overflow, one.overflow), (two.parked, one.parked)]
    assert [both.pages for both, _ in stores] == [alone.pages for _, alone in stores]
    two.world.clock.advance(HOUR)
    found = two.run(is_late=True)
    assert all(erasure.is_done for erasure in found.values())
    assert [list(store.bodies()) for store, _ in stores] == [[], ["overflow/3"], []]
    assert two.counted.erased == 3
    swept = [
        {each["store"]: each["count"] for each in erasure.certificate["stores"]}
        for erasure in found.values()
    ]
    assert [each["overflow"] for each in swept] == [1, 2]
    assert [each["parked batches"] for each in swept] == [1, 1]


def test_everybody_is_unreadable_before_a_destination_is_asked_about_anybody() -> None:
    stage, seen = Two(), []

    def ask(call: str) -> None:
        keys = [stage.world.key("user_id", "ann"), stage.world.key("user_id", "bob")]
        seen.append([stage.world.subjects.items[key].is_erased for key in keys])

    stage.destinations.before = ask
    stage.run()
    assert seen
    assert all(seen[0])


def test_one_that_cannot_go_on_stops_no_other_and_is_done_later() -> None:
    stage = Two()
    ann, bob = stage.names
    contended = RetryLater("erasure_contended", "another run saved")

    def contend(call: str) -> None:
        stage.erasures.before = lambda call: None
        raise contended

    stage.overflow.before = lambda call: setattr(stage.erasures, "before", contend)
    found = stage.run()
    stage.overflow.before = lambda call: None
    assert [name for name in stage.names if found[name] is contended] == [ann]
    assert found[bob].passes == 1
    assert all(stage.finish(name).is_done for name in stage.names)
    assert list(stage.overflow.bodies()) == ["overflow/3"]


def test_two_without_time_left_go_on_side_by_side_where_they_stopped() -> None:
    stage = Two()
    for number in range(4, 12):
        who = ("ann", "bob", "cy")[number % 3]
        body = detour(stage.world.vault, (event(f"n{number}", user=who, at=9),))
        stage.overflow.put(f"overflow/{number:02}", body)
    stage.overflow.most = 2
    runs = 0
    while any(erasure.passes == 0 for erasure in stage.run(deadline=Minute(4)).values()):
        runs += 1
        assert runs < 9
    assert runs > 1
    kept = {one for body in stage.overflow.bodies().values() for one in events_in(body)}
    assert kept == {"o5", "n5", "n8", "n11"}


def test_an_object_that_changed_meanwhile_is_read_again(stage: Stage) -> None:
    def race(call: str) -> None:
        stage.overflow.before = lambda call: None
        more = event("o3", user="bob", at=9)
        ann = event("o1", user="ann", at=7)
        stage.overflow.put("overflow/1", detour(stage.world.vault, (ann,), (more,)))

    stage.overflow.before = race
    name = stage.request()
    with pytest.raises(RetryLater, match="object_changed"):
        stage.erasing.run(name)
    assert stage.erasures.kept[name].waits_for.startswith("object_changed")
    stage.finish(name)
    assert events_in(stage.overflow.bodies()["overflow/1"]) == ["o3"]
    assert len(stage.overflow.held["overflow/1"]) == 1


@pytest.mark.parametrize("is_text", [True, False])
def test_a_batch_keeps_its_form_whatever_it_loses(is_text: bool) -> None:
    body = parked(VAULT, (ANN, BOB), (BOTH,), is_text=is_text)
    remainder = of_parked(body, NAMED, VAULT)
    assert remainder.body is not None
    rest = json.loads(remainder.body)
    assert isinstance(rest["payload"], str) is is_text
    assert rest["version"] == "1.0"
    assert (events_in(remainder.body), remainder.events) == (["b"], 2)


def test_a_detour_keeps_order_and_counts_of_what_is_left() -> None:
    remainder = of_detour(detour(VAULT, (BOB, ANN), (ANN,), (LATER,)), NAMED, VAULT)
    assert remainder.body is not None
    assert [(each.partition_key, each.event_count) for each in unpack(remainder.body)] == [
        ("p0", 1),
        ("p2", 1),
    ]
    assert (events_in(remainder.body), remainder.events) == (["b", "d"], 2)


def test_what_is_empty_afterwards_is_deleted() -> None:
    assert of_detour(detour(VAULT, (ANN,)), NAMED, VAULT).body is None
    assert of_parked(parked(VAULT, (ANN, BOTH)), NAMED, VAULT).body is None


CHANGE = {"eventSource": "aws:dynamodb", "dynamodb": {"Keys": {"pk": {"S": key("user_id", "ann")}}}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"payload": "{"}',
        b'{"payload": {"Records": [1]}}',
        b'{"payload": {"Records": [{"kinesis": {"data": "!"}}]}}',
        b'{"payload": {"Records": [{"kinesis": {"data": "AAAA"}}]}}',
        json.dumps({"payload": {"Records": [CHANGE]}}).encode(),
        b'{"stage": "intake", "code": "x", "payload": "AAAA", "received_at": 1}',
        b'{"stage": "intake", "code": "x", "payload": 7, "received_at": "x"}',
    ],
)
@pytest.mark.parametrize("sift", [of_detour, of_failed_event, of_parked])
def test_what_nobody_can_open_stays_as_it_is(body: bytes, sift: Any) -> None:
    assert sift(body, NAMED, VAULT).body == body


def record_of(one: Event) -> bytes:
    (record,) = unpack(detour(VAULT, (one,)))
    return record.data


@pytest.mark.parametrize(
    ("payload", "arrival", "is_gone"),
    [
        (b'{"userId": "ann"}', b"", True),
        (b'{"phone": "+49 170 12345678"}', b"", True),
        (b'{"userId": "bob"}', b"", False),
        (
            b'{"userId": "bob"}',
            zlib.compress(b'{"context": {"traits": {"email": "Ann@x.com"}}}'),
            1,
        ),
        (b'{"userId": "bob"}', zlib.compress(b'{"context": {"ip": "192.0.2.1"}}'), False),
        (b'{"userId": "bob"}', b"no zlib", False),
        (record_of(ANN), b"", True),
        (record_of(BOB), b"", False),
    ],
)
def test_a_failed_event_goes_by_its_payload_its_arrival_or_the_record_in_it(
    payload: bytes, arrival: bytes, is_gone: bool
) -> None:
    body = failed(payload, VAULT, arrival=arrival)
    assert (of_failed_event(body, NAMED, VAULT).body is None) == is_gone
    late = failed(payload, VAULT, arrival=arrival, received_at=NOON + HOUR + 1)
    assert of_failed_event(late, NAMED, VAULT).body == late
    assert base64.b64encode(payload) not in body
