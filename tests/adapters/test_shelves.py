"""One contract for the places of sealed values, in memory and in DynamoDB over moto."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from millrace.adapters.clock import SystemRandomness
from millrace.adapters.erasures import DynamoErasures
from millrace.adapters.shelves import DynamoErasureShelf, DynamoProfileShelf, DynamoSubjectShelf
from millrace.adapters.subject_items import SubjectItems
from millrace.adapters.subjects import DynamoSubjects
from millrace.adapters.sweeps import DynamoSweeps
from millrace.erasure.model import Erasure
from millrace.errors import GiveUp
from millrace.privacy.sealing import branch_version
from millrace.privacy.subjects import epoch_in
from millrace.rotation.model import Part, SealedItem, Sweep, Tally
from tests.fakes.shelves import MemoryShelf, MemorySweeps
from tests.fakes.subjects import MemorySubjects
from tests.fakes.vault import SECOND_KEY, MemoryVault
from tests.tables import create_table

OLD, NEW = MemoryVault(), MemoryVault(SECOND_KEY)
ANN, BOB = "i#user_id#ann", "i#email#bob"


class Aws:
    """A table of its own for each test."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self.dynamodb, self.table = dynamodb, table

    def create(self, *keys: str) -> None:
        create_table(self.dynamodb, self.table, *keys)

    def put(self, item: dict[str, Any]) -> None:
        self.dynamodb.put_item(TableName=self.table, Item=item)

    def items(self) -> list[dict[str, Any]]:
        return list(self.dynamodb.scan(TableName=self.table)["Items"])

    def subjects(self, vault: MemoryVault) -> DynamoSubjects:
        return DynamoSubjects(
            table=self.table, dynamodb=self.dynamodb, vault=vault, randomness=SystemRandomness()
        )

    def subject_shelf(self, vault: MemoryVault) -> DynamoSubjectShelf:
        items = SubjectItems(vault, SystemRandomness())
        return DynamoSubjectShelf(table=self.table, dynamodb=self.dynamodb, items=items)


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("dynamodb", region_name="us-east-1")


@pytest.fixture
def aws(dynamodb: Any, request: pytest.FixtureRequest) -> Aws:
    return Aws(dynamodb, re.sub(r"\W", "-", request.node.name)[-200:])


class Place(msgspec.Struct):
    """A shelf with two items, what writes one of them, and what erases it."""

    shelf: Any
    write: Callable[[], None]
    erase: Callable[[], None]


def memory(_: Aws) -> Place:
    shelf = MemoryShelf("things", page_items=1)
    for name in ("a", "b"):
        shelf.put(name, 1, Part(name, OLD.seal(b"secret", context=name)))
    first = Part("a", OLD.seal(b"written", context="a"))
    return Place(shelf, lambda: shelf.put("a", 2, first), lambda: shelf.put("a", 2))


def profiles(aws: Aws) -> Place:
    aws.create("pk", "sk")

    def put(key: str, version: int, **fields: Any) -> None:
        aws.put({"pk": {"S": key}, "sk": {"S": "root"}, "v": {"N": str(version)}, **fields})

    def state(key: str, content: bytes) -> dict[str, Any]:
        sealed = OLD.seal(content, context=f"profile|{key}")
        return {"state": {"B": sealed}, "dirty": {"M": {"klaviyo": {"N": "1"}}}}

    for key in ("a", "b"):
        put(key, 1, **state(key, b"secret"))
    put("alias", 1, to={"S": "a"})
    put("gone", 3, erased_at={"N": "5"})
    aws.put({"pk": {"S": "a"}, "sk": {"S": "D#0000000000001#x"}, "ids": {"B": b"ids"}})
    return Place(
        DynamoProfileShelf(table=aws.table, dynamodb=aws.dynamodb),
        lambda: put("a", 2, **state("a", b"written")),
        lambda: put("a", 2, erased_at={"N": "9"}),
    )


def subjects(aws: Aws) -> Place:
    aws.create("pk")
    inner = aws.subjects(OLD)
    inner.keys([ANN, BOB])
    inner.erase(["i#email#gone"], since=1, erased_at=2)
    aws.put({"pk": {"S": "key#branch#1"}, "wrapped": {"B": b"by KMS"}})
    return Place(
        aws.subject_shelf(NEW),
        lambda: inner.renew(inner.read([BOB])[BOB], 7),
        lambda: inner.erase([BOB], since=1, erased_at=2) and None,
    )


