"""schemathesis against the local engine: no 5xx, and no answer that the document does not know."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from infra.api_document import document
from local.engine import Engine
from tests.examples import IS_SLOW

EXAMPLES = 200 if IS_SLOW else 15
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
"""Not among them: `unsupported_method`, which wants 405 where API Gateway answers 404, and
`positive_data_acceptance`, because no schema can say which identifiers identify nobody."""
JUDGED = ("track", "identify", "page", "screen", "group", "alias", "batch")
"""Where a body that breaks its schema must be refused."""

ONE_EVENT = JUDGED[:-1]
TAKEN: list[str] = []
"""The operation of each single event that was answered 200."""

schema = schemathesis.openapi.from_dict(document())
bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    with Engine.start(seed=11, state=state, background=False) as running:
        yield running


@pytest.fixture(scope="module")
def keys(engine):
    return {
        "tracking": {"X-Write-Key": engine.write_keys["website"]},
        "profiles": {"Authorization": f"Bearer {engine.read_key}"},
    }


def checks_of(operation) -> list:
    name = operation.definition.raw["operationId"]
    own = {"profile": [ignored_auth]} | {each: [negative_data_rejection] for each in JUDGED}
    return [*CHECKS, *own.get(name, [])]


@schema.parametrize()
@bounded
def test_every_answer_is_one_that_the_document_describes(case, engine, keys):
    raw = case.operation.definition.raw
    headers = keys.get(raw["tags"][0], {})
    response = case.call_and_validate(
        base_url=engine.url, headers=headers, checks=checks_of(case.operation)
    )
    if raw["operationId"] in ONE_EVENT and response.status_code == 200:
        TAKEN.append(raw["operationId"])


def _without_taken(operation: dict) -> None:
    del operation["responses"]["200"]


def _with_messages_only(operation: dict) -> None:
    only = {"type": "object", "required": ["never"]}
    operation["responses"]["400"] = {
        "description": "",
        "content": {"application/json": {"schema": only}},
    }


def _with_a_stricter_body(operation: dict) -> None:
    stricter = {"type": "object", "required": ["event", "userId", "extra"]}
    stricter["properties"] = {
        "event": {"const": "x"},
        "userId": {"const": "u"},
        "extra": {"type": "integer"},
    }
    operation["requestBody"]["content"]["application/json"]["schema"] = stricter


@pytest.mark.parametrize("spoil", [_without_taken, _with_messages_only, _with_a_stricter_body])
def test_a_document_that_says_something_else_is_found_out(spoil, engine, keys):
    spoiled = document()
    spoil(spoiled["paths"]["/v1/track"]["post"])
    operation = schemathesis.openapi.from_dict(spoiled)["/v1/track"]["POST"]
    strategy = operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(
        GenerationMode.NEGATIVE
    )

    @settings(bounded, max_examples=400)
    @given(strategy)
    def ask(case):
        checks = [*CHECKS, negative_data_rejection]
        case.call_and_validate(base_url=engine.url, headers=keys["tracking"], checks=checks)

    with pytest.raises(FailureGroup):
        ask()


def test_all_of_that_crashed_nothing_and_the_ledger_balances(engine):
    assert engine.settle(timeout=120) == {}
    assert engine.metrics().get("UnhandledErrors", 0) == 0
    ledger = engine.ledger()
    assert ledger["received"] >= len(TAKEN)
    assert ledger["balance"] == 0
