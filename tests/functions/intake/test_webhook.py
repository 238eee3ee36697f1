"""functions/intake/webhook: the unmodified handler file on moto, called as API Gateway does."""

import base64
import json

import pytest
from moto import mock_aws

from millrace.adapters.aws import client
from millrace.adapters.failed_events import CONTEXT
from millrace.settings import IntakeWebhookSettings, WebhookSettings
from tests.functions.intake.stage import Stage
from tests.functions.profiles.stage import load
from tests.sources.signing import TEXT, URL, milliseconds
from tests.sources.vendors import VENDORS
from tests.sources.vendors.hubspot import hubspot
from tests.sources.vendors.stripe import stripe

CUSTOMER = json.dumps(
    {
        "id": "evt_1",
        "type": "customer.updated",
        "created": 1769442352,
        "data": {"object": {"id": "cus_1", "object": "customer", "email": "jenny@example.com"}},
    }
).encode()


class Deployed(Stage):
    def __init__(self, monkeypatch):
        super().__init__()
        self.secrets = client("secretsmanager")
        for name in ("stripe", "hubspot", "postmark", "sendgrid"):
            self.secrets.create_secret(Name=name, SecretString=json.dumps({"secret": TEXT}))
        settings = IntakeWebhookSettings(
            **self.settings,
            webhook_tokens_table="tokens",
            webhooks={
                "stripe": WebhookSettings(definition="stripe", secret="stripe"),
                "shop": WebhookSettings(definition="stripe", secret="stripe"),
                "hubspot": WebhookSettings(definition="hubspot", secret="hubspot", url=URL),
                "postmark": WebhookSettings(definition="postmark", secret="postmark"),
                "sendgrid": WebhookSettings(definition="sendgrid", secret="sendgrid"),
            },
        )
        self.module = load("intake/webhook", settings.to_env(), monkeypatch)
        self.vault = self.module.doors.intake.vault

    @property
    def now(self):
        return self.module.doors.intake.clock.now_ms()

    def call(self, source, posted=None, *, method="POST", is_binary=True):
        headers = {} if posted is None else {key.lower(): v for key, v in posted.headers.items()}
        body = b"" if posted is None else posted.body
        event = {
            "version": "2.0",
            "routeKey": f"{method} /v1/webhooks/{{source}}",
            "rawPath": f"/v1/webhooks/{source}",
            "headers": headers,
            "pathParameters": {"source": source},
            "requestContext": {
                "http": {"method": method, "sourceIp": "203.0.113.9"},
                "requestId": "r1",
                "domainName": "api.example.com",
            },
            "body": base64.b64encode(body).decode() if is_binary else body.decode(),
            "isBase64Encoded": is_binary,
        }
        return self.module.handler(json.loads(json.dumps(event)), None)


@pytest.fixture
def deployed(monkeypatch):
    with mock_aws():
        yield Deployed(monkeypatch)


@pytest.mark.parametrize("is_binary", [True, False])
def test_a_signed_event_is_in_the_stream(deployed, capsys, is_binary):
    posted = stripe(CUSTOMER, TEXT, deployed.now)
    result = deployed.call("stripe", posted, is_binary=is_binary)
    assert (result["statusCode"], result["body"]) == (200, '{"success":true}')
    (event,) = deployed.events(deployed.vault)
    assert (event.source, event.type, event.message_id) == ("stripe", "identify", "stripe:evt_1")
    assert event.traits == {"email": "jenny@example.com"}
    assert event.context["webhook"]["payload"] == json.loads(CUSTOMER)
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 1  # the metrics, and nothing per event
    assert "jenny" not in out


def test_a_second_account_of_a_vendor_is_a_source_of_its_own(deployed):
    deployed.call("shop", stripe(CUSTOMER, TEXT, deployed.now))
    assert [event.source for event in deployed.events(deployed.vault)] == ["shop"]


def test_an_unsigned_event_is_nowhere(deployed, capsys):
    result = deployed.call("stripe", stripe(CUSTOMER, TEXT + "x", deployed.now))
    assert result["statusCode"] == 401
    assert json.loads(result["body"])["code"] == "signature_mismatch"
    assert (deployed.events(deployed.vault), deployed.failed()) == ([], [])
    assert "RequestsRefused" in capsys.readouterr().out


def test_the_registered_address_comes_from_the_configuration(deployed):
    body = b'[{"subscriptionType":"contact.creation","portalId":1,"objectId":2,"eventId":3}]'
    result = deployed.call("hubspot", hubspot(body, TEXT, milliseconds(deployed.now)))
    assert result["statusCode"] == 200
    assert len(deployed.events(deployed.vault)) == 1


def test_the_previous_secret_is_valid_during_a_rotation(deployed):
    both = json.dumps({"secret": "new", "previous": TEXT})
    deployed.secrets.put_secret_value(SecretId="stripe", SecretString=both)
    for secret, status in ((TEXT, 200), ("new", 200), ("old", 401)):
        posted = stripe(CUSTOMER, secret, deployed.now)
        assert deployed.call("stripe", posted)["statusCode"] == status


def test_a_secret_that_is_no_public_key_is_our_fault_and_not_the_vendors(deployed, capsys):
    result = deployed.call("sendgrid", VENDORS["sendgrid"].sign(b"[]", TEXT, deployed.now))
    assert result["statusCode"] == 503
    assert TEXT not in capsys.readouterr().out


def test_poison_is_kept_sealed_and_the_feed_goes_on(deployed):
    posted = VENDORS["postmark"].sign(b"{broken", TEXT, deployed.now)
    assert deployed.call("postmark", posted)["statusCode"] == 200
    (failed,) = deployed.failed()
    assert (failed["code"], failed["source"]) == ("invalid_json", "postmark")
    assert deployed.vault.open(base64.b64decode(failed["payload"]), context=CONTEXT) == b"{broken"


def test_a_secret_that_was_changed_a_minute_ago_is_read_anew(deployed, monkeypatch):
    assert deployed.call("stripe", stripe(CUSTOMER, TEXT, deployed.now))["statusCode"] == 200
    deployed.secrets.put_secret_value(SecretId="stripe", SecretString='{"secret": "new"}')
    clock = deployed.module.doors.intake.clock
    now = clock.now_ms()
    assert deployed.call("stripe", stripe(CUSTOMER, "new", now))["statusCode"] == 401
    monkeypatch.setattr(type(clock), "now_ms", lambda _self: now + 60_000)
    assert deployed.call("stripe", stripe(CUSTOMER, "new", now + 60_000))["statusCode"] == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_probes_are_answered(deployed, method):
    assert deployed.call("postmark", method=method)["statusCode"] == 200
    assert deployed.call("nobody", method=method)["statusCode"] == 404
