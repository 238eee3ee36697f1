"""Least privilege: every call of the handlers against the roles of the template."""

from __future__ import annotations

import json
import re
import tomllib
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cli.connection import Connection
from cli.main import main
from cli.operating import operate
from infra.environment import load_environment
from infra.source import Source
from infra.synth import LOCAL_CONFIG
from local.engine import Engine
from local.traffic import Send, Shop
from millrace.clock import DAY_MS
from millrace.intake.operating import Asked
from tests.local.conftest import Asker
from tests.local.planting import put_into_queue
from tests.sources.door import samples
from tests.sources.signing import WHSEC, svix
from tests.sources.vendors import VENDORS

ARGUED = Path(__file__).parent / "unused_grants.toml"


@pytest.fixture(scope="module")
def grants(tmp_path_factory):
    """What the roles were used for by a shop's days, reads, failures and merges."""
    environment = load_environment(LOCAL_CONFIG)
    mailgun = VENDORS["mailgun"]
    sources = {
        **environment.sources,
        "standard": Source(secret=WHSEC),
        "mailgun": Source(secret=mailgun.secret),
    }
    environment = environment.model_copy(update={"sources": sources})
    state = tmp_path_factory.mktemp("state")
    with Engine.start(environment=environment, state=state, background=False) as engine:
        engine.fail_next("klaviyo", status=429, times=1)
        engine.fail_next("webhook", status=500, times=1)
        ask = Asker(engine)
        connection = HTTPConnection(urlsplit(engine.url).netloc, timeout=30)
        for step in Shop(seed=7, visitors=8).days():
            if isinstance(step, Send):
                headers = {"x-write-key": ask.write_key}
                connection.request("POST", step.path, step.body, headers)
                assert connection.getresponse().read() == b'{"success":true}'
                engine.settle()
        # too many people for one: a merge that is refused
        for number in range(8):
            event = {"type": "identify", "anonymousId": "kiosk", "userId": f"visitor-{number}"}
            assert ask.send(event, "/v1/identify")[0] == 200
            engine.settle()
        # more events of one person than its row remembers, then one of the first again
        batches = [*range(0, 500, 100), 0]
        for who, start in [(who, start) for who in ("busy", "idle") for start in batches]:
            batch = [
                {
                    "type": "track",
                    "userId": who,
                    "event": "x",
                    "messageId": f"{who}-{number}",
                    "timestamp": f"2026-11-01T00:{number // 60:02}:{number % 60:02}Z",
                }
                for number in range(start, start + 100)
            ]
            assert ask.send({"batch": batch})[0] == 200
            engine.settle()
        for content in (b'{"type":"e","data":{"email":"a@example.com"}}', b'{"type":"nobody"}'):
            posted = svix("webhook")(content, WHSEC, engine.clock.now_ms())
            assert ask("POST", "/v1/webhooks/standard", posted.body, posted.headers)[0] == 200
            engine.settle()
        content = b'{"event-data":{"event":"opened","recipient":"a@example.com"}}'
        posted = mailgun.sign(content, mailgun.secret, engine.clock.now_ms())
        assert ask("POST", "/v1/webhooks/mailgun", posted.body, posted.headers)[0] == 200
        # what SES reports by its queue, and what nobody can read there
        (mail,) = [one.content.decode() for one in samples("ses") if one.name == "delivery"]
        for body in (mail, "hello"):
            put_into_queue(engine, body)
        engine.settle()
        # events that go by the queue, and events that go by the bucket
        for down in (("kinesis",), ("kinesis", "sqs")):
            for service in down:
                engine.fail_service(service, times=100)
            late = [{"type": "track", "userId": who, "event": "x"} for who in ("detour", "busy")]
            assert ask.send({"batch": late})[0] == 200
            for service in down:
                engine.fail_service(service, times=0)
            engine.settle()
        # an event that fails, and is replayed
        assert ask.send({"batch": [{"type": "track", "event": "x", "user_id": "u"}]})[0] == 200
        words = ("replay", "--all", "--rename", "user_id=userId")
        assert main(["--local", engine.url, "failed", *words]) == 0
        engine.settle()
        # the lake is written, and what one source sent is replayed
        engine.clock.advance(600)
        engine.settle()
        words = ("replay", "--all", "--source", "standard")
        assert main(["--local", engine.url, "lake", *words]) == 0
        engine.settle()
        pair = {"a": "user_id:visitor-1", "b": "anonymous_id:kiosk"}
        block = Asked(name="identity.block", properties=pair)
        operate(Connection(local=engine.url), [block], "grants are used")
        engine.settle()
        # a decision of a person, and the day's root of the ledger that it stands in
        said = b'{"purpose":"email_marketing","status":"denied"}'
        key = {"authorization": "Bearer local-consent-key"}
        assert ask("PUT", "/v1/consents/email:ada@shop.example", said, key)[0] == 200
        said = b'{"purpose":"analytics","status":"denied"}'
        assert ask("PUT", "/v1/consents/user_id:idle", said, key)[0] == 200
        engine.settle()
        for _ in range(2):
            engine.clock.advance(86_400)
            engine.settle()
        ask.profile("user_id:ada")
        ask.profile("user_id:nobody")
        _erase_somebody(engine, ask)
        assert engine.ledger()["balance"] == 0
        connection.close()
        _put_a_record_nobody_can_read(engine)
        engine.settle()
        for words in (["rotate", "branch"], ["rotate", "person", "user_id:ada"], ["rewrap"]):
            assert main(["--local", engine.url, "privacy", *words]) == 0
        assert ask.profile("user_id:ada")["profile_id"]
        # nobody came for years
        engine.clock.set(engine.clock.now_ms() + 1_200 * DAY_MS)
        assert main(["--local", engine.url, "privacy", "retain"]) == 0
        engine.settle()
        yield engine.grants()


