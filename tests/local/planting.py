"""Marked people through every door of the template: HTTP routes, vendors' hooks, operators."""

from __future__ import annotations

import base64
import inspect
import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pyarrow.parquet as pq

from cli.connection import Connection
from cli.main import main
from cli.unsealing import pseudonyms_of, vault_of
from infra.environment import Environment, load_environment
from infra.source import Source
from infra.synth import LOCAL_CONFIG
from local.engine import TEMPLATES, Engine
from local.template import load_templates
from millrace.events import Event
from millrace.lake import open_event
from tests.core.failed.conftest import JOB
from tests.local.conftest import Asker
from tests.local.planted import Person, columns_in_clear, marks_in, planted
from tests.sources.door import samples
from tests.sources.signing import URL
from tests.sources.vendors import VENDORS
from tests.sources.vendors.ses import CERTIFICATE_URL, TOPIC, certificate

OTHERS = 5_000
"""Vendors' samples share ids, which ties people: whoever they are about has another number."""
CALLS = tuple("a alias b batch g group i identify p page s screen t track".split())  # noqa: SIM905
MOST_FAILING = 25
"""An erasure looks into every failed event: a thousand people who fail would take hours."""


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The template's resources of a type, by logical id."""
    return {
        name: body["Properties"]
        for template in load_templates(TEMPLATES).values()
        for name, body in template["Resources"].items()
        if body["Type"] == kind
    }


def routes() -> set[str]:
    return {properties["RouteKey"] for properties in resources("AWS::ApiGatewayV2::Route").values()}


def invoked_by_name() -> set[str]:
    """The functions that no route, no stream, no queue and no schedule leads to."""
    led = json.dumps(
        [
            resources(f"AWS::{kind}")
            for kind in (
                "ApiGatewayV2::Integration",
                "Lambda::EventSourceMapping",
                "Events::Rule",
            )
        ]
    )
    functions = resources("AWS::Lambda::Function")
    return {each["Description"] for name, each in functions.items() if f'"{name}"' not in led}


def not_knocked(every: Collection[str], knocked: Mapping[tuple[str, str], set[int]]) -> set[str]:
    """Of some routes those which no request with a mark in it reached and was taken by."""
    missing = set()
    for route in every:
        method, path = route.split(" ")
        pattern = re.sub(r"\{\w+\}", "[^/]+", re.sub(r"\{\w+\+\}", ".+", path))
        if not any(
            asked == method and re.fullmatch(pattern, where) and min(statuses) < 300
            for (asked, where), statuses in knocked.items()
        ):
            missing.add(route)
    return missing


