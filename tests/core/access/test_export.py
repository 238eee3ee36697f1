"""Everything held about a person, in one document: complete, readable, and harmless to open."""

from __future__ import annotations

import base64
import json
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.access.dossier import NOT_SHOWN, About, Dossier, dossier
from millrace.access.gather import GatherPorts, gather
from millrace.access.held import Held
from millrace.access.page import html
from millrace.access.plain import plain
from millrace.activation import Channel, Delivery
from millrace.events.model import Identifier
from millrace.lake import EVENTS
from millrace.lake.files import files_of
from millrace.lake.rows import to_row
from millrace.privacy.ledger import Entry
from millrace.privacy.suppression import TOKEN_KIND, Change
from millrace.privacy.suppression import entry_of as suppression_of
from millrace.profiles.rules import ReadRules
from tests.core.lake.test_changes import Recorder
from tests.core.profiles.stories import NOON, PRIORITIES, World, event
from tests.fakes.bench import PIGEON
from tests.fakes.deliveries import MemoryDeliveries
from tests.fakes.lake import MemoryLake
from tests.fakes.lake_reader import MemoryLakeReader
from tests.fakes.ledger import MemoryLedger
from tests.fakes.suppressions import MemorySuppressions

ABOUT = About(
    profile_id="p_ada",
    made_at=NOON,
    made_by="arn:aws:sts::1:role/unsealer",
    purpose="access request 12",
    sources=("web", "crm"),
    destinations={"pigeon": ("email_marketing",)},
)
EVIL = "</td></table><script>alert(1)</script><img src=x onerror=alert(1)>"
RULES = ReadRules(priorities=PRIORITIES)


class Office:
    """Where an access request is answered: the pipeline's places, in memory."""

    def __init__(self) -> None:
        self.world = World()
        self.lake = MemoryLake()
        self.ledger = MemoryLedger(self.world.clock)
        self.deliveries = MemoryDeliveries()
        self.suppressions = MemorySuppressions()
        self.failed: list[tuple[str, bytes]] = []

    def take(self, *events) -> None:
        self.world.apply(*events)
        rows = [to_row(each, self.subject(each)) for each in events]
        files = files_of(EVENTS, rows, at=lambda r: r.received_at, id_=lambda r: r.event_id)
        for key, members in files.items():
            self.lake.write(key, members, EVENTS)

    def subject(self, one):
        key = self.world.key(one.anchor.kind, one.anchor.value)
        return self.world.subjects.keys([key])[key]

    def fail(self, payload: dict) -> None:
        sealed = self.world.vault.seal(json.dumps(payload).encode(), context="failed_event")
        fields = {"stage": "intake", "code": "no_identifier", "received_at": NOON}
        fields["payload"] = base64.b64encode(sealed).decode()
        self.failed.append((f"failed/{len(self.failed)}", json.dumps(fields).encode()))

    def held(self, kind: str, value: str) -> Held:
        ports = GatherPorts(
            store=self.world.store,
            vault=self.world.vault,
            subjects=self.world.subjects,
            lake=MemoryLakeReader(self.lake),
            failed_events=lambda: iter(self.failed),
            deliveries=self.deliveries,
            ledger=self.ledger,
            suppressions=self.suppressions,
            channels={"pigeon": Channel(destination=PIGEON, secret_name="key")},
            rules=RULES,
            now_ms=NOON,
        )
        return gather(Identifier(kind, value), ports)

    def suppress(self, value: str, reason: str, at: int, *, is_on: bool = True) -> Change:
        token = self.world.vault.token(TOKEN_KIND, value)
        change = Change(token=token, reason=reason, at=at, is_on=is_on)
        self.suppressions.record(change)
        return change

    def export(self, kind: str, value: str) -> Dossier:
        return dossier(self.held(kind, value), ABOUT, RULES)


@pytest.fixture
def office():
    made = Office()
    made.take(
        event("1", anonymous="anon-1", name="Product Viewed"),
        event("2", user="ada", anonymous="anon-1", email="ada@example.com", kind="identify", at=1),
        event("3", user="ada", source="crm", kind="identify", at=2, traits={"plan": "gold"}),
        event("4", user="ada", source="web", kind="identify", at=3, traits={"plan": "tin"}),
        event("5", user="bob", email="bob@example.com", at=4),
    )
    return made


@pytest.mark.parametrize(
    ("kind", "value"),
    [("user_id", "ada"), ("email", "ada@example.com"), ("anonymous_id", "anon-1")],
)
def test_any_identifier_leads_to_the_same_document(office, kind, value):
    assert office.export(kind, value) == office.export("user_id", "ada")


