"""The unmodified handlers of wake and deliver over moto, against fake ESPs on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType
from unittest.mock import patch

import pytest
from moto import mock_aws
from standardwebhooks import Webhook

from local.moto_statements import statements_fix
from millrace.errors import NeedsHuman
from millrace.http import Response
from tests.functions.activation.stage import SECRETS, WHSEC, Esps, Stage, log_of, run
from tests.functions.profiles.stage import load

OK = {"batchItemFailures": []}


@pytest.fixture
def esps() -> Iterator[Esps]:
    made = Esps()
    yield made
    made.close()


@pytest.fixture
def stage(esps: Esps) -> Iterator[Stage]:
    with mock_aws(), patch.object(*statements_fix()):
        yield Stage(esps)


@pytest.fixture
def wake(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load("activation/wake", stage.wake.to_env(), monkeypatch)


@pytest.fixture
def deliver(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    module = load("activation/deliver", stage.deliver.to_env(), monkeypatch)
    yield module
    module.ports.http.close()


def counts(output: str) -> dict[str, float]:
    """The metrics of all EMF lines, added up."""
    total: dict[str, float] = {}
    for line in (json.loads(line) for line in output.splitlines() if "_aws" in line):
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
            total[metric["Name"]] = total.get(metric["Name"], 0) + sum(line[metric["Name"]])
    return total


def test_a_person_reaches_both_destinations(stage, wake, deliver, esps, capsys):
    stage.happens(deliver.vault, "ada", firstName="Ada", plan="gold")
    assert run(stage, wake, deliver) == [OK, OK]
    held = esps.profiles("klaviyo")["ada@example.com"]
    assert (held["external_id"], held["first_name"]) == ("ada", "Ada")
    assert held["properties"]["plan"] == "gold"
    (person,) = esps.profiles("webhook").values()
    assert person["identifiers"]["user_id"] == ["ada"]
    assert stage.dirty() == []
    assert counts(capsys.readouterr().out) == {"DeliveriesSent": 2}


def test_the_webhook_verifies_with_the_reference_package(stage, wake, deliver, esps, monkeypatch):
    stage.happens(deliver.vault, "ada")
    run(stage, wake, deliver)
    (request,) = [r for r in esps.requests if r.path == "/_esp/webhook"]
    assert Webhook(WHSEC).verify(request.body, dict(request.headers))["type"] == "profile.updated"


def test_clearing_the_marks_wakes_nobody(stage, wake, deliver, esps):
    stage.happens(deliver.vault, "ada")
    run(stage, wake, deliver)
    changes = stage.changes()
    assert len(changes["Records"]) == 2
    assert wake.handler(changes, None) == OK
    assert stage.messages("klaviyo")["Records"] == stage.messages("webhook")["Records"] == []


def test_duplicate_wakes_send_nothing_twice(stage, wake, deliver, esps, capsys):
    stage.happens(deliver.vault, "ada")
    wake.handler(stage.changes(), None)
    batch = stage.messages("klaviyo")
    deliver.handler(batch, None)
    deliver.handler(batch, None)
    assert len(esps.requests) == 1
    assert counts(capsys.readouterr().out) == {"DeliveriesSent": 1, "DeliveriesUnchanged": 1}


def test_a_changed_trait_is_told_and_a_repeated_one_is_not(stage, wake, deliver, esps):
    for plan in ("gold", "gold", "silver"):
        stage.happens(deliver.vault, "ada", plan=plan)
        run(stage, wake, deliver)
    told = [r for r in esps.requests if "klaviyo" in r.path]
    assert len(told) == 2
    assert esps.profiles("klaviyo")["ada@example.com"]["properties"]["plan"] == "silver"
    assert stage.dirty() == []


def test_one_bad_address_among_many_is_rejected_alone(stage, wake, deliver, esps, capsys):
    users = [f"u{n}" for n in range(60)]
    stage.happens(deliver.vault, *users)
    stage.happens(deliver.vault, "bad", phone="+4420794600", email="bad@localhost")
    assert run(stage, wake, deliver)[0] == OK
    assert set(esps.profiles("klaviyo")) == {f"{user}@example.com" for user in users}
    assert counts(capsys.readouterr().out)["DeliveriesRejected"] == 1
    assert len([r for r in esps.requests if "klaviyo" in r.path]) == 3
    codes = {row["code"]["S"] for row in stage.delivered().values()}
    assert codes == {"", "http_400"}
    assert stage.dirty() == []


def test_a_429_keeps_the_messages_for_as_long_as_asked(stage, wake, deliver, esps, capsys):
    stage.happens(deliver.vault, "ada", "bob")
    wake.handler(stage.changes(), None)
    esps.forced = [Response(status=429, headers={"retry-after": "0"})]
    batch = stage.messages("klaviyo")
    kept = deliver.handler(batch, None)["batchItemFailures"]
    assert {each["itemIdentifier"] for each in kept} == {
        record["messageId"] for record in batch["Records"]
    }
    assert len(esps.requests) == 1
    assert counts(capsys.readouterr().out) == {"DeliveriesDeferred": 2}
    assert len(stage.dirty()) == 2
    assert deliver.handler(batch, None) == OK
    assert set(esps.profiles("klaviyo")) == {"ada@example.com", "bob@example.com"}


def test_the_wait_reaches_the_queue(stage, wake, deliver, esps, monkeypatch):
    stage.happens(deliver.vault, "ada")
    wake.handler(stage.changes(), None)
    esps.forced = [Response(status=503, headers={"retry-after": "77"})]
    asked = []
    sqs = deliver.ports.queues._sqs
    monkeypatch.setattr(
        sqs, "change_message_visibility_batch", lambda **request: asked.append(request)
    )
    batch = stage.messages("klaviyo")
    deliver.handler(batch, None)
    ((entry,),) = [request["Entries"] for request in asked]
    assert entry["VisibilityTimeout"] == 77
    assert entry["ReceiptHandle"] == batch["Records"][0]["receiptHandle"]


def test_a_refused_key_is_one_log_line_without_the_key(stage, wake, deliver, esps, capsys):
    stage.happens(deliver.vault, "ada", "bob")
    wake.handler(stage.changes(), None)
    esps.forced = [Response(status=401, body=b'{"errors": []}')]
    with log_of(deliver) as log:
        kept = deliver.handler(stage.messages("klaviyo"), None)["batchItemFailures"]
    assert len(kept) == 2
    (line,) = [json.loads(each) for each in log.getvalue().splitlines()]
    assert (line["destination"], line["outcome"], line["code"], line["people"]) == (
        "klaviyo",
        "needs_human",
        "http_401",
        2,
    )
    output = log.getvalue() + capsys.readouterr().out
    for secret in SECRETS.values():
        assert secret not in output


def test_a_message_that_is_no_wake_goes_the_way_of_dead_letters(stage, wake, deliver):
    stage.sqs.send_message(QueueUrl=stage.queues["klaviyo"], MessageBody="junk")
    batch = stage.messages("klaviyo")
    kept = deliver.handler(batch, None)["batchItemFailures"]
    assert [each["itemIdentifier"] for each in kept] == [batch["Records"][0]["messageId"]]


def test_a_destination_that_is_no_longer_configured_keeps_its_messages(stage, deliver):
    body = json.dumps({"destination": "braze", "key": "i#user_id#x", "version": 1})
    stage.sqs.send_message(QueueUrl=stage.queues["klaviyo"], MessageBody=body)
    with log_of(deliver) as log:
        kept = deliver.handler(stage.messages("klaviyo"), None)["batchItemFailures"]
    assert len(kept) == 1
    assert "unknown_destination" in log.getvalue()


def test_nothing_at_rest_or_in_the_log_holds_a_person_in_clear(stage, wake, deliver, esps, capsys):
    stage.happens(deliver.vault, "ada", firstName="Adamarker", phone="+442079460000")
    wake.handler(stage.changes(), None)
    bodies = [stage.messages(name) for name in stage.queues]
    esps.forced = [Response(status=400, body=b"ada@example.com is bad")] * 2
    with log_of(deliver) as log:
        for batch in bodies:
            deliver.handler(batch, None)
    assert "http_400" in log.getvalue()
    tables = [stage.dynamodb.scan(TableName=name)["Items"] for name in ("profiles", "deliveries")]
    at_rest = repr((bodies, tables)) + log.getvalue() + capsys.readouterr().out
    for marker in ("ada@example.com", "Adamarker", "+442079460000", *SECRETS.values()):
        assert marker not in at_rest


def test_the_deliver_function_refuses_to_start_with_a_destination_nobody_wrote(stage, monkeypatch):
    environment = stage.deliver.to_env() | {"DESTINATIONS": '{"braze": {"secret": "x"}}'}
    with pytest.raises(NeedsHuman, match="unknown_destination: no definition is called braze"):
        load("activation/deliver", environment, monkeypatch)
