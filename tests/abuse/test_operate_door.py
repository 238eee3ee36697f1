"""Every listed document through the operators' door: Lambda hands over JSON, whatever it says."""

from __future__ import annotations

import json

from millrace.errors import NeedsHuman
from millrace.intake.operating import OperateDoors, operate, read_asking
from tests.abuse.inputs import DOCUMENTS
from tests.core.intake.conftest import Counts
from tests.fakes.clock import MemoryClock
from tests.fakes.kinesis import MemorySink
from tests.fakes.vault import MemoryVault

BLOCK = {"name": "identity.block", "properties": {"a": "email:a@b.example", "b": "user_id:7"}}
ASKED = {"operator": "arn:aws:iam::1:user/ada", "reason": "ticket 4711", "operations": [BLOCK]}


def as_json(raw: bytes) -> list:
    try:
        return [json.loads(raw)]
    except (ValueError, RecursionError):
        return []  # Lambda hands over nothing but JSON


def askings(value):
    yield value
    for name in ASKED:
        yield {**ASKED, name: value}
    for name in BLOCK:
        yield {**ASKED, "operations": [{**BLOCK, name: value}]}
    for name in BLOCK["properties"]:
        properties = {**BLOCK["properties"], name: value}
        yield {**ASKED, "operations": [{**BLOCK, "properties": properties}]}
    yield {**ASKED, "operations": [BLOCK, value]}


def refusal(asked, sink) -> str:
    """The sentence with which an operator is refused; anything else fails the test."""
    doors = OperateDoors(sink=sink, vault=MemoryVault(), clock=MemoryClock(1))
    try:
        operate(read_asking(asked), doors, Counts())
    except NeedsHuman as error:
        return error.message
    return ""


def test_what_is_no_operation_is_refused_with_a_sentence_and_nothing_is_written():
    refused = tried = 0
    for name, document in DOCUMENTS.items():
        for value in as_json(document.raw):
            for asked in askings(value):
                sink, tried = MemorySink(), tried + 1
                if refusal(asked, sink):
                    refused += 1
                    assert sink.records == [], name
    assert tried > 1_000
    assert refused > tried // 2
