"""One synth for every test of this folder, without the rule engine and without a download."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

import infra  # noqa: F401 - names Node.js before anything imports aws_cdk
from infra import ROOT
from infra.app import build_app
from infra.environment import load_environment
from infra.layers import placeholder_code
from infra.synth import LOCAL_CONFIG, STACKS


@dataclass
class Assembly:
    """A synthesized app, and short ways to ask it."""

    folder: Any
    templates: dict[str, dict[str, Any]]
    protected: dict[str, bool]
    resources: dict[str, dict[str, Any]] = field(init=False)

    def __post_init__(self):
        self.resources = {
            name: resource
            for template in self.templates.values()
            for name, resource in template["Resources"].items()
        }

    def of_type(self, *kinds):
        return {n: r for n, r in self.resources.items() if r["Type"] in kinds}

    def functions(self):
        """Each function by its folder."""
        found = self.of_type("AWS::Lambda::Function").values()
        return {each["Properties"]["Description"]: each for each in found}

    def statements(self):
        """(folder of the function, statement) for every statement of every function's role."""
        roles = {
            function["Properties"]["Role"]["Fn::GetAtt"][0]: folder
            for folder, function in self.functions().items()
        }
        return [
            (roles[policy["Properties"]["Roles"][0]["Ref"]], statement)
            for policy in self.of_type("AWS::IAM::Policy").values()
            if policy["Properties"]["Roles"][0]["Ref"] in roles
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        ]


def synthesize(environment, folder):
    app = build_app(environment, outdir=folder, layer_code=placeholder_code, is_validated=False)
    made = app.synth()
    stacks = {name: made.get_stack_by_name(name) for name in STACKS}
    return Assembly(
        folder=folder,
        templates={name: stack.template for name, stack in stacks.items()},
        protected={name: bool(stack.termination_protection) for name, stack in stacks.items()},
    )


@pytest.fixture(scope="session")
def environment():
    return load_environment(LOCAL_CONFIG)


@pytest.fixture(scope="session")
def assembly(environment, tmp_path_factory):
    return synthesize(environment, tmp_path_factory.mktemp("cdk.out"))


@pytest.fixture(scope="session")
def other(tmp_path_factory):
    """Synthesize any other environment."""
    return lambda environment: synthesize(environment, tmp_path_factory.mktemp("cdk.out"))


def as_list(value):
    return value if isinstance(value, list) else [value]


def flat(value):
    """A template value as text; references become `<...>`."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return re.sub(r'"Ref": "([^"]+)"', r"<\1>", text)


def handlers():
    folders = (ROOT / "functions").rglob("handler.py")
    return {path.parent.relative_to(ROOT / "functions").as_posix() for path in folders}
