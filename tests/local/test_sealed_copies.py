"""Copies sealed under the branch key: taken out where they can be listed, refused everywhere.

Sandboxes that remember a key of the person for a minute forget it as well.
"""

from __future__ import annotations

import json

import pytest

from cli.connection import Connection
from cli.options import parser
from cli.unsealing import vault_of
from local.engine import Engine
from millrace.erasure.remainders import PARKED
from millrace.errors import MillraceError, NeedsHuman
from millrace.identity.model import row_key
from tests.local.conftest import Asker

MARA = "mara-sealed"
MAIL = "mara-sealed@shop.example"
NAMES = (f"user_id:{MARA}", f"email:{MAIL}", "anonymous_id:mara-phone")
WHY = ("--purpose", "ticket 4711")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    with Engine.start(seed=15, state=state, background=False) as running:
        yield running


@pytest.fixture(scope="module")
def ask(engine):
    return Asker(engine)


@pytest.fixture(scope="module")
def run(engine):
    """`millrace ...` over one connection: its exit code."""
    connection = Connection(local=engine.url)

    def running(*words):
        options = parser().parse_args([*map(str, words)])
        try:
            options.run(connection, options)
        except MillraceError as error:
            return 2 if isinstance(error, NeedsHuman) else 1
        return 0

    return running


def track(who, number):
    named = {"userId": who} if who != MARA else {"userId": MARA, "anonymousId": "mara-phone"}
    return {"type": "track", "event": "Page Seen", "messageId": f"{who}-{number}", **named}


def parked_batch(engine, ask):
    """A batch with an event of each, which no sandbox could apply; its key."""
    update, bucket = engine.functions["profiles/update"], bucket_of(engine, "parked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(update, "_handler", lambda event, context: 1 / 0)
        assert ask.send({"batch": [track(MARA, "parked"), track("otto", "parked")]})[0] == 200
        engine.settle()
    s3 = engine.cloud.client("s3")
    batches = []
    for each in s3.list_objects_v2(Bucket=bucket, Prefix=PARKED)["Contents"]:
        batches.append(json.loads(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()))
        s3.delete_object(Bucket=bucket, Key=each["Key"])
    records = [r for batch in batches for r in json.loads(batch["payload"])["Records"]]
    assert len(records) == 2
    both = {**batches[0], "payload": json.dumps({"Records": records})}
    key = f"{PARKED}/both"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(both).encode())
    return key


def detoured(engine, ask):
    """An event that went by the bucket: refilled since, it lies there as an old version."""
    for service in ("kinesis", "sqs"):
        engine.fail_service(service, times=100)
    assert ask.send({"batch": [track(MARA, "detour")]})[0] == 200
    for service in ("kinesis", "sqs"):
        engine.fail_service(service, times=0)
    engine.settle()


def bucket_of(engine, word):
    buckets = engine.cloud.client("s3").list_buckets()["Buckets"]
    (name,) = [each["Name"] for each in buckets if f"intake{word}" in each["Name"]]
    return name


def sealed(engine, word):
    """The versions of everything in a bucket, by key."""
    bucket = bucket_of(engine, word)
    found = engine.cloud.client("s3").list_object_versions(Bucket=bucket).get("Versions", [])
    return sorted(each["Key"] for each in found)


@pytest.fixture(scope="module")
def story(engine, ask, run, tmp_path_factory):
    """Mara is known everywhere, every sandbox has her keys; then she is erased. What was there."""
    traits = {"email": MAIL, "first_name": "Mara Sealed"}
    assert ask.send({"userId": MARA, "anonymousId": "mara-phone", "traits": traits}, "/v1/identify")
    assert ask.send({"batch": [track(MARA, 1), track("otto", 1)]})[0] == 200
    assert ask.send({"batch": [{"type": "track", "note": MAIL}]})[0] == 200
    engine.settle()
    detoured(engine, ask)
    parked = parked_batch(engine, ask)
    records = [json.loads(line) for line in engine.sinks() if b'"sink":"stream"' in line]
    copy = tmp_path_factory.mktemp("copies") / "records.json"
    copy.write_text(json.dumps({"Records": [{"Data": each["data_base64"]} for each in records]}))
    lake = sorted((engine.lake_path / "events").rglob("*.parquet"))
    assert [ask.served(name) for name in NAMES] == ["known"] * 3
    key = row_key("user_id", vault_of(Connection(local=engine.url)).token("user_id", MARA))
    assert sealed(engine, "overflow") != []
    assert sealed(engine, "failed") != []
    assert run("privacy", "erase", f"email:{MAIL}") == 0
    engine.settle()
    engine.clock.advance(60)
    told = {name: len(engine.outbox(name)) for name in ("klaviyo", "webhook")}
    return {"copy": copy, "lake": lake, "parked": parked, "key": key, "told": told}


