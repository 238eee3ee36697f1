"""One contract for subjects: the fake in memory, DynamoDB over moto, and each behind the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto import mock_aws

from millrace.adapters import aws
from millrace.adapters.clock import SystemRandomness
from millrace.adapters.subjects import DynamoSubjects
from millrace.errors import GiveUp, NeedsHuman
from millrace.privacy.caching import CACHE_MS, MAX_CACHED, CachedSubjects
from tests.fakes.clock import MemoryClock
from tests.fakes.subjects import MemorySubjects
from tests.fakes.vault import MemoryVault
from tests.tables import create_table

ANN, BOB = "i#user_id#ann", "i#email#bob"


def dynamo(client: Any = None) -> DynamoSubjects:
    return DynamoSubjects(
        table="subjects",
        dynamodb=client or aws.client("dynamodb"),
        vault=MemoryVault(),
        randomness=SystemRandomness(),
    )


def table() -> Any:
    client = aws.client("dynamodb")
    create_table(client, "subjects")
    return client


@pytest.fixture(params=["memory", "moto", "memory, cached", "moto, cached"])
def subjects(request: pytest.FixtureRequest) -> Iterator[Any]:
    kind, _, is_cached = request.param.partition(", ")
    with mock_aws():
        if kind == "moto":
            table()
        inner: Any = dynamo() if kind == "moto" else MemorySubjects()
        if is_cached:
            inner = CachedSubjects(inner, MemoryClock(1000))
        yield inner


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        yield table()


def test_a_subject_is_made_once_and_opens_what_it_sealed(subjects: Any) -> None:
    assert subjects.read([ANN]) == {}
    made = subjects.keys([ANN, BOB, ANN])
    assert made.keys() == {ANN, BOB}
    sealed = made[ANN].key.seal(b"shoes", field="stem")
    again = subjects.keys([ANN], is_fresh=True)[ANN]
    assert again.key.open(sealed, field="stem") == b"shoes"
    assert (again.epoch, again.erased_at, again.pseudonym) == (1, 0, made[ANN].pseudonym)
    assert made[BOB].pseudonym != made[ANN].pseudonym
    assert (again.mark, len({made[ANN].mark, made[BOB].mark, b""})) == (made[ANN].mark, 3)
    with pytest.raises(GiveUp):
        made[BOB].key.open(sealed, field="stem")


def test_more_subjects_than_one_call_holds_are_all_made_and_read(subjects: Any) -> None:
    stems = [f"i#user_id#u{number}" for number in range(130)]
    assert subjects.keys(stems).keys() == set(stems)
    assert subjects.read(stems).keys() == set(stems)
    assert subjects.keys([]) == {}


def test_a_new_epoch_has_another_key_and_pseudonym_and_remembers_the_erasure(subjects: Any) -> None:
    first = subjects.keys([ANN])[ANN]
    subjects.renew(first, 500)
    second = subjects.read([ANN], is_fresh=True)[ANN]
    assert (second.epoch, second.erased_at) == (2, 500)
    assert second.pseudonym != first.pseudonym
    assert second.mark != first.mark
    with pytest.raises(GiveUp, match="another epoch"):
        second.key.open(first.key.seal(b"x", field="stem"), field="stem")


def test_of_two_who_renew_the_same_subject_one_wins(subjects: Any) -> None:
    first = subjects.keys([ANN])[ANN]
    subjects.renew(first, 500)
    subjects.renew(first, 900)
    found = subjects.read([ANN], is_fresh=True)[ANN]
    assert (found.epoch, found.erased_at) == (2, 500)


@pytest.fixture(params=["memory", "moto"])
def erasing(request: pytest.FixtureRequest) -> Iterator[Any]:
    with mock_aws():
        if request.param == "moto":
            table()
        yield dynamo() if request.param == "moto" else MemorySubjects()


def test_erasure_overwrites_the_key_and_leaves_a_tombstone_also_where_there_was_nothing(
    erasing: Any,
) -> None:
    erasing.keys([ANN])
    assert erasing.erase([ANN, BOB], since=100, erased_at=120) == 1
    for stem, epoch in ((ANN, 1), (BOB, 0)):
        found = erasing.keys([stem])[stem]
        assert found.is_erased
        assert (found.epoch, found.erased_at, found.pseudonym) == (epoch, 120, "")


def test_erasing_again_leaves_a_later_epoch_alone_a_later_erasure_does_not(
    erasing: Any,
) -> None:
    erasing.keys([ANN])
    erasing.erase([ANN], since=100, erased_at=120)
    erasing.renew(erasing.read([ANN])[ANN], 130)
    assert erasing.erase([ANN], since=100, erased_at=140) == 0
    assert not erasing.read([ANN])[ANN].is_erased
    assert erasing.erase([ANN], since=200, erased_at=210) == 1
    assert erasing.read([ANN])[ANN].erased_at == 210


def test_the_item_of_an_erased_subject_holds_no_key_nor_pseudonym(client: Any) -> None:
    subjects = dynamo(client)
    subjects.keys([ANN])
    subjects.erase([ANN], since=1, erased_at=2)
    [item] = client.scan(TableName="subjects")["Items"]
    assert item == {"pk": {"S": f"s#{ANN}"}, "epoch": {"N": "1"}, "erased_at": {"N": "2"}}


def test_of_two_who_make_the_same_subject_both_get_the_one_that_stands(client: Any) -> None:
    class Slow:
        """Somebody else is first, between the read and the put."""

        def __getattr__(self, name: str) -> Callable[..., Any]:
            if name == "put_item":
                dynamo(client).keys([ANN])
            return getattr(client, name)

    ours, theirs = dynamo(Slow()).keys([ANN])[ANN], dynamo(client).keys([ANN])[ANN]
    assert ours.pseudonym == theirs.pseudonym
    sealed = ours.key.seal(b"x", field="stem")  # type: ignore[union-attr]
    assert theirs.key.open(sealed, field="stem") == b"x"  # type: ignore[union-attr]


def test_a_wrapped_key_that_was_moved_to_another_subject_is_refused(client: Any) -> None:
    subjects = dynamo(client)
    subjects.keys([ANN])
    [item] = client.scan(TableName="subjects")["Items"]
    client.put_item(TableName="subjects", Item=item | {"pk": {"S": f"s#{BOB}"}})
    with pytest.raises(GiveUp, match="unreadable"):
        subjects.read([BOB])


def test_a_table_that_is_not_there_needs_a_human(client: Any) -> None:
    client.delete_table(TableName="subjects")
    with pytest.raises(NeedsHuman, match="subjects_refused"):
        dynamo(client).read([ANN])


def test_an_erased_key_is_gone_from_every_sandbox_within_a_minute() -> None:
    inner, clock = MemorySubjects(), MemoryClock(0)
    cached = CachedSubjects(inner, clock)
    cached.keys([ANN])
    inner.erase([ANN], since=1, erased_at=1)
    clock.advance(CACHE_MS)
    assert CACHE_MS <= 60_000
    assert cached.read([ANN])[ANN].is_erased


def test_a_tombstone_is_never_remembered() -> None:
    inner = MemorySubjects()
    cached = CachedSubjects(inner, MemoryClock(0))
    inner.erase([ANN], since=1, erased_at=1)
    assert cached.read([ANN])[ANN].is_erased
    inner.renew(inner.items[ANN], 5)
    assert not cached.read([ANN])[ANN].is_erased


def test_the_cache_asks_once_a_minute_and_has_a_bound() -> None:
    inner, calls = MemorySubjects(), []
    inner.before = calls.append
    cached = CachedSubjects(inner, MemoryClock(0))
    for _ in range(5):
        cached.keys([ANN, BOB])
    assert calls == ["make_subjects"]
    cached.keys([f"i#user_id#{number}" for number in range(MAX_CACHED + 50)])
    assert len(cached._known) == MAX_CACHED
