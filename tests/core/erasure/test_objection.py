"""Who objects is erased, and never written to again until they say yes themselves."""

from __future__ import annotations

import msgspec
import pytest

from millrace.consents.recording import RecordPorts, record
from millrace.errors import NeedsHuman, RetryLater
from millrace.events import Event
from millrace.privacy.suppression import TOKEN_KIND
from tests.core.erasure.stage import HOUR, Crash, Stage
from tests.core.profiles.stories import TRUSTING, Record, event, sealed

ADDRESSES = ("ann@x.com", "ann@old.com")


@pytest.fixture
def stage() -> Stage:
    return Stage()


def reasons(stage: Stage) -> list[set[str]]:
    tokens = [stage.world.vault.token(TOKEN_KIND, each) for each in ADDRESSES]
    found = stage.suppressions.read_many(tokens)
    return [set(found.get(token, ())) for token in tokens]


def take(stage: Stage, one: Event) -> None:
    """As functions/privacy/record does."""
    ports = RecordPorts(
        vault=stage.world.vault,
        ledger=stage.ledger,
        suppressions=stage.suppressions,
        rules=TRUSTING,
    )
    record([Record(sequence_number="1", data=sealed(stage.world.vault, one))], ports)


def said(name: str, at: int, kind: str = "track", **properties: str) -> Event:
    one = event(f"said-{name}-{at}", user="ann", email="ann@x.com", kind=kind, at=at)
    return msgspec.structs.replace(one, name=name, properties=properties)


def test_an_objection_suppresses_every_address_the_workflow_finds_by_token_only(
    stage: Stage,
) -> None:
    erasure = stage.finish(stage.request("anonymous_id", "a1", reason="objection"))
    assert reasons(stage) == [{"objected"}, {"objected"}]
    assert not any("ann" in token or "@" in token for token, _ in stage.suppressions.known)
    assert erasure.certificate["reason"] == "objection"
    assert {"store": "suppression list", "done": "addresses added, as tokens", "count": 2} in (
        erasure.certificate["stores"]
    )
    for key in erasure.certificate["identifiers"]:
        assert stage.ledger.read(key)[-1].entry.basis == "objection"


@pytest.mark.parametrize("reason", ["request", "account_deleted", "retention"])
def test_no_other_reason_touches_the_list(stage: Stage, reason: str) -> None:
    erasure = stage.finish(stage.request(reason=reason))
    assert stage.suppressions.known == {}
    assert (erasure.reason, erasure.certificate["reason"]) == (reason, reason)


def test_a_reason_nobody_knows_is_refused(stage: Stage) -> None:
    with pytest.raises(NeedsHuman, match="bad_reason"):
        stage.request(reason="because")
    assert stage.erasures.kept == {}


def test_nothing_is_destroyed_before_the_list_has_the_addresses(stage: Stage) -> None:
    stage.suppressions.failing = RetryLater("suppressions_unavailable", "down")
    name = stage.request(reason="objection")
    with pytest.raises(RetryLater):
        stage.erasing.run(name)
    assert stage.world.profile("email", "ann@x.com") is not None
    stage.suppressions.failing = None

    def dies(call: str) -> None:
        raise Crash(call)

    stage.world.store.before = dies
    with pytest.raises(Crash):
        stage.erasing.run(name)
    stage.world.store.before = lambda call: None
    stage.finish(name)
    assert reasons(stage) == [{"objected"}, {"objected"}]


def test_an_objection_outlives_imports_and_old_words_and_ends_with_the_person_s_own_new_yes(
    stage: Stage,
) -> None:
    stage.finish(stage.request(reason="objection"))
    mail = {"purpose": "email_marketing", "status": "granted"}
    take(stage, said("Subscribed", 5 * HOUR))  # an ESP tells so of an import as well
    take(stage, said("consent.record", HOUR - 1, kind="operation", **mail))
    banner = said("Product Viewed", 6 * HOUR)
    context = {"consent": {"categoryPreferences": {"email_marketing": True}}}
    take(stage, msgspec.structs.replace(banner, context=context))
    assert reasons(stage) == [{"objected"}, {"objected"}]
    take(stage, said("consent.record", 7 * HOUR, kind="operation", **mail))
    assert reasons(stage) == [set(), {"objected"}], "they said so of one address"


def test_a_yes_between_the_two_passes_is_not_taken_back_by_the_second(stage: Stage) -> None:
    name = stage.request(reason="objection")
    stage.erasing.run(name)
    mail = {"purpose": "email_marketing", "status": "granted"}
    take(stage, said("consent.record", HOUR + 9, kind="operation", **mail))
    stage.finish(name)
    assert reasons(stage) == [set(), {"objected"}]


def test_addresses_are_written_as_the_pipeline_spells_them(stage: Stage) -> None:
    told = event("m7", user="ann", kind="identify", traits={"email": " ANN@Third.com "}, at=9)
    stage.world.apply(told)
    stage.finish(stage.request(reason="objection"))
    token = stage.world.vault.token(TOKEN_KIND, "ann@third.com")
    assert "objected" in stage.suppressions.read_many([token])[token]
