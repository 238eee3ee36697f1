"""Marked people through every door: no sink shows a mark; erased, nobody comes back by any way.

One engine for the file, and one story in the order of the tests: planted, searched, nearly all of
them erased and everything put back, then all of them erased and everything at rest attacked.
"""

from __future__ import annotations

import base64
import json
from collections import Counter

import pytest

from cli.connection import Connection
from cli.main import main
from cli.people import People
from infra import ROOT
from local.engine import Engine
from millrace.profiles.view import canonical_json
from tests.local.again import NOTICES, Troubles
from tests.local.attacker import Attacker
from tests.local.planted import Person, marks_in, numbers_in
from tests.local.planting import (
    Planting,
    erase,
    events_in_lake,
    every_source,
    invoked_by_name,
    let_retention_end,
    lines,
    name_of,
    not_knocked,
    routes,
    until_retention_ends,
)

CROWDS = [
    pytest.param((24, 3, 1), id="24"),
    pytest.param((24, 24, 24), id="24, all erased", marks=pytest.mark.slow),
    pytest.param((1_000, 50, 50), id="1000, 100 erased", marks=pytest.mark.slow),
]
"""People, and how many of them and of those in vendors' samples are erased; three always stay."""
NOT_TAKEN = {"GET /v1/erasures/{erasure}"}
"""Routes that have no answer but a refusal for what may hold a mark."""
PAGE = (ROOT / "docs" / "reference" / "privacy-proofs.md").read_text()
DESTINATIONS = ("klaviyo", "webhook")
VENDORS_DEAD = "millrace-local-source-ses-dead"
"""Where SES's own messages end, one event each; the other queues carry what was received before."""


