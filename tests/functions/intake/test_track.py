"""functions/intake/track: the unmodified handler file, on moto, called as API Gateway calls it."""

import base64
import json

import pytest
from moto import mock_aws

from millrace.adapters.aws import client
from millrace.adapters.failed_events import CONTEXT
from millrace.events import open_envelope
from millrace.intake.overflow import unpack
from millrace.settings import IntakeTrackSettings, SourceSettings
from tests.functions.intake.stage import Stage
from tests.functions.profiles.stage import load

AUTH = {"Authorization": "Basic " + base64.b64encode(b"wk_1:").decode()}


class Deployed(Stage):
    def __init__(self, monkeypatch):
        super().__init__()
        client("secretsmanager").create_secret(
            Name="millrace/test/sources/website", SecretString='{"secret": "wk_1"}'
        )
        settings = IntakeTrackSettings(
            **self.settings,
            sources={"website": SourceSettings(secret="millrace/test/sources/website")},
        )
        self.module = load("intake/track", settings.to_env(), monkeypatch)
        self.vault = self.module.doors.vault

    def call(self, route, body="", *, path=None, query=None, headers=None, parameters=None):
        method, _, template = route.partition(" ")
        is_bytes = isinstance(body, bytes)
        event = {
            "version": "2.0",
            "routeKey": route,
            "rawPath": path or template,
            "headers": AUTH if headers is None else headers,
            "queryStringParameters": query,
            "pathParameters": parameters,
            "requestContext": {
                "http": {"method": method, "path": path or template, "sourceIp": "203.0.113.9"},
                "requestId": "r1",
                "domainName": "api.example.com",
            },
            "body": base64.b64encode(body).decode() if is_bytes else body,
            "isBase64Encoded": is_bytes,
        }
        return self.module.handler(json.loads(json.dumps(event)), None)


@pytest.fixture
def deployed(monkeypatch):
    with mock_aws():
        yield Deployed(monkeypatch)


def metrics_in(text: str) -> dict[str, float]:
    lines = [json.loads(line) for line in text.splitlines() if '"_aws"' in line]
    return {
        name: line[name][0]
        for line in lines
        for name in ("EventsReceived", "EventsFailed", "RequestsRefused")
        if name in line
    }


def test_a_batch_is_in_the_stream_and_its_bad_event_in_the_bucket(deployed, capsys):
    bad = '{"type": "track", "userId": "u2", "event": "e", "properties": {"x": NaN}}'
    body = '{"batch": [{"type": "track", "userId": "u1", "event": "good"}, ' + bad + "]}"
    result = deployed.call("POST /v1/batch", body)
    assert (result["statusCode"], result["body"]) == (200, '{"success":true}')
    (event,) = deployed.events(deployed.vault)
    assert (event.name, event.source, event.context) == ("good", "website", {"ip": "203.0.113.9"})
    (failed,) = deployed.failed()
    assert failed["code"] == "non_finite_number"
    payload = deployed.module.doors.vault.open(base64.b64decode(failed["payload"]), context=CONTEXT)
    assert payload == bad.encode()
    out = capsys.readouterr().out
    assert metrics_in(out) == {"EventsReceived": 2, "EventsFailed": 1}
    assert len(out.splitlines()) == 1  # the metrics, and nothing per event


def test_a_body_in_base64_is_the_same_body(deployed):
    deployed.call("POST /v1/track", b'{"userId": "u1", "event": "\xf0\x9f\x98\x80"}')
    assert [event.name for event in deployed.events(deployed.vault)] == ["😀"]


def test_a_wrong_key_is_401(deployed, capsys):
    result = deployed.call("POST /v1/track", '{"userId": "u1", "event": "e"}', headers={})
    assert result["statusCode"] == 401
    assert json.loads(result["body"])["code"] == "invalid_write_key"
    assert metrics_in(capsys.readouterr().out) == {"RequestsRefused": 1}


def test_a_pixel_is_an_image_in_base64(deployed):
    result = deployed.call(
        "GET /v1/pixel/{type}",
        path="/v1/pixel/track",
        parameters={"type": "track"},
        query={"writeKey": "wk_1", "userId": "u1", "event": "Email Opened"},
        headers={},
    )
    assert (result["statusCode"], result["headers"]["content-type"]) == (200, "image/gif")
    assert result["isBase64Encoded"] is True
    assert base64.b64decode(result["body"]).startswith(b"GIF89a")
    assert [event.name for event in deployed.events(deployed.vault)] == ["Email Opened"]


def test_the_settings_of_the_tag_name_the_host(deployed):
    result = deployed.call(
        "GET /v1/projects/{writeKey}/settings",
        path="/v1/projects/wk_1/settings",
        parameters={"writeKey": "wk_1"},
        headers={"host": "127.0.0.1:8787"},
    )
    segment = json.loads(result["body"])["integrations"]["Segment.io"]
    assert (segment["apiHost"], segment["protocol"]) == ("127.0.0.1:8787/v1", "http")


def waiting(deployed):
    """The records that a message of the overflow queue holds, opened."""
    messages = deployed.sqs.receive_message(QueueUrl=deployed.queue_url).get("Messages", [])
    vault = deployed.module.doors.vault
    return [
        event
        for message in messages
        for record in unpack(message["Body"])
        for event in open_envelope(record.data, vault).events
    ]


def test_what_a_stream_that_is_gone_does_not_take_waits_in_the_queue(deployed, capsys):
    deployed.kinesis.delete_stream(StreamName="events")
    result = deployed.call("POST /v1/track", '{"userId": "marker-user", "event": "e"}')
    assert (result["statusCode"], result["body"]) == (200, '{"success":true}')
    assert [event.name for event in waiting(deployed)] == ["e"]
    out = capsys.readouterr()
    assert '"EventsDetoured":[1.0]' in out.out
    assert "marker-user" not in out.out + out.err


def test_without_stream_and_queue_events_wait_in_the_bucket(deployed):
    deployed.kinesis.delete_stream(StreamName="events")
    deployed.sqs.delete_queue(QueueUrl=deployed.queue_url)
    assert deployed.call("POST /v1/track", '{"userId": "u", "event": "e"}')["statusCode"] == 200
    (found,) = deployed.s3.list_objects_v2(Bucket="overflow")["Contents"]
    assert found["Key"].startswith("overflow/day=")
    body = deployed.s3.get_object(Bucket="overflow", Key=found["Key"])["Body"].read()
    assert len(unpack(body)) == 1


def test_when_nothing_takes_events_it_is_503_and_says_so_without_data(deployed, caplog):
    deployed.break_every_rung()
    result = deployed.call("POST /v1/track", '{"userId": "marker-user", "event": "e"}')
    assert result["statusCode"] == 503
    assert int(result["headers"]["retry-after"]) >= 1
    (logged,) = [record for record in caplog.records if record.name == "intake/track"]
    assert (logged.code, logged.error) == ("stream_unavailable", "NotAllWritten")
    assert "marker-user" not in str(vars(logged))
