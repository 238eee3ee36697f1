"""functions/intake/receive: the unmodified handler file on moto, called as an SQS mapping does."""

import base64
import json

import pytest
from moto import mock_aws

from millrace.adapters.failed_events import CONTEXT
from millrace.settings import IntakeReceiveSettings, WebhookSettings
from tests.functions.intake.stage import Stage
from tests.functions.profiles.stage import load
from tests.sources.door import samples
from tests.sources.queued import FORMS

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:millrace-test-source-mail"
SENT_AT = 1769442352000
DELIVERY = next(one for one in samples("ses") if one.name == "delivery").content
PERSON = json.loads(DELIVERY)["delivery"]["recipients"][0]


def message(number, body):
    return {
        "messageId": f"m{number}",
        "receiptHandle": "r",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(SENT_AT)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE,
        "awsRegion": "eu-west-1",
    }


class Deployed(Stage):
    def __init__(self, monkeypatch):
        super().__init__()
        settings = IntakeReceiveSettings(
            **self.settings,
            webhooks={"mail": WebhookSettings(definition="ses", secret="")},
            source_queues={"mail": QUEUE},
        )
        self.module = load("intake/receive", settings.to_env(), monkeypatch)
        self.vault = self.module.doors.intake.vault

    def receive(self, *bodies):
        """The ids that have to come again."""
        records = [message(number, body) for number, body in enumerate(bodies)]
        answer = self.module.handler({"Records": records}, None)
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


@pytest.fixture
def deployed(monkeypatch):
    with mock_aws():
        yield Deployed(monkeypatch)


@pytest.mark.parametrize("form", FORMS)
def test_what_aws_put_there_is_in_the_stream_and_no_log_names_the_person(deployed, capsys, form):
    assert deployed.receive(form(DELIVERY)) == []
    (event,) = deployed.events(deployed.vault)
    assert (event.source, event.name) == ("mail", "Email Delivered")
    assert event.received_at == SENT_AT
    out = capsys.readouterr().out
    assert len(out.splitlines()) == 1  # the metrics, and nothing per event
    assert PERSON not in out


def test_what_cannot_be_used_is_kept_sealed_and_the_rest_goes_on(deployed):
    assert deployed.receive("{broken", DELIVERY.decode()) == []
    (failed,) = deployed.failed()
    assert (failed["code"], failed["source"]) == ("invalid_json", "mail")
    assert deployed.vault.open(base64.b64decode(failed["payload"]), context=CONTEXT) == b"{broken"
    assert len(deployed.events(deployed.vault)) == 1


def test_what_cannot_be_stored_comes_again_and_no_log_names_the_person(deployed, capsys):
    deployed.break_every_rung()
    assert deployed.receive(DELIVERY.decode(), DELIVERY.decode()) == ["m0", "m1"]
    assert PERSON not in capsys.readouterr().out
