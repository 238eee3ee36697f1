"""Erased through the front door: unreadable everywhere, and nothing brings anybody back."""

from __future__ import annotations

import base64
import json

import pytest

from cli.connection import Connection
from cli.main import main
from local.engine import Engine
from millrace.erasure import verify
from tests.local.conftest import Asker

BACKUP: dict[str, list[dict[str, object]]] = {}
"""The profiles and the subjects table, as they were before the erasure."""
MARKS = ("maud-marked@shop.example", "maud-marked", "Marked Maud")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    with Engine.start(seed=11, state=state, background=False) as running:
        yield running


@pytest.fixture(scope="module")
def ask(engine):
    return Asker(engine)


@pytest.fixture(scope="module")
def key(engine):
    client = engine.cloud.client("secretsmanager")
    (name,) = [
        each["Name"]
        for each in client.list_secrets(MaxResults=100)["SecretList"]
        if each["Name"].endswith("/privacy-key")
    ]
    return json.loads(client.get_secret_value(SecretId=name)["SecretString"])["secret"]


@pytest.fixture(scope="module")
def erased(engine, ask, key):
    """Maud signs up, browses, is told to every destination, fails once, and is erased."""
    batch = [
        {
            "type": "identify",
            "anonymousId": "maud-phone",
            "userId": MARKS[1],
            "messageId": "i1",
            "traits": {"email": MARKS[0], "first_name": MARKS[2]},
        },
        {"type": "track", "event": "Product Viewed", "userId": MARKS[1], "messageId": "t1"},
        {"type": "track", "event": "x", "email": MARKS[0], "messageId": "no-usable-identifier"},
        {"type": "track", "event": "Product Viewed", "userId": "bystander", "messageId": "t2"},
    ]
    assert ask.send({"batch": batch})[0] == 200
    engine.settle()
    assert ask.profile(f"email:{MARKS[0]}")["traits"]["first_name"] == MARKS[2]
    BACKUP.update({name: items(engine, name) for name in tables(engine)})
    headers = {"authorization": f"Bearer {key}"}
    status, told = ask.json("DELETE", f"/v1/people/email:{MARKS[0]}?reason=objection", **headers)
    assert (status, told["reason"]) == (202, "objection"), told
    engine.settle()
    return told["erasure"]


def tables(engine):
    names = engine.cloud.client("dynamodb").list_tables()["TableNames"]
    return [name for name in names if "Subjects" in name or "Profiles" in name]


def items(engine, table):
    return engine.cloud.client("dynamodb").scan(TableName=table)["Items"]


def certificate(ask, key, name):
    headers = {"authorization": f"Bearer {key}"}
    status, told = ask.json("GET", f"/v1/erasures/{name}", **headers)
    assert (status, told["state"]) == (200, "done"), told
    return told["certificate"]


def test_nobody_reads_the_person_by_any_of_their_names(engine, ask, erased):
    for name in (f"email:{MARKS[0]}", f"user_id:{MARKS[1]}", "anonymous_id:maud-phone"):
        assert ask.profile(name)["fallback"] is True
    assert ask.profile("user_id:bystander")["fallback"] is False


def test_the_certificate_lists_every_store_and_destination_and_verifies_offline(
    engine, ask, key, erased
):
    found = certificate(ask, key, erased)
    assert verify(found) == []
    assert len(found["identifiers"]) == 3
    assert [each["destination"] for each in found["destinations"]] == ["klaviyo", "webhook"]
    assert found["is_complete"] is True
    asked = [json.dumps(engine.outbox(name)[-1]) for name in ("klaviyo", "webhook")]
    assert "deletion" in asked[0]
    assert "person.erased" in asked[1]


def test_replaying_the_whole_stream_brings_nobody_back_and_tells_no_destination(
    engine, ask, key, erased
):
    told = {name: len(engine.outbox(name)) for name in ("klaviyo", "webhook")}
    before = engine.ledger()["erased"]
    kinesis = engine.cloud.backend("kinesis")
    (stream,) = kinesis.streams.values()
    records = [
        (record.partition_key, base64.b64decode(record.data))
        for shard in stream.shards.values()
        for record in shard.records.values()
    ]
    client = engine.cloud.client("kinesis")
    for partition_key, data in records:
        client.put_record(StreamName=stream.stream_name, PartitionKey=partition_key, Data=data)
    engine.settle()
    assert engine.ledger()["erased"] >= before + 2
    assert ask.profile(f"user_id:{MARKS[1]}")["fallback"] is True
    assert {name: len(engine.outbox(name)) for name in told} == told


