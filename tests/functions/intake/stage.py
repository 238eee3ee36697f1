"""What the intake functions need, over moto."""

from __future__ import annotations

import json
from typing import Any

from millrace.adapters.aws import client
from millrace.events import Event, open_envelope
from millrace.privacy.ports import Vault
from tests.tables import create_table


class Stage:
    """What the data stack makes; enter it within `mock_aws`."""

    def __init__(self) -> None:
        create_table(client("dynamodb"), "subjects")
        self.kinesis, self.s3, self.sqs = client("kinesis"), client("s3"), client("sqs")
        self.kinesis.create_stream(StreamName="events", ShardCount=1)
        for bucket in ("failed", "overflow"):
            self.s3.create_bucket(Bucket=bucket)
        self.queue_url = self.sqs.create_queue(QueueName="overflow")["QueueUrl"]
        self.settings = {
            "stage": "test",
            "subjects_table": "subjects",
            "key_arn": client("kms").create_key()["KeyMetadata"]["Arn"],
            "events_stream": "events",
            "failed_bucket": "failed",
            "overflow_queue": self.queue_url,
            "overflow_bucket": "overflow",
        }

    def events(self, vault: Vault) -> list[Event]:
        """What is in the stream."""
        shard = self.kinesis.get_shard_iterator(
            StreamName="events", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = self.kinesis.get_records(ShardIterator=shard)["Records"]
        return [event for entry in records for event in open_envelope(entry["Data"], vault).events]

    def failed(self) -> list[Any]:
        """The failed events, sealed as they are kept."""
        found = self.s3.list_objects_v2(Bucket="failed").get("Contents", [])
        return [
            json.loads(self.s3.get_object(Bucket="failed", Key=one["Key"])["Body"].read())
            for one in found
        ]

    def break_every_rung(self) -> None:
        """Stream, queue and bucket are gone."""
        self.kinesis.delete_stream(StreamName="events")
        self.sqs.delete_queue(QueueUrl=self.queue_url)
        self.s3.delete_bucket(Bucket="overflow")
