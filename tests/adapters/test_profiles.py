"""One contract for the profiles table: the fake in memory and DynamoDB over moto."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from local.moto_statements import statements_fix
from millrace.adapters import aws
from millrace.adapters.profiles import DynamoProfiles
from millrace.errors import NeedsHuman, RetryLater
from millrace.profiles.encoding import seal_person
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import IdBlock, Person, Row, Stem, Write
from millrace.profiles.ports import Conflict
from millrace.profiles.rules import ReadRules
from tests.fakes.profiles import MemoryProfiles
from tests.fakes.subjects import MemorySubjects
from tests.fakes.vault import MemoryVault
from tests.tables import create_table

SUBJECTS = MemorySubjects()
ANN, ANNS_PHONE, BOB = "i#user_id#ann", "i#anonymous_id#a1", "i#user_id#bob"


@pytest.fixture(params=["memory", "moto"])
def store(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "memory":
        yield MemoryProfiles(MemoryVault(), subjects=SUBJECTS)
        return
    with mock_aws(), patch.object(*statements_fix()):
        yield dynamo(table())


@pytest.fixture
def refused() -> Iterator[DynamoProfiles]:
    with mock_aws():
        yield dynamo(table())


def table() -> Any:
    client = aws.client("dynamodb")
    create_table(client, "profiles", "pk", "sk")
    return client


def dynamo(client: Any) -> DynamoProfiles:
    return DynamoProfiles(
        table="profiles",
        dynamodb=client,
        vault=MemoryVault(),
        subjects=SUBJECTS,
        rules=ReadRules(),
    )


def root(key: str, version: int = 1, **fields: Any) -> Write:
    row = Row(key=key, version=version, state=fields.pop("state", b"sealed"), **fields)
    return Write(key=key, expected=version - 1, row=row)


def person(key: str, *keys: str) -> bytes:
    stem = Stem(key=key, first_seen=1, last_seen=2, received_at=3)
    whole = Person(keys=tuple(sorted((key, *keys))), stems=(stem,))
    return seal_person(whole, key, MemoryVault(), Keyring(SUBJECTS.keys))


def test_a_row_comes_back_as_it_was_written(store: Any) -> None:
    written = root(ANN, dirty={"klaviyo": 1, "web-hook": 1})
    alias = Write(key=ANNS_PHONE, expected=0, row=Row(key=ANNS_PHONE, version=1, to=ANN))
    store.write(written)
    store.write(alias)
    assert store.read_rows([ANN, ANNS_PHONE, BOB]) == {ANN: written.row, ANNS_PHONE: alias.row}


def test_a_write_on_another_version_is_a_conflict_and_writes_nothing(store: Any) -> None:
    store.write(root(ANN))
    with pytest.raises(Conflict):
        store.write(root(ANN, state=b"other"))
    with pytest.raises(Conflict):
        store.write(root(ANN, version=3, state=b"other"))
    with pytest.raises(Conflict):
        store.write(root(BOB, version=2))
    assert store.read_rows([ANN, BOB])[ANN].state == b"sealed"
    assert BOB not in store.read_rows([BOB])


def test_each_row_of_a_batch_has_an_outcome_of_its_own(store: Any) -> None:
    for key in (ANN, BOB):
        store.write(root(key, dirty={"klaviyo": 1}))
    new, taken = "i#user_id#new", root(BOB, state=b"other")
    stale, absent = root(ANN, version=3, state=b"other"), root("i#user_id#none", version=2)
    right = root(BOB, version=2, state=b"later", dirty={"klaviyo": 2, "web-hook": 2}, erased_at=7)
    assert store.write_each([stale, right, absent, root(new)]) == {BOB, new}
    assert store.write_each([taken, root(ANN, version=2, state=b"after")]) == {ANN}
    rows = store.read_rows([ANN, BOB, new, "i#user_id#none"])
    assert {key: row.state for key, row in rows.items()} == {
        ANN: b"after",
        BOB: b"later",
        new: b"sealed",
    }
    assert rows[BOB] == right.row


def test_a_batch_sent_again_writes_nothing_twice(store: Any) -> None:
    writes = [root(f"i#user_id#u{number}") for number in range(25)]
    assert len(store.write_each(writes)) == 25
    assert store.write_each(writes) == set()
    assert {row.version for row in store.read_rows([one.key for one in writes]).values()} == {1}


def test_rows_are_written_together_or_not_at_all(store: Any) -> None:
    store.write(root(ANN))
    with pytest.raises(Conflict):
        store.write_together([root(BOB), root(ANN)])
    assert store.read_rows([BOB]) == {}
    store.write_together([root(BOB), root(ANN, version=2)])
    assert {row.version for row in store.read_rows([ANN, BOB]).values()} == {1, 2}


def test_a_check_without_a_row_guards_a_version(store: Any) -> None:
    store.write(root(ANN))
    store.write_together([Write(key=ANN, expected=1), root(BOB)])
    with pytest.raises(Conflict):
        store.write_together([Write(key=ANN, expected=2), root(BOB, version=2)])
    with pytest.raises(Conflict):
        store.write_together([Write(key=ANN, expected=0), root(BOB, version=2)])
    assert store.read_rows([BOB])[BOB].version == 1


def test_more_rows_than_one_call_holds_are_all_read(store: Any) -> None:
    keys = [f"i#user_id#u{number}" for number in range(230)]
    for key in keys:
        store.write(root(key))
    assert set(store.read_rows(keys)) == set(keys)
    assert store.read_rows([]) == {}


def test_id_blocks_come_back_by_stem_and_time(store: Any) -> None:
    def block(stem: str, newest: int) -> IdBlock:
        return IdBlock(stem=stem, name=f"D#{newest:013d}#{newest:x}", packed=bytes(18))

    blocks = [block(ANN, at) for at in (0, 5, 1_780_000_000_000)] + [block(BOB, 9)]
    store.keep_ids(blocks)
    store.keep_ids(blocks[:2] * 2)
    store.keep_ids([])
    assert store.read_ids(ANN, 0) == blocks[:3]
    assert store.read_ids(ANN, 5) == blocks[1:3]
    assert store.read_ids(ANN, 6) == blocks[2:3]
    assert store.read_rows([ANN]) == {}


def test_many_id_blocks_are_kept_in_one_go(store: Any) -> None:
    blocks = [IdBlock(stem=ANN, name=f"D#{at:013d}#a", packed=bytes(18)) for at in range(60)]
    store.keep_ids(blocks)
    assert store.read_ids(ANN, 0) == blocks


def test_a_mark_is_cleared_only_for_the_version_told_and_the_version_stays(store: Any) -> None:
    store.write(root(ANN, dirty={"klaviyo": 1, "web-hook": 1}))
    store.clear_dirty(ANN, "klaviyo", 2)
    store.clear_dirty(BOB, "klaviyo", 1)
    assert store.read_rows([ANN])[ANN].dirty == {"klaviyo": 1, "web-hook": 1}
    store.clear_dirty(ANN, "web-hook", 1)
    store.clear_dirty(ANN, "web-hook", 1)
    row = store.read_rows([ANN])[ANN]
    assert (row.dirty, row.version) == ({"klaviyo": 1}, 1)


def test_a_profile_is_read_through_its_aliases(store: Any) -> None:
    hops = [f"i#anonymous_id#a{at}" for at in range(8)]
    store.write(root(ANN, state=person(ANN, *hops)))
    for key, to in zip(hops, [ANN, *hops], strict=False):
        store.write(Write(key=key, expected=0, row=Row(key=key, version=1, to=to)))
    profiles = store.read_many([ANN, hops[-1], BOB])
    assert set(profiles) == {ANN, hops[-1]}
    assert profiles[hops[-1]] == profiles[ANN] == store.read(hops[3])
    assert (profiles[ANN].profile_id, profiles[ANN].version) == ("p_ann", 1)
    assert store.read(BOB) is None


def test_an_alias_that_leads_in_a_circle_is_told_not_followed_for_ever(store: Any) -> None:
    store.write(Write(key=ANN, expected=0, row=Row(key=ANN, version=1, to=BOB)))
    store.write(Write(key=BOB, expected=0, row=Row(key=BOB, version=1, to=ANN)))
    with pytest.raises(RetryLater, match="alias_too_long"):
        store.read(ANN)


def refuse_with(profiles: DynamoProfiles, code: str) -> None:
    def refuse(**_: Any) -> None:
        if code == "ReadTimeout":
            raise ReadTimeoutError(endpoint_url="https://dynamodb")
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")

    client = profiles._dynamodb
    client.meta.events.register("before-call.dynamodb", refuse)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ProvisionedThroughputExceededException", RetryLater),
        ("InternalServerError", RetryLater),
        ("ReadTimeout", RetryLater),
        ("AccessDeniedException", NeedsHuman),
        ("ResourceNotFoundException", NeedsHuman),
    ],
)
def test_refusals_say_what_to_do(
    refused: DynamoProfiles, code: str, error: type[Exception]
) -> None:
    refuse_with(refused, code)
    block = IdBlock(stem=ANN, name="D#0000000000001#a", packed=b"")
    calls = [
        lambda: refused.read_rows([ANN]),
        lambda: refused.read(ANN),
        lambda: refused.write(root(ANN)),
        lambda: refused.write_together([root(ANN), root(BOB)]),
        lambda: refused.keep_ids([block]),
        lambda: refused.read_ids(ANN, 0),
        lambda: refused.clear_dirty(ANN, "klaviyo", 1),
    ]
    for call in calls:
        with pytest.raises(error):
            call()


class Sparing:
    """A client that leaves something unprocessed the first times."""

    def __init__(self, client: Any, times: int) -> None:
        self._client, self._times = client, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803
        if self._spares():
            return {"Responses": {}, "UnprocessedKeys": RequestItems}
        return self._client.batch_get_item(RequestItems=RequestItems)

    def batch_write_item(self, RequestItems: Any) -> Any:  # noqa: N803
        if self._spares():
            return {"UnprocessedItems": RequestItems}
        return self._client.batch_write_item(RequestItems=RequestItems)

    def _spares(self) -> bool:
        self._times -= 1
        return self._times >= 0


def test_what_dynamodb_left_unprocessed_is_asked_for_again() -> None:
    block = IdBlock(stem=ANN, name="D#0000000000001#a", packed=b"x")
    with mock_aws():
        client = table()
        dynamo(client).write(root(ANN))
        assert set(dynamo(Sparing(client, 2)).read_rows([ANN])) == {ANN}
        dynamo(Sparing(client, 2)).keep_ids([block])
        assert dynamo(client).read_ids(ANN, 0) == [block]
        with pytest.raises(RetryLater):
            dynamo(Sparing(client, 99)).read_rows([ANN])
        with pytest.raises(RetryLater):
            dynamo(Sparing(client, 99)).keep_ids([block])


def test_a_transaction_that_met_another_one_is_tried_again_later() -> None:
    class Busy:
        def transact_write_items(self, **_: Any) -> None:
            raise ClientError(
                {  # type: ignore[arg-type]
                    "Error": {"Code": "TransactionCanceledException", "Message": "busy"},
                    "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
                },
                "TransactWriteItems",
            )

    with pytest.raises(RetryLater):
        dynamo(Busy()).write_together([root(ANN), root(BOB)])


class Statements:
    """A client that answers each statement with the next code."""

    def __init__(self, *codes: str) -> None:
        self._codes = codes

    def batch_execute_statement(self, **_: Any) -> dict[str, Any]:
        outcomes = [{"Error": {"Code": code}} if code else {} for code in self._codes]
        return {"Responses": outcomes}


@pytest.mark.parametrize("code", ["ThrottlingError", "InternalServerError", "TransactionConflict"])
def test_a_statement_that_failed_otherwise_is_not_known_to_be_written(code: str) -> None:
    assert dynamo(Statements(code, "")).write_each([root(ANN), root(BOB)]) == {BOB}


@pytest.mark.parametrize("code", ["AccessDenied", "ResourceNotFound"])
def test_a_statement_that_is_refused_needs_a_human(code: str) -> None:
    with pytest.raises(NeedsHuman, match=code):
        dynamo(Statements("", code)).write_each([root(ANN), root(BOB)])


def test_outcomes_that_are_missing_are_unknown() -> None:
    with pytest.raises(RetryLater):
        dynamo(Statements("")).write_each([root(ANN), root(BOB)])
