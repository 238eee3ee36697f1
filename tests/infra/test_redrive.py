"""docs/runbooks/redrive.py, as on-call runs it."""

import base64
import importlib.util
import json

import pytest

from infra import ROOT

PATH = ROOT / "docs" / "runbooks" / "redrive.py"
SPEC = importlib.util.spec_from_file_location("redrive", PATH)
redrive = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(redrive)


class Bucket:
    """S3 with as much of it as a redrive uses."""

    def __init__(self, objects):
        self.objects = objects

    def get_paginator(self, _):
        return self

    def paginate(self, **_):
        return [{"Contents": [{"Key": key} for key in self.objects]}, {}]

    def get_object(self, **asked):
        return {"Body": Body(self.objects[asked["Key"]])}

    def delete_object(self, **asked):
        del self.objects[asked["Key"]]


class Body:
    def __init__(self, text):
        self.read = text.encode


class Stream:
    """Kinesis that refuses every record once."""

    def __init__(self, *, is_broken=False):
        self.taken = []
        self.refused = set()
        self.is_broken = is_broken

    def put_records(self, **asked):
        if self.is_broken:
            raise ConnectionError
        return {"Records": [self.take(record) for record in asked["Records"]]}

    def take(self, record):
        if record["Data"] in self.refused:
            self.taken.append((record["PartitionKey"], record["Data"]))
            return {}
        self.refused.add(record["Data"])
        return {"ErrorCode": "ProvisionedThroughputExceededException"}


def parked(*texts):
    records = [
        {"kinesis": {"data": base64.b64encode(text.encode()).decode(), "partitionKey": text[0]}}
        for text in texts
    ]
    return json.dumps({"requestContext": {}, "payload": json.dumps({"Records": records})})


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(redrive.time, "sleep", lambda _: None)


def test_every_parked_record_goes_back_once_with_its_own_partition_key():
    bucket, stream = (
        Bucket({"aws/lambda/1": parked("a1", "b1"), "aws/lambda/2": parked("a2")}),
        Stream(),
    )
    assert redrive.redrive("parked", "events", bucket, stream, None) == 3
    assert stream.taken == [("a", b"a1"), ("b", b"b1"), ("a", b"a2")]
    assert bucket.objects == {}


def test_a_batch_stays_parked_until_the_stream_has_taken_all_of_it():
    bucket = Bucket({"aws/lambda/1": parked("a1")})
    with pytest.raises(ConnectionError):
        redrive.redrive("parked", "events", bucket, Stream(is_broken=True), None)
    assert bucket.objects


class Functions:
    """Lambda that answers every invocation with `answer`."""

    def __init__(self, answer, **more):
        self.invoked = []
        self.answer = {"Payload": Body(json.dumps(answer)), **more}

    def invoke(self, **asked):
        self.invoked.append((asked["FunctionName"], json.loads(asked["Payload"])))
        return self.answer


def parked_changes():
    records = {"Records": [{"dynamodb": {"SequenceNumber": "1"}}]}
    context = {"functionArn": "arn:changes"}
    return json.dumps({"requestContext": context, "payload": json.dumps(records)})


def test_parked_changes_of_a_table_go_to_the_function_that_gave_up_on_them():
    bucket, stream = Bucket({"aws/lambda/1": parked_changes()}), Stream()
    functions = Functions({"batchItemFailures": []})
    assert redrive.redrive("parked", "events", bucket, stream, functions) == 1
    assert functions.invoked == [
        ("arn:changes", {"Records": [{"dynamodb": {"SequenceNumber": "1"}}]})
    ]
    assert (bucket.objects, stream.taken) == ({}, [])


@pytest.mark.parametrize(
    "functions",
    [
        Functions({"batchItemFailures": [{"itemIdentifier": "1"}]}),
        Functions({"errorMessage": "no"}, FunctionError="Unhandled"),
    ],
)
def test_changes_stay_parked_while_the_function_cannot_take_them(functions):
    bucket = Bucket({"aws/lambda/1": parked_changes()})
    with pytest.raises(SystemExit, match="mend that first"):
        redrive.redrive("parked", "events", bucket, Stream(), functions)
    assert bucket.objects
