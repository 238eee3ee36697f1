"""docs/how-to/receive-ses-events.md: its configuration and its subscription are what it says."""

import json
import re
import tomllib

from infra.environment import Environment, Tracking
from tests.pages import HOW_TO

PAGE = (HOW_TO / "receive-ses-events.md").read_text()


def block(language):
    (found,) = re.findall(rf"^```{language}\n(.*?)```$", PAGE, re.MULTILINE | re.DOTALL)
    return found


def test_its_topic_is_the_one_that_is_subscribed_and_trusted():
    environment = Environment.model_validate({"stage": "prod"} | tomllib.loads(block("toml")))
    (topic,) = environment.sources["ses"].topics
    assert f"--topic-arn {topic} " in block("console")


def test_its_retries_last_almost_the_hour_that_sns_allows_and_below_the_apis_throttle():
    policy = json.loads(json.loads(block("json"))["DeliveryPolicy"])
    retries = policy["healthyRetryPolicy"]
    assert 1_800 < retries["numRetries"] * retries["maxDelayTarget"] <= 3_600
    throttle = Tracking().requests_per_second
    assert policy["throttlePolicy"]["maxReceivesPerSecond"] < throttle / 2


def test_every_link_leads_somewhere():
    assert all((HOW_TO / link).exists() for link in re.findall(r"\]\(([^)#:]+)\)", PAGE))
