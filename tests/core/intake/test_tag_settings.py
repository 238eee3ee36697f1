"""What analytics.js reads before it sends: our own address."""

import json

import pytest

from millrace.errors import RetryLater

ROUTE = "/v1/projects/{writeKey}/settings"


def settings(intake, key="wk_website", **more):
    return intake.get(
        f"/v1/projects/{key}/settings", ROUTE, path_parameters={"writeKey": key}, **more
    )


@pytest.mark.parametrize(
    ("host", "api_host", "protocol"),
    [
        ("127.0.0.1:8787", "127.0.0.1:8787/v1", "http"),
        ("localhost:8787", "localhost:8787/v1", "http"),
        ("[::1]:8787", "[::1]:8787/v1", "http"),
        ("events.shop.example", "events.shop.example/v1", "https"),
        ("127.0.0.1.evil.example", "127.0.0.1.evil.example/v1", "https"),
        ('evil"<script>', "api.example.com/v1", "https"),
        ("", "api.example.com/v1", "https"),
    ],
)
def test_analytics_js_is_sent_to_the_host_it_asked(intake, host, api_host, protocol):
    response = settings(intake, headers={"host": host})
    assert response.status == 200
    body = json.loads(response.body)
    segment = body["integrations"]["Segment.io"]
    assert (segment["apiKey"], segment["apiHost"], segment["protocol"]) == (
        "wk_website", api_host, protocol,
    )  # fmt: skip
    assert body["plan"]["track"]["__default"]["enabled"] is True
    assert body["metrics"]["sampleRate"] == 0


@pytest.mark.parametrize("key", ["", "wk", "wk_website2", "WK_WEBSITE", "é"])
def test_an_unknown_key_is_404_and_names_no_other(intake, code_of, key):
    response = settings(intake, key)
    assert (response.status, code_of(response)) == (404, "unknown_write_key")
    assert b"wk_" not in response.body
    assert b"website" not in response.body


def test_a_failing_secret_store_is_503(intake, code_of):
    intake.secrets.failing = RetryLater("secrets_unavailable", "down")
    response = settings(intake)
    assert (response.status, code_of(response)) == (503, "secrets_unavailable")
