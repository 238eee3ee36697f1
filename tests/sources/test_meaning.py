"""django-anymail reads the same requests: both must say the same of the same people."""

import base64
import json
import pkgutil
import warnings
from datetime import datetime

import anymail.webhooks
import django
import pytest
from django.conf import settings

from millrace.intake.webhooks import vocabulary as word
from tests.sources.door import SOURCES, Door, samples
from tests.sources.signing import NOW_MS, TEXT, URL, WHSEC
from tests.sources.vendors.sendgrid import public_key
from tests.sources.vendors.ses import sns_message

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        SECRET_KEY="x",
        DATABASES={},
        ANYMAIL={
            "WEBHOOK_SECRET": f"millrace:{TEXT}",
            "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY": public_key("mine"),
            "MAILGUN_WEBHOOK_SIGNING_KEY": TEXT,
            "RESEND_SIGNING_SECRET": WHSEC,
            "MANDRILL_WEBHOOK_KEY": TEXT,
            "MANDRILL_WEBHOOK_URL": URL,
            "AMAZON_SES_AUTO_CONFIRM_SNS_SUBSCRIPTIONS": False,
        },
    )
    django.setup()

with warnings.catch_warnings():  # it warns that SendGrid is no longer supported by it
    warnings.simplefilter("ignore")
    from anymail.signals import tracking
    from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
    from anymail.webhooks.brevo import BrevoTrackingWebhookView
    from anymail.webhooks.mailgun import MailgunTrackingWebhookView
    from anymail.webhooks.mandrill import MandrillCombinedWebhookView
    from anymail.webhooks.postmark import PostmarkTrackingWebhookView
    from anymail.webhooks.resend import ResendTrackingWebhookView
    from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
    from anymail.webhooks.sparkpost import SparkPostTrackingWebhookView
    from django.test import RequestFactory


