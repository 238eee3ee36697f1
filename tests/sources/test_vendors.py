"""The vendors' own code signs for us and verifies beside us: same input, same verdict."""

import json
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook as StandardWebhook

from tests.sources.attacks import on_the_body, on_the_signature
from tests.sources.door import Door, samples
from tests.sources.signing import NOW_MS, OTHER_WHSEC, TEXT, URL, WHSEC, Posted
from tests.sources.sns_attacks import on_mailgun
from tests.sources.vendors.sendgrid import public_key

with warnings.catch_warnings():  # their imports warn of each other's deprecations
    warnings.simplefilter("ignore")
    import async_customerio
    import resend
    import stripe
    from hubspot.utils.signature import Signature as HubSpotSignature
    from mailgun.security import SecurityGuard
    from sendgrid.helpers.eventwebhook import EventWebhook
    from svix.webhooks import Webhook as SvixWebhook

PUBLISHED = Path(__file__).parent / "vectors"
NOW = NOW_MS // 1000
SENDGRID_HEADERS = (
    "X-Twilio-Email-Event-Webhook-Signature",
    "X-Twilio-Email-Event-Webhook-Timestamp",
)


def content(name):
    return next(sample for sample in samples(name) if sample.events()["events"]).content


def published(name):
    return json.loads((PUBLISHED / f"{name}.json").read_text())


class Frozen(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.fromtimestamp(NOW, tz)


@pytest.fixture
def at_now(monkeypatch):
    """Vendors' code asks the machine for the time."""
    monkeypatch.setattr("time.time", lambda: float(NOW))
    monkeypatch.setattr("hubspot.utils.signature.datetime", Frozen)
    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Frozen)


# published vectors


@pytest.mark.parametrize("vector", ["sendgrid-1", "sendgrid-2-multi"])
def test_sendgrids_published_vectors_are_taken_and_no_bit_less(vector):
    found = published(vector)
    at = int(found["headers"]["X-Twilio-Email-Event-Webhook-Timestamp"]) * 1000
    key = found["secret"]["public_key_base64_der"]
    posted = Posted(found["body"].encode(), found["headers"])
    door = Door("sendgrid", secret=key, at=at)
    assert len(door.take(posted)) == found["body"].count("sg_event_id")
    signature, timestamp = (found["headers"][name] for name in SENDGRID_HEADERS)
    assert EventWebhook(key).verify_signature(found["body"], signature, timestamp)
    without_line_break = posted.but(body=posted.body.rstrip())
    assert Door("sendgrid", secret=key, at=at).post(without_line_break).status == 401


def test_the_published_vector_of_standard_webhooks_is_taken():
    found = published("standardwebhooks")
    at = int(found["headers"]["webhook-timestamp"]) * 1000
    door = Door("standard", secret=found["secret"], at=at)
    posted = Posted(found["body"].encode(), found["headers"])
    assert door.post(posted).status == 200
    assert [event.code for event in door.failed.kept] == ["no_identifier"]  # it is {"test": ...}


# signed by the vendor's code


def test_what_stripe_signs_is_taken():
    body = content("stripe")
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), TEXT, timestamp=NOW)
    assert Door("stripe").take(Posted(body, {"Stripe-Signature": header}))


def test_what_hubspots_client_signs_is_taken():
    body = content("hubspot")
    signed = HubSpotSignature.get_signature(TEXT, body.decode(), "v3", URL, "POST", str(NOW_MS))
    headers = {"X-HubSpot-Signature-v3": signed, "X-HubSpot-Request-Timestamp": str(NOW_MS)}
    assert Door("hubspot").take(Posted(body, headers))


@pytest.mark.parametrize(
    ("name", "prefix", "webhook"),
    [("resend", "svix", SvixWebhook), ("standard", "webhook", StandardWebhook)],
)
def test_what_svix_and_standard_webhooks_sign_is_taken(name, prefix, webhook):
    body = content(name)
    signed = webhook(WHSEC).sign("msg_1", datetime.fromtimestamp(NOW, UTC), body.decode())
    headers = {
        f"{prefix}-id": "msg_1",
        f"{prefix}-timestamp": str(NOW),
        f"{prefix}-signature": f"v1a,AAAA {signed}",
    }
    assert Door(name).take(Posted(body, headers))


# verified by the vendor's code


def sendgrid_says(posted):
    signature, timestamp = (posted.headers[name] for name in SENDGRID_HEADERS)
    verifier = EventWebhook(public_key("mine"))
    return verifier.verify_signature(posted.body.decode(), signature, timestamp)


def stripe_says(posted):
    return stripe.WebhookSignature.verify_header(
        posted.body.decode(), posted.headers["Stripe-Signature"], TEXT, tolerance=300
    )


def resend_says(posted):
    names = ("id", "timestamp", "signature")
    headers = {name: posted.headers[f"svix-{name}"] for name in names}
    resend.Webhooks.verify(
        {"payload": posted.body.decode(), "headers": headers, "webhook_secret": WHSEC}
    )
    return True


def standard_says(posted):
    StandardWebhook(WHSEC).verify(posted.body.decode(), dict(posted.headers))
    return True


def hubspot_says(posted):
    return HubSpotSignature.is_valid(
        posted.headers["X-HubSpot-Signature-v3"],
        TEXT,
        posted.body.decode(),
        URL,
        "POST",
        "v3",
        posted.headers["X-HubSpot-Request-Timestamp"],
    )


def mailgun_says(posted):
    given = json.loads(posted.body)["signature"]
    return SecurityGuard.verify_webhook(
        TEXT, given["token"], given["timestamp"], given["signature"], max_age_seconds=90_000
    )


def customerio_says(posted):
    """Not the vendor's: HealthJoy's client for it, the one that has a verifier."""
    return async_customerio.validate_signature(
        TEXT,
        int(posted.headers["X-CIO-Timestamp"]),
        posted.body,
        posted.headers["X-CIO-Signature"],
    )


SAYS = {
    "customerio": customerio_says,
    "hubspot": hubspot_says,
    "mailgun": mailgun_says,
    "resend": resend_says,
    "sendgrid": sendgrid_says,
    "standard": standard_says,
    "stripe": stripe_says,
}


def vendor_accepts(name, posted):
    """An error of the vendor's code is a refusal too."""
    try:
        return bool(SAYS[name](posted))
    except Exception:
        return False


@pytest.mark.parametrize("name", SAYS)
def test_what_we_take_the_vendors_code_takes(name, at_now):
    posted = Door(name).sign(content(name))
    assert Door(name).take(posted)
    assert vendor_accepts(name, posted)


@pytest.mark.parametrize("name", SAYS)
def test_whatever_the_vendors_code_refuses_we_refuse(name, at_now):
    posted = Door(name).sign(content(name))
    tried = (
        on_mailgun(content(name))
        if name == "mailgun"
        else {**dict(on_the_signature(name, posted)), **dict(on_the_body(posted))}
    )
    refused = [label for label, attack in tried.items() if not vendor_accepts(name, attack)]
    assert len(refused) >= 20
    door = Door(name)
    taken = [label for label in refused if door.post(tried[label]).status == 200]
    assert taken == []


@pytest.mark.parametrize("name", ["resend", "standard"])
def test_both_refuse_another_secret(name, at_now):
    posted = Door(name).sign(content(name), secret=OTHER_WHSEC)
    assert not vendor_accepts(name, posted)
    assert Door(name).post(posted).status == 401
