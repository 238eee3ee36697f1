"""Everything that can come back, put back: by the commands and runbooks that on-call has."""

from __future__ import annotations

import base64
import functools
import importlib.util
import json
from collections import defaultdict
from types import ModuleType
from typing import Any

from cli.connection import Connection
from cli.main import main
from cli.people import People
from infra import ROOT
from local.engine import Engine
from millrace.events import open_envelope
from tests.local.conftest import Asker
from tests.local.crowd import without_pauses
from tests.local.planted import Person, planted
from tests.local.planting import put_into_queue, resources
from tests.sources.door import samples

ALWAYS = 1_000_000
NOTICES = {
    "IntakeParkedNotices": "only tells that a batch was parked, and is purged",
    "ActivationParkedWakes": "says where to look; rewake.py wakes who is marked",
}
MAIL = next(json.loads(one.content) for one in samples("ses") if one.name == "delivery")
MOST = 12
"""Dead letters of a queue: what it carried last."""


def runbook(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "runbooks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Troubles:
    """Leaves something of some people in every place from which it can be put back."""

    def __init__(self, engine: Engine, ask: Asker) -> None:
        self.engine, self.ask = engine, ask
        self.sqs = self.engine.cloud.client("sqs")
        self.handled: dict[str, list[str]] = defaultdict(list)
        """Messages by the ARN of their queue: what would be dead if nobody had taken it."""
        for function in self.engine.functions.values():
            function._handler = self.watched(function._handler)
        without_pauses(self.engine)
        self.vault = People(Connection(local=self.engine.url)).vault

    def watched(self, handler: Any) -> Any:
        @functools.wraps(handler)
        def watched(event, context):
            for record in event.get("Records", []) if isinstance(event, dict) else []:
                if record.get("eventSource") == "aws:sqs":
                    self.handled[record["eventSourceARN"]].append(record["body"])
            return handler(event, context)

        return watched

    def make(self, people: list[Person]) -> None:
        """The same event of everybody, applied once, then left in each place."""
        self.send(people)
        self.engine.settle()
        for down in (("kinesis",), ("kinesis", "sqs")):
            for service in down:
                self.engine.fail_service(service, times=ALWAYS)
            self.send(people)
            for service in down:
                self.engine.fail_service(service, times=0)
            self.engine.settle()
        for person in people:
            event = {"type": "track", "event": "x", "messageId": f"failed-{person.number}"}
            for name in ("user_id", "userId"):  # the first fails, the second is applied
                assert self.ask.send({"batch": [{**event, name: person.email}]})[0] == 200
            put_into_queue(self.engine, json.dumps(planted(MAIL, person)))
        self.engine.settle()
        self.refuse("profiles/update", people[:2])
        self.refuse("lake/changes", people[:2], messageId="parked-change", plan="parked")
        self.refuse("activation/wake", people[:1], messageId="lost-wake", plan="unwoken")

    def send(self, people: list[Person], **more: str) -> None:
        for person in people:
            assert self.ask.send({"batch": [self.event_of(person, **more)]})[0] == 200

    @staticmethod
    def event_of(person: Person, messageId: str = "again", **traits: str) -> dict[str, Any]:  # noqa: N803
        return {"type": "identify", "userId": person.email, "traits": {**person.traits, **traits},
                "messageId": f"{messageId}-{person.number}"}  # fmt: skip

    def refuse(self, path: str, people: list[Person], **more: str) -> None:
        """Let a reader fail with these events until it gives them up."""
        function = self.engine.functions[path]
        working, function._handler = function._handler, _refuse
        self.send(people, **more)
        self.engine.settle()
        function._handler = working
        self.engine.settle()

    def bury(self, most: int = MOST) -> None:
        """Copies of what the queues have carried, in their dead-letter queues."""
        for queue, dead in self.pairs().items():
            for body in self.handled[queue][-most:]:
                self.sqs.send_message(QueueUrl=self.url(dead), MessageBody=body)

    def pairs(self) -> dict[str, str]:
        """ARN of each queue to that of its dead-letter queue, as the template has them."""
        found = {}
        for url in self.urls():
            said = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            if "RedrivePolicy" in said:
                policy = json.loads(said["RedrivePolicy"])
                found[said["QueueArn"]] = policy["deadLetterTargetArn"]
        return found

    def unknown_queues(self) -> set[str]:
        """Queues that nobody here knows how to fill and to put back."""
        known = {arn.rpartition(":")[2] for pair in self.pairs().items() for arn in pair}
        names = {url.rpartition("/")[2] for url in self.urls()}
        assert len(names) == len(resources("AWS::SQS::Queue"))
        return {each for each in names - known if not any(notice in each for notice in NOTICES)}

    def waiting(self) -> dict[str, int]:
        """Messages by queue, of those to be put back."""
        counts = {}
        for url in self.urls():
            said = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            counts[url.rpartition("/")[2]] = int(said["ApproximateNumberOfMessages"])
        return counts

    def urls(self) -> list[str]:
        return self.sqs.list_queues()["QueueUrls"]

    def url(self, arn: str) -> str:
        return self.sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]

    def lake(self) -> None:
        words = ("lake", "replay", "--all", "--rate", "1000")
        assert main(["--local", self.engine.url, *words]) == 0

    def records(self) -> list[Any]:
        (stream,) = self.engine.cloud.backend("kinesis").streams.values()
        return [record for shard in stream.shards.values() for record in shard.records.values()]

    def events_in_stream(self) -> int:
        found = (base64.b64decode(each.data) for each in self.records())
        return sum(len(open_envelope(data, self.vault).events) for data in found)

    def stream(self) -> None:
        """From its oldest record on, as when a reader's position is set back."""
        kinesis = self.engine.cloud.client("kinesis")
        (name,) = kinesis.list_streams()["StreamNames"]
        records = [
            {"Data": base64.b64decode(each.data), "PartitionKey": each.partition_key}
            for each in self.records()
        ]
        for start in range(0, len(records), 400):
            kinesis.put_records(StreamName=name, Records=records[start : start + 400])

    def failed(self) -> None:
        """With the mapping that mends them."""
        words = ("failed", "replay", "--all", "--rename", "user_id=userId", "--rate", "1000")
        assert main(["--local", self.engine.url, *words]) == 0

    def parked(self) -> int:
        connection = Connection(local=self.engine.url)
        client = self.engine.cloud.client
        (bucket,) = [
            each["Name"] for each in client("s3").list_buckets()["Buckets"]
            if "intakeparked" in each["Name"]
        ]  # fmt: skip
        (stream,) = client("kinesis").list_streams()["StreamNames"]
        functions = connection.client("lambda")
        return runbook("redrive").redrive(
            bucket, stream, client("s3"), client("kinesis"), functions
        )

    def dead(self) -> int:
        moved = 0
        for queue, dead in self.pairs().items():
            while found := self.sqs.receive_message(
                QueueUrl=self.url(dead), MaxNumberOfMessages=10
            ).get("Messages", []):
                for message in found:
                    self.sqs.send_message(QueueUrl=self.url(queue), MessageBody=message["Body"])
                    self.sqs.delete_message(
                        QueueUrl=self.url(dead), ReceiptHandle=message["ReceiptHandle"]
                    )
                moved += len(found)
        return moved

    def wakes(self) -> None:
        table = self.engine.outputs["ProfilesTable"]
        runbook("rewake").rewake(table, "local", self.engine.cloud.client("dynamodb"), self.sqs)


def _refuse(_event: Any, _context: Any) -> None:
    raise RuntimeError