def test_all_identifiers_and_the_events_that_tied_them_are_in_it(office):
    made = office.export("user_id", "ada")
    assert {(each["kind"], each["value"]) for each in made.identifiers} == {
        ("user_id", "ada"),
        ("email", "ada@example.com"),
        ("anonymous_id", "anon-1"),
    }
    assert {each["holds"] for each in made.ties} == {True}
    assert all(each["event"] and each["at"] for each in made.ties)


def test_every_value_of_a_trait_has_its_source_and_time_and_one_is_in_use(office):
    plan = office.export("user_id", "ada").traits["plan"]
    assert [(each["value"], each["source"], each["is_current"]) for each in plan] == [
        ("tin", "web", False),
        ("gold", "crm", True),
    ]
    assert plan[1]["at"] == "2026-05-28T20:26:40.002Z"


def test_all_events_are_in_it_whole_and_in_order(office):
    made = office.export("user_id", "ada")
    assert [each["message_id"] for each in made.events] == ["1", "2", "3", "4"]
    assert made.events[0]["name"] == "Product Viewed"
    assert made.unreadable == 0


def test_every_change_is_in_it_by_its_own_names_wherever_it_stood(office):
    """The phone was bob's for a while: its city then stands in his history, and is the phone's."""
    office.world = world = Recorder()
    world.apply(event("1", anonymous="phone", kind="identify", traits={"city": "Ulm"}))
    world.apply(event("2", user="bob", kind="identify", at=1, traits={"plan": "bobs"}))
    world.apply(event("3", user="bob", anonymous="phone", at=50))
    world.apply(event("4", user="ada", anonymous="phone", at=-99))  # an older tie wins the phone
    office.lake = world.lake()
    changes = office.export("user_id", "ada").changes
    cities = [each for each in changes if each["name"] == "city" and each["value"] == "Ulm"]
    assert {each["person"] for each in cities} == {
        "anonymous_id:phone",
        "user_id:ada",
        NOT_SHOWN,
    }
    merged = {each["name"] for each in changes if each["change"] in {"merged", "moved"}}
    assert merged == {NOT_SHOWN, "user_id:ada"}
    assert "bob" not in repr(changes)
    assert not [each for each in changes if {"sealed", "subject"} & each.keys()]


def test_nothing_of_anybody_else_is_in_it(office):
    office.fail({"type": "nonsense", "userId": "bob"})
    assert "bob" not in msgspec.json.encode(office.export("user_id", "ada")).decode()


def test_an_event_written_twice_to_the_lake_is_in_it_once(office):
    office.take(
        event("3", user="ada", source="crm", kind="identify", at=2, traits={"plan": "gold"})
    )
    assert len(office.export("user_id", "ada").events) == 4


def test_failed_events_that_name_the_person_are_in_it(office):
    office.fail({"type": "nonsense", "userId": "ada"})
    office.fail({"type": "nonsense", "context": {"traits": {"email": "ADA@example.com"}}})
    found = office.export("anonymous_id", "anon-1").failed_events
    assert [json.loads(each["payload"])["type"] for each in found] == ["nonsense", "nonsense"]
    assert found[0]["code"] == "no_identifier"


def test_a_failed_event_that_names_an_erased_person_too_is_listed_without_what_it_says(office):
    office.fail({"type": "nonsense", "userId": "ada", "friends": ["bob"]})
    (shown,) = office.export("user_id", "ada").failed_events
    assert "bob" in shown["payload"]
    bob = office.world.key("user_id", "bob")
    office.world.subjects.erase([bob], since=NOON, erased_at=NOON + 1)
    (shown,) = office.export("user_id", "ada").failed_events
    assert (shown["code"], shown["payload"]) == ("no_identifier", None)


def test_what_each_destination_was_told_is_in_it(office):
    profile = office.world.profile("user_id", "ada")
    state = PIGEON.told(profile, {})
    encoded = msgspec.json.encode(state, order="deterministic").decode()
    told = Delivery(digest=office.world.vault.token("told", encoded), version=1, at=NOON)
    old = Delivery(digest="another", version=1, at=NOON)
    office.deliveries.record("pigeon", {profile.key: told})
    (now,) = office.export("user_id", "ada").destinations
    assert (now["destination"], now["state"]) == ("pigeon", state)
    office.deliveries.record("pigeon", {profile.key: old})
    (before,) = office.export("user_id", "ada").destinations
    assert before["state"] is None, "only a digest is kept of what was told"


