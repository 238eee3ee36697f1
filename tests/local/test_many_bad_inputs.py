"""Every listed bad input through every door: an answer, a kept body, and the good ones applied."""

from __future__ import annotations

import base64
import json
import zlib
from collections import defaultdict
from urllib.parse import quote

import pytest

from local.engine import Engine
from millrace.adapters.failed_events import CONTEXT
from millrace.adapters.vault import KmsVault
from millrace.intake.reasons import REASONS
from tests.abuse.bodies import BODIES, ENCODED, GOOD, KEYS, PEOPLE, PIXELS, SETTINGS
from tests.abuse.inputs import DOCUMENTS
from tests.local.conftest import Asker

GIF = b"GIF89a"
PIXEL_BYTES = 5_000
TYPES = ("track", "identify", "page", "screen", "group", "alias")
UNCUTTABLE = {
    "nothing", "only spaces", "an open bracket", "a closed bracket", "brackets crossed",
    "one bracket too many", "one bracket too few", "no closing quote", "a backslash at the end",
    "depth 32,000 and never closed", "the anti-hijacking prefix",
}  # fmt: skip
"""Where nobody can say any more where the next event of a batch begins: it is refused whole."""


def test_the_lists_are_long_enough():
    others = (BODIES, ENCODED, KEYS, PEOPLE, PIXELS, SETTINGS)
    assert sum(1 for each in DOCUMENTS.values() if each.code) >= 250
    assert len(DOCUMENTS) + sum(map(len, others)) >= 600


class Campaign:
    """Every answer by door and name, and what was found in the bucket afterwards."""

    def __init__(self, engine: Engine) -> None:
        self.ask = Asker(engine)
        self.alone: dict[str, tuple] = {}
        self.batched: dict[str, tuple] = {}
        self.pixels: dict[str, tuple] = {}
        self.bodies: dict[str, tuple] = {}
        self.send_documents()
        self.send_bodies()
        assert engine.settle(timeout=120) == {}
        self.kept = kept(engine)
        self.ledger = engine.ledger()
        self.errors = engine.metrics().get("UnhandledErrors", 0)

    def send_documents(self) -> None:
        good = json.dumps(GOOD).encode()
        for name, document in DOCUMENTS.items():
            raw, call = document.raw, call_of(document.raw)
            self.alone[name] = self.post(raw, f"/v1/{call}")
            self.batched[name] = self.post(b'{"batch":[' + good + b"," + raw + b"," + good + b"]}")
            if len(raw) <= PIXEL_BYTES:
                data = base64.urlsafe_b64encode(raw).decode()
                path = f"/v1/pixel/{call}?writeKey={self.ask.write_key}&data={quote(data)}"
                self.pixels[name] = self.ask("GET", path)

    def send_bodies(self) -> None:
        for name, body in BODIES.items():
            self.bodies[name] = self.post(body.raw)

    def post(self, body: bytes, path: str = "/v1/batch") -> tuple:
        return self.ask("POST", path, body, {"x-write-key": self.ask.write_key})


def call_of(raw: bytes) -> str:
    """The route a document is meant for; its own type, as far as it can be seen."""
    return next((call for call in TYPES if b'"type":"%s"' % call.encode() in raw), "track")


def kept(engine: Engine) -> dict[bytes, set[str]]:
    """Payload -> codes, of every failed event in the bucket, opened with the engine's own key."""
    track = engine.functions["intake/track"].plan.environment
    client = engine.cloud.client
    vault = KmsVault(
        stage=track["STAGE"],
        table=track["SUBJECTS_TABLE"],
        key_arn=track["KEY_ARN"],
        dynamodb=client("dynamodb"),
        kms=client("kms"),
        randomness=None,
    )
    found = defaultdict(set)
    for page in (
        client("s3").get_paginator("list_objects_v2").paginate(Bucket=track["FAILED_BUCKET"])
    ):
        for entry in page.get("Contents", []):
            body = client("s3").get_object(Bucket=track["FAILED_BUCKET"], Key=entry["Key"])["Body"]
            failed = json.loads(body.read())
            payload = vault.open(base64.b64decode(failed["payload"]), context=CONTEXT)
            found[payload].add(failed["code"])
    return found


@pytest.fixture(scope="module")
def campaign(engine):
    return Campaign(engine)


def test_a_document_alone_is_taken_or_refused_with_its_reason_and_kept(campaign):
    for name, document in DOCUMENTS.items():
        status, _, body = campaign.alone[name]
        if document.code == "unknown_type":  # the route names the type
            assert status in {200, 400}, name
            continue
        assert status == (400 if document.code else 200), (name, body)
        answer = json.loads(body)
        assert answer.get("code", "") == document.code, name
        if document.code:
            assert answer["message"].startswith(REASONS[document.code]), name
            assert document.code in campaign.kept[document.raw], name