class Doors(Asker):
    """An asker that keeps where it knocked with a mark, and what it was answered."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.knocked: dict[tuple[str, str], set[int]] = {}

    def __call__(self, method, path, body=None, headers=None):
        answer = super().__call__(method, path, body, headers)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        if marks_in(path.encode() + raw):
            door = (method, path.partition("?")[0])
            self.knocked.setdefault(door, set()).add(answer[0])
        return answer


def every_source() -> Environment:
    """The local environment with a webhook of every vendor beside the write keys."""
    environment = load_environment(LOCAL_CONFIG)
    hooked = {name: Source(secret=VENDORS[name].secret, url=URL) for name in VENDORS}
    hooked["ses"] = Source(topics=(TOPIC,), queue=True)
    return environment.model_copy(update={"sources": {**environment.sources, **hooked}})


class Planting:
    """Everything that was answered, after everything has settled."""

    def __init__(self, engine: Engine, people: int) -> None:
        self.engine, self.ask = engine, Doors(engine)
        self.refusals: list[tuple[str, tuple]] = []
        self.invoked: set[str] = set()
        self.people = [Person(number) for number in range(people)]
        self.others = [Person(number + OTHERS) for number in range(people)]
        for person in self.people:
            self.track(person)
        self.failing = self.people[::12][:MOST_FAILING]
        for person in self.failing:
            self.fail(person)
            self.pixel(person)
            self.consent(person)
        self.every_path(self.people[0])
        self.hooks(self.others)
        engine.settle()
        self.operate(self.people[0])
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
            ("GET", f"/v1/erasures/{where}"),
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
            self.expect("pixel", self.ask("GET", f"/v1/pixel.gif?{parameters}"))

    def consent(self, person: Person) -> None:
        """Their own word, by both methods."""
        key = {"authorization": "Bearer local-consent-key"}
        said = {"purpose": "sharing", "status": "granted", "proof": f"said {person.last_name}"}
        for method in ("PUT", "POST"):
            answer = self.ask(method, f"/v1/consents/email:{quote(person.email)}", said, key)
            self.expect("consent", answer)
            assert answer[0] == 200

    def every_path(self, person: Person) -> None:
        """What else the API takes: all spellings of a call, and what is asked of it."""
        where, key = quote(person.email), {"x-write-key": self.ask.write_key}
        event = {"userId": f"u-{person.number}", "event": "Seen", "name": "Seen",
                 "groupId": "g", "properties": person.traits}  # fmt: skip
        for call in CALLS:
            body = {"batch": [{"type": "track", **event}]} if call in {"b", "batch"} else event
            if call in {"a", "alias"}:
                body = {**event, "previousId": person.email}
            assert self.ask("POST", f"/v1/{call}", body, key)[0] == 200, call
        body = {"batch": [{"type": "track", **event}], "writeKey": self.ask.write_key}
        assert self.ask("POST", "/beacon/v1/batch", json.dumps(body).encode())[0] == 200
        for path in ("openapi.json", f"projects/{self.ask.write_key}/settings"):
            self.expect(path, self.ask("GET", f"/v1/{path}?q={where}"))
        read = {"authorization": f"Bearer {self.ask.read_key}"}
        self.ask("GET", f"/v1/profiles/email:{where}", None, read)
        for method in ("GET", "HEAD"):
            self.expect("hook", self.ask(method, f"/v1/webhooks/mandrill?q={where}"))

    def hooks(self, everybody: list[Person]) -> None:
        """Every sample of every vendor, spread over the people."""
        hook = inspect.unwrap(self.engine.functions["intake/webhook"]._handler).__globals__
        hook["doors"].certificates._kept[CERTIFICATE_URL] = certificate()
        every = [sample for name in sorted(VENDORS) for sample in samples(name)]
        for place in range(max(len(every), len(everybody))):
            sample, person = every[place % len(every)], everybody[place % len(everybody)]
            vendor = VENDORS[sample.source]
            told = planted(json.loads(sample.content), person)
            if vendor is VENDORS["mailgun"]:
                del told["signature"]  # its token is good for one body: the signer makes another
            content = json.dumps(told)
            posted = vendor.sign(content.encode(), vendor.secret, self.engine.clock.now_ms())
            query = f"?{urlencode(posted.query)}" if posted.query else ""
            headers = {"Content-Type": "application/json", **posted.headers, **sample.headers}
            path = f"/v1/webhooks/{sample.source}{query}"
            answer = self.ask("POST", path, posted.body, headers)
            self.expect(sample.path.name, answer)
            assert answer[0] < 300, (sample.path, answer)
            if vendor is VENDORS["ses"]:
                put_into_queue(self.engine, content)

    def operate(self, person: Person) -> None:
        """What operators type may name people."""
        url = self.engine.url
        self.invoke("intake/operate", {
            "operator": "arn:aws:sts::1:assumed-role/operators/kim",
            "reason": f"asked for by {person.email}",
            "operations": [
                {"name": "identity.block", "properties": {
                    "a": f"user_id:u-{person.number}", "b": "anonymous_id:a-stranger"}},
                {"name": "source.rollback", "at": self.engine.clock.now_ms(), "properties": {
                    "identifier": f"user_id:u-{person.number}", "source": "nobody", "since": 0,
                    "restore": [{"trait": "plan", "source": "server", "at": 1, "event": "ab" * 12,
                                 "value": person.address}]}},
            ],
        })  # fmt: skip
        self.invoke(
            "intake/operate", {person.email: 1, "operations": [], "operator": "k", "reason": "r"}
        )
        words = ("--all", "--set", f"/context/note={person.email}", "--dry-run")
        assert main(["--local", url, "failed", "replay", *words]) == 0
        self.invoke(
            "intake/replay",
            {
                "BatchInput": {"task": {"job": msgspec.to_builtins(JOB)}},
                "Items": [{"Key": f"failed_events/{person.email}"}],
            },
        )
        self.invoke("intake/replay", {"BatchInput": {"task": {person.email: 1}}, "Items": []})
        self.invoke("lake/replay", {"key": f"events/{person.email}"})
        self.invoke("lake/replay", {person.email: 1})

    def invoke(self, path: str, event: dict) -> None:
        client = Connection(local=self.engine.url).client("lambda")
        name = self.engine.functions[path].plan.name
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        self.refusals.append((path, (200, {}, answer["Payload"].read())))
        if "FunctionError" not in answer:
            self.invoked.add(path)

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
            name = f"{number} {name_of(entry)}"
            found[name] = line
            for part in ("data_base64", "body_base64"):
                if part in entry:
                    found[f"{name} decoded"] = base64.b64decode(entry[part])
        found |= columns_in_clear(self.engine.lake_path)
        found["metrics"] = json.dumps(self.engine.metrics()).encode()
        return found


def put_into_queue(engine: Engine, body: str) -> None:
    """As AWS brings it to the source's own queue."""
    name = engine.outputs["SourceQueueSes"].rpartition(":")[2]
    sqs = engine.cloud.client("sqs")
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody=body)


