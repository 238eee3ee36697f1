"""The lake can rebuild every profile, and replaying all of it changes nothing and tells nobody."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from cli.connection import Connection
from cli.operating import operate
from cli.people import People
from local.engine import Engine
from local.sql import query_lake
from millrace.adapters.clock import SystemRandomness
from millrace.adapters.subject_items import SubjectItems
from millrace.events import Envelope, Event, seal_envelope
from millrace.identity.model import row_key
from millrace.intake.operating import Asked
from millrace.intake.records import to_records
from millrace.lake import open_event
from millrace.profiles.update import UpdateProfiles
from millrace.profiles.view import canonical_json
from tests.core.profiles.stories import Record
from tests.fakes.clock import MemoryClock
from tests.fakes.failed_events import MemoryFailedEvents
from tests.fakes.profiles import MemoryProfiles
from tests.fakes.subjects import MemorySubjects
from tests.local.conftest import Asker

HOUR = 3_600


class Story:
    """People who visit, sign up, share devices, are told apart and have writes taken back."""

    def __init__(self, engine: Engine, people: int, events: int) -> None:
        self._engine, self._ask = engine, Asker(engine)
        self._random = Random(7)
        self._people, self._events = people, events
        self._sent = 0

    def play(self) -> None:
        for _ in range(0, self._events, 100):
            for source in ("website", "server"):
                batch = [self._event() for _ in range(50)]
                key = {"x-write-key": self._engine.write_keys[source]}
                assert self._ask("POST", "/v1/batch", {"batch": batch}, key)[0] == 200
            self._engine.settle()
            self._engine.clock.advance(HOUR)

    def command(self) -> None:
        """One of every operation that changes who somebody is or what is known of them."""
        now_ms = self._engine.clock.now_ms()
        ago = now_ms - HOUR * 1000
        put_back = {"trait": "city", "source": "server", "at": 1, "event": "ab" * 12, "value": "?"}
        asked = [
            Asked(name="identity.block", properties={"a": "user_id:u1", "b": "anonymous_id:a1"}),
            Asked(name="identity.block", properties={"a": "user_id:u2", "b": "anonymous_id:a2"}),
            Asked(name="identity.allow", properties={"a": "user_id:u2", "b": "anonymous_id:a2"}),
            Asked(
                name="trait.rollback",
                properties={"identifier": "user_id:u3", "trait": "plan", "to": ago},
                at=now_ms,
            ),
            Asked(
                name="source.rollback",
                properties={
                    "identifier": "user_id:u4",
                    "source": "server",
                    "since": 0,
                    "restore": [put_back],
                },
                at=now_ms,
            ),
        ]
        operate(Connection(local=self._engine.url), asked, "a test of everything")
        self._engine.settle()

    def _event(self) -> dict:
        self._sent += 1
        person, pick = self._random.randrange(self._people), self._random.random()
        event = {"messageId": f"m{self._sent}", "type": "track", "event": "Product Viewed"}
        if pick < 0.6:
            event["anonymousId"] = f"a{person}"
        if pick > 0.3:
            event["userId"] = f"u{person}"
        if pick > 0.8:
            plan = self._random.randrange(4)
            event |= {"type": "identify", "traits": {"plan": plan, "city": f"city {plan}"}}
        if pick > 0.95:
            event["traits"]["email"] = f"p{person % 7}@example.com"
        return event

    def refuse(self) -> None:
        """Somebody looks, refuses to be analysed, and looks again.

        Nobody who is merged does so: what came before a refusal was known is kept, so with a
        merge in between it matters what was known when.
        """
        looks = {"type": "track", "event": "Product Viewed", "userId": "quiet"}
        refusal = {"consent": {"categoryPreferences": {"analytics": False}}}
        says = {"type": "identify", "userId": "quiet", "context": refusal}
        for number, event in enumerate((looks, says, looks)):
            key = {"x-write-key": self._engine.write_keys["website"]}
            batch = {"batch": [event | {"messageId": f"q{number}"}]}
            assert self._ask("POST", "/v1/batch", batch, key)[0] == 200
            self._engine.settle()
            self._engine.clock.advance(HOUR)


class Lake:
    """Every event of an engine's lake, and its profiles as readers see them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._people = People(Connection(local=engine.url))
        self.vault = self._people.vault
        self._subjects = {each.pseudonym: each for each in self._every_subject()}

    def events(self) -> list[Event]:
        question = "select subject, sealed from events order by received_at, event_id"
        rows = query_lake(self._engine.lake_path, question)
        return [open_event(sealed, self._subjects[subject].key) for subject, sealed in rows]

    def live(self) -> dict[str, bytes]:
        """Canonical profiles, by every row key there is."""
        table = self._engine.outputs["ProfilesTable"]
        items = self._engine.cloud.backend("dynamodb").tables[table].all_items()
        keys = {item.to_json()["Attributes"]["pk"]["S"] for item in items}
        found = self._people.store.read_many(sorted(keys))
        return {key: canonical_json(profile) for key, profile in sorted(found.items())}

    def rebuilt(self, events: list[Event], batch: int = 500) -> dict[str, bytes]:
        """What the same code makes of `events` in a table that is empty."""
        live = self._engine.functions["profiles/update"]._handler.__wrapped__.__globals__
        subjects = MemorySubjects()
        clock = MemoryClock(self._engine.clock.now_ms())  # for both: engagement fades by the day
        store = MemoryProfiles(self.vault, self._people.rules, subjects, clock)
        updating = UpdateProfiles(
            store=store,
            vault=self.vault,
            subjects=subjects,
            failed_events=MemoryFailedEvents(),
            clock=clock,
            rules=live["profiles"]._committing._drafting.rules,
        )
        for start in range(0, len(events), batch):
            some = events[start : start + batch]
            records = [
                Record(
                    sequence_number=str(number),
                    data=seal_envelope(Envelope(events=(one,)), self.vault),
                )
                for number, one in enumerate(some)
            ]
            assert updating.update(records).retry == []
        found = store.read_many(sorted(store.rows))
        return {key: canonical_json(profile) for key, profile in sorted(found.items())}

    def replay(self, events: list[Event]) -> None:
        """Everything into the stream again, as it came the first time."""
        kinesis = self._engine.cloud.client("kinesis")
        (stream,) = kinesis.list_streams()["StreamNames"]
        records = [
            {"Data": record.data, "PartitionKey": record.partition_key}
            for record in to_records(events, "", self.vault)
        ]
        for start in range(0, len(records), 400):
            kinesis.put_records(StreamName=stream, Records=records[start : start + 400])
        self._engine.settle()

    def key(self, kind: str, value: str) -> str:
        return row_key(kind, self.vault.token(kind, value))

    def _every_subject(self) -> Iterator:
        made_of = SubjectItems(self.vault, SystemRandomness())
        table = self._engine.outputs["SubjectsTable"]
        for page in (
            self._engine.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        ):
            for item in page["Items"]:
                if item["pk"]["S"].startswith("s#"):
                    yield made_of.opened(item)