def test_nothing_at_rest_names_the_person_and_no_subject_of_theirs_has_a_key(
    engine, ask, key, erased
):
    keys = set(certificate(ask, key, erased)["identifiers"])
    everything = list(engine.sinks())
    for line in everything:
        assert not any(mark.encode() in line for mark in MARKS)
    client = engine.cloud.client("dynamodb")
    subjects = next(n for n in client.list_tables()["TableNames"] if "Subjects" in n)
    for name in keys:
        item = client.get_item(TableName=subjects, Key={"pk": {"S": f"s#{name}"}})["Item"]
        assert "wrapped" not in item
        assert not {"pseudonym", "mark"} & item.keys()


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "Basic x"])
def test_without_the_privacy_key_nobody_is_erased_or_seen(ask, erased, given):
    headers = {"authorization": given} if given else {}
    assert ask.json("DELETE", "/v1/people/user_id:bystander", **headers)[0] == 401
    assert ask.json("GET", f"/v1/erasures/{erased}", **headers)[0] == 401


def test_what_names_nobody_is_refused_and_an_unknown_erasure_is_not_found(ask, key):
    headers = {"authorization": f"Bearer {key}"}
    assert ask.json("DELETE", "/v1/people/shoe:43", **headers)[0] == 400
    status, told = ask.json("DELETE", "/v1/people/user_id:bystander?reason=because", **headers)
    assert (status, told["code"]) == (400, "bad_reason")
    assert ask.json("GET", "/v1/erasures/er_0", **headers)[0] == 404


def test_a_backup_from_before_the_erasure_brings_nobody_back(engine, ask, key, erased, capsys):
    client = engine.cloud.client("dynamodb")
    for table, before in BACKUP.items():
        for item in before:
            client.put_item(TableName=table, Item=item)
    assert main(["--local", engine.url, "privacy", "reapply-erasures"]) == 0
    assert "3 identifiers were ever erased: 3 rows" in capsys.readouterr().out
    engine.settle()
    for name in (f"email:{MARKS[0]}", f"user_id:{MARKS[1]}", "anonymous_id:maud-phone"):
        assert ask.profile(name)["fallback"] is True
    test_nothing_at_rest_names_the_person_and_no_subject_of_theirs_has_a_key(
        engine, ask, key, erased
    )
    assert main(["--local", engine.url, "privacy", "reapply-erasures"]) == 0
    assert "0 rows" in capsys.readouterr().out


def test_the_command_line_erases_follows_and_verifies(engine, ask, erased, capsys, tmp_path):
    words = ("erase", "user_id:bystander", "--reason", "account_deleted")
    assert main(["--local", engine.url, "privacy", *words]) == 0
    name = capsys.readouterr().out.partition(":")[0]
    engine.settle()
    assert ask.profile("user_id:bystander")["fallback"] is True
    assert main(["--local", engine.url, "privacy", "erasure", name]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["reason"]) == ("done", "account_deleted")
    assert main(["--local", engine.url, "privacy", "erasure", name, "--certificate"]) == 0
    file = tmp_path / "certificate.json"
    file.write_text(capsys.readouterr().out)
    assert main(["privacy", "verify", str(file)]) == 0
    assert main(["--local", engine.url, "privacy", "erasures"]) == 0
    assert main(["--local", engine.url, "privacy", "resume"]) == 0
    assert "0 woken" in capsys.readouterr().out
    file.write_text(file.read_text().replace(name, "er_forged"))
    assert main(["privacy", "verify", str(file)]) == 1
    assert "certificate_broken" in capsys.readouterr().err


