"""The processor as the AWS documentation leads one to write it; the other side of our ratio.

BatchProcessor, Idempotency per event, a put of the event and an update of the profile per event.
"""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import boto3
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

table = boto3.resource("dynamodb", region_name=os.environ["AWS_REGION"]).Table("profiles")
processor = BatchProcessor(event_type=EventType.KinesisDataStreams)
store = DynamoDBPersistenceLayer(table_name="idempotency", key_attr="pk")


@idempotent_function(
    data_keyword_argument="event",
    persistence_store=store,
    config=IdempotencyConfig(event_key_jmespath="messageId"),
)
def apply(event: dict[str, Any]) -> None:
    table.put_item(Item={"pk": event["messageId"], "sk": "event", "body": json.dumps(event)})
    table.update_item(
        Key={"pk": event["userId"], "sk": "root"},
        UpdateExpression="ADD events :one SET last_event = :name",
        ExpressionAttributeValues={":one": 1, ":name": event["event"]},
    )


def handle_record(record: Any) -> None:
    apply(event=json.loads(base64.b64decode(record.kinesis.data)))


def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(
        event=event, record_handler=handle_record, processor=processor, context=context
    )
