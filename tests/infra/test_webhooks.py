"""Webhook sources in a config: where they go, and what they may do."""

import json

import pytest

from infra.definitions import webhook_names
from infra.environment import Environment, load_environment
from infra.runtime_values import runtime_values, sources, webhooks
from infra.source import Source
from millrace.errors import NeedsHuman
from tests.infra.conftest import as_list, flat
from tests.sources.door import SOURCES

TOPIC = "arn:aws:sns:eu-west-1:111122223333:ses-events"
HOOKED = Environment(
    sources={
        "website": Source(),
        "sendgrid": Source(),
        "shop_eu": Source(webhook="shopify"),
        "hubspot": Source(url="https://in.example.com/v1/webhooks/hubspot"),
        "ses": Source(topics=(TOPIC,)),
    }
)


@pytest.fixture
def refusal(tmp_path):
    """What loading a text says."""

    def load(text):
        path = tmp_path / "stage.toml"
        path.write_text(text)
        with pytest.raises(NeedsHuman) as caught:
            load_environment(path)
        return caught.value.message.replace(str(path), "stage.toml")

    return load


def test_a_source_is_a_webhook_by_its_name_or_because_it_says_so():
    found = webhooks(HOOKED)
    assert {name: each.definition for name, each in found.items()} == {
        "sendgrid": "sendgrid",
        "shop_eu": "shopify",
        "hubspot": "hubspot",
        "ses": "ses",
    }
    assert found["shop_eu"].secret == "millrace/prod/sources/shop_eu"
    assert found["hubspot"].url.startswith("https://in.example.com")
    assert found["ses"].topics == [TOPIC]


def test_the_secret_of_a_webhook_is_no_write_key():
    assert set(sources(HOOKED)) == {"website"}
    told = json.loads(runtime_values(HOOKED)["SOURCE_PRIORITIES"])
    assert set(told) == set(HOOKED.sources)


def test_every_definition_is_a_choice():
    assert webhook_names() == set(SOURCES)


def test_an_unknown_vendor_is_refused_with_the_nearest(refusal):
    said = refusal('[sources.shop]\nwebhook = "shopfy"\n')
    assert said.startswith(
        "stage.toml, line 2: unknown webhook `shopfy`; did you mean `shopify`? allowed: braze, "
    )


def test_what_is_no_topic_is_refused(refusal):
    said = refusal('[sources.ses]\ntopics = ["https://evil.example"]\n')
    assert said.startswith("stage.toml, line 2: `sources.ses.topics")


def test_the_function_may_confirm_subscriptions_to_the_configured_topics_only(other, assembly):
    def grants(made):
        return [
            (folder, as_list(statement["Resource"]))
            for folder, statement in made.statements()
            if "sns:ConfirmSubscription" in as_list(statement["Action"])
        ]

    assert grants(other(HOOKED)) == [("intake/webhook", [TOPIC])]
    assert grants(assembly) == []


def test_the_route_leads_to_the_function(assembly):
    routes = [
        each["Properties"]
        for each in assembly.of_type("AWS::ApiGatewayV2::Route").values()
        if "webhooks" in each["Properties"]["RouteKey"]
    ]
    assert len(routes) == 3
    integrations = {flat(route["Target"]) for route in routes}
    assert len(integrations) == 1
    (name,) = [
        n for n in assembly.of_type("AWS::ApiGatewayV2::Integration") if n in str(integrations)
    ]
    assert "Webhook" in str(assembly.resources[name])
