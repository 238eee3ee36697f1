"""Clients: made once, and the rarely needed ones only when they are."""

import boto3
import botocore.exceptions
import botocore.session
import pytest
from moto import mock_aws

from millrace.adapters import aws
from millrace.adapters.models import quick_session


def test_a_lazy_client_is_made_by_its_first_call_and_once(monkeypatch):
    made = []
    make = aws.client
    monkeypatch.setattr(
        aws, "client", lambda *name, **o: made.append((name, o)) or make(*name, **o)
    )
    with mock_aws():
        s3 = aws.LazyClient("s3", attempts=2)
        assert made == []
        s3.create_bucket(Bucket="bucket")
        assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["bucket"]
    assert made == [(("s3",), {"attempts": 2})]


@pytest.mark.parametrize("service", ["dynamodb", "kinesis", "kms", "s3", "secretsmanager", "sqs"])
def test_our_way_of_reading_botocores_models_reads_the_same(service):
    ours = quick_session().get_component("data_loader")
    theirs = botocore.session.get_session().get_component("data_loader")
    for kind in ("service-2", "endpoint-rule-set-1", "paginators-1"):
        assert ours.load_service_model(service, kind) == theirs.load_service_model(service, kind)
    assert ours.load_data("endpoints") == theirs.load_data("endpoints")


def test_a_service_that_does_not_exist_is_still_refused():
    with pytest.raises(botocore.exceptions.UnknownServiceError):
        quick_session().create_client("nosuchservice", region_name="us-east-1")


def test_boto3s_default_session_makes_the_clients_where_somebody_set_it(monkeypatch):
    made = boto3.session.Session(region_name="eu-central-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", made)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert aws.client("sqs").meta.region_name == "eu-central-1"