def _is_refusal(event: Event) -> bool:
    return "consent" in event.context


@pytest.mark.parametrize(
    ("people", "events"),
    [
        (12, 600),
        pytest.param(100, 5_000, marks=pytest.mark.slow),
    ],
)
def test_rebuilt_from_the_lake_is_live_and_replayed_is_nothing(tmp_path, people, events):
    with Engine.start(seed=7, state=tmp_path, background=False) as engine:
        story = Story(engine, people, events)
        story.play()
        story.refuse()
        before = Lake(engine).live()
        story.command()
        lake = Lake(engine)
        live = lake.live()
        parted = lake.key("anonymous_id", "a1")
        assert before[parted] != live[parted], "a person was told apart"
        assert before[lake.key("user_id", "u4")] != live[lake.key("user_id", "u4")]
        log = lake.events()
        assert len(log) == events + 3 + 5
        assert lake.rebuilt(log) == live
        Random(1).shuffle(log)
        log.sort(key=_is_refusal, reverse=True)  # it holds from when it is known, as it did
        assert lake.rebuilt(log, batch=37) == live
        told = {name: len(engine.outbox(name)) for name in ("klaviyo", "webhook")}
        lake.replay(log)
        assert lake.live() == live
        assert {name: len(engine.outbox(name)) for name in told} == told
        ledger = engine.ledger()
        assert ledger["blocked_by_consent"] == 1
        assert (ledger["duplicate"], ledger["failed"]) == (len(log), 0)
