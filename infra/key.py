"""SealingKey: the customer-managed key, and who may do what with it.

Its policy keeps four kinds of hands apart. IAM decides who they are; the key decides what they can
do at most, so that no IAM policy of this account makes a key administrator a reader.

administrators   manage the key; never use it, and never hand its use on
services         whoever may use a table, a bucket, a queue: only by way of that service
the vault        functions, unsealers and who erases, known by the tag of their role: unwrap the
                 vault's keys; the one function that rotates wraps them anew as well
AWS itself       logs, notifications and alarms, which act for no role
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

ENCRYPTS_FOR_ITSELF = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
ADMINISTERS = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:ListRetirableGrants",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
SERVICES = ("athena", "dynamodb", "glue", "kinesis", "s3", "secretsmanager", "sns", "sqs")
VAULT_TAG = "millrace:vault"
"""The tag of a role that may unwrap the vault's keys: one of `VAULT_USERS`."""
ROTATOR = "rotator"
VAULT_USERS = ("function", "officer", ROTATOR, "unsealer")
VAULT_CONTEXT = "kms:EncryptionContext:millrace:stage"
"""Every wrapped key of the vault names its stage; nothing else under this key does."""


class SealingKey(kms.Key):
    """Everything at rest, and the wrapping of the vault's keys."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(
            scope,
            name,
            description="Millrace: everything at rest, and the wrapping of the vault's keys",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(30),
            removal_policy=cdk.RemovalPolicy.RETAIN,
            policy=iam.PolicyDocument(
                statements=[_administer(), *_by_way_of_services(), *_vault()]
            ),
        )
        for statement in _aws_itself():
            self.add_to_resource_policy(statement)


def _administer() -> iam.PolicyStatement:
    return _account("Administer", ADMINISTERS)


def _by_way_of_services() -> list[iam.PolicyStatement]:
    via = [f"{service}.{cdk.Aws.REGION}.amazonaws.com" for service in SERVICES]
    through: dict[str, object] = {"kms:ViaService": via}
    return [
        _account("UseThroughServices", ENCRYPTS_FOR_ITSELF, {"StringEquals": through}),
        _account(
            "LetServicesHoldGrants",
            ("kms:CreateGrant",),
            {"StringEquals": through, "Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    ]


def _vault() -> list[iam.PolicyStatement]:
    return [
        _account(sid, actions, _is_one_of(users))
        for sid, actions, users in (
            ("UnwrapTheVaultsKeys", ("kms:Decrypt", "kms:GenerateDataKey"), VAULT_USERS),
            ("WrapTheVaultsKeysAnew", ("kms:ReEncryptFrom", "kms:ReEncryptTo"), (ROTATOR,)),
        )
    ]


def _is_one_of(users: tuple[str, ...]) -> dict[str, dict[str, object]]:
    return {
        "StringEquals": {f"aws:PrincipalTag/{VAULT_TAG}": list(users)},
        "Null": {VAULT_CONTEXT: "false"},
    }


def _aws_itself() -> list[iam.PolicyStatement]:
    """AWS services that act for themselves, not for a role: logs, notifications, alarms."""
    account = cdk.Aws.ACCOUNT_ID
    groups = f"arn:{cdk.Aws.PARTITION}:logs:{cdk.Aws.REGION}:{account}:log-group:*"
    logs = iam.PolicyStatement(
        principals=[iam.ServicePrincipal(f"logs.{cdk.Aws.REGION}.amazonaws.com")],
        actions=list(ENCRYPTS_FOR_ITSELF),
        resources=["*"],
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    )
    others = [
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": account}},
        )
        for service in ("s3", "cloudwatch")
    ]
    return [logs, *others]


def _account(
    sid: str, actions: tuple[str, ...], conditions: dict[str, dict[str, object]] | None = None
) -> iam.PolicyStatement:
    """What IAM may allow in this account, under these conditions and no others."""
    return iam.PolicyStatement(
        sid=sid,
        principals=[iam.AccountRootPrincipal()],
        actions=list(actions),
        resources=["*"],
        conditions=conditions,
    )