def _put_a_record_nobody_can_read(engine):
    (stream,) = engine.cloud.backend("kinesis").streams
    engine.cloud.client("kinesis").put_record(StreamName=stream, Data=b"?", PartitionKey="p")


def _erase_somebody(engine, ask):
    """A person with an address, an event that failed and a row of old ids; then one of theirs."""
    assert ask.send({"userId": "busy", "traits": {"email": "busy@x.io"}}, "/v1/identify")[0] == 200
    assert ask.send({"batch": [{"type": "track", "note": "busy@x.io"}]})[0] == 200
    engine.settle()
    secrets = engine.cloud.client("secretsmanager")
    held = secrets.get_secret_value(SecretId="millrace/local/privacy-key")["SecretString"]
    key = {"authorization": f"Bearer {json.loads(held)['secret']}"}
    status, asked = ask.json("DELETE", "/v1/people/user_id:busy?reason=objection", **key)
    assert status == 202
    queue = Connection(local=engine.url).name("ErasuresQueue")
    engine.cloud.client("sqs").purge_queue(QueueUrl=queue)  # so the hourly look has to find it
    engine.clock.advance(2 * 3_600)
    engine.settle()
    status, told = ask.json("GET", f"/v1/erasures/{asked['erasure']}", **key)
    assert (status, told["state"]) == (200, "done")


def plain(resource):
    """An ARN without account, region, generated suffixes and ids."""
    name = re.sub(r"arn:aws:(\w+):[\w-]*:\d*:", r"\1:", resource)
    name = re.sub(r"key/[0-9a-f-]{36}", "key", name)
    return re.sub(r"(?i)(Millrace\w+-\w+?)[0-9A-F]{8}(?=\b|/|:|$)", r"\1", name)


def test_no_call_of_any_handler_is_refused(grants):
    assert grants["refused"] == []


def test_every_function_used_its_role(grants):
    assert {grant["function"] for grant in grants["used"]} == {
        "activation/deliver",
        "activation/wake",
        "intake/operate",
        "intake/consent",
        "intake/receive",
        "intake/refill",
        "intake/replay",
        "intake/track",
        "intake/webhook",
        "lake/changes",
        "lake/replay",
        "lake/write",
        "personalization/serve",
        "privacy/erase",
        "privacy/people",
        "privacy/retain",
        "privacy/attest",
        "privacy/record",
        "privacy/resume",
        "privacy/rotate",
        "profiles/update",
    }


def test_every_unused_grant_is_argued_for_and_every_argument_is_needed(grants):
    unused = {
        f"{grant['function']} {grant['action']} {plain(grant['resource'])}"
        for grant in grants["unused"]
    }
    argued = {
        grant: reason
        for reason, members in tomllib.loads(ARGUED.read_text()).items()
        for grant in members
    }
    assert unused == set(argued)
    assert all(len(reason.split()) > 4 for reason in argued.values())


def test_no_role_is_granted_everything_on_everything(grants):
    wide = {
        (grant["function"], grant["action"])
        for kind in ("used", "unused")
        for grant in grants[kind]
        if grant["resource"] == "*" or grant["action"].endswith(":*")
    }
    assert wide <= {
        ("activation/wake", "dynamodb:ListStreams"),
        ("lake/changes", "dynamodb:ListStreams"),
    }, "ListStreams has no resource"
