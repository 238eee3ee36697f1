"""Everything that activation touches, over moto, and fake ESPs on loopback."""

from __future__ import annotations

import http.server
import io
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import boto3

import local.esp.klaviyo
import local.esp.webhook
from millrace.adapters.clock import SystemRandomness
from millrace.adapters.profiles import DynamoProfiles
from millrace.adapters.subjects import DynamoSubjects
from millrace.events import Envelope, Event, Identifier, seal_envelope
from millrace.http import Request, Response
from millrace.profiles.drafting import ProfileRules
from millrace.profiles.rules import ReadRules
from millrace.profiles.update import UpdateProfiles
from millrace.runtime.kinesis import StreamRecord
from millrace.settings import ActivationDeliverSettings, ActivationWakeSettings, DestinationSettings
from tests.fakes.clock import MemoryClock
from tests.fakes.failed_events import MemoryFailedEvents
from tests.tables import create_table

NAMES = ("klaviyo", "webhook")
WHSEC = "whsec_bWlsbHJhY2UtZXhhbXBsZS1zZWNyZXQtMzItYnl0ZXM="
SECRETS = {"klaviyo": "pk_test", "webhook": WHSEC}
NOW = 1_795_348_800_000


class Esps:
    """The fake ESPs behind a real HTTP server; `forced` answers come first."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.forced: list[Response] = []
        self.states: dict[str, dict[str, Any]] = {name: {} for name in NAMES}
        esps = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(
                    method="POST", path=self.path, route="", headers=headers, body=body
                )
                response = esps.answer(request)
                self.send_response(response.status)
                for name, value in response.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(response.body)))
                self.end_headers()
                self.wfile.write(response.body)

            def log_message(self, *_):
                """Nothing on the terminal."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self._thread.start()

    def answer(self, request: Request) -> Response:
        self.requests.append(request)
        if self.forced:
            return self.forced.pop(0)
        name = request.path.split("/")[2]
        return getattr(local.esp, name).answer(request, self.states[name])

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/_esp/{name}"

    def profiles(self, name: str) -> dict[str, Any]:
        return self.states[name].get("profiles", {})

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


class Stage:
    """Tables, queues, secrets and the settings of both functions; enter it within `mock_aws`."""

    def __init__(self, esps: Esps) -> None:
        self.esps = esps
        self.dynamodb = boto3.client("dynamodb")
        self.sqs = boto3.client("sqs")
        for table, keys in (
            ("subjects", ("pk",)),
            ("profiles", ("pk", "sk")),
            ("deliveries", ("pk",)),
            ("suppressions", ("pk",)),
        ):
            self._table(table, keys)
        secrets = boto3.client("secretsmanager")
        for name, secret in SECRETS.items():
            secrets.create_secret(Name=name, SecretString=json.dumps({"secret": secret}))
        self.queues = {name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in NAMES}
        self.wake = ActivationWakeSettings(queues=self.queues)
        self.deliver = ActivationDeliverSettings(
            stage="test",
            subjects_table="subjects",
            key_arn=boto3.client("kms").create_key()["KeyMetadata"]["Arn"],
            profiles_table="profiles",
            deliveries_table="deliveries",
            suppressions_table="suppressions",
            queues=self.queues,
            source_priorities={"website": 50},
            destinations={
                name: DestinationSettings(
                    secret=name, options={"base_url": esps.url(name), "allow_private": True}
                )
                for name in NAMES
            },
        )
        self._sequence = 0
        self._seen = 0

    def _table(self, name: str, keys: tuple[str, ...]) -> None:
        create_table(
            self.dynamodb,
            name,
            *keys,
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )

    def happens(self, vault: Any, *users: str, email: str = "", **traits: Any) -> None:
        """An identify call of each user goes through the real profile update."""
        subjects = DynamoSubjects(
            table="subjects", dynamodb=self.dynamodb, vault=vault, randomness=SystemRandomness()
        )
        update = UpdateProfiles(
            store=DynamoProfiles(
                table="profiles",
                dynamodb=self.dynamodb,
                vault=vault,
                subjects=subjects,
                rules=ReadRules(),
            ),
            vault=vault,
            subjects=subjects,
            failed_events=MemoryFailedEvents(),
            clock=MemoryClock(NOW),
            rules=ProfileRules(priorities={"website": 50}, destinations=NAMES),
        )
        outcome = update.update([self._record(vault, user, email, traits) for user in users])
        assert outcome.applied == len(users)

    def _record(self, vault: Any, user: str, email: str, traits: dict[str, Any]) -> StreamRecord:
        self._sequence += 1
        anchor = Identifier("user_id", user)
        event = Event(
            message_id=f"m{self._sequence}",
            type="identify",
            source="website",
            event_at=NOW + self._sequence,
            received_at=NOW + self._sequence,
            anchor=anchor,
            identifiers=(anchor, Identifier("email", email or f"{user}@example.com")),
            traits={"email": email or f"{user}@example.com", **traits},
            context={"consent": {"categoryPreferences": {"email_marketing": True}}},
        )
        return StreamRecord(
            sequence_number=str(self._sequence),
            partition_key="p",
            data=seal_envelope(Envelope(events=(event,)), vault),
            arrived_at=NOW,
        )

    def changes(self) -> dict[str, Any]:
        """The new records of the table's stream, as Lambda hands them over."""
        streams = boto3.client("dynamodbstreams")
        arn = self.dynamodb.describe_table(TableName="profiles")["Table"]["LatestStreamArn"]
        (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = streams.get_records(ShardIterator=iterator)["Records"]
        new, self._seen = records[self._seen :], len(records)
        return {"Records": new}

    def messages(self, name: str) -> dict[str, Any]:
        """What a destination's queue holds, as Lambda hands it over."""
        records: list[dict[str, Any]] = []
        while got := self.sqs.receive_message(
            QueueUrl=self.queues[name], MaxNumberOfMessages=10, AttributeNames=["All"]
        ).get("Messages"):
            records += [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                }
                for message in got
            ]
        return {"Records": records}

    def dirty(self) -> list[dict[str, Any]]:
        """The marks of every root row that has some."""
        items = self.dynamodb.scan(TableName="profiles")["Items"]
        return [marks for item in items if (marks := item.get("dirty", {}).get("M"))]

    def delivered(self) -> dict[str, dict[str, Any]]:
        items = self.dynamodb.scan(TableName="deliveries")["Items"]
        return {item["pk"]["S"]: item for item in items}


def run(stage: Stage, wake: ModuleType, deliver: ModuleType) -> list[dict[str, Any]]:
    """Changes through both handlers, each queue in one batch; the answers of deliver."""
    assert wake.handler(stage.changes(), None) == {"batchItemFailures": []}
    return [deliver.handler(stage.messages(name), None) for name in NAMES]


@contextmanager
def log_of(module: ModuleType) -> Iterator[io.StringIO]:
    """What a function's logger writes meanwhile, exactly as CloudWatch would get it.

    Powertools keeps the stream of the first logger of a name, so capsys does not see it.
    """
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(module.logger.registered_formatter)
    module.logger.addHandler(handler)
    try:
        yield text
    finally:
        module.logger.removeHandler(handler)