def erasures(aws: Aws) -> Place:
    aws.create("pk", "sk")
    inner = DynamoErasures(table=aws.table, dynamodb=aws.dynamodb)

    def erasure(name: str, version: int, sealed: bytes) -> Erasure:
        return Erasure(id=name, version=version, requested_at=1, by="api", sealed=sealed)

    for name in ("er_a", "er_b"):
        inner.create(erasure(name, 1, OLD.seal(b"secret", context=f"erasure|{name}")))
    written = erasure("er_a", 2, OLD.seal(b"more", context="erasure|er_a"))
    done = erasure("er_a", 2, b"")
    return Place(DynamoErasureShelf(inner), lambda: inner.save(written), lambda: inner.save(done))


@pytest.fixture(params=[memory, profiles, subjects, erasures])
def place(request: pytest.FixtureRequest, aws: Aws) -> Place:
    made: Place = request.param(aws)
    return made


def everything(shelf: Any) -> list[SealedItem]:
    items, cursor = shelf.page(None)
    while cursor:
        more, cursor = shelf.page(cursor)
        items += more
    return sorted(items, key=lambda item: item.key)


def anew(item: SealedItem) -> list[Part]:
    """The same under the second version."""
    opened = [(part.context, NEW.open(part.sealed, context=part.context)) for part in item.parts]
    return [Part(context, NEW.seal(content, context=context)) for context, content in opened]


def versions(items: Sequence[SealedItem]) -> list[int]:
    return [branch_version(part.sealed) for item in items for part in item.parts]


def test_every_value_is_on_some_page_and_nothing_else_is(place: Place) -> None:
    assert versions(everything(place.shelf)) == [1, 1]


def test_what_is_replaced_has_the_same_content_and_version(place: Place) -> None:
    before = everything(place.shelf)
    assert all(place.shelf.replace(item, anew(item)) for item in before)
    after = everything(place.shelf)
    assert versions(after) == [2, 2]
    assert [(i.key, i.version) for i in after] == [(i.key, i.version) for i in before]
    assert opened(after) == opened(before)


def opened(items: Sequence[SealedItem]) -> list[bytes]:
    return [NEW.open(part.sealed, context=part.context) for i in items for part in i.parts]


def test_what_somebody_wrote_meanwhile_stays(place: Place) -> None:
    first = everything(place.shelf)[0]
    place.write()
    written = everything(place.shelf)[0]
    assert not place.shelf.replace(first, anew(first))
    assert everything(place.shelf)[0] == written


def test_what_was_erased_meanwhile_does_not_come_back(place: Place) -> None:
    first = everything(place.shelf)[0]
    place.erase()
    assert not place.shelf.replace(first, anew(first))
    assert [item.key for item in everything(place.shelf)] != [first.key]
    assert len(everything(place.shelf)) == 1


def test_a_row_keeps_its_marks_when_it_is_sealed_anew(aws: Aws) -> None:
    place = profiles(aws)
    for item in everything(place.shelf):
        place.shelf.replace(item, anew(item))
    marked = [item["dirty"]["M"] for item in aws.items() if "state" in item]
    assert marked == [{"klaviyo": {"N": "1"}}] * 2


@pytest.fixture(params=["memory", "moto"])
def rotating(request: pytest.FixtureRequest, aws: Aws) -> tuple[Any, Any]:
    """(subjects, their rotation)"""
    if request.param == "memory":
        both = MemorySubjects()
        return both, both
    aws.create("pk")
    return aws.subjects(OLD), aws.subject_shelf(OLD)


def test_a_rotated_subject_has_a_new_key_the_old_pseudonym_and_opens_both(
    rotating: tuple[Any, Any],
) -> None:
    inner, rotation = rotating
    before = inner.keys([ANN])[ANN]
    inner.renew(before, 400)
    second = inner.read([ANN])[ANN]
    assert rotation.rotate([ANN, ANN, BOB]) == 1
    after = inner.read([ANN])[ANN]
    assert (after.epoch, after.earlier, after.erased_at) == (3, (2,), 400)
    assert (after.pseudonym, after.mark) == (second.pseudonym, second.mark)
    assert after.key.open(second.key.seal(b"x", field="f"), field="f") == b"x"
    new = after.key.seal(b"y", field="f")
    assert (epoch_in(new), after.key.open(new, field="f")) == (3, b"y")
    with pytest.raises(GiveUp):
        after.key.open(before.key.seal(b"erased", field="f"), field="f")
    assert rotation.rotate([ANN]) == 1
    again = inner.read([ANN])[ANN]
    assert (again.epoch, again.earlier) == (4, (3, 2))
    assert again.key.open(second.key.seal(b"x", field="f"), field="f") == b"x"


