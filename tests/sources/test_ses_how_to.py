"""docs/how-to/receive-ses-events.md: its configuration, subscriptions and rule are what it says."""

import json
import re
import tomllib

from moto.events.models import EventPattern

from infra.environment import Environment, Tracking
from tests.pages import HOW_TO, ROOT

PAGE = (HOW_TO / "receive-ses-events.md").read_text()
TEMPLATE = ROOT / "local/template/MillraceData.template.json"
OF_SES = [
    "Advisor Recommendation Status Open",
    "Advisor Recommendation Status Resolved",
    "Email Bounced",
    "Email Clicked",
    "Email Complaint Received",
    "Email Delivered",
    "Email Delivery Delayed",
    "Email Opened",
    "Email Rejected",
    "Email Rendering Failed",
    "Email Sent",
    "Email Subscribed",
    "Sending Status Disabled",
    "Sending Status Enabled",
]
"""What SES sends to EventBridge: its page in the reference of EventBridge's events, 2026-11."""


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)```$", PAGE, re.MULTILINE | re.DOTALL)


def environment():
    (asked,) = blocks("toml")
    return Environment.model_validate({"stage": "prod"} | tomllib.loads(asked))


def test_its_topic_is_the_one_that_is_subscribed_and_trusted():
    (topic,) = environment().sources["ses"].topics
    subscribed = [block for block in blocks("console") if "sns subscribe" in block]
    assert len(subscribed) == 2
    assert all(f"--topic-arn {topic} " in block for block in subscribed)


def test_its_queue_is_the_output_that_it_names():
    template = json.loads(TEMPLATE.read_text())
    assert environment().sources["ses"].queue
    assert "SourceQueueSes" in template["Outputs"]
    by_queue = [block for block in blocks("console") if "<api>" not in block]
    assert len(by_queue) == 2
    assert all("<SourceQueueSes>" in block for block in by_queue)


def test_its_rule_lets_all_mail_pass_and_nothing_else_of_ses():
    (command,) = [block for block in blocks("console") if "put-rule" in block]
    (found,) = re.findall(r"--event-pattern '(.*)'", command)
    pattern = EventPattern.load(found)
    passed = {kind for kind in OF_SES if pattern.matches_event(an_event(kind))}
    assert passed == {kind for kind in OF_SES if kind.startswith("Email ")}


def an_event(kind):
    return {"source": "aws.ses", "detail-type": kind}


def test_its_retries_last_almost_the_hour_that_sns_allows_and_below_the_apis_throttle():
    (subscription,) = blocks("json")
    policy = json.loads(json.loads(subscription)["DeliveryPolicy"])
    retries = policy["healthyRetryPolicy"]
    assert 1_800 < retries["numRetries"] * retries["maxDelayTarget"] <= 3_600
    throttle = Tracking().requests_per_second
    assert policy["throttlePolicy"]["maxReceivesPerSecond"] < throttle / 2


def test_every_link_leads_somewhere():
    assert all((HOW_TO / link).exists() for link in re.findall(r"\]\(([^)#:]+)\)", PAGE))
