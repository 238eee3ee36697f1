"""A loopback endpoint that answers AWS calls from memory, in a process of its own.

Its CPU is not in the figures: what is measured is the client's. DynamoDB items are kept as they
are put, so that what is read next is real; conditions are not judged.
"""

from __future__ import annotations

import base64
import contextlib
import json
import multiprocessing
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

SECRET = json.dumps({"secret": "bench-key"})
items: dict[str, dict[str, Any]] = {}


def answer(target: str, body: dict[str, Any]) -> dict[str, Any]:
    operation = target.rpartition(".")[2]
    return ANSWERS.get(operation, lambda _: {})(body)


def _key(table: str, item: dict[str, Any]) -> str:
    return json.dumps([table, item["pk"], item.get("sk")])


def _get(body: dict[str, Any]) -> dict[str, Any]:
    found = items.get(_key(body["TableName"], body["Key"]))
    return {"Item": found} if found else {}


def _put(body: dict[str, Any]) -> dict[str, Any]:
    items[_key(body["TableName"], body["Item"])] = body["Item"]
    return {}


def _batch_get(body: dict[str, Any]) -> dict[str, Any]:
    found = {
        table: [items[_key(table, key)] for key in keys["Keys"] if _key(table, key) in items]
        for table, keys in body["RequestItems"].items()
    }
    return {"Responses": found, "UnprocessedKeys": {}}


def _transact(body: dict[str, Any]) -> dict[str, Any]:
    for action in body["TransactItems"]:
        if "Put" in action:
            _put(action["Put"])
    return {}


def _execute(body: dict[str, Any]) -> dict[str, Any]:
    """An update names its row's version twice: the first is the new one."""
    for one in body["Statements"]:
        table = one["Statement"].split('"')[1]
        named = re.findall(r"""['"](\w+)['"]\s*[:=]\s*\?""", one["Statement"])
        item: dict[str, Any] = {}
        for name, value in zip(named, one["Parameters"], strict=True):
            item.setdefault(name, value)
        _put({"TableName": table, "Item": item})
    return {"Responses": [{"TableName": "t"} for _ in body["Statements"]]}


ANSWERS = {
    "PutRecord": lambda _: {"ShardId": "s", "SequenceNumber": "1"},
    "PutRecords": lambda body: {
        "FailedRecordCount": 0,
        "Records": [{"ShardId": "s", "SequenceNumber": "1"} for _ in body["Records"]],
    },
    "GetItem": _get,
    "PutItem": _put,
    "BatchGetItem": _batch_get,
    "TransactWriteItems": _transact,
    "BatchExecuteStatement": _execute,
    "Query": lambda _: {"Items": [], "Count": 0, "ScannedCount": 0},
    "GenerateDataKey": lambda _: {
        "CiphertextBlob": base64.b64encode(b"wrapped").decode(),
        "Plaintext": base64.b64encode(bytes(32)).decode(),
        "KeyId": "k",
    },
    "Decrypt": lambda _: {"Plaintext": base64.b64encode(bytes(range(32))).decode(), "KeyId": "k"},
    "GetSecretValue": lambda _: {"SecretString": SECRET, "Name": "s", "ARN": "a"},
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        payload = answer(self.headers.get("x-amz-target", ""), json.loads(body or b"{}"))
        self._send(json.dumps(payload).encode())

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self._send(b"")

    def _send(self, payload: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        """Say nothing: a line per call would be the slowest part."""


def _serve(ready: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ready.send(server.server_address[1])
    server.serve_forever()


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The endpoint's address while the block runs."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()