class Frozen(datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.fromtimestamp(NOW_MS / 1000, tz)


VIEWS = {
    "brevo": BrevoTrackingWebhookView,
    "mailgun": MailgunTrackingWebhookView,
    "mandrill": MandrillCombinedWebhookView,
    "postmark": PostmarkTrackingWebhookView,
    "resend": ResendTrackingWebhookView,
    "sendgrid": SendGridTrackingWebhookView,
    "ses": AmazonSESTrackingWebhookView,
    "sparkpost": SparkPostTrackingWebhookView,
}
WORDS = {
    "queued": {word.QUEUED},
    "sent": {word.SENT},
    "rejected": {word.DROPPED},
    "failed": {word.FAILED},
    "bounced": {word.BOUNCED},
    "deferred": {word.DEFERRED},
    "delivered": {word.DELIVERED},
    "autoresponded": {word.AUTO_REPLIED},
    "opened": {word.OPENED},
    "clicked": {word.CLICKED},
    "complained": {word.SPAM},
    "unsubscribed": {word.UNSUBSCRIBED},
    "subscribed": {word.SUBSCRIBED, word.RESUBSCRIBED},
    "unknown": {"unknown"},
}
WE_KNOW_MORE = {
    ("sparkpost", "initial_open"): "Email First Opened",
    ("ses", "DeliveryDelay"): word.DEFERRED,
    ("ses", "Subscription.none"): word.UNSUBSCRIBED,
    ("resend", "contact.created"): "",
}
"""What anymail calls unknown, and we do not."""
WE_TELL_APART = {("ses", "open_of_several"), ("resend", "opened_by_one_of_two"),
                 ("resend", "sent_to_two")}  # fmt: skip
"""Of several recipients: anymail reports one event of all, we say whose it is or keep it."""


SNS = {
    "X-Amz-Sns-Message-Type": "Notification",
    "X-Amz-Sns-Message-Id": sns_message()["MessageId"],
}
HAS_EVENT_IDS = {"mailgun", "resend", "sendgrid", "ses", "sparkpost"}
NO_MAIL_EVENTS = {"inbound", "whitelist", "blacklist", "Bounce.Unknown", "Bounce.InboundError",
                  "Bounce.ManualSuppression"}  # fmt: skip


def anymail_reads(name, posted):
    """What anymail makes of a request, in its order; its view checks the signature as well."""
    seen = []

    def listen(event, **_rest):
        seen.append(event)

    basic = base64.b64encode(f"millrace:{TEXT}".encode()).decode()
    form = "application/x-www-form-urlencoded"
    request = RequestFactory().post(
        "/hook",
        posted.body,
        content_type=form if name == "mandrill" else "application/json",
        secure=True,
        headers={**posted.headers, **SNS, "Authorization": f"Basic {basic}"},
    )
    tracking.connect(listen)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            response = VIEWS[name].as_view()(request)
    finally:
        tracking.disconnect(listen)
    assert response.status_code == 200
    return seen


def comparable():
    return [
        pytest.param(sample, id=f"{name}/{sample.name}")
        for name in VIEWS
        for sample in samples(name)
        if (name, sample.name) not in WE_TELL_APART
    ]


def always_list(value):
    return value if isinstance(value, list) else [value]


def pairs(sample, theirs, ours):
    """Both lists in one order: by recipient where SES names several, else as they were sent."""
    if len({event.recipient for event in theirs}) > 1:
        by_email = {event.traits["email"]: event for event in ours}
        return [(event, by_email[event.recipient]) for event in theirs]
    content = json.loads(sample.content)
    if isinstance(content, list):
        ours = sorted(ours, key=lambda event: content.index(event.context["webhook"]["payload"]))
    return zip(theirs, ours, strict=True)


@pytest.mark.parametrize("sample", comparable())
def test_anymail_means_the_same_people_events_and_times(sample, monkeypatch):
    name = sample.source
    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Frozen)
    door = Door(name)
    posted = door.sign(sample.content, headers=sample.headers)
    bodies = [posted.body]
    if name == "brevo":  # anymail does not know its batched mode
        bodies = [json.dumps(event) for event in always_list(json.loads(posted.body))]
    theirs = [event for body in bodies for event in anymail_reads(name, posted.but(body=body))]
    ours = door.take(posted)
    assert theirs
    assert len(theirs) == len(ours)
    for their, our in pairs(sample, theirs, ours):
        kind = our.properties["vendor_event"]
        if (name, kind) in WE_KNOW_MORE:
            assert (their.event_type, our.name) == ("unknown", WE_KNOW_MORE[name, kind])
        else:
            assert our.name in WORDS[their.event_type], kind
        if their.recipient:
            assert our.traits["email"] == their.recipient.lower()
        if their.timestamp and name != "ses":  # anymail takes the time of SNS, we that of the event
            assert our.event_at == int(their.timestamp.timestamp() * 1000)
        if their.click_url:
            assert our.properties["link_url"] == their.click_url
        if name in HAS_EVENT_IDS:
            assert our.message_id in {f"{name}:{their.event_id}", f"{name}:{their.event_id}:1"}


def test_every_vendor_that_anymail_and_we_know_is_compared():
    modules = {module.name for module in pkgutil.iter_modules(anymail.webhooks.__path__)}
    known = {name.removeprefix("amazon_") for name in modules}
    assert known & set(SOURCES) == set(VIEWS)


@pytest.mark.parametrize("name", sorted(set(VIEWS) - {"ses"}))
def test_every_event_that_anymail_knows_of_a_vendor_is_in_our_table_or_in_a_sample(name):
    view = VIEWS[name]
    known = {f"Bounce.{kind}" if name == "postmark" else kind for kind in view.event_types}
    ours = set(Door(name).definition.events) | {
        event["properties"]["vendor_event"]
        for sample in samples(name)
        for event in sample.events()["events"]
    }
    missing = {kind for kind in known if not any(mine.startswith(kind) for mine in ours)}
    assert missing - NO_MAIL_EVENTS <= ({"out_of_band"} if name == "sparkpost" else set())
