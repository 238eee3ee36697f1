"""Marked people through every door: nothing at rest, logged, counted or refused shows a mark."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import pyarrow.parquet as pq
import pytest

from cli.main import main
from infra.environment import Source, load_environment
from infra.synth import LOCAL_CONFIG
from local.engine import Engine
from millrace.adapters.pseudonyms import DynamoPseudonyms
from millrace.adapters.subjects import DynamoSubjects
from millrace.adapters.vault import KmsVault
from millrace.lake import open_event
from tests.local.conftest import Asker
from tests.local.planted import Person, columns_in_clear, marks_in, planted
from tests.sources.door import samples
from tests.sources.vendors import URL, VENDORS

NEEDS_AMAZON = {"ses"}
"""Its certificate would be fetched from Amazon."""
PLAYED = sorted(set(VENDORS) - NEEDS_AMAZON)
CROWDS = [24, pytest.param(1_000, marks=pytest.mark.slow)]


@pytest.fixture(scope="module", params=CROWDS)
def planting(request, tmp_path_factory):
    environment = load_environment(LOCAL_CONFIG)
    hooked = {name: Source(secret=VENDORS[name].secret, url=URL) for name in PLAYED}
    environment = environment.model_copy(update={"sources": {**environment.sources, **hooked}})
    state = tmp_path_factory.mktemp("state")
    with Engine.start(environment=environment, seed=7, state=state, background=False) as engine:
        yield Planting(engine, request.param)


class Planting:
    """Everything that was answered, after everything has settled."""

    def __init__(self, engine: Engine, people: int) -> None:
        self.engine, self.ask = engine, Asker(engine)
        self.refusals: list[tuple[str, tuple]] = []
        self.people = everybody = [Person(number) for number in range(people)]
        for person in everybody:
            self.track(person)
        for person in everybody[::4]:
            self.fail(person)
            self.pixel(person)
        # vendors' samples share ids, which ties people: these are others
        self.hooks([Person(number + 5_000) for number in range(people)])
        engine.settle()
        engine.clock.advance(600)
        engine.settle()

    def track(self, person: Person) -> None:
        """Who they are, what they do, with marks in planned, unplanned and odd places."""
        ids = {"userId": person.email, "anonymousId": f"a-{person.number}"}
        order = {
            "order_id": person.phone,
            "coupon": person.email,
            "revenue": 3,
            "products": [{"product_id": 1, "url": f"/?q={quote(person.email)}", "name": "Cup"}],
            person.email: person.address,
            "note": person.traits,
        }
        context = {"ip": "203.0.113.7", "userAgent": person.first_name, "traits": person.traits}
        context["consent"] = {"categoryPreferences": {"email_marketing": True}}
        batch = [
            {"type": "identify", **ids, "traits": person.traits, "context": context},
            {"type": "track", **ids, "event": "Order Completed", "properties": order,
             "messageId": f"order-of-{person.email}"},
            {"type": "track", **ids, "event": f"Mail to {person.email}"},
            {"type": "track", **ids, "event": f"Rang {person.phone}"},
            {"type": "page", **ids, "name": person.last_name,
             "properties": {"url": f"https://shop.example/?e={quote(person.email)}"}},
            {"type": "track", **ids, "event": "Invite Sent", "properties": {
                "invitee_email": person.email, "invitee_first_name": person.first_name}},
            {"type": "alias", "userId": f"u-{person.number}", "previousId": person.email},
            {"type": "group", **ids, "groupId": person.email, "traits": {"name": person.address}},
        ]  # fmt: skip
        assert self.ask.send({"batch": batch})[0] == 200

    def fail(self, person: Person) -> None:
        """Every way in which a request can be refused or an event kept as failed."""
        mark = json.dumps(person.traits)
        bodies = [
            f'{{"batch":[{{"type":"track","user_id":{json.dumps(person.email)}}}]}}',
            f'{{"batch":[{{"type":"nonsense","userId":"u","traits":{mark}}}]}}',
            f'{{"batch":[{{"type":"track","userId":"u","event":"x","traits":{mark},"traits":1}}]}}',
            f'{{"batch":[{{"type":"track","userId":"u","event":7,"properties":{mark}}}]}}',
            f'{{"type":"track","userId":"u","event":"x","properties":{mark}',
            f'{{"batch":{json.dumps(person.email)}}}',
            f'{{"batch":[{{"type":{json.dumps(person.phone)},"userId":NaN}}]}}',
        ]
        key, secret = {"x-write-key": self.ask.write_key}, {"x-write-key": person.email}
        for body in bodies:
            self.expect("batch", self.ask("POST", "/v1/batch?receipt=1", body.encode(), key))
            self.expect("key", self.ask("POST", "/v1/track", body.encode(), secret))
        where = quote(person.email)
        for method, path in (
            ("GET", f"/v1/profiles/email:{where}"),
            ("GET", f"/v1/profiles/{where}:{where}"),
            ("GET", f"/v1/projects/{where}/settings"),
            ("POST", f"/v1/webhooks/{where}"),
            ("GET", f"/v1/{where}"),
            ("POST", f"/v1/consents/email:{where}"),
            ("DELETE", f"/v1/people/email:{where}"),
        ):
            self.expect(path, self.ask(method, path, mark.encode(), {"authorization": where}))
        posted = VENDORS["segment"].sign(mark.encode(), "of nobody", self.engine.clock.now_ms())
        self.expect("hook", self.ask("POST", "/v1/webhooks/segment", posted.body, posted.headers))

    def pixel(self, person: Person) -> None:
        event = {"type": "track", "userId": person.email, "event": "Opened",
                 "properties": person.traits}  # fmt: skip
        said = {"data": base64.b64encode(json.dumps(event).encode()).decode()}
        named = {"userId": person.email, "event": "Opened", "properties.phone": person.phone}
        for query in (said, named, {"data": person.email}):
            parameters = urlencode({"writeKey": self.ask.write_key, **query})
            self.expect("pixel", self.ask("GET", f"/v1/pixel/track?{parameters}"))

    def hooks(self, everybody: list[Person]) -> None:
        """Every sample of every vendor, spread over the people."""
        every = [sample for name in PLAYED for sample in samples(name)]
        for place in range(max(len(every), len(everybody))):
            sample, person = every[place % len(every)], everybody[place % len(everybody)]
            vendor = VENDORS[sample.source]
            content = json.dumps(planted(json.loads(sample.content), person)).encode()
            posted = vendor.sign(content, vendor.secret, self.engine.clock.now_ms())
            query = f"?{urlencode(posted.query)}" if posted.query else ""
            headers = {"Content-Type": "application/json", **posted.headers, **sample.headers}
            path = f"/v1/webhooks/{sample.source}{query}"
            self.expect(sample.path.name, self.ask("POST", path, posted.body, headers))

    def expect(self, what: str, answer: tuple) -> None:
        assert answer[0] != 500, what
        self.refusals.append((what, answer))

    def sinks(self) -> dict[str, bytes]:
        """Everything there is to look at, by what it is."""
        found = {}
        for number, (what, (_, headers, body)) in enumerate(self.refusals):
            name = f"answer {number} {what.partition('?')[0][:16]}"
            found[name] = json.dumps(headers).encode() + body
        for number, line in enumerate(self.engine.sinks()):
            entry = json.loads(line)
            names = (
                entry.get(part, "") for part in ("stream", "table", "bucket", "queue", "function")
            )
            name = f"{number} {entry['sink']} {''.join(names)}"
            found[name] = line
            for part in ("data_base64", "body_base64"):
                if part in entry:
                    found[f"{name} decoded"] = base64.b64decode(entry[part])
        found |= columns_in_clear(self.engine.lake_path)
        found["metrics"] = json.dumps(self.engine.metrics()).encode()
        return found


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
    assert ledger["failed"] > 30
    assert ledger["balance"] == 0


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


@dataclass
class Keys:
    """The engine's subjects, read with its own key; what they open in the lake."""

    engine: Engine

    def __post_init__(self) -> None:
        made_for = self.engine.functions["profiles/update"].plan.environment
        client = self.engine.cloud.client
        table, dynamodb = made_for["SUBJECTS_TABLE"], client("dynamodb")
        vault = KmsVault(
            stage=made_for["STAGE"], table=table, key_arn=made_for["KEY_ARN"],
            dynamodb=dynamodb, kms=client("kms"), randomness=None,
        )  # fmt: skip
        self.subjects = DynamoSubjects(table=table, dynamodb=dynamodb, vault=vault, randomness=None)
        self.pseudonyms = DynamoPseudonyms(table=table, dynamodb=dynamodb, subjects=self.subjects)

    def erase(self, stems: set[str]) -> int:
        now = self.engine.clock.now_ms()
        return self.subjects.erase(stems, since=now, erased_at=now)

    def opened(self) -> dict[str, set[int]]:
        """Stem -> the people whose marks its rows of the lake show."""
        found: dict[str, set[int]] = {}
        for path in (self.engine.lake_path / "events").rglob("*.parquet"):
            rows = pq.read_table(path, partitioning=None).to_pylist()
            subjects = self.pseudonyms.named({row["subject"] for row in rows})
            for row in rows:
                subject = subjects.get(row["subject"])
                if subject:
                    text = repr(open_event(row["sealed"], subject.key)).lower()
                    people = {int(number) for number in re.findall(r"planted\.mark\.(\d+)", text)}
                    found.setdefault(subject.stem, set()).update(people)
        return found


def test_after_their_keys_are_destroyed_nothing_of_the_lake_opens(planting):
    """Last of this file: it takes every second person out."""
    keys = Keys(planting.engine)
    before = keys.opened()
    gone = set(range(0, len(planting.people), 2))
    stems = {stem for stem, people in before.items() if people & gone}
    assert set().union(*before.values()) >= set(range(len(planting.people)))
    assert keys.erase(stems) == len(stems)
    after = keys.opened()
    assert after.keys() == before.keys() - stems
    assert not set().union(*after.values()) & gone
    assert set().union(*after.values()) & set(range(1, len(planting.people), 2))
    planting.engine.clock.advance(61)
    for number in sorted(gone)[:3]:
        for identifier in (f"user_id:u-{number}", f"email:{Person(number).email}"):
            answer = planting.ask.profile(identifier)
            assert marks_in(json.dumps(answer["traits"]).encode()) == set()
