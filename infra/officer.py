"""Who erases people by the command line: may name them, sees nothing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.acknowledged import acknowledge, as_nag_writes
from infra.key import VAULT_TAG
from infra.platform import Platform
from infra.statements import allow, through, unwraps
from millrace.adapters.roots import PREFIX

if TYPE_CHECKING:
    from infra.erasure import Erasure
    from infra.stacks import MillraceData

SESSION_HOURS = 1


class PrivacyOfficer(Construct):
    """The role `millrace-<stage>-privacy`: erasures, their certificates, the suppression list.

    It makes tokens of names, so it unwraps the vault's keys, and reads nothing that they open.
    """

    def __init__(
        self, scope: Construct, platform: Platform, *, data: MillraceData, erasure: Erasure
    ) -> None:
        super().__init__(scope, "PrivacyOfficer")
        self.role = iam.Role(
            self,
            "Role",
            role_name=f"millrace-{platform.environment.stage}-privacy",
            description="Erases people and says whom nobody may write to; sees nothing of them",
            assumed_by=iam.AccountRootPrincipal(),
            max_session_duration=cdk.Duration.hours(SESSION_HOURS),
        )
        cdk.Tags.of(self.role).add(VAULT_TAG, "officer")
        key = platform.key.key_arn
        asks = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query")
        lists = ("dynamodb:BatchGetItem", "dynamodb:UpdateItem")
        uses = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey")
        for statement in (
            allow("cloudformation:DescribeStacks", on=cdk.Stack.of(self).stack_id),
            allow("dynamodb:GetItem", on=platform.subjects.table_arn),
            allow(*asks, on=erasure.table.table_arn),
            allow("sqs:SendMessage", on=erasure.queue.queue_arn),
            allow(*lists, on=data.ledger.suppressions.table_arn),
            allow("dynamodb:PutItem", "dynamodb:Query", on=data.privacy.ledger.table_arn),
            allow("s3:ListBucketVersions", on=data.ledger.roots.bucket_arn),
            allow("s3:GetObjectVersion", on=f"{data.ledger.roots.bucket_arn}/{PREFIX}/*"),
            allow(*uses, on=key, only=through("dynamodb", "s3", "sqs")),
            unwraps(key, platform.environment.stage),
        ):
            self.role.add_to_policy(statement)
        stack = cdk.Stack.of(data.ledger.roots)
        roots = as_nag_writes(stack.resolve(stack.export_value(data.ledger.roots.bucket_arn)))
        acknowledge(
            self.role,
            f"IAM5[Resource::{roots}/{PREFIX}/*]",
            "The root of any day may be needed, and none of them names anybody.",
        )
