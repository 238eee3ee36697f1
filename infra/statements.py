"""What a policy for people says, in one line each."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from infra.key import VAULT_CONTEXT

Conditions = dict[str, dict[str, Any]]


def allow(*actions: str, on: str, only: Conditions | None = None) -> iam.PolicyStatement:
    """These actions on one resource."""
    return iam.PolicyStatement(actions=list(actions), resources=[on], conditions=only)


def through(*services: str) -> Conditions:
    """Use of the key by way of these services, and no other."""
    addresses = [f"{service}.{cdk.Aws.REGION}.amazonaws.com" for service in services]
    return {"StringEquals": {"kms:ViaService": addresses}}


def unwraps(key: str, stage: str) -> iam.PolicyStatement:
    """Unwrapping the vault's keys of a stage, for a role that has the tag."""
    return allow("kms:Decrypt", on=key, only={"StringEquals": {VAULT_CONTEXT: stage}})
