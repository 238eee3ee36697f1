"""Clients: made once, and the rarely needed ones only when they are."""

from moto import mock_aws

from millrace.adapters import aws


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
