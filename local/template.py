"""Synthesized templates of several stacks, read as CloudFormation reads them.

A resource is made when something first refers to it, so that the order of creation is the order
of need, as in CloudFormation. What a resource is made of lives in `local.resources`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from local.intrinsics import NO_VALUE, TemplateError, resolve

REGION = "us-east-1"
ACCOUNT = "123456789012"


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a template's `Resources`, unresolved."""

    stack: str
    logical_id: str
    type: str
    properties: dict[str, Any]

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return f"{self.stack}/{self.logical_id}"


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a resource became: what `Ref` and `Fn::GetAtt` give for it."""

    ref: str
    attributes: Mapping[str, Any] = {}


Maker = Callable[[Resource, dict[str, Any]], Made]


class Assembly:
    """The templates of one app and the values that their references have."""

    def __init__(self, templates: Mapping[str, dict[str, Any]], make: Maker) -> None:
        self._templates = templates
        self._make = make
        self._made: dict[tuple[str, str], Made] = {}
        self._pending: list[tuple[str, str]] = []
        self.resources: dict[tuple[str, str], Resource] = {
            (stack, logical_id): Resource(
                stack=stack,
                logical_id=logical_id,
                type=body["Type"],
                properties=body.get("Properties", {}),
            )
            for stack, template in templates.items()
            for logical_id, body in template.get("Resources", {}).items()
            if self._holds(stack, body.get("Condition"))
        }

    def make_all(self) -> None:
        """Make every resource that is not made yet, in template order."""
        for key in self.resources:
            self.made(*key)

    def made(self, stack: str, logical_id: str) -> Made:
        key = (stack, logical_id)
        if key not in self._made:
            resource = self.resources.get(key)
            if resource is None:
                raise TemplateError(f"{stack}: nothing is called {logical_id}")
            if key in self._pending:
                raise TemplateError(f"{resource.name} refers to itself through {self._pending}")
            self._pending.append(key)
            self._made[key] = self._make(resource, self.resolve(resource.properties, stack))
            self._pending.pop()
        return self._made[key]

    def of_type(self, *types: str) -> Iterator[tuple[Resource, Made, dict[str, Any]]]:
        """Every resource of these types, with what it became and its resolved properties."""
        for key, resource in self.resources.items():
            if resource.type in types:
                yield resource, self.made(*key), self.resolve(resource.properties, resource.stack)

    def resolve(self, value: Any, stack: str) -> Any:
        """`value` with every intrinsic function replaced by what it gives in `stack`."""
        return resolve(value, _Scope(self, stack))

    def export(self, name: str) -> Any:
        for stack, template in self._templates.items():
            for output in template.get("Outputs", {}).values():
                exported = output.get("Export", {}).get("Name")
                if exported is not None and self.resolve(exported, stack) == name:
                    return self.resolve(output["Value"], stack)
        raise TemplateError(f"no stack exports {name}")

    def outputs(self) -> dict[str, Any]:
        """The outputs that are for people, not for other stacks, by name."""
        return {
            name: self.resolve(output["Value"], stack)
            for stack, template in self._templates.items()
            for name, output in template.get("Outputs", {}).items()
            if "Export" not in output
        }

    def template(self, stack: str) -> dict[str, Any]:
        return self._templates[stack]

    def _holds(self, stack: str, condition: str | None) -> bool:
        return condition is None or bool(_Scope(self, stack).condition(condition))


class _Scope:
    """What intrinsic functions may ask for while one stack is resolved."""

    def __init__(self, assembly: Assembly, stack: str) -> None:
        self._assembly = assembly
        self._stack = stack

    def ref(self, name: str) -> Any:
        if name in (pseudo := self._pseudo()):
            return pseudo[name]
        parameters = self._assembly.template(self._stack).get("Parameters", {})
        if name in parameters:
            return parameters[name].get("Default", "")
        return self._assembly.made(self._stack, name).ref

    def attribute(self, logical_id: str, name: str) -> Any:
        attributes = self._assembly.made(self._stack, logical_id).attributes
        if name not in attributes:
            kind = self._assembly.resources[self._stack, logical_id].type
            raise TemplateError(
                f"{self._stack}/{logical_id} ({kind}) has no attribute {name} locally; "
                "add it to its maker in local/resources"
            )
        return attributes[name]

    def export(self, name: str) -> Any:
        return self._assembly.export(name)

    def condition(self, name: str) -> Any:
        conditions = self._assembly.template(self._stack).get("Conditions", {})
        return resolve(conditions[name], self)

    def mapping(self, name: str, first: str, second: str) -> Any:
        return self._assembly.template(self._stack)["Mappings"][name][first][second]

    def _pseudo(self) -> dict[str, Any]:
        return {
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": self._stack,
            "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{self._stack}/local",
            "AWS::NotificationARNs": [],
            "AWS::NoValue": NO_VALUE,
        }


def load_templates(directory: Path) -> dict[str, dict[str, Any]]:
    """The `*.template.json` files of a folder, by stack name."""
    files = sorted(directory.glob("*.template.json"))
    if not files:
        raise TemplateError(
            f"{directory} holds no *.template.json; write them with `python3 run.py synth --update`"
        )
    return {
        file.name.removesuffix(".template.json"): json.loads(file.read_text("utf-8"))
        for file in files
    }
