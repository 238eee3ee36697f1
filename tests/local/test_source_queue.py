"""A source's queue in the local run. SNS is moto's; of EventBridge there is only the envelope."""

import json
from itertools import count

import pytest

from tests.local.crowd import without_pauses
from tests.sources.door import samples
from tests.sources.queued import by_eventbridge

DELIVERY = next(one for one in samples("ses") if one.name == "delivery").content
_numbers = count()


@pytest.fixture
def aws(engine):
    without_pauses(engine)
    return engine.cloud.client


@pytest.fixture
def queue(engine):
    return engine.outputs["SourceQueueSes"]


def a_delivery():
    """SES's event of somebody new."""
    content, email = json.loads(DELIVERY), f"ann{next(_numbers)}@example.com"
    content["mail"] |= {"destination": [email], "messageId": email, "tags": {}}
    content["delivery"]["recipients"] = [email]
    return json.dumps(content), email


def url_of(queue, aws):
    return aws("sqs").get_queue_url(QueueName=queue.rsplit(":", 1)[1])["QueueUrl"]


def gained(engine, before):
    after = engine.ledger()
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def delivered(ask, email):
    return ask.profile(f"email:{email}")["counters"]


@pytest.mark.parametrize("is_raw", ["false", "true"])
def test_a_topic_that_is_subscribed_to_it_reaches_the_profile(engine, ask, aws, queue, is_raw):
    topic = aws("sns").create_topic(Name=f"ses-events-{is_raw}")["TopicArn"]
    aws("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue,
        Attributes={"RawMessageDelivery": is_raw},
    )
    before, (content, email) = engine.ledger(), a_delivery()
    aws("sns").publish(TopicArn=topic, Message=content)
    engine.settle()
    assert gained(engine, before) == {"received": 1, "applied": 1}
    assert delivered(ask, email) == {"Email Delivered": 1}


def test_what_eventbridge_puts_there_reaches_the_profile(engine, ask, aws, queue):
    before, (content, email) = engine.ledger(), a_delivery()
    body = by_eventbridge(content.encode())
    aws("sqs").send_message(QueueUrl=url_of(queue, aws), MessageBody=body)
    engine.settle()
    assert gained(engine, before) == {"received": 1, "applied": 1}
    assert delivered(ask, email) == {"Email Delivered": 1}


def test_a_message_that_comes_twice_counts_once(engine, ask, aws, queue):
    before, (content, email) = engine.ledger(), a_delivery()
    for _ in range(2):
        aws("sqs").send_message(QueueUrl=url_of(queue, aws), MessageBody=content)
    engine.settle()
    assert gained(engine, before) == {"received": 2, "applied": 1, "duplicate": 1}
    assert delivered(ask, email) == {"Email Delivered": 1}


def test_what_cannot_be_used_is_a_failed_event(engine, aws, queue):
    before = engine.ledger()
    aws("sqs").send_message(QueueUrl=url_of(queue, aws), MessageBody="hello")
    engine.settle()
    assert gained(engine, before) == {"received": 1, "failed": 1}


def test_while_every_rung_fails_messages_wait_and_none_is_lost(engine, ask, aws, queue):
    before, people = engine.ledger(), []
    for _ in range(12):
        content, email = a_delivery()
        aws("sqs").send_message(QueueUrl=url_of(queue, aws), MessageBody=content)
        people.append(email)
    engine.fail_service("kinesis", times=3)
    engine.fail_service("s3", times=3)
    engine.settle()
    assert engine.ledger()["applied"] - before["applied"] == len(people)
    assert engine.ledger()["balance"] == 0
    assert all(delivered(ask, email) == {"Email Delivered": 1} for email in people)