def test_the_ledger_of_every_identifier_is_in_it(office):
    for kind, value in (("user_id", "ada"), ("email", "ada@example.com"), ("user_id", "bob")):
        subject = office.world.key(kind, value)
        office.ledger.append(Entry(subject=subject, kind="consent", event=kind, at=NOON))
    assert len(office.export("user_id", "ada").ledger) == 2


def test_whether_nobody_may_write_to_them_why_and_since_when_is_in_it(office):
    office.suppress("ada@example.com", "unsubscribed", NOON)
    office.suppress("ada@example.com", "unsubscribed", NOON + 1, is_on=False)
    listed = office.suppress("ada@example.com", "operator", NOON + 2)
    office.suppress("bob@example.com", "bounced", NOON)
    office.ledger.append(suppression_of(listed, why="ticket 4711", by="grace"))
    made = office.export("user_id", "ada")
    address = {"kind": "email", "value": "ada@example.com"}
    assert made.suppressions == [
        {**address, "reason": "unsubscribed", "holds": False, "since": "2026-05-28T20:26:40.001Z"},
        {**address, "reason": "operator", "holds": True, "since": "2026-05-28T20:26:40.002Z"},
    ]
    assert [each["purpose"] for each in made.ledger] == ["ticket 4711"]
    page = html(made)
    assert "<td>operator</td><td>yes</td><td>2026-05-28T20:26:40.002Z</td>" in page


def test_who_was_erased_for_an_objection_learns_that_the_address_is_still_on_the_list(office):
    office.suppress("gone@example.com", "objected", NOON)
    (listed,) = office.export("email", "gone@example.com").suppressions
    assert (listed["reason"], listed["holds"]) == ("objected", True)
    assert office.export("user_id", "gone").suppressions == []


def test_who_is_not_known_has_an_empty_document(office):
    made = office.export("email", "nobody@example.com")
    assert (made.identifiers, made.events, made.profile) == ([], [], {})
    assert "nothing" in html(made)


def test_who_is_known_by_a_failed_event_alone_gets_that_event(office):
    office.fail({"email": "cleo@example.com", "event": "x"})
    (failed,) = office.export("email", "cleo@example.com").failed_events
    assert "cleo@example.com" in failed["payload"]
    assert office.export("email", "nobody@example.com").failed_events == []


def test_an_event_whose_key_was_destroyed_is_counted_and_not_shown(office):
    for key, rows in office.lake.files.items():
        office.lake.files[key] = tuple(msgspec.structs.replace(r, sealed=b"x") for r in rows)
    made = office.export("user_id", "ada")
    assert (made.events, made.unreadable) == ([], 4)


class Runs(HTMLParser):
    """What a browser would run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs if name.startswith("on") or name in {"src", "href"}]
        self.found += names
        if tag in {
            "script",
            "iframe",
            "img",
            "object",
            "embed",
            "svg",
            "form",
            "a",
            "link",
            "base",
        }:
            self.found.append(tag)


def runs(page: str) -> list[str]:
    parser = Runs()
    parser.feed(page)
    return parser.found


def test_what_people_typed_into_forms_does_not_run(office):
    office.take(
        event("6", user="ada", kind="identify", at=9, traits={"name": EVIL, EVIL: [EVIL]}),
        event("7", user="ada", at=10, name=EVIL),
    )
    page = html(office.export("user_id", "ada"))
    assert runs(page) == []
    assert "alert(1)" in page, "it is shown, as the text that it is"
    assert "default-src 'none'" in page


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text()) | st.none(), max_size=4))
def test_no_traits_at_all_make_the_page_run_or_fetch_anything(traits):
    world = World()
    world.apply(event("1", user="ada", kind="identify", traits=traits))
    office = Office()
    office.world = world
    assert runs(html(office.export("user_id", "ada"))) == []


def test_the_test_would_see_what_runs():
    assert runs(EVIL) == ["script", "src", "onerror", "img"]


def test_a_new_field_of_the_pipeline_shows_by_itself():
    class Later(msgspec.Struct, array_like=True):
        churn_risk: float
        last_seen: int
        raw: bytes

    assert plain(Later(0.5, NOON, b'{"a":1}')) == {
        "churn_risk": 0.5,
        "last_seen": "2026-05-28T20:26:40.000Z",
        "raw": {"a": 1},
    }


def test_the_schema_that_is_documented_is_the_documents_own():
    page = Path(__file__).parents[3] / "docs" / "reference" / "export.schema.json"
    assert json.loads(page.read_text()) == msgspec.json.schema(Dossier)