@pytest.fixture(scope="module", params=CROWDS)
def story(request, tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    with Engine.start(environment=every_source(), seed=7, state=state, background=False) as engine:
        people, *erased = request.param
        yield Planting(engine, people), erased


@pytest.fixture(scope="module")
def planting(story):
    return story[0]


def test_no_sink_holds_a_mark(planting):
    sinks = planting.sinks()
    kinds = {name.split()[1] for name in sinks if name[0].isdigit()}
    assert kinds >= {"stream", "table", "table_stream", "bucket", "log"}
    assert any(name.endswith("#properties") for name in sinks)
    shown = {name: marks for name, raw in sinks.items() if (marks := marks_in(raw))}
    assert shown == {}


def test_the_marks_did_get_in(planting):
    """What was looked for in vain is there for who may read it."""
    person = Person(7)
    profile = planting.ask.profile(f"user_id:u-{person.number}")
    assert profile["traits"]["last_name"] == person.last_name
    sent = json.dumps(planting.engine.outbox("klaviyo")).encode()
    assert marks_in(sent) >= {"planted.mark", "zorblatt"}
    ledger = planting.engine.ledger()
    assert ledger["failed"] > 15
    assert ledger["balance"] == 0
    seen = Counter()
    attacker = Attacker(planting.engine)
    for entry in lines(planting.engine):
        sink = name_of(entry)
        if seen[sink] < 3 and marks_in(attacker.reads(entry)):
            seen[sink] += 1
    assert {sink.split()[0] for sink in seen} == {"stream", "table", "table_stream", "bucket"}
    assert len([sink for sink in seen if sink.startswith("bucket")]) == 2, "the lake, and failed"


def test_no_list_of_failed_events_shows_a_mark(planting, capsys):
    for words in (["list", "--limit", "2000"], ["list", "--json"], ["stats"], ["stats", "--json"]):
        capsys.readouterr()
        assert main(["--local", planting.engine.url, "failed", *words]) == 0
        said = capsys.readouterr()
        assert marks_in(f"{said.out}{said.err}".encode()) == set()


@pytest.mark.parametrize(
    "raw",
    [
        b"x planted.MARK y",
        b"%2B44770099",
        rb"\u002b447700990001",
        base64.b64encode(b"{'e': 'planted.mark.1@marks-mail.example'}"),
        base64.b64encode(b"abPlanted.Mark.1@Marks-Mail.example"),
        base64.b64encode(b"a Zorblatt1"),
    ],
)
def test_the_search_finds_a_mark_however_it_is_written(raw):
    assert marks_in(raw)
    assert not marks_in(b"planted mark")


class Replayed:
    """All but a few of the people erased, by every name they have; then everything is put back."""

    def __init__(self, planting: Planting, many: int, hooked: int) -> None:
        self.engine, self.ask = planting.engine, planting.ask
        self.left = planting.people[1:6:2]
        own = [each for each in planting.people if each not in self.left]
        # those with failed events first: every erasure looks into all that are left
        own.sort(key=lambda person: person not in planting.failing)
        self.gone = own[:many] + planting.others[:hooked]
        self.troubles = Troubles(self.engine, self.ask)
        self.troubles.make([self.gone[0], self.left[0], self.gone[1], self.left[1]])
        self.engine.clock.advance(600)
        self.engine.settle()
        self.rounds = self._erase([f"email:{each.email}" for each in self.gone])
        self.troubles.bury()
        self.waiting = self.troubles.waiting()
        self.before = self.state()
        self.put_back = self._everything()
        self.after = self.state()

    def state(self) -> dict:
        people = People(Connection(local=self.engine.url))
        table = self.engine.cloud.backend("dynamodb").tables[self.engine.outputs["ProfilesTable"]]
        keys = {item.to_json()["Attributes"]["pk"]["S"] for item in table.all_items()}
        found = people.store.read_many(sorted(keys))
        return {
            "profiles": {key: canonical_json(each) for key, each in sorted(found.items())},
            "told": {name: len(self.engine.outbox(name)) for name in DESTINATIONS},
            "ledger": self.engine.ledger(),
            "replayed": self.engine.metrics().get("EventsReplayed", 0),
            "in stream": self.troubles.events_in_stream(),
        }

    def readable(self) -> Counter:
        """Entries that name somebody who was erased, for whoever holds every key; by sink."""
        attacker, found = Attacker(self.engine), Counter()
        for entry in lines(self.engine):
            text = attacker.reads(entry)
            if numbers_in(text) & self.numbers:
                found[name_of(entry)] += 1
        return found

    def _erase(self, names: list[str]) -> int:
        """How often they had to be asked for: vendors know people by names of their own."""
        rounds = 0
        while names:
            rounds += 1
            assert rounds < 4, names
            erase(self.ask, self.engine, names)
            names = sorted(
                {
                    f"{each.anchor.kind}:{each.anchor.value}"
                    for each in events_in_lake(self.engine)
                    if numbers_in(repr(each).encode()) & self.numbers
                }
            )
        return rounds

    @property
    def numbers(self) -> set[int]:
        return {person.number for person in self.gone}

    def _everything(self) -> dict[str, int]:
        troubles = self.troubles
        troubles.lake()
        self.engine.settle()
        troubles.stream()
        self.engine.settle()
        troubles.failed()
        found = {"parked records": troubles.parked(), "dead letters": troubles.dead()}
        troubles.wakes()
        self.engine.settle()
        self.engine.clock.advance(600)
        self.engine.settle()
        return found


@pytest.fixture(scope="module")
def replayed(story):
    planting, erased = story
    return Replayed(planting, *erased)


def test_every_queue_of_the_template_had_something_to_put_back(replayed):
    troubles = replayed.troubles
    assert troubles.unknown_queues() == set()
    ends = replayed.waiting.keys() - {arn.rpartition(":")[2] for arn in troubles.pairs()}
    assert len(ends) >= len(troubles.pairs()) + len(NOTICES)
    assert all(replayed.waiting[name] for name in ends), replayed.waiting
    assert all(replayed.put_back.values()), replayed.put_back
    assert f"| {len(replayed.waiting)} queues |" in PAGE


def test_nobody_who_was_erased_reappears_and_nobody_else_changes(replayed):
    assert replayed.after["profiles"] == replayed.before["profiles"]
    for person in replayed.gone:
        for name in (f"user_id:u-{person.number}", f"email:{person.email}",
                     f"anonymous_id:a-{person.number}"):  # fmt: skip
            assert replayed.ask.profile(name)["fallback"] is True
    for person in replayed.left:
        assert replayed.ask.profile(f"email:{person.email}")["fallback"] is False


def test_no_destination_was_called_by_any_of_it(replayed):
    assert replayed.after["told"] == replayed.before["told"]


def test_the_ledger_has_every_event_that_the_readers_met_once_more(replayed):
    """What a replay, or a vendor's queue, brings again is received again; what only passes again is
    counted as met."""
    before, after = replayed.before, replayed.after
    met = after["in stream"] - before["in stream"]
    assert met > 400
    assert before["ledger"]["balance"] == 0
    brought = after["replayed"] - before["replayed"] + replayed.waiting[VENDORS_DEAD]
    assert after["ledger"]["balance"] == brought - met
    assert after["ledger"]["applied"] == before["ledger"]["applied"]
    assert after["ledger"]["erased"] > before["ledger"]["erased"]


def test_every_door_of_the_template_was_knocked_at_with_a_mark(planting, replayed):
    """The last door is that of erasure."""
    assert not_knocked(routes(), planting.ask.knocked) == NOT_TAKEN
    assert planting.invoked == invoked_by_name()
    assert f"| {len(routes())} routes, {len(planting.invoked)} functions |" in PAGE


def test_of_who_was_erased_only_the_stream_and_its_queues_open_and_only_for_their_time(replayed):
    engine = replayed.engine
    readable = replayed.readable()
    assert readable
    assert readable.keys() <= until_retention_ends(engine)
    let_retention_end(engine)
    assert replayed.readable() == {}
