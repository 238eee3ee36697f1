"""A source's own queue: who may write there, who reads it, and what the config may say of it."""

import re

import pytest

from infra.environment import Environment, load_environment
from infra.erasing import remains_hours
from infra.source import Source
from millrace.errors import NeedsHuman
from tests.infra.conftest import as_list, flat

TOPIC = "arn:aws:sns:eu-west-1:111122223333:ses-events"
QUEUED = Environment(
    sources={
        "ses": Source(queue=True, topics=(TOPIC,)),
        "alerts": Source(queue=True, webhook="ses"),
    }
)


@pytest.fixture(scope="module")
def queued(other):
    return other(QUEUED)


def name_of(arn):
    return re.search(r"millrace-prod-source-[a-z]+", flat(arn))[0]


def let_in(made):
    """(queue, service, conditions) of every service that may send."""
    found = []
    for policy in made.of_type("AWS::SQS::QueuePolicy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow" and "SourceQueue" in flat(statement["Resource"]):
                service = statement["Principal"]["Service"].partition(".")[0]
                assert as_list(statement["Action"]) == ["sqs:SendMessage"]
                found.append((flat(statement["Resource"]), service, statement["Condition"]))
    return found


def test_only_the_topics_of_a_source_and_eventbridge_of_this_account_may_write(queued):
    account = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    told = {(("ses" if "queueses" in name.lower() else "alerts"), service): conditions
            for name, service, conditions in let_in(queued)}  # fmt: skip
    assert told == {
        ("ses", "sns"): {"ArnEquals": {"aws:SourceArn": [TOPIC]}},
        ("ses", "events"): account,
        ("alerts", "events"): account,
    }


def test_they_may_use_the_key_for_that_queue_and_for_nothing_else(queued, other):
    def granted(made):
        (key,) = made.of_type("AWS::KMS::Key").values()
        return [
            name_of(each["Condition"]["StringEquals"]["kms:EncryptionContext:aws:sqs:arn"])
            for each in key["Properties"]["KeyPolicy"]["Statement"]
            if "events.amazonaws.com" in str(each["Principal"])
        ]

    assert granted(queued) == [
        "millrace-prod-source-ses",
        "millrace-prod-source-alerts",
    ]
    assert granted(other(Environment(sources={"ses": Source(topics=(TOPIC,))}))) == []


def test_every_queue_is_read_by_the_one_function_in_batches_of_which_parts_may_fail(queued):
    names = set()
    for mapping in queued.of_type("AWS::Lambda::EventSourceMapping").values():
        source = flat(mapping["Properties"]["EventSourceArn"])
        if "-source-" in source:
            assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
            names.add(name_of(source))
    assert names == {"millrace-prod-source-ses", "millrace-prod-source-alerts"}
    assert "intake/receive" in queued.functions()


def test_a_message_has_time_to_be_taken_and_days_to_wait(queued):
    timeout = queued.functions()["intake/receive"]["Properties"]["Timeout"]
    queues = {
        each["Properties"]["QueueName"]: each["Properties"]
        for each in queued.of_type("AWS::SQS::Queue").values()
        if "-source-" in each["Properties"].get("QueueName", "")
    }
    assert len(queues) == 4
    for name, queue in queues.items():
        assert queue["MessageRetentionPeriod"] == 14 * 86_400
        assert "KmsMasterKeyId" in queue
        if not name.endswith("-dead"):
            assert queue["VisibilityTimeout"] >= 6 * timeout
            assert "deadLetterTargetArn" in queue["RedrivePolicy"]


def test_without_a_queue_the_function_reads_nothing(other):
    made = other(Environment(sources={"ses": Source(topics=(TOPIC,))}))
    statements = [each for folder, each in made.statements() if folder == "intake/receive"]
    assert "sqs:ReceiveMessage" not in str(statements)
    assert "-source-" not in str(made.of_type("AWS::Lambda::EventSourceMapping"))


def test_a_source_that_no_queue_can_feed_is_refused_with_those_that_can_be(tmp_path):
    path = tmp_path / "stage.toml"
    for text in ("[sources.stripe]\nqueue = true\n", "[sources.website]\nqueue = true\n"):
        path.write_text(text)
        with pytest.raises(NeedsHuman) as caught:
            load_environment(path)
        name = text.split("]")[0].removeprefix("[sources.")
        assert caught.value.message == (
            f"{path}, line 2: `{name}` cannot come by a queue; allowed: webhooks of ses"
        )


def test_a_certificate_counts_the_days_in_it_only_where_there_is_one():
    without, with_queue = (
        remains_hours(Environment(sources={"website": Source()})),
        remains_hours(QUEUED),
    )
    assert "source_queues" not in without
    assert with_queue.pop("source_queues") == 14 * 24
    later = {name for name, hours in without.items() if with_queue[name] != hours}
    assert later == {"overflow_queue", "events_stream", "parked"}
    assert all(with_queue[name] == without[name] + 14 * 24 for name in later)