def test_what_can_be_listed_holds_nothing_of_the_person_and_all_of_the_others(
    engine, story, run, capsys
):
    assert sealed(engine, "overflow") == []
    assert sealed(engine, "failed") == []
    assert sealed(engine, "parked").count(story["parked"]) == 1
    capsys.readouterr()
    place = f"s3://{bucket_of(engine, 'parked')}/{story['parked']}"
    assert run("open", place, *WHY, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert [each["content"]["message_id"] for each in shown] == ["otto-parked"]


def test_a_copy_of_the_stream_from_before_opens_for_nobody(story, run, capsys):
    capsys.readouterr()
    assert run("open", story["copy"], *WHY, "--json") == 0
    said = capsys.readouterr()
    shown = json.loads(said.out)
    refused = [each["refused"] for each in shown if each["refused"]]
    assert refused == ["erased"] * 4, "who she is, and what she did by each way"
    left = {each["content"]["message_id"] for each in shown if not each["refused"]}
    assert left == {"otto-1", "otto-parked"}
    assert "mara" not in (said.out + said.err).lower()


def test_no_sandbox_or_tool_shows_the_person_a_minute_later(ask, story, run, capsys, tmp_path):
    capsys.readouterr()
    assert [ask.served(name) for name in NAMES] == ["unknown_person"] * 3
    assert run("profile", "show", NAMES[0]) == 2
    assert run("profile", "show", NAMES[1], "--at", "1h") == 2
    assert run("privacy", "export", NAMES[2], "--out", tmp_path / "export", *WHY) == 0
    exported = [file.read_text() for file in (tmp_path / "export").iterdir()]
    said = capsys.readouterr()
    assert len(exported) == 2
    for text in (said.out, said.err, *exported):
        assert MAIL not in text
        assert "Mara Sealed" not in text


def test_the_lake_opens_no_row_of_the_person(story, run, capsys):
    capsys.readouterr()
    assert run("open", story["lake"][0], *WHY) == 0
    said = capsys.readouterr().out
    assert "refused: erased" in said
    assert '"otto-' in said
    assert "mara" not in said.lower()


def test_a_wake_that_was_waiting_tells_no_destination(engine, story):
    sqs = engine.cloud.client("sqs")
    for name in story["told"]:
        url = sqs.get_queue_url(QueueName=f"millrace-local-{name}")["QueueUrl"]
        wake = {"destination": name, "key": story["key"], "version": 1}
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(wake))
    engine.settle()
    assert {name: len(engine.outbox(name)) for name in story["told"]} == story["told"]


def test_the_certificate_says_until_when_something_sealed_is_left(engine, run, story, capsys):
    dynamodb = engine.cloud.client("dynamodb")
    table = engine.outputs["ErasuresTable"]
    (item,) = [
        each for each in dynamodb.scan(TableName=table)["Items"] if each["sk"]["S"] == "record"
    ]
    capsys.readouterr()
    assert run("privacy", "erasure", item["pk"]["S"].removeprefix("e#"), "--certificate") == 0
    found = json.loads(capsys.readouterr().out)
    swept = {each["store"]: each["count"] for each in found["stores"]}
    assert (swept["overflow"], swept["failed events"]) == (1, 1)
    assert swept["parked batches"] >= 2, "the one of both, and hers under its delete marker"
    days = {
        each["store"]: (each["until"] - found["erased_at"]) / 86_400_000
        for each in found["remains"]
    }
    assert days["queues of sources and their dead letters"] == 14
    assert days["overflow queue and its dead letters"] == 28
    assert days["events stream"] == 35
    assert days["batches that are parked after the second pass"] == 95
    assert days["caches of running functions"] == 60 / 86_400
