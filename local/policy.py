"""Whether a role may make a call, judged as IAM does: an explicit Deny wins, then any Allow.

moto's own enforcement refuses calls that IAM allows and allows calls that IAM refuses, so the
engine judges every call itself against the statements of the template.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

Context = Mapping[str, tuple[str, ...]]
"""Condition keys of one call; most have one value."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of a role's policies, every list spelt out."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: dict[str, dict[str, Any]] = {}
    is_negated: bool = False
    """It names the actions it does not mean (`NotAction`)."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`reason` says why not; `grants` are the (action, resource) patterns that allowed it."""

    is_allowed: bool
    reason: str = ""
    grants: tuple[tuple[str, str], ...] = ()


class UnknownConditionError(Exception):
    """A condition operator that the local judge does not know."""


def statements_of(document: Mapping[str, Any]) -> list[Statement]:
    """The statements of one resolved policy document."""
    return [
        Statement(
            effect=entry["Effect"],
            actions=_texts(entry.get("Action", entry.get("NotAction", []))),
            resources=_texts(entry.get("Resource", "*")),
            conditions=entry.get("Condition", {}),
            is_negated="NotAction" in entry,
        )
        for entry in _list(document.get("Statement", []))
    ]


def judge(
    statements: list[Statement], action: str, resource: str, context: Context | None = None
) -> Verdict:
    """Whether the holder of `statements` may do `action` to `resource`."""
    grants: list[tuple[str, str]] = []
    for statement in statements:
        matched = _matches(statement, action, resource)
        if not matched or not _conditions_hold(statement.conditions, context or {}):
            continue
        if statement.effect == "Deny":
            return Verdict(is_allowed=False, reason="with an explicit deny in its role's policy")
        grants += matched
    if grants:
        return Verdict(is_allowed=True, grants=tuple(grants))
    return Verdict(
        is_allowed=False, reason=f"because no statement of its role allows the {action} action"
    )


def _matches(statement: Statement, action: str, resource: str) -> list[tuple[str, str]]:
    actions = [each for each in statement.actions if _pattern(each.lower())(action.lower())]
    if statement.is_negated:
        actions = [] if actions else ["NotAction"]
    resources = [each for each in statement.resources if _pattern(each)(resource)]
    return [(one, other) for one in actions for other in resources]


def _conditions_hold(conditions: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    return all(
        _holds(operator, context.get(key, ()), _texts(expected))
        for operator, tests in conditions.items()
        for key, expected in tests.items()
    )


def _holds(operator: str, values: tuple[str, ...], expected: tuple[str, ...]) -> bool:
    """One condition on one key; without a value only negations and the optional forms hold."""
    quantifier, _, name = operator.rpartition(":")
    is_optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if name == "Null":
        return str(not values).lower() in expected
    test = _OPERATORS.get(name)
    if test is None:
        raise UnknownConditionError(
            f"condition operator {operator} is not judged locally; add it to local/policy.py"
        )
    if not values:
        return is_optional or quantifier == "ForAllValues" or "Not" in name
    outcomes = (test(value, expected) for value in values)
    return any(outcomes) if quantifier == "ForAnyValue" else all(outcomes)


def _like(value: str, expected: tuple[str, ...]) -> bool:
    return any(_pattern(each)(value) for each in expected)


_OPERATORS: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "StringEquals": lambda value, expected: value in expected,
    "StringNotEquals": lambda value, expected: value not in expected,
    "StringLike": _like,
    "StringNotLike": lambda value, expected: not _like(value, expected),
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda value, expected: value.lower() in {each.lower() for each in expected},
}


@functools.cache
def _pattern(pattern: str) -> Callable[[str], bool]:
    """IAM's wildcards: `*` any run of characters, `?` exactly one."""
    regex = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    match = re.compile(regex, re.DOTALL).fullmatch
    return lambda text: match(text) is not None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(
        str(each).lower() if isinstance(each, bool) else str(each) for each in _list(value)
    )
