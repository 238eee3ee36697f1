# ruff: noqa: INP001, T201
"""Put parked batches back on the events stream: redrive.py PARKED_BUCKET EVENTS_STREAM.

A batch of a table's changes goes to the function that gave up on it, as no stream takes it back.
An object is deleted only when all of it was taken, so this can be stopped and started at any
time. Applying an event, or writing a change, twice changes nothing.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from typing import Any

import boto3

MOST_RECORDS = 100
MOST_BYTES = 4_000_000
"""Per call; PutRecords takes 500 records and 5 MB."""
PREFIX = "aws/lambda/"


def redrive(bucket: str, stream: str, s3: Any, kinesis: Any, functions: Any) -> int:
    """How many records were put back."""
    count = 0
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    for key in [found["Key"] for page in pages for found in page.get("Contents", [])]:
        parked = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        payload = parked["payload"]
        records = (json.loads(payload) if isinstance(payload, str) else payload)["Records"]
        if "dynamodb" in records[0]:
            hand_over(records, parked["requestContext"]["functionArn"], functions)
        else:
            for call in calls(records_of(records)):
                put(call, stream, kinesis)
        s3.delete_object(Bucket=bucket, Key=key)
        count += len(records)
        print(f"{key}: {len(records)} records")
    return count


def hand_over(records: list[dict[str, Any]], function: str, functions: Any) -> None:
    """Give changes to the function that gave up on them; SystemExit when it does so again."""
    answer = functions.invoke(FunctionName=function, Payload=json.dumps({"Records": records}))
    result = json.loads(answer["Payload"].read())
    if answer.get("FunctionError") or result["batchItemFailures"]:
        sys.exit(f"{function} still cannot do it; mend that first (its log says what is wrong)")


def records_of(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events as PutRecords takes them."""
    return [
        {
            "Data": base64.b64decode(record["kinesis"]["data"]),
            "PartitionKey": record["kinesis"]["partitionKey"],
        }
        for record in records
    ]


def calls(records: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The records in as few calls as the stream's limits allow, in their order."""
    made: list[list[dict[str, Any]]] = []
    room = 0
    for record in records:
        size = len(record["Data"]) + len(record["PartitionKey"])
        if not made or size > room or len(made[-1]) == MOST_RECORDS:
            made.append([])
            room = MOST_BYTES
        made[-1].append(record)
        room -= size
    return made


def put(records: list[dict[str, Any]], stream: str, kinesis: Any) -> None:
    """Put records, those that were refused again, until the stream has taken all."""
    while records:
        answer = kinesis.put_records(StreamName=stream, Records=records)
        refused = [
            record
            for record, result in zip(records, answer["Records"], strict=True)
            if result.get("ErrorCode")
        ]
        if refused:
            time.sleep(1)
        records = refused


if __name__ == "__main__":
    clients = (boto3.client(name) for name in ("s3", "kinesis", "lambda"))
    total = redrive(sys.argv[1], sys.argv[2], *clients)
    print(f"{total} records put back")
