"""Confirming subscriptions: in the topic's region, and what SNS's refusals mean."""

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from moto import mock_aws

from millrace.adapters.aws import client
from millrace.adapters.sns import SnsSubscriptions
from millrace.errors import NeedsHuman, RetryLater

TOPIC = "arn:aws:sns:eu-west-1:111122223333:ses-events"


class Sns:
    def __init__(self, error=None):
        self.error, self.calls = error, []

    def confirm_subscription(self, **arguments):
        self.calls.append(arguments)
        if self.error:
            raise self.error


def refusal(code):
    return ClientError({"Error": {"Code": code}}, "ConfirmSubscription")


def test_it_is_confirmed_in_the_topics_region_so_that_nobody_else_can_end_it():
    sns, regions = Sns(), []
    SnsSubscriptions(lambda region: regions.append(region) or sns).confirm(TOPIC, "t")
    assert regions == ["eu-west-1"]
    assert sns.calls == [{"TopicArn": TOPIC, "Token": "t", "AuthenticateOnUnsubscribe": "true"}]


@pytest.mark.parametrize("code", ["AuthorizationError", "InvalidParameter", "NotFound"])
def test_a_refusal_needs_a_human(code):
    with pytest.raises(NeedsHuman, match="confirmation_refused"):
        SnsSubscriptions(lambda _region: Sns(refusal(code))).confirm(TOPIC, "t")


@pytest.mark.parametrize(
    "error", [refusal("InternalError"), refusal("Throttled"), ConnectTimeoutError(endpoint_url="x")]
)
def test_anything_else_may_work_later(error):
    with pytest.raises(RetryLater, match="confirmation_unavailable"):
        SnsSubscriptions(lambda _region: Sns(error)).confirm(TOPIC, "t")


@mock_aws
def test_moto_knows_the_call():
    topic = client("sns", region="eu-west-1").create_topic(Name="ses-events")["TopicArn"]
    SnsSubscriptions().confirm(topic, "token")
