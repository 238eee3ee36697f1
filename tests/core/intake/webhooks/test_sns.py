"""Amazon SNS: certificates, topics of ours only, and subscriptions confirmed through the API."""

import json

import pytest

from millrace.errors import NeedsHuman, RetryLater
from tests.sources.door import Door, samples
from tests.sources.vendors.ses import CERTIFICATE_URL, TOPIC, sns_message, sns_signed

CONTENT = next(iter(samples("ses"))).content.decode()
CONTROL = {
    "Message": "You have chosen to subscribe to the topic.",
    "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t",
    "Token": "the-token",
}


@pytest.fixture
def door():
    return Door("ses")


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_versions_of_the_signature_are_taken(door, version):
    assert door.take(sns_signed(sns_message(Message=CONTENT, SignatureVersion=version)))


@pytest.mark.parametrize("subject", [None, "", "Amazon SES Email Event Notification"])
def test_a_subject_is_signed_only_where_there_is_one(door, subject):
    fields = {} if subject is None else {"Subject": subject}
    assert door.take(sns_signed(sns_message(Message=CONTENT, **fields)))


def test_a_null_subject_is_none(door):
    signed = json.loads(sns_signed(sns_message(Message=CONTENT)).body)
    posted = sns_signed(sns_message(Message=CONTENT)).but(
        body=json.dumps({**signed, "Subject": None}).encode()
    )
    assert door.take(posted)


def test_a_subscription_to_our_topic_is_confirmed_through_the_api(door):
    message = sns_message(Type="SubscriptionConfirmation", **CONTROL)
    assert door.post(sns_signed(message)).status == 200
    assert door.subscriptions.confirmed == [(TOPIC, "the-token")]
    assert door.certificates.asked == [CERTIFICATE_URL]
    assert not door.sink.records


def test_a_subscription_to_another_topic_is_neither_confirmed_nor_looked_at(door):
    foreign = TOPIC.replace("111122223333", "999988887777")
    message = sns_message(Type="SubscriptionConfirmation", TopicArn=foreign, **CONTROL)
    assert door.post(sns_signed(message)).status == 403
    assert door.is_untouched
    assert door.certificates.asked == []


@pytest.mark.parametrize(
    "error",
    [RetryLater("confirmation_unavailable", "x"), NeedsHuman("confirmation_refused", "x")],
)
def test_a_confirmation_that_fails_is_asked_for_again(door, error):
    door.subscriptions.failing = error
    message = sns_message(Type="SubscriptionConfirmation", **CONTROL)
    assert door.post(sns_signed(message)).status == 503
    assert door.reported == [error]


def test_the_end_of_a_subscription_is_reported_and_not_undone(door):
    message = sns_message(Type="UnsubscribeConfirmation", **CONTROL)
    assert door.post(sns_signed(message)).status == 200
    assert door.is_untouched
    assert [error.code for error in door.reported] == ["subscription_ended"]


def test_the_greeting_of_ses_is_no_event(door):
    greeting = "Successfully validated SNS topic for Amazon SES event publishing."
    assert door.post(sns_signed(sns_message(Message=greeting))).status == 200
    assert door.is_untouched


def test_a_message_that_is_no_event_is_kept_whole(door):
    posted = sns_signed(sns_message(Message="hello"))
    assert door.post(posted).status == 200
    assert [failed.payload for failed in door.failed.kept] == [posted.body]


def test_without_a_list_of_topics_none_is_trusted():
    door = Door("ses", topics=())
    assert door.post(sns_signed(sns_message(Message=CONTENT))).status == 503
    assert door.is_untouched
    assert [error.code for error in door.reported] == ["topics_missing"]


def test_without_the_certificate_nothing_is_taken_and_sns_comes_again(door):
    door.certificates.certificates.clear()
    response = door.post(sns_signed(sns_message(Message=CONTENT)))
    assert response.status == 503
    assert door.is_untouched


@pytest.mark.parametrize("pem", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n"])
def test_what_is_no_certificate_proves_nothing(door, pem):
    door.certificates.certificates[CERTIFICATE_URL] = pem
    assert door.post(sns_signed(sns_message(Message=CONTENT))).status == 403
    assert door.is_untouched


def test_several_recipients_are_several_people_and_one_tag_ties_none_of_them(door):
    content = {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bouncedRecipients": [{"emailAddress": "a@example.com"}, {"emailAddress": "b@b.com"}],
        },
        "mail": {"destination": ["a@example.com", "b@b.com"], "tags": {"user_id": ["cust-7"]}},
    }
    events = door.take(json.dumps(content).encode())
    assert {event.anchor.value for event in events} == {"a@example.com", "b@b.com"}
    assert len({event.message_id for event in events}) == 2
