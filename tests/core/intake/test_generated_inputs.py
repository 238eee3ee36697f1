"""Generated requests through the whole of intake: an answer to each, and nothing is lost."""

from __future__ import annotations

import base64
import gzip
import json
import random
import zlib
from collections import Counter

import pytest

from millrace.intake.parcels import NOT_KEPT
from millrace.intake.reasons import REASONS
from millrace.intake.routes import CALLS
from tests.abuse.bodies import BODIES
from tests.abuse.inputs import DOCUMENTS
from tests.core.intake.conftest import Intake, basic
from tests.core.intake.test_strict import PIECES, damaged

SEEDS = [document.raw for document in DOCUMENTS.values() if len(document.raw) < 2_000]
BATCHES = [body.raw for body in BODIES.values() if len(body.raw) < 2_000]
ROUTES = sorted(CALLS)
GOOD = b'{"type":"track","userId":"good","event":"Fine"}'
HEADERS = [
    {}, {"content-encoding": "gzip"}, {"content-encoding": "deflate"}, {"receipt": "1"},
    {"content-type": "text/plain"}, {"x-millrace-receipt": "1"}, {"sentat": "never"},
]  # fmt: skip


class Flood:
    """Sends what `chance` makes, and judges every answer."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.answered = Counter()
        self.sent = 0
        self.intake = Intake()
        self.rounds = (self.single, self.batch, self.damaged_batch, self.pixel)

    def send(self, count: int) -> None:
        for number in range(count):
            if number % 500 == 0:  # what is kept is looked at, then let go
                self.intake = Intake()
            self.chance.choice(self.rounds)()
        assert self.intake.reported == []

    def piece(self) -> bytes:
        raw = self.chance.choice(SEEDS)
        return damaged(raw, self.chance) if raw and self.chance.random() < 0.8 else raw

    def post(self, route: str, raw: bytes) -> int:
        headers = {**basic("wk_website"), **self.chance.choice(HEADERS)}
        body = gzip.compress(raw, 1) if self.chance.random() < 0.1 else raw
        before = Counter(self.intake.counts)
        self.sent += 1
        response = self.intake.send(
            "POST", route[5:], route=route, body=body, headers=headers, request_id=f"r{self.sent}"
        )
        answer = json.loads(response.body)
        self.answered[response.status] += 1
        changed = self.intake.counts - before
        assert response.status in {200, 400}, (answer, body)
        assert answer["success"] is (response.status == 200)
        assert changed["EventsFailed"] <= changed["EventsReceived"], body
        if response.status == 400:
            self.judge(answer, {raw, body, inflated(raw)})
        return response.status

    def judge(self, answer: dict, bodies: set[bytes]) -> None:
        """A refusal says why in words that we wrote, and what was refused is kept as it came."""
        assert answer["message"].startswith(REASONS[answer["code"]])
        if answer["code"] not in NOT_KEPT:
            kept = self.intake.failed_events._kept
            assert any(("website", body) in kept for body in bodies), (answer, bodies)

    def single(self) -> None:
        self.post(self.chance.choice(ROUTES), self.piece())

    def batch(self) -> None:
        """Bad ones between good ones; where the brackets add up, the good ones get through."""
        parts = [self.piece() for _ in range(self.chance.randint(1, 3))]
        body = b'{"batch":[' + b",".join([GOOD, *parts, GOOD]) + b"]}"
        before = len(self.intake.sink.events)
        if self.post("POST /v1/batch", body) == 200:
            good = [event for event in self.intake.sink.events[before:] if event.name == "Fine"]
            assert len(good) >= 2, body

    def damaged_batch(self) -> None:
        self.post("POST /v1/batch", damaged(self.chance.choice(BATCHES) or b" ", self.chance))

    def pixel(self) -> None:
        query = {"writeKey": "wk_website"}
        data = base64.urlsafe_b64encode(self.piece()).decode()
        text = self.chance.choice(PIECES).decode("utf-8", "surrogateescape")
        query |= self.chance.choice(
            [{"data": data}, {"data": text}, {"event": text, "userId": "u"}]
        )
        response = self.intake.get("/v1/pixel.gif", query=query)
        assert (response.status, response.body[:3]) == (200, b"GIF")
        self.answered["pixel"] += 1


def inflated(raw: bytes) -> bytes:
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):
        return raw


def flood(count: int) -> None:
    sender = Flood(seed=20_261_122)
    sender.send(count)
    assert sum(sender.answered.values()) == count
    assert min(sender.answered[200], sender.answered[400]) > count // 20


def test_5_000_generated_requests_are_answered_and_none_crashes():
    flood(5_000)


@pytest.mark.slow
def test_100_000_generated_requests_are_answered_and_none_crashes():
    flood(100_000)
