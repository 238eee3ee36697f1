"""The read API: right people get their profile, everybody else the generic content, in time."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from millrace.errors import NeedsHuman, RetryLater
from millrace.events import Identifier
from millrace.http import Request, Response
from millrace.personalization.serve import ServePorts, serve
from millrace.profiles.model import Profile
from millrace.settings import ConsentSettings, PurposeSettings
from tests.core.profiles.stories import World, event
from tests.fakes.secrets import MemorySecrets

KEY = "read-key-1"
GENERIC = {"first_name": "there"}


class Counted(list[str]):
    def count(self, name: str, amount: int = 1) -> None:
        self.extend([name] * amount)


class Shop:
    """A world with one person, and its read API."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self.world = World()
        traits = {"first_name": "Ann", "email": "Ann@X.com"}
        ann = event("m1", user="ann", email="ann@x.com", kind="identify", traits=traits)
        self.world.clock.advance(2500)
        self.world.apply(ann)
        self.secrets = MemorySecrets({"read-key": KEY})
        self.counts = Counted()
        self.errors: list[str] = []
        self.ports = ServePorts(
            reader=self.world.store,
            vault=self.world.vault,
            secrets=self.secrets,
            read_secret="read-key",
            fallback=GENERIC,
            budget_ms=150,
            consent=ConsentSettings(),
            executor=executor,
            report=lambda error: self.errors.append(type(error).__name__),
        )

    def get(
        self, identifier: str, authorization: str = f"Bearer {KEY}", **changes: Any
    ) -> Response:
        request = Request(
            method="GET",
            path=f"/v1/profiles/{identifier}",
            route="GET /v1/profiles/{identifier+}",
            headers={"authorization": authorization} if authorization else {},
            path_parameters={"identifier": identifier},
        )
        return serve(request, msgspec.structs.replace(self.ports, **changes), self.counts)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with ThreadPoolExecutor(8) as executor:
        yield Shop(executor)


def body(response: Response) -> dict[str, Any]:
    assert response.headers["cache-control"] == "no-store"
    return msgspec.json.decode(response.body)  # type: ignore[no-any-return]


@pytest.mark.parametrize("identifier", ["user_id:ann", "email:ANN@x.com", "email: ann@x.com "])
def test_a_person_is_found_by_any_spelling_of_any_identifier(shop: Shop, identifier: str) -> None:
    response = shop.get(identifier)
    assert response.status == 200
    assert body(response) == {
        "profile_id": "p_" + shop.world.vault.token("user_id", "ann"),
        "traits": {"first_name": "Ann", "email": "Ann@X.com"},
        "segments": [],
        "counters": {"identify": 1},
        "consents": {},
        "computed": {
            "engagement": 0.0,
            "orders": 0,
            "lifetime_value": {},
            "last_30_days": {"identify": 1},
            "is_approximate": False,
        },
        "first_seen": "2026-05-28T20:26:40.000Z",
        "last_seen": "2026-05-28T20:26:40.000Z",
        "as_of": "2026-05-28T20:26:40.500Z",
        "version": 1,
        "lag_ms": 2000,
        "fallback": False,
    }
    assert shop.counts == []


@pytest.mark.parametrize(
    "identifier", ["user_id:nobody", "email:not-an-address", "user_id:null", "user_id:"]
)
def test_an_unknown_person_gets_the_generic_content(shop: Shop, identifier: str) -> None:
    response = shop.get(identifier)
    assert response.status == 200
    assert body(response) == {
        "profile_id": None,
        "traits": GENERIC,
        "segments": [],
        "counters": {},
        "consents": {},
        "computed": {},
        "first_seen": None,
        "last_seen": None,
        "as_of": None,
        "version": 0,
        "lag_ms": None,
        "fallback": True,
        "reason": "unknown_person",
    }
    assert shop.counts == ["ReadsFallback"]


def test_a_person_is_found_by_phone_however_it_is_written(shop: Shop) -> None:
    number = Identifier("phone", "+4930123456")
    known = event("m2", user="bob", kind="identify", traits={"plan": "pro"})
    known = msgspec.structs.replace(known, identifiers=(*known.identifiers, number))
    shop.world.apply(known)
    for spelled in ("phone:+4930123456", "phone:+49 (0)30 123-456"):
        assert body(shop.get(spelled))["traits"] == {"plan": "pro"}
    assert body(shop.get("phone:030 123456"))["reason"] == "unknown_person"


def test_computed_traits_are_worked_out_when_they_are_asked_for(shop: Shop) -> None:
    added = {"product_id": "p1", "category": "Games", "price": 5, "quantity": 2, "currency": "EUR"}
    shop.world.apply(
        event("m2", user="ann", at=1000, name="Order Completed", properties={"order_id": 1}),
        event("m3", user="ann", at=2000, name="Product Added", properties=added),
    )
    known = body(shop.get("user_id:ann"))["computed"]
    assert known["last_purchase_at"] == "2026-05-28T20:26:41.000Z"
    assert known["favourite_category"] == "Games"
    assert (known["engagement"], known["cart"]["value"]) == (14, {"EUR": 10})
    assert known["cart"]["abandoned_since"] is None
    shop.world.clock.advance(14 * 86_400_000)
    known = body(shop.get("user_id:ann"))["computed"]
    assert known["engagement"] == 7
    assert known["cart"]["abandoned_since"] == "2026-05-28T20:26:42.000Z"


def test_a_value_may_hold_colons_and_slashes(shop: Shop) -> None:
    shop.world.apply(event("m2", user="urn:crm/7", kind="identify", traits={"plan": "pro"}))
    assert body(shop.get("user_id:urn:crm/7"))["traits"] == {"plan": "pro"}


