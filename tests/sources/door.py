"""The webhook door with everything behind it in memory."""

from pathlib import Path

import msgspec

import millrace_sources.webhooks
from millrace.errors import NeedsHuman
from millrace.http import Request
from millrace.intake.ports import Doors
from millrace.intake.webhooks import WebhookSource
from millrace.intake.webhooks.answering import answer
from millrace.intake.webhooks.configured import Configured, WebhookDoors
from millrace.registry import discover
from tests.fakes.certificates import MemoryCertificates
from tests.fakes.clock import MemoryClock
from tests.fakes.failed_events import MemoryFailedEvents
from tests.fakes.kinesis import MemorySink
from tests.fakes.secrets import MemorySecrets
from tests.fakes.signed_tokens import MemorySignedTokens
from tests.fakes.sns import MemorySubscriptions
from tests.fakes.vault import MemoryVault
from tests.sources.signing import NOW_MS, URL, Posted
from tests.sources.vendors import VENDORS
from tests.sources.vendors.ses import CERTIFICATE_URL, TOPIC, certificate

SAMPLES = Path(__file__).parent / "samples"
SOURCES = discover(millrace_sources.webhooks, WebhookSource)


class Counted:
    def __init__(self):
        self.counts = {}

    def count(self, name, amount=1):
        self.counts[name] = self.counts.get(name, 0) + amount


class Door:
    """One source, configured with its vendor's secret unless told otherwise."""

    def __init__(self, name, *, secret=None, definition=None, url=URL, topics=(TOPIC,), at=NOW_MS):
        self.name = name
        self.definition = definition or SOURCES[name]
        self.clock = MemoryClock(at)
        self.sink = MemorySink()
        self.failed = MemoryFailedEvents()
        self.secrets = MemorySecrets({"s": VENDORS[name].secret if secret is None else secret})
        self.certificates = MemoryCertificates({CERTIFICATE_URL: certificate()})
        self.subscriptions = MemorySubscriptions()
        self.tokens = MemorySignedTokens()
        self.reported = []
        self.metrics = Counted()
        self.doors = WebhookDoors(
            intake=Doors(
                write_keys={},
                secrets=self.secrets,
                sink=self.sink,
                failed_events=self.failed,
                vault=MemoryVault(),
                clock=self.clock,
                report=self.reported.append,
            ),
            sources={
                name: Configured(
                    definition=self.definition, secret="s", url=url, topics=frozenset(topics)
                )
            },
            certificates=self.certificates,
            subscriptions=self.subscriptions,
            tokens=self.tokens,
        )

    def post(self, posted, *, method="POST", source=None):
        request = Request(
            method=method,
            path=f"/v1/webhooks/{source or self.name}",
            route=f"{method} /v1/webhooks/{{source}}",
            headers={name.lower(): value for name, value in posted.headers.items()},
            query=posted.query,
            path_parameters={"source": source or self.name},
            body=posted.body,
            request_id="r1",
        )
        return answer(request, self.doors, self.metrics)

    def sign(self, content, *, secret=None, at=None, headers=None):
        """`content` as the vendor posts it, now, under the secret that is configured."""
        vendor = VENDORS[self.name]
        at = self.clock.now_ms() if at is None else at
        return vendor.sign(content, secret or vendor.secret, at).but(headers=headers)

    def take(self, content, **options):
        """Post `content` properly signed; the events it became."""
        posted = content if isinstance(content, Posted) else self.sign(content, **options)
        response = self.post(posted)
        assert response.status == self.definition.answers.taken, response
        return self.sink.events

    @property
    def is_untouched(self):
        return not self.sink.records and not self.failed.kept and not self.subscriptions.confirmed


class Sample:
    """`samples/<source>/<what>.in.json`: the headers and content that the vendor posted."""

    def __init__(self, path):
        self.path = path
        self.source = path.parent.name
        self.name = path.name.removesuffix(".in.json")
        posted = msgspec.json.decode(path.read_bytes())
        self.headers = posted.get("headers", {})
        self.content = msgspec.json.encode(posted["content"])
        self.out_path = path.with_name(f"{self.name}.out.json")

    def events(self):
        """What it becomes, without the raw payload, as plain JSON."""
        door = Door(self.source)
        posted = door.sign(self.content, headers=self.headers)
        response = door.post(posted)
        events = msgspec.json.decode(msgspec.json.encode(door.sink.events))
        for event in events:
            event.get("context", {}).get("webhook", {}).pop("payload", None)
            del event["received_at"]
        failed = [f"{event.code} {event.pointer}".strip() for event in door.failed.kept]
        return {"status": response.status, "events": events, "failed": failed}


def samples(source="*"):
    return [Sample(path) for path in sorted(SAMPLES.glob(f"{source}/*.in.json"))]


def missing(name):
    return NeedsHuman("secret_missing", name)
