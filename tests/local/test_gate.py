"""The gate in front of real botocore calls."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from local.clock import LocalClock
from local.cloud import ENVIRONMENT, Cloud, moto_running, only_environment
from local.gate import Role, guard, report
from local.needs import Names
from local.policy import statements_of

QUEUE = "arn:aws:sqs:us-east-1:123456789012:wakes"


@pytest.fixture
def cloud():
    with only_environment(ENVIRONMENT), moto_running(LocalClock(0), 7):
        yield Cloud()


def guarded(cloud, *statements):
    role = Role("activation/wake", statements_of({"Statement": list(statements)}), Names())
    session, seen = cloud.session(), []
    guard(session, role, lambda *call: seen.append(call[:2]))
    return role, session, seen


def allow(action, resource):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def test_an_allowed_call_reaches_moto_and_its_grant_is_used(cloud):
    url = cloud.client("sqs").create_queue(QueueName="wakes")["QueueUrl"]
    role, session, seen = guarded(cloud, allow(["sqs:SendMessage", "sqs:PurgeQueue"], QUEUE))
    session.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    assert seen == [("sqs", "SendMessage")]
    assert report([role]) == {
        "refused": [],
        "unused": [{"function": "activation/wake", "action": "sqs:PurgeQueue", "resource": QUEUE}],
        "used": [{"function": "activation/wake", "action": "sqs:SendMessage", "resource": QUEUE}],
    }


def test_a_refused_call_never_reaches_moto_and_says_why(cloud):
    url = cloud.client("sqs").create_queue(QueueName="wakes")["QueueUrl"]
    role, session, seen = guarded(cloud, allow("sqs:SendMessage", QUEUE + "-other"))
    with pytest.raises(ClientError) as refused:
        session.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "is not authorized to perform: sqs:SendMessage on resource" in str(refused.value)
    assert seen == []
    waiting = cloud.client("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert waiting["Attributes"]["ApproximateNumberOfMessages"] == "0"
    assert [refusal.action for refusal in role.refusals] == ["sqs:SendMessage"]


def test_s3_refuses_with_its_own_code(cloud):
    cloud.client("s3").create_bucket(Bucket="lake")
    _, session, _ = guarded(cloud, allow("s3:PutObject", "arn:aws:s3:::lake/events/*"))
    with pytest.raises(ClientError) as refused:
        session.client("s3").put_object(Bucket="lake", Key="other", Body=b"x")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_a_service_that_is_not_played_is_said_in_a_sentence(cloud):
    _, session, _ = guarded(cloud, allow("*", "*"))
    with pytest.raises(ClientError, match="does not play athena"):
        session.client("athena").list_work_groups()
