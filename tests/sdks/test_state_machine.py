"""The replay's state machine before a validator of the Amazon States Language for Node."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from infra import ROOT
from tests.sdks.conftest import node_command

JUDGE = """
const validator = require("asl-validator");
const definition = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(validator(definition)));
"""


@pytest.fixture
def definition():
    template = json.loads((ROOT / "local/template/MillracePipeline.template.json").read_text())
    (machine,) = (
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
    )
    parts = machine["DefinitionString"]["Fn::Join"][1]
    return json.loads("".join(part if isinstance(part, str) else "NAME" for part in parts))


@pytest.fixture
def judge(modules):
    def ask(definition):
        done = subprocess.run(
            node_command("node", "-e", JUDGE),
            input=json.dumps(definition),
            env={**os.environ, "NODE_PATH": str(modules)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return ask


@pytest.mark.slow
def test_the_validator_takes_it(definition, judge):
    assert judge(definition) == {"isValid": True, "errors": []}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ItemBatchers", {}),
        ("ItemBatcher", {"MaxItemsPerBatch": "100"}),
        ("ItemSelector", {"Key.$": "$$.Map.["}),
        ("Next", "Nowhere"),
    ],
)
def test_the_validator_would_tell(definition, judge, field, value):
    definition["States"]["Every"][field] = value
    assert judge(definition)["isValid"] is False
