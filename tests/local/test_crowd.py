"""Many clients at once, in the background mode of `run.py local`."""

from __future__ import annotations

import json
import selectors
import socket
import time
from urllib.parse import urlsplit

import pytest

from local.engine import Engine
from local.serve import allow_many_connections

CLIENTS = 1000


@pytest.fixture
def running(tmp_path):
    allow_many_connections()
    with Engine.start(state=tmp_path) as engine:
        yield engine


def test_a_thousand_clients_at_once_are_all_answered(running):
    address = urlsplit(running.url)
    selector = selectors.DefaultSelector()
    for number in range(CLIENTS):
        event = {"userId": f"u{number % 50}", "event": "x", "messageId": f"crowd-{number}"}
        body = json.dumps({"type": "track", "writeKey": running.write_keys["website"], **event})
        client = socket.create_connection((address.hostname, address.port), timeout=240)
        client.sendall(
            f"POST /v1/track HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        selector.register(client, selectors.EVENT_READ, [])
    until = time.monotonic() + 240
    answers = []
    while selector.get_map() and time.monotonic() < until:
        for key, _ in selector.select(timeout=1):
            data = key.fileobj.recv(65536)
            key.data.append(data)
            if not data:
                selector.unregister(key.fileobj)
                key.fileobj.close()
                answers.append(b"".join(key.data))
    assert len(answers) == CLIENTS
    assert {answer.split(b" ")[1] for answer in answers} == {b"200"}
    assert running.settle(timeout=240) == {}
    ledger = running.ledger()
    assert (ledger["received"], ledger["applied"], ledger["balance"]) == (CLIENTS, CLIENTS, 0)
