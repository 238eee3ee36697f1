"""The OpenAPI document is valid, fresh, complete, and what the API hands out."""

from __future__ import annotations

import json
from typing import get_args, get_type_hints

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from infra import ROOT
from infra.api_document import PAGE, document, texts
from local.engine import TEMPLATES
from local.template import load_templates
from millrace.events.verdicts import REASONS as PLAN_REASONS
from millrace.events.verdicts import UNPLANNED
from millrace.events.violations import Violation
from millrace.http import Request
from millrace.intake.described import FILE
from millrace.intake.reasons import REASONS
from millrace.intake.routes import DOCUMENT
from millrace.intake.track import answer
from millrace.intake.webhooks.reasons import REASONS as WEBHOOK_REASONS

CHECKED_IN = json.loads(PAGE.read_text())


@pytest.mark.parametrize("name", texts())
def test_the_checked_in_document_is_what_the_code_says(name):
    says = "run: python3 run.py synth --update"
    assert (ROOT / name).read_text() == texts()[name], says


def test_the_document_is_valid_openapi_3_1():
    validate(CHECKED_IN, cls=OpenAPIV31SpecValidator)


def test_a_broken_document_would_not_pass():
    broken = {**CHECKED_IN, "paths": {"/v1/track": {"post": {"responses": {"200": {}}}}}}
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_every_route_of_the_template_is_described_and_no_other():
    routes = {
        resource["Properties"]["RouteKey"].replace("+}", "}")
        for template in load_templates(TEMPLATES).values()
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::ApiGatewayV2::Route"
    }
    described = {
        f"{method.upper()} {path}"
        for path, operations in CHECKED_IN["paths"].items()
        for method in operations
    }
    assert described == routes


def test_every_code_that_a_caller_can_see_is_described():
    text = json.dumps(CHECKED_IN)
    never_answered = {"no_such_route", "stream_unavailable", "invalid_pixel_data"}
    for code in {*REASONS, *WEBHOOK_REASONS, *PLAN_REASONS} - never_answered:
        assert f"`{code}`: " in text, code


def test_what_a_policy_of_failing_answers_is_described_too():
    of_properties = get_args(get_type_hints(Violation)["code"])
    assert set(PLAN_REASONS) == {UNPLANNED, *of_properties}
    described = CHECKED_IN["components"]["schemas"]["Refusal"]["properties"]["code"]["enum"]
    assert set(PLAN_REASONS) <= set(described)


def test_the_api_hands_out_the_document():
    request = Request(method="GET", path="/v1/openapi.json", route=DOCUMENT)
    response = answer(request, None, None)
    assert (response.status, json.loads(response.body)) == (200, document())
    assert response.headers["content-type"] == "application/json"
    assert len(FILE.read_bytes()) < 100_000