def test_erasure_destroys_every_epochs_key_and_nobody_erased_is_rotated(
    rotating: tuple[Any, Any],
) -> None:
    inner, rotation = rotating
    inner.keys([ANN])
    rotation.rotate([ANN])
    assert inner.erase([ANN], since=1, erased_at=5) == 1
    assert rotation.rotate([ANN]) == 0
    gone = inner.read([ANN])[ANN]
    assert (gone.is_erased, gone.earlier, gone.epoch) == (True, (), 2)
    inner.renew(gone, 5)
    assert inner.read([ANN])[ANN].earlier == ()


def test_an_erased_item_holds_no_key_of_any_epoch(aws: Aws) -> None:
    aws.create("pk")
    inner = aws.subjects(OLD)
    inner.keys([ANN])
    aws.subject_shelf(OLD).rotate([ANN])
    assert len(aws.items()[0]["earlier"]["M"]) == 1
    inner.erase([ANN], since=1, erased_at=5)
    assert aws.items() == [{"pk": {"S": f"s#{ANN}"}, "epoch": {"N": "2"}, "erased_at": {"N": "5"}}]


def test_the_keys_of_earlier_epochs_are_sealed_anew_with_the_newest(aws: Aws) -> None:
    aws.create("pk")
    inner = aws.subjects(OLD)
    before = inner.keys([ANN])[ANN]
    aws.subject_shelf(OLD).rotate([ANN])
    shelf = aws.subject_shelf(NEW)
    (item,) = everything(shelf)
    assert versions([item]) == [1, 1]
    assert shelf.replace(item, anew(item))
    assert versions(everything(shelf)) == [2, 2]
    after = inner.read([ANN])[ANN]
    assert before.key is not None
    assert after.key is not None
    assert after.key.open(before.key.seal(b"x", field="f"), field="f") == b"x"


@pytest.mark.parametrize("happens", ["rewrap", "rotate", "erase"])
def test_a_rotation_meets_what_happens_to_the_subject_at_the_same_time(
    aws: Aws, happens: str
) -> None:
    aws.create("pk")
    inner, shelf = aws.subjects(OLD), aws.subject_shelf(OLD)
    inner.keys([ANN])
    old = inner.read([ANN])[ANN].key

    class Between:
        once = True

        def __getattr__(self, name: str) -> Any:
            if name == "update_item" and self.once:
                self.once = False
                {
                    "rewrap": lambda: [shelf.replace(i, anew(i)) for i in everything(shelf)],
                    "rotate": lambda: shelf.rotate([ANN]),
                    "erase": lambda: inner.erase([ANN], since=1, erased_at=5),
                }[happens]()
            return getattr(aws.dynamodb, name)

    raced = DynamoSubjectShelf(
        table=aws.table, dynamodb=Between(), items=SubjectItems(OLD, SystemRandomness())
    )
    assert raced.rotate([ANN]) == (happens != "erase")
    found = inner.read([ANN])[ANN]
    assert found.is_erased == (happens == "erase")
    assert old is not None
    if found.key:
        assert found.key.open(old.seal(b"x", field="f"), field="f") == b"x"
        assert found.epoch == (3 if happens == "rotate" else 2)


@pytest.fixture(params=["memory", "moto"])
def sweeps(request: pytest.FixtureRequest, aws: Aws) -> Any:
    if request.param == "memory":
        return MemorySweeps()
    aws.create("pk")
    return DynamoSweeps(table=aws.table, dynamodb=aws.dynamodb)


def test_progress_is_kept_step_by_step_and_by_one_of_two(sweeps: Any) -> None:
    assert sweeps.read() == Sweep()
    last = Tally(started_at=1, finished_at=2, under={"subjects": {1: 3}})
    first = Sweep(step=1, started_at=9, cursor={"pk": {"S": "a"}}, under={"x": {2: 1}}, last=last)
    assert sweeps.keep(first)
    assert not sweeps.keep(first)
    assert sweeps.read() == first
    assert sweeps.keep(Sweep(step=2, last=last))
    assert sweeps.read() == Sweep(step=2, last=last)
