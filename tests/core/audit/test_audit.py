"""The audit finds one of each thing that breaks policy, and nothing where there is nothing."""

from __future__ import annotations

import json

import msgspec
import pytest

from millrace.audit import (
    ADVICE,
    People,
    Policy,
    audit_ledger,
    audit_person,
    audit_policy,
    audit_terms,
)
from millrace.audit.pii import is_pii
from millrace.clock import DAY_MS
from millrace.privacy.ledger import Entry
from millrace.settings import ConsentSettings, PurposeSettings
from tests.core.profiles.stories import NOON, World, event
from tests.fakes.clock import MemoryClock
from tests.fakes.ledger import MemoryLedger

ASKED = ConsentSettings(
    purposes={"analytics": PurposeSettings(), "email_marketing": PurposeSettings()},
    regimes={"web": "opt_out", "crm": "opt_out"},
)
POLICY = Policy(
    sources=frozenset({"web", "crm"}),
    destinations={"klaviyo": ("email_marketing",)},
    consent=ASKED,
    profiles_days=730,
)
YES = {"consent": {"categoryPreferences": {"email_marketing": True, "analytics": True}}}
NO = {"consent": {"categoryPreferences": {"email_marketing": False, "analytics": False}}}


class Room:
    """Where an audit is done: people, their vault and the suppression list, in memory."""

    def __init__(self) -> None:
        self.world = World(consent=ASKED)
        self.suppressed: set[str] = set()
        self.said: list[Entry] = []

    def take(self, context=None, **fields) -> str:
        """One event that is folded; the key of its user."""
        one = event(fields.pop("message", "1"), user="ada", kind="identify", **fields)
        self.world.apply(msgspec.structs.replace(one, context=context or {}))
        return self.world.key("user_id", "ada")

    def people(self, **changes) -> People:
        made = People(
            vault=self.world.vault,
            subjects=self.world.subjects,
            suppressed=lambda addresses: self.suppressed & set(addresses),
            said=lambda stems: self.said,
            policy=POLICY,
            now_ms=NOON,
        )
        return msgspec.structs.replace(made, **changes)

    def findings(self, **changes):
        rows = list(self.world.store.rows.values())
        return [found for row in rows for found in audit_person(row, self.people(**changes))]

    def codes(self, **changes):
        return sorted({found.code for found in self.findings(**changes)})


@pytest.fixture
def room():
    return Room()


def test_who_agreed_and_whose_traits_have_sources_is_no_finding(room):
    room.take(YES, email="ada@example.com", traits={"firstName": "Ada"})
    assert room.findings() == []


def test_traits_that_tell_who_somebody_is_without_any_consent(room):
    key = room.take(traits={"firstName": "Ada", "plan": "gold"})
    (found,) = room.findings()
    assert (found.code, found.where) == ("pii_without_consent", key)
    assert "firstName" in found.what
    assert "plan" not in found.what


def test_a_no_is_no_consent_either(room):
    room.take(NO, traits={"phone": "+4420"})
    assert room.codes() == ["pii_without_consent"]


def test_a_purpose_that_needs_no_yes_is_enough(room):
    allowed = ConsentSettings(purposes={"analytics": PurposeSettings(unless_told="allow")})
    room.take(traits={"firstName": "Ada"})
    policy = msgspec.structs.replace(POLICY, consent=allowed)
    assert room.codes(policy=policy) == []


def test_a_trait_whose_source_nobody_knows(room):
    room.take(YES, source="gone", traits={"plan": "gold"})
    (found,) = room.findings()
    assert found.code == "trait_without_source"
    assert found.what == "the trait plan comes from gone"


def test_a_person_past_retention_and_not_a_day_before(room):
    room.take(YES)
    assert room.codes(now_ms=NOON + 730 * DAY_MS) == []
    assert room.codes(now_ms=NOON + 732 * DAY_MS) == ["person_past_retention"]


def test_behaviour_whose_purpose_was_withdrawn_longer_ago_than_its_term_and_not_a_day_before(room):
    room.take(YES)
    room.world.apply(event("2", user="ada"))
    refusal = event("3", user="ada", kind="identify", at=5)
    room.world.apply(msgspec.structs.replace(refusal, context=NO))
    keeping = PurposeSettings(keeps=["behaviour"], withdrawn_days=30)
    consent = ConsentSettings(purposes={"analytics": keeping}, regimes=ASKED.regimes)
    policy = msgspec.structs.replace(POLICY, consent=consent)
    assert room.codes(policy=policy, now_ms=NOON + 31 * DAY_MS) == []
    assert room.codes(policy=policy, now_ms=NOON + 32 * DAY_MS) == ["withdrawn_data_past_term"]


