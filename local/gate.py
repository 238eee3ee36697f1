"""The IAM gate: every AWS call of a handler is judged against its role before moto sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import boto3
import msgspec
from botocore.exceptions import ClientError

from local.actions import needs_of
from local.cloud import SERVICES
from local.needs import Names, Need
from local.policy import Statement, Verdict, judge

Observer = Callable[[str, str, Mapping[str, Any]], None]
"""Told of each allowed call: service, operation, parameters."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    function: str
    action: str
    resource: str
    reason: str


class Role:
    """What one function may do, and what of it was used."""

    def __init__(self, function: str, statements: list[Statement], names: Names) -> None:
        self.function = function
        self.statements = statements
        self._names = names
        self._verdicts: dict[Need, Verdict] = {}
        self.used: dict[tuple[str, str], set[str]] = {}
        """Action pattern and resource pattern -> the actions they let through."""
        self.refusals: list[Refusal] = []

    def check(self, need: Need) -> Refusal | None:
        """None when allowed; a refusal is kept."""
        verdict = self._verdicts.get(need)
        if verdict is None:
            verdict = judge(self.statements, need.action, need.resource, dict(need.context))
            self._verdicts[need] = verdict
            for grant in verdict.grants:
                self.used.setdefault(grant, set()).add(need.action)
        if verdict.is_allowed:
            return None
        refusal = Refusal(
            function=self.function,
            action=need.action,
            resource=need.resource,
            reason=verdict.reason,
        )
        self.refusals.append(refusal)
        return refusal

    def check_call(self, service: str, operation: str, params: Mapping[str, Any]) -> None:
        """ClientError, worded as AWS words it, when any part of the call is refused."""
        for need in needs_of(service, operation, params, self._names):
            refusal = self.check(need)
            if refusal is not None:
                code = "AccessDenied" if service == "s3" else "AccessDeniedException"
                message = (
                    f"{self.function} is not authorized to perform: {refusal.action} "
                    f"on resource: {refusal.resource} {refusal.reason}"
                )
                raise ClientError({"Error": {"Code": code, "Message": message}}, operation)

    def unused(self) -> list[tuple[str, str]]:
        """Allowed (action, resource) patterns that let nothing through so far."""
        granted = {
            (action, resource)
            for statement in self.statements
            if statement.effect == "Allow"
            for action in statement.actions
            for resource in statement.resources
        }
        return sorted(granted - set(self.used))


def guard(session: boto3.session.Session, role: Role, observe: Observer) -> None:
    """Put `role` before every call of every client of `session`."""

    def before_call(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        if service not in SERVICES:
            message = f"the local engine does not play {service}; add it to local/cloud.py"
            raise ClientError({"Error": {"Code": "NotPlayed", "Message": message}}, model.name)
        role.check_call(service, model.name, params)
        observe(service, model.name, params)

    session.events.register("before-parameter-build", before_call)


def report(roles: list[Role]) -> dict[str, list[dict[str, str]]]:
    """Used, unused and refused, for people and for tests."""
    return {
        "refused": [msgspec.to_builtins(refusal) for role in roles for refusal in role.refusals],
        "unused": [
            {"function": role.function, "action": action, "resource": resource}
            for role in roles
            for action, resource in role.unused()
        ],
        "used": [
            {"function": role.function, "action": action, "resource": resource}
            for role in roles
            for (_, resource), actions in sorted(role.used.items())
            for action in sorted(actions)
        ],
    }