def name_of(entry: dict[str, Any]) -> str:
    """Which sink an entry is of."""
    parts = (entry.get(part, "") for part in ("stream", "table", "bucket", "queue", "function"))
    return f"{entry['sink']} {''.join(parts)}"


def erase(ask: Asker, engine: Engine, names: Collection[str]) -> list[str]:
    """Ask for the erasure of everybody of these names at the front door; the erasures' ids."""
    client = engine.cloud.client("secretsmanager")
    held = client.get_secret_value(SecretId="millrace/local/privacy-key")["SecretString"]
    key = {"authorization": f"Bearer {json.loads(held)['secret']}"}
    ids = []
    for name in names:
        status, _, told = ask("DELETE", f"/v1/people/{quote(name)}", None, key)
        assert status == 202, told
        ids.append(json.loads(told)["erasure"])
    engine.settle()
    for each in ids:
        status, _, told = ask("GET", f"/v1/erasures/{each}", None, key)
        assert (status, json.loads(told)["state"]) == (200, "done"), told
    engine.clock.advance(61)
    return ids


def lines(engine: Engine) -> Iterator[dict[str, Any]]:
    """Everything at rest but what functions printed, which is searched in clear."""
    for line in engine.sinks():
        entry = json.loads(line)
        if entry["sink"] != "log":
            yield entry


def events_in_lake(engine: Engine) -> list[Event]:
    """What the lake's rows hold for whoever has the keys of people."""
    connection = Connection(local=engine.url)
    people = pseudonyms_of(connection, vault_of(connection))
    found = []
    for path in (engine.lake_path / "events").rglob("*.parquet"):
        table = pq.read_table(path, columns=["subject", "sealed"], partitioning=None)
        rows = table.to_pylist()
        subjects = people.named({row["subject"] for row in rows})
        found += [
            open_event(row["sealed"], subjects[row["subject"]].key)
            for row in rows
            if row["subject"] in subjects
        ]
    return found


def until_retention_ends(engine: Engine) -> set[str]:
    """The stream and the queues that carry its records: sealed under the branch key alone."""
    streams = [f"stream {name}" for name in engine.cloud.backend("kinesis").streams]
    return {*streams, *(f"queue {name}" for name in engine.cloud.backend("sqs").queues)}


def let_retention_end(engine: Engine) -> None:
    """Move the clock, and drop what Kinesis would by the retention that the template gives it."""
    ((_, stream),) = resources("AWS::Kinesis::Stream").items()
    hours = stream["RetentionPeriodHours"]
    queues = resources("AWS::SQS::Queue").values()
    longest = max(int(queue["MessageRetentionPeriod"]) for queue in queues)
    engine.clock.advance(max(hours * 3_600, longest) + 60)
    oldest = engine.clock.now_ms() / 1000 - hours * 3_600
    for each in engine.cloud.backend("kinesis").streams.values():
        for shard in each.shards.values():
            for number, record in list(shard.records.items()):
                if record.created_at < oldest:
                    del shard.records[number]
    for queue in engine.cloud.client("sqs").list_queues()["QueueUrls"]:
        assert not engine.cloud.client("sqs").receive_message(QueueUrl=queue).get("Messages")