def test_a_document_in_a_batch_harms_nothing_beside_it(campaign):
    good = json.dumps(GOOD).encode()
    for name, document in DOCUMENTS.items():
        status, _, body = campaign.batched[name]
        if name in UNCUTTABLE:
            assert (status, json.loads(body)["success"]) == (400, False), name
            whole = b'{"batch":[' + good + b"," + document.raw + b"," + good + b"]}"
            assert campaign.kept[whole] == {json.loads(body)["code"]}, name
            continue
        assert (status, json.loads(body)) == (200, {"success": True}), name
        if document.code:
            kept_as = campaign.kept[document.raw.strip(b" \t\r\n")] | campaign.kept[document.raw]
            assert kept_as, name


def test_a_document_in_a_pixel_is_answered_with_the_image(campaign):
    assert len(campaign.pixels) > 250
    for name, (status, headers, body) in campaign.pixels.items():
        assert (status, headers["content-type"], body[:6]) == (200, "image/gif", GIF), name


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_taken_or_refused_with_its_reason_and_kept(name, campaign):
    expected = BODIES[name]
    status, _, body = campaign.bodies[name]
    answer = json.loads(body)
    assert (status, answer.get("code", "")) == (400 if expected.code else 200, expected.code)
    if expected.code and expected.is_kept:
        assert campaign.kept[expected.raw] | campaign.kept[inflated(expected.raw)]
    if not expected.is_kept:
        assert expected.raw not in campaign.kept


def inflated(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(raw)
    except zlib.error:
        return raw


def test_the_good_events_of_every_batch_are_applied(campaign, ask):
    cut = len(DOCUMENTS) - len(UNCUTTABLE & DOCUMENTS.keys())
    expected = 2 * cut + sum(body.good for body in BODIES.values())
    assert ask.profile("user_id:good")["counters"]["Fine"] == expected


def test_names_that_other_systems_reserve_come_back_as_they_were_sent(campaign, engine, ask):
    names = [
        "__proto__", "constructor", "__class__", "$set", "$ne", "a.b", "a/b", "#n", ":v", "pk",
        "state", "dirty", "", " ", "{{7*7}}", "<script>", "../..", "\u202ea", "toString", "NULL",
    ]  # fmt: skip
    traits = {name: {"prototype": {"polluted": True}} for name in names}
    assert ask.send({"batch": [{"type": "identify", "userId": "reserved", "traits": traits}]})
    assert engine.settle(timeout=60) == {}
    assert ask.profile("user_id:reserved")["traits"] == traits


def test_the_ledger_balances_and_nothing_crashed(campaign):
    assert campaign.ledger["balance"] == 0
    assert campaign.ledger["failed"] > len(DOCUMENTS) // 2
    assert campaign.errors == 0


@pytest.mark.parametrize(("encoding", "raw"), ENCODED, ids=range(len(ENCODED)))
def test_a_body_is_what_it_is_whatever_its_encoding_says(encoding, raw, campaign):
    code = ENCODED[encoding, raw]
    headers = {"x-write-key": campaign.ask.write_key, "content-encoding": encoding}
    status, _, body = campaign.ask("POST", "/v1/batch", raw, headers)
    assert (status, json.loads(body).get("code", "")) == (400 if code else 200, code)


@pytest.mark.parametrize("headers", KEYS)
def test_who_names_no_source_is_refused_at_every_door_and_nothing_is_kept(headers, ask, engine):
    before = engine.ledger()["received"]
    for call in (*TYPES, "batch"):
        body = {**GOOD, "batch": [GOOD]}
        status, _, answer = ask("POST", f"/v1/{call}", body, headers)
        assert (status, json.loads(answer)["code"]) == (401, "invalid_write_key")
    assert ask("GET", "/v1/pixel.gif?event=x&userId=u", None, headers)[0] == 200
    assert engine.ledger()["received"] == before


@pytest.mark.parametrize("identifier", PEOPLE)
def test_a_profile_that_nobody_can_have_is_the_generic_content_or_a_clear_4xx(identifier, ask):
    path = "/v1/profiles/" + quote(identifier, safe="%/:?#[]@!$&'()*+,;=")
    for headers in ({"authorization": f"Bearer {ask.read_key}"}, {}):
        status, _, body = ask("GET", path, None, headers)
        assert status == 200 or 400 <= status < 500, (status, body)
        answer = json.loads(body)
        assert answer.get("fallback") is True if status == 200 else answer["message"]


@pytest.mark.parametrize("query", PIXELS)
def test_a_pixel_is_an_image_whatever_is_asked_of_it(query, ask):
    for key in ("", f"&writeKey={ask.write_key}"):
        for path in ("pixel.gif", "pixel/track", "pixel/x", "pixel/%00"):
            status, headers, body = ask("GET", f"/v1/{path}?{query}{key}")
            assert (status, headers["content-type"], body[:6]) == (200, "image/gif", GIF)


@pytest.mark.parametrize("key", SETTINGS)
def test_settings_of_nobody_are_not_found(key, ask):
    status, _, body = ask("GET", f"/v1/projects/{quote(key, safe='%')}/settings")
    assert status == 404
    assert json.loads(body)["message"]


def test_the_other_doors_settle_to_a_balance(engine):
    assert engine.settle(timeout=60) == {}
    assert engine.ledger()["balance"] == 0
    assert engine.metrics().get("UnhandledErrors", 0) == 0
