"""What cannot be done without: parse, group by person, hand-signed calls. No retries, no safety."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import itertools
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

import orjson

SIGNED = "content-type;host;x-amz-date;x-amz-target"


class Floor:
    """A keep-alive connection and a signing key made once."""

    def __init__(self, address: str, service: str, target: str) -> None:
        self._host = urlsplit(address).netloc
        self._connection = http.client.HTTPConnection(self._host)
        self._day = f"{datetime.now(UTC):%Y%m%d}"
        self._scope = ("us-east-1", service, "aws4_request")
        self._target = target
        key = b"AWS4test"
        for part in (self._day, *self._scope):
            key = hmac.digest(key, part.encode(), "sha256")
        self._key = key

    def call(self, payload: bytes) -> dict[str, Any]:
        now = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "host": self._host,
            "x-amz-date": now,
            "x-amz-target": self._target,
        }
        lines = "".join(f"{name}:{headers[name]}\n" for name in SIGNED.split(";"))
        canonical = f"POST\n/\n\n{lines}\n{SIGNED}\n{hashlib.sha256(payload).hexdigest()}"
        scope = "/".join((self._day, *self._scope))
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{digest}"
        signature = hmac.digest(self._key, to_sign.encode(), "sha256").hex()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential=test/{scope}, SignedHeaders={SIGNED}, "
            f"Signature={signature}"
        )
        self._connection.request("POST", "/", body=payload, headers=headers)
        answer: dict[str, Any] = orjson.loads(self._connection.getresponse().read())
        return answer


class IntakeFloor(Floor):
    """`take` is one request of intake: one PutRecords."""

    def __init__(self, address: str) -> None:
        super().__init__(address, "kinesis", "Kinesis_20131202.PutRecords")

    def take(self, body: str) -> None:
        events = sorted(orjson.loads(body)["batch"], key=itemgetter("userId"))
        records = [
            {"PartitionKey": user, "Data": base64.b64encode(orjson.dumps(list(own))).decode()}
            for user, own in itertools.groupby(events, key=itemgetter("userId"))
        ]
        answer = self.call(orjson.dumps({"StreamName": "events", "Records": records}))
        assert answer["FailedRecordCount"] == 0


class UpdateFloor(Floor):
    """`take` is one batch of the stream: one item of 1 KB a person, 25 a BatchWriteItem."""

    def __init__(self, address: str) -> None:
        super().__init__(address, "dynamodb", "DynamoDB_20120810.BatchWriteItem")
        self._state = base64.b64encode(bytes(1000)).decode()

    def take(self, batch: dict[str, Any]) -> None:
        people: dict[str, list[Any]] = {}
        for record in batch["Records"]:
            event = orjson.loads(base64.b64decode(record["kinesis"]["data"]))
            people.setdefault(event["anchor"][1], []).append(event)
        items = [
            {"pk": {"S": person}, "sk": {"S": "floor"}, "state": {"B": self._state}}
            for person in people
        ]
        for first in range(0, len(items), 25):
            puts = [{"PutRequest": {"Item": item}} for item in items[first : first + 25]]
            self.call(orjson.dumps({"RequestItems": {"profiles": puts}}))
