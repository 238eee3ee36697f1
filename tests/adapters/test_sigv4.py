"""Our signature of a JSON request is the one that botocore makes of the same request."""

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from millrace.adapters.sigv4 import Scope, Signer

NOW = datetime(2026, 11, 25, 23, 59, 59, tzinfo=UTC)


def headers(host: str = "dynamodb.eu-west-1.amazonaws.com") -> dict[str, str]:
    return {
        "content-type": "application/x-amz-json-1.0",
        "host": host,
        "x-amz-target": "DynamoDB_20120810.PutItem",
    }


def botocores(body: bytes, credentials: Credentials, moment: datetime, region: str) -> str:
    own = headers()
    request = AWSRequest("POST", f"https://{own['host']}/", headers=own, data=body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", lambda: moment.replace(tzinfo=None))
        botocore.auth.SigV4Auth(credentials, "dynamodb", region).add_auth(request)
    return request.headers["Authorization"]


def ours(signer: Signer, body: bytes, credentials: Credentials, moment: datetime) -> str:
    own = headers()
    signer.sign(own, body, credentials.get_frozen_credentials(), moment.timestamp())
    return own["authorization"]


@settings(max_examples=50)
@given(
    body=st.binary(max_size=200),
    secret=st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1),
    token=st.none() | st.from_regex(r"[A-Za-z0-9/+=]{1,80}", fullmatch=True),
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001
    region=st.sampled_from(["us-east-1", "eu-west-1", "cn-north-1"]),
)
def test_it_is_the_signature_that_botocore_makes(body, secret, token, moment, region):
    credentials, moment = Credentials("AKID", secret, token), moment.replace(tzinfo=UTC)
    signer = Signer(Scope(region=region, service="dynamodb"))
    assert ours(signer, body, credentials, moment) == botocores(body, credentials, moment, region)


def test_a_kept_key_ends_with_its_day_and_with_its_secret():
    signer = Signer(Scope(region="us-east-1", service="dynamodb"))
    later = datetime(2026, 11, 26, 0, 0, 1, tzinfo=UTC)
    for moment in (NOW, later, NOW):
        for secret in ("one", "two"):
            credentials = Credentials("AKID", secret, "token")
            expected = botocores(b"{}", credentials, moment, "us-east-1")
            assert ours(signer, b"{}", credentials, moment) == expected


def test_a_token_of_an_earlier_request_is_not_sent_with_the_next():
    signer = Signer(Scope(region="us-east-1", service="dynamodb"))
    with_token, without = headers(), headers()
    signer.sign(with_token, b"", Credentials("a", "b", "t").get_frozen_credentials(), 0)
    signer.sign(without, b"", Credentials("a", "b").get_frozen_credentials(), 0)
    assert with_token["x-amz-security-token"] == "t"
    assert "x-amz-security-token" not in without
