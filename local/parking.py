"""Where batches go that ran out of retries or of age: the mapping's on-failure destination."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

from local.clock import LocalClock
from local.cloud import Cloud
from local.ledger import Ledger
from local.mapping import Item, MappingPlan
from millrace.adapters.clock import SystemRandomness
from millrace.adapters.vault import KmsVault
from millrace.errors import MillraceError
from millrace.events import open_envelope

LEDGER_FUNCTION = "profiles/update"
"""What it cannot apply is parked; the lake's readings of the same records are not counted again."""


class Parking:
    """Writes invocation records as Lambda writes them: whole to S3, a notice to SQS and SNS."""

    def __init__(
        self, cloud: Cloud, clock: LocalClock, ledger: Ledger, vault: dict[str, Any]
    ) -> None:
        self._cloud = cloud
        self._clock = clock
        self._ledger = ledger
        self._vault = vault
        self._written = 0

    def keep(self, plan: MappingPlan, shard_id: str, items: tuple[Item, ...], why: str) -> None:
        record = self._record(plan, shard_id, items, why)
        if plan.function_path == LEDGER_FUNCTION:
            self._ledger.park(sum(self._events_in(item) for item in items))
        service = plan.on_failure_arn.split(":")[2] if plan.on_failure_arn else ""
        if service == "s3":
            record["payload"] = json.dumps({"Records": [item.event for item in items]})
            self._cloud.client("s3").put_object(
                Bucket=plan.on_failure_arn.rsplit(":", 1)[-1],
                Key=self._key(plan, shard_id),
                Body=json.dumps(record).encode(),
            )
        elif service == "sqs":
            url = self._cloud.client("sqs").get_queue_url(
                QueueName=plan.on_failure_arn.rsplit(":", 1)[-1]
            )["QueueUrl"]
            self._cloud.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(record))
        elif service == "sns":
            self._cloud.client("sns").publish(
                TopicArn=plan.on_failure_arn, Message=json.dumps(record)
            )

    def _events_in(self, item: Item) -> int:
        """How many events a record holds; one that cannot be opened counts as one."""
        vault = KmsVault(
            **self._vault,
            dynamodb=self._cloud.client("dynamodb"),
            kms=self._cloud.client("kms"),
            randomness=SystemRandomness(),
        )
        try:
            return len(open_envelope(b64decode(item.event["kinesis"]["data"]), vault).events)
        except MillraceError:
            return 1

    def _key(self, plan: MappingPlan, shard_id: str) -> str:
        self._written += 1
        now = self._now()
        day, moment = now.strftime("%Y/%m/%d"), now.strftime("%Y-%m-%dT%H.%M.%S")
        return f"aws/lambda/{plan.id}/{shard_id}/{day}/{moment}-{self._written:012d}"

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)

    def _record(
        self, plan: MappingPlan, shard_id: str, items: tuple[Item, ...], why: str
    ) -> dict[str, Any]:
        kind = "KinesisBatchInfo" if plan.service == "kinesis" else "DDBStreamBatchInfo"
        return {
            "requestContext": {
                "requestId": f"local-{plan.id}-{items[0].id}",
                "functionArn": plan.function_name,
                "condition": why,
                "approximateInvokeCount": plan.retries + 1,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
            "version": "1.0",
            "timestamp": self._now().isoformat(timespec="milliseconds"),
            kind: {
                "shardId": shard_id,
                "startSequenceNumber": items[0].id,
                "endSequenceNumber": items[-1].id,
                "batchSize": len(items),
                "streamArn": plan.source_arn,
            },
        }
