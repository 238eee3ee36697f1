"""Certificates of SNS: from Amazon's own hosts, without redirects, each once."""

import pytest
from urllib3.exceptions import ConnectTimeoutError

from millrace.adapters.certificates import MAX_CERTIFICATE_BYTES, SnsCertificates
from millrace.errors import RejectedEvent, RetryLater
from tests.sources.sns_attacks import BAD_URLS
from tests.sources.vendors.ses import CERTIFICATE_URL


class Answer:
    def __init__(self, status, body):
        self.status, self._body, self.is_closed = status, body, False

    def read(self, amount, *, decode_content):
        assert decode_content is False
        return self._body[:amount]

    def close(self):
        self.is_closed = True


class Pool:
    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def request(self, method, url, *, redirect, preload_content):
        self.asked.append((method, url, redirect, preload_content))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_certificate_is_fetched_once_and_redirects_are_not_followed():
    pool = Pool(Answer(200, b"PEM"))
    certificates = SnsCertificates(pool)
    assert [certificates.pem(CERTIFICATE_URL) for _ in range(3)] == [b"PEM"] * 3
    assert pool.asked == [("GET", CERTIFICATE_URL, False, False)]
    assert pool.answer.is_closed


@pytest.mark.parametrize("url", BAD_URLS)
def test_no_other_address_is_asked(url):
    pool = Pool(Answer(200, b"PEM"))
    with pytest.raises(RejectedEvent, match="certificate_refused"):
        SnsCertificates(pool).pem(url)
    assert pool.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(302, b""),
        Answer(404, b"no"),
        Answer(500, b""),
        Answer(200, b"x" * (MAX_CERTIFICATE_BYTES + 1)),
        ConnectTimeoutError(),
        OSError(),
    ],
)
def test_what_cannot_be_had_now_is_asked_for_again_later(answer):
    pool = Pool(answer)
    certificates = SnsCertificates(pool)
    for _ in range(2):
        with pytest.raises(RetryLater, match="certificate_unavailable"):
            certificates.pem(CERTIFICATE_URL)
    assert len(pool.asked) == 2


@pytest.mark.parametrize(
    "host",
    ["sns.us-east-1.amazonaws.com", "sns.us-gov-west-1.amazonaws.com",
     "sns.cn-north-1.amazonaws.com.cn", "sns.ap-southeast-4.amazonaws.com"],
)  # fmt: skip
def test_every_region_has_a_host(host):
    pool = Pool(Answer(200, b"PEM"))
    url = f"https://{host}/SimpleNotificationService-9c6465fa7f48f5cacd23014631ec1136.pem"
    assert SnsCertificates(pool).pem(url) == b"PEM"


def test_what_is_kept_is_bounded():
    certificates = SnsCertificates(Pool(Answer(200, b"PEM")))
    for number in range(100):
        certificates.pem(CERTIFICATE_URL.replace("0123", f"{number:04}"))
    assert len(certificates._kept) <= 32
