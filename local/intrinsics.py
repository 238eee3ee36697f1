"""CloudFormation's intrinsic functions, over whatever scope answers for references."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Protocol

NO_VALUE: Final = object()
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")


class TemplateError(Exception):
    """A template that cannot be played locally, in one sentence that names the place."""


class Scope(Protocol):
    def ref(self, name: str) -> Any: ...
    def attribute(self, logical_id: str, name: str) -> Any: ...
    def export(self, name: str) -> Any: ...
    def condition(self, name: str) -> Any: ...
    def mapping(self, name: str, first: str, second: str) -> Any: ...


def resolve(value: Any, scope: Scope) -> Any:
    """`value` with its intrinsic functions evaluated; `AWS::NoValue` removes what holds it."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in _FUNCTIONS:
                return _FUNCTIONS[name](argument, scope)
            if name.startswith("Fn::"):
                raise TemplateError(f"{name} is not played locally; add it to local/intrinsics.py")
        pairs = ((key, resolve(item, scope)) for key, item in value.items())
        return {key: item for key, item in pairs if item is not NO_VALUE}
    if isinstance(value, list):
        items = (resolve(item, scope) for item in value)
        return [item for item in items if item is not NO_VALUE]
    return value


def _get_att(argument: Any, scope: Scope) -> Any:
    logical_id, name = argument if isinstance(argument, list) else argument.split(".", 1)
    return scope.attribute(logical_id, resolve(name, scope))


def _join(argument: Any, scope: Scope) -> str:
    separator, items = argument
    return str(separator).join(str(item) for item in resolve(items, scope))


def _split(argument: Any, scope: Scope) -> list[str]:
    separator, text = argument
    return str(resolve(text, scope)).split(separator)


def _select(argument: Any, scope: Scope) -> Any:
    index, items = argument
    return resolve(items, scope)[int(resolve(index, scope))]


def _sub(argument: Any, scope: Scope) -> str:
    text, names = argument if isinstance(argument, list) else (argument, {})
    values = {name: resolve(value, scope) for name, value in names.items()}

    def replace(match: re.Match[str]) -> str:
        is_literal, name = match.groups()
        if is_literal:
            return "${" + name + "}"
        if name in values:
            return str(values[name])
        if "." in name:
            return str(scope.attribute(*name.split(".", 1)))
        return str(scope.ref(name))

    return _PLACEHOLDER.sub(replace, text)


def _if(argument: Any, scope: Scope) -> Any:
    condition, then, otherwise = argument
    return resolve(then if scope.condition(condition) else otherwise, scope)


def _equals(argument: Any, scope: Scope) -> bool:
    left, right = resolve(argument, scope)
    return str(left) == str(right)


_FUNCTIONS: dict[str, Callable[[Any, Scope], Any]] = {
    "Ref": lambda argument, scope: scope.ref(argument),
    "Condition": lambda argument, scope: scope.condition(argument),
    "Fn::GetAtt": _get_att,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::Sub": _sub,
    "Fn::If": _if,
    "Fn::Equals": _equals,
    "Fn::Not": lambda argument, scope: not resolve(argument, scope)[0],
    "Fn::And": lambda argument, scope: all(resolve(argument, scope)),
    "Fn::Or": lambda argument, scope: any(resolve(argument, scope)),
    "Fn::ImportValue": lambda argument, scope: scope.export(resolve(argument, scope)),
    "Fn::FindInMap": lambda argument, scope: scope.mapping(*resolve(argument, scope)),
}