@pytest.mark.parametrize("identifier", ["fax:1", "ann", "", "USER_ID:ann"])
def test_an_unknown_kind_is_refused_with_the_kinds_there_are(shop: Shop, identifier: str) -> None:
    response = shop.get(identifier)
    assert response.status == 400
    refused = body(response)
    assert refused["code"] == "unknown_identifier_kind"
    assert all(kind in refused["message"] for kind in ("user_id", "anonymous_id", "email", "phone"))
    assert shop.counts == ["RequestsRefused"]


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer wrong", KEY, f"Basic {KEY}", "Bearer ünï"]
)
def test_without_the_read_key_nothing_is_told(shop: Shop, authorization: str) -> None:
    response = shop.get("user_id:ann", authorization)
    assert response.status == 401
    assert body(response)["code"] == "invalid_read_key"


def test_an_empty_read_key_opens_nothing(shop: Shop) -> None:
    shop.secrets.secrets["read-key"] = ""
    assert shop.get("user_id:ann", "Bearer ").status == 401


def test_a_key_that_cannot_be_checked_is_no_key(shop: Shop) -> None:
    shop.secrets.failing = RetryLater("secrets_unavailable", "down")
    response = shop.get("user_id:ann")
    assert (response.status, body(response)["code"]) == (503, "secrets_unavailable")


class Slow:
    """A table that answers only when it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def read(self, key: str) -> Profile | None:
        self.let_go.wait(10)
        return None

    def read_many(self, keys: object) -> dict[str, Profile]:
        raise AssertionError


class Broken(Slow):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def read(self, key: str) -> Profile | None:
        raise self._error


def test_a_slow_table_is_not_waited_for(shop: Shop) -> None:
    slow = Slow()
    try:
        waited = []
        for _ in range(12):  # more than there are threads
            started = time.perf_counter()
            answer = body(shop.get("user_id:ann", reader=slow))
            waited.append(time.perf_counter() - started)
            assert (answer["fallback"], answer["reason"]) == (True, "timeout")
            assert answer["traits"] == GENERIC
    finally:
        slow.let_go.set()
    assert statistics.median(waited) < 0.2
    assert shop.counts == ["ReadsFallback"] * 12


@pytest.mark.parametrize(
    "error",
    [
        RetryLater("profiles_unavailable", "down"),
        NeedsHuman("profiles_refused", "no"),
        ConnectionError(),
        KeyError("a bug of ours"),
    ],
)
def test_a_failing_table_is_the_generic_content_at_once(shop: Shop, error: Exception) -> None:
    started = time.perf_counter()
    answer = body(shop.get("user_id:ann", reader=Broken(error)))
    assert time.perf_counter() - started < 0.2
    assert (answer["fallback"], answer["reason"]) == (True, "unavailable")
    assert shop.errors == [type(error).__name__]
    assert shop.counts == ["ReadsFallback"]


def test_a_failing_vault_is_the_generic_content_too(shop: Shop) -> None:
    class Locked:
        def token(self, kind: str, value: str) -> str:
            raise RetryLater("vault_unavailable", "down")

    answer = body(shop.get("user_id:ann", vault=Locked()))
    assert (answer["fallback"], answer["reason"]) == (True, "unavailable")


def test_a_name_that_no_event_has_used_is_unknown(shop: Shop) -> None:
    shop.world.apply(event("m3", user="ann", anonymous="", previous="old", kind="alias"))
    assert body(shop.get("anonymous_id:old"))["fallback"] is False
    assert body(shop.get("anonymous_id:other"))["fallback"] is True


# ---- consent


def says(shop: Shop, *, is_granted: bool) -> None:
    context = {"consent": {"categoryPreferences": {"personalization": is_granted}}}
    said = event("c1", user="ann", at=9, kind="identify", traits={"plan": "pro"})
    shop.world.apply(msgspec.structs.replace(said, context=context))


def ask(shop: Shop, purpose: str, **consent: Any) -> dict[str, Any]:
    request = Request(
        method="GET",
        path="/v1/profiles/user_id:ann",
        route="GET /v1/profiles/{identifier+}",
        headers={"authorization": f"Bearer {KEY}"},
        path_parameters={"identifier": "user_id:ann"},
        query={"purpose": purpose} if purpose else {},
    )
    ports = msgspec.structs.replace(shop.ports, consent=ConsentSettings(**consent))
    return body(serve(request, ports, shop.counts))


def test_who_refuses_personalization_gets_the_generic_content_and_no_trait(shop):
    says(shop, is_granted=False)
    answer = ask(shop, "")
    assert (answer["fallback"], answer["reason"]) == (True, "no_consent")
    assert answer["traits"] == GENERIC
    assert (answer["profile_id"], answer["counters"]) == (None, {})
    assert ask(shop, "analytics")["fallback"] is False


def test_the_answers_are_told_with_the_profile(shop):
    says(shop, is_granted=True)
    given = ask(shop, "")["consents"]["personalization"]
    assert (given["status"], given["source"]) == ("granted", "web")
    assert given["basis"] == "legitimate_interest"


@pytest.mark.parametrize("purpose", ["spam", "email_marketing", "personalization "])
def test_a_purpose_that_is_unknown_or_was_never_allowed_gets_the_generic_content(shop, purpose):
    assert ask(shop, purpose)["reason"] == "no_consent"


def test_where_the_configuration_asks_first_nobody_is_shown_before_they_said_yes(shop):
    purposes = {"personalization": PurposeSettings()}
    assert ask(shop, "", purposes=purposes)["reason"] == "no_consent"
    says(shop, is_granted=True)
    assert ask(shop, "", purposes=purposes)["fallback"] is False