def test_a_value_that_the_vault_does_not_open(room):
    key = room.take(YES)
    row = room.world.store.rows[key]
    broken = row.state[:-1] + bytes([row.state[-1] ^ 1])
    room.world.store.rows[key] = msgspec.structs.replace(row, state=broken)
    (found,) = room.findings()
    assert (found.code, found.where) == ("sealed_value_unreadable", key)


def test_who_unsubscribed_must_be_on_the_suppression_list(room):
    room.take(YES, email="ada@example.com")
    one = event("2", email="ada@example.com", name="Unsubscribed", at=5)
    room.world.apply(one)
    assert room.codes() == ["suppression_gap"]
    room.suppressed = {"ada@example.com"}
    assert room.codes() == []


def test_an_alias_and_an_erased_person_are_no_findings(room):
    room.take(YES, anonymous="anon", email="ada@example.com")
    key = room.world.key("user_id", "ada")
    room.world.subjects.erase([key], since=1, erased_at=NOON + 1)
    assert room.codes() == []


def test_a_destination_without_purposes_and_one_with_an_unknown_one():
    policy = msgspec.structs.replace(
        POLICY, destinations={"klaviyo": (), "webhook": ("mystery",), "ok": ("analytics",)}
    )
    found = list(audit_policy(policy))
    assert [(each.code, each.where) for each in found] == [
        ("destination_without_purposes", "destinations.klaviyo"),
        ("destination_without_purposes", "destinations.webhook"),
    ]
    assert "mystery" in found[1].what


def test_a_source_without_a_consent_default():
    policy = msgspec.structs.replace(POLICY, sources=frozenset({"web", "app"}))
    (found,) = audit_policy(policy)
    assert (found.code, found.where) == ("source_without_consent_default", "sources.app")


@pytest.mark.parametrize(("days", "codes"), [(730, []), (731, ["lake_outlives_people"])])
def test_a_lake_that_is_kept_for_longer_than_what_ties_the_names_of_its_people(days, codes):
    policy = msgspec.structs.replace(POLICY, terms={"retention.lake_days": days})
    assert [each.code for each in audit_policy(policy)] == codes


def test_a_term_that_is_not_deployed_as_it_is_written():
    policy = msgspec.structs.replace(POLICY, terms={"retention.lake_days": 400, "same": 1})
    assert list(audit_terms(policy, policy.terms)) == []
    (found,) = audit_terms(policy, {"retention.lake_days": 730, "same": 1})
    assert (found.code, found.where) == ("term_not_deployed", "retention.lake_days")
    assert found.what == "deployed with 730; the configuration says 400"
    (found,) = audit_terms(policy, {"retention.lake_days": 400, "same": 1, "retention.old": 9})
    assert found.what == "deployed with 9; the configuration says nothing"


def test_a_chain_that_somebody_changed():
    ledger = MemoryLedger(MemoryClock(NOON))
    for number in range(3):
        ledger.append(Entry(subject="s", kind="consent", event=str(number), at=NOON))
    whole = ledger.read("s")
    assert list(audit_ledger("s", whole)) == []
    (found,) = audit_ledger("s", [whole[0], whole[2]])
    assert (found.code, found.where) == ("ledger_broken", "s")


def test_findings_name_nobody(room):
    evil = "mail ada@example.com"
    room.take(source="gone", email="ada@example.com", traits={evil: "ada@example.com"})
    told = json.dumps([[f.code, f.where, f.what, f.todo] for f in room.findings()])
    assert "ada" not in told
    assert "withheld" in told


def test_every_code_says_what_to_do():
    assert all(len(advice.split()) > 5 for advice in ADVICE.values())


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("First-Name", "x", True),
        ("plan", "ask ada@example.com", True),
        ("plan", "gold", False),
        ("plan", None, False),
        ("review_body", "x", True),
    ],
)
def test_what_tells_who_somebody_is(name, value, expected):
    assert is_pii(name, value, {"reviewbody"}) is expected