def test_an_erasure_whose_message_was_lost_is_finished_by_the_clock(engine, ask, erased, capsys):
    assert ask.send({"userId": "unlucky", "event": "x"}, "/v1/track")[0] == 200
    engine.settle()
    assert main(["--local", engine.url, "privacy", "erase", "user_id:unlucky"]) == 0
    name = capsys.readouterr().out.partition(":")[0]
    queue = Connection(local=engine.url).name("ErasuresQueue")
    engine.cloud.client("sqs").purge_queue(QueueUrl=queue)
    engine.settle()
    assert ask.served("user_id:unlucky") == "known"
    assert main(["--local", engine.url, "privacy", "erasures"]) == 0
    assert "its first run" in capsys.readouterr().out
    engine.clock.advance(2 * 3_600)
    engine.settle()
    assert ask.served("user_id:unlucky") == "unknown_person"
    (age,) = [
        json.loads(line)["ErasureAgeSeconds"]
        for line in engine.log_lines("privacy/resume")
        if "ErasureAgeSeconds" in line and json.loads(line)["ErasureAgeSeconds"] != [0.0]
    ]
    assert age == [7_200.0], "what the alarm looks at"
    assert main(["--local", engine.url, "privacy", "erasure", name]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "done"


def test_many_are_erased_from_a_file(engine, ask, erased, capsys, tmp_path):
    file = tmp_path / "people.txt"
    file.write_text("# of ticket 4711\n\nuser_id:many-1\nuser_id:many-2\nuser_id:many-1\n")
    assert main(["--local", engine.url, "privacy", "erase", "--from", str(file)]) == 0
    assert capsys.readouterr().out.count("er_") == 2 * 2
    engine.settle()
    for name in ("many-1", "many-2"):
        assert ask.send({"userId": name, "event": "x"}, "/v1/track")[0] == 200
    before = engine.ledger()["erased"]
    engine.settle()
    assert engine.ledger()["erased"] == before + 2


@pytest.mark.parametrize("person", ["shoe:43", "ada", "email:"])
def test_the_command_line_says_what_names_nobody(engine, erased, capsys, person):
    assert main(["--local", engine.url, "privacy", "erase", person]) == 2
    assert person not in capsys.readouterr().out


def test_who_objected_may_come_back_but_is_written_to_only_after_their_own_yes(
    engine, ask, erased, capsys
):
    """A shop's form brings the address back, with a banner's consent to everything."""

    def reasons():
        capsys.readouterr()
        words = ("suppressions", "check", MARKS[0])
        assert main(["--local", engine.url, "privacy", *words]) == 0
        return json.loads(capsys.readouterr().out)["reasons"]

    def told():
        return len(engine.outbox("klaviyo"))

    assert reasons() == ["objected"]
    purposes = {"analytics": True, "email_marketing": True, "sharing": True}
    back = {"email": MARKS[0]}
    consent = {"consent": {"categoryPreferences": purposes}}
    before = told()
    engine.clock.advance(1)
    form = {"userId": "maud-anew", "traits": back, "context": consent}
    again = {"userId": "maud-anew", "event": "Resubscribed", "context": {"traits": back, **consent}}
    assert ask.send(form, "/v1/identify")[0] == 200
    assert ask.send(again, "/v1/track")[0] == 200
    engine.settle()
    assert (ask.served("user_id:maud-anew"), reasons()) == ("unknown_person", ["objected"])
    ask.write_key = engine.write_keys["server"]
    assert ask.send(form, "/v1/identify")
    engine.settle()
    assert ask.served("user_id:maud-anew") == "unknown_person", "a banner is no decision"
    context = {"traits": back, "consent": {"categoryPreferences": {"analytics": True}}}
    decision = {"userId": "maud-anew", "event": "Segment Consent Preference Updated"}
    assert ask.send(decision | {"context": context}, "/v1/track")[0] == 200
    engine.settle()
    assert ask.served("user_id:maud-anew") == "known"
    assert (told(), reasons()) == (before, ["objected"])
    yes = json.dumps({"purpose": "email_marketing", "status": "granted"}).encode()
    key = {"authorization": "Bearer local-consent-key"}
    assert ask("PUT", f"/v1/consents/email:{MARKS[0]}", yes, key)[0] == 200
    engine.settle()
    assert reasons() == []
    assert ask.send({"userId": "maud-anew", "traits": {"plan": "pro"}}, "/v1/identify")
    engine.settle()
    assert told() > before


SHARED = "kin-marked@shop.example"


def told_of(engine, destination):
    """Everything that a destination was sent, as text."""
    return [json.dumps(each) for each in engine.outbox(destination)]


def test_who_shares_the_address_of_the_erased_shows_it_nowhere_any_more(engine, ask, key, erased):
    """Two accounts gave one address: it is the first one's, and a trait of the second."""
    consent = {"consent": {"categoryPreferences": {"email_marketing": True, "sharing": True}}}
    for user in ("kin-1", "kin-2"):
        traits = {"email": SHARED, "plan": user}
        body = {"userId": user, "traits": traits, "context": consent}
        assert ask.send(body, "/v1/identify")[0] == 200
        engine.settle()
        engine.clock.advance(60)
    assert ask.profile("user_id:kin-2")["traits"]["email"] == SHARED
    headers = {"authorization": f"Bearer {key}"}
    status, told = ask.json("DELETE", f"/v1/people/email:{SHARED}", **headers)
    assert status == 202
    engine.settle()
    assert ask.profile("user_id:kin-1")["fallback"] is True
    assert ask.profile("user_id:kin-2")["traits"] == {"plan": "kin-2"}
    before = told_of(engine, "webhook")
    (*_, last) = [each for each in before if "kin-2" in each]
    assert SHARED not in last, "the destination knows what is left of the second account"
    engine.clock.advance(60)
    assert ask.send({"userId": "kin-2", "traits": {"plan": "pro"}}, "/v1/identify")[0] == 200
    engine.settle()
    after = told_of(engine, "webhook")[len(before) :]
    assert any("kin-2" in each for each in after)
    assert not any(SHARED in each for each in after)
    found = certificate(ask, key, told["erasure"])
    counts = {each["store"]: each["count"] for each in found["stores"]}
    assert counts["profiles, traits of others"] == 1
    assert verify(found) == []
