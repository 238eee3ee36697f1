"""What intake cannot do without: parse, group by person, one hand-signed PutRecords, no retries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import itertools
from datetime import UTC, datetime
from operator import itemgetter
from urllib.parse import urlsplit

import orjson

SCOPE = ("us-east-1", "kinesis", "aws4_request")
SIGNED = "content-type;host;x-amz-date;x-amz-target"


class Floor:
    """A keep-alive connection and a signing key made once; `take` is one request of intake."""

    def __init__(self, address: str) -> None:
        self._host = urlsplit(address).netloc
        self._connection = http.client.HTTPConnection(self._host)
        self._day = f"{datetime.now(UTC):%Y%m%d}"
        key = b"AWS4test"
        for part in (self._day, *SCOPE):
            key = hmac.digest(key, part.encode(), "sha256")
        self._key = key

    def take(self, body: str) -> None:
        events = sorted(orjson.loads(body)["batch"], key=itemgetter("userId"))
        records = [
            {"PartitionKey": user, "Data": base64.b64encode(orjson.dumps(list(own))).decode()}
            for user, own in itertools.groupby(events, key=itemgetter("userId"))
        ]
        self._put(orjson.dumps({"StreamName": "events", "Records": records}))

    def _put(self, payload: bytes) -> None:
        now = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        headers = {
            "content-type": "application/x-amz-json-1.1",
            "host": self._host,
            "x-amz-date": now,
            "x-amz-target": "Kinesis_20131202.PutRecords",
        }
        lines = "".join(f"{name}:{headers[name]}\n" for name in SIGNED.split(";"))
        canonical = f"POST\n/\n\n{lines}\n{SIGNED}\n{hashlib.sha256(payload).hexdigest()}"
        scope = "/".join((self._day, *SCOPE))
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{digest}"
        signature = hmac.digest(self._key, to_sign.encode(), "sha256").hex()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential=test/{scope}, SignedHeaders={SIGNED}, "
            f"Signature={signature}"
        )
        self._connection.request("POST", "/", body=payload, headers=headers)
        answer = orjson.loads(self._connection.getresponse().read())
        assert answer["FailedRecordCount"] == 0
