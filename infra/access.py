"""Who may open what is sealed, and who may run the pipeline without ever opening it.

Nobody gets either by deploying. People are let in by IAM: into the role `millrace-<stage>-unsealer`
for as long as they need it, by the policy `millrace-<stage>-operators` for the daily work.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.acknowledged import acknowledge, as_nag_writes
from infra.asking import let_ask
from infra.function import PipelineFunction
from infra.key import SERVICES, VAULT_CONTEXT, VAULT_TAG
from infra.platform import Platform
from infra.statements import allow, through, unwraps
from millrace.adapters.pseudonyms import INDEX

if TYPE_CHECKING:
    from infra.stacks import MillraceData

OPENS = ("dynamodb", "s3")
SESSION_HOURS = 1


class Access(Construct):
    """The unsealer role and the operators' policy."""

    def __init__(
        self,
        scope: Construct,
        platform: Platform,
        *,
        data: MillraceData,
        tools: Sequence[PipelineFunction],
    ) -> None:
        super().__init__(scope, "Access")
        self._platform = platform
        self._looks = allow("cloudformation:DescribeStacks", on=cdk.Stack.of(self).stack_id)
        self.unsealer = self._unsealer(
            [
                data.profiles.table,
                data.privacy.subjects,
                data.activation.deliveries,
                data.ledger.suppressions,
            ]
        )
        self.operators = self._operators(tools)
        intake = data.intake
        for bucket in (intake.failed, intake.parked, intake.overflow.bucket, data.lake.bucket):
            for holder in (self.unsealer, self.operators):
                self._read(holder, bucket)
        let_ask(self.unsealer, data.lake)
        self._record_in(data.privacy.ledger)
        self._tell(
            DeliveriesTable=data.activation.deliveries.table_name,
            LedgerTable=data.privacy.ledger.table_name,
        )

    def _unsealer(self, tables: Sequence[dynamodb.ITable]) -> iam.Role:
        role = iam.Role(
            self,
            "Unsealer",
            role_name=f"millrace-{self._platform.environment.stage}-unsealer",
            description="Opens what Millrace sealed, for a purpose that it writes down first",
            assumed_by=iam.AccountRootPrincipal(),
            max_session_duration=cdk.Duration.hours(SESSION_HOURS),
        )
        cdk.Tags.of(role).add(VAULT_TAG, "unsealer")
        reads = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan")
        for statement in (
            self._looks,
            *(allow(*reads, on=table.table_arn) for table in tables),
            allow("dynamodb:Query", on=f"{self._platform.subjects.table_arn}/index/{INDEX}"),
            self._decrypts(*OPENS),
            unwraps(self._platform.key.key_arn, self._platform.environment.stage),
        ):
            role.add_to_policy(statement)
        return role

    def _operators(self, tools: Sequence[PipelineFunction]) -> iam.ManagedPolicy:
        return iam.ManagedPolicy(
            self,
            "Operators",
            managed_policy_name=f"millrace-{self._platform.environment.stage}-operators",
            description="Runs Millrace day by day, and opens nothing",
            statements=[
                self._looks,
                *(allow("lambda:InvokeFunction", on=tool.function_arn) for tool in tools),
                self._decrypts("s3"),
                self._never_unwraps(),
            ],
        )

    def _record_in(self, ledger: dynamodb.ITable) -> None:
        """Let unsealers append to the ledger, whose rows nobody can change, and seal answers."""
        arn = ledger.table_arn
        actions = ("dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan")
        self.unsealer.add_to_policy(allow(*actions, on=arn))
        key = self._platform.key.key_arn
        self.unsealer.add_to_policy(
            allow("kms:Encrypt", "kms:GenerateDataKey", on=key, only=through(*OPENS))
        )

    def _tell(self, **names: str) -> None:
        """What `millrace open` and `millrace privacy` ask the stack for."""
        for name, value in names.items():
            cdk.CfnOutput(self, name, value=value).override_logical_id(name)

    def _read(self, holder: iam.Role | iam.ManagedPolicy, bucket: s3.IBucket) -> None:
        statements = (
            allow("s3:ListBucket", on=bucket.bucket_arn),
            allow("s3:GetObject", on=f"{bucket.bucket_arn}/*"),
        )
        for statement in statements:
            if isinstance(holder, iam.Role):
                holder.add_to_policy(statement)
            else:
                holder.add_statements(statement)
        stack = cdk.Stack.of(bucket)
        exported = as_nag_writes(stack.resolve(stack.export_value(bucket.bucket_arn)))
        acknowledge(
            holder,
            f"IAM5[Resource::{exported}/*]",
            "Any object there may have to be looked at; what is in it stays sealed by the vault.",
        )

    def _decrypts(self, *services: str) -> iam.PolicyStatement:
        assert set(services) <= set(SERVICES)
        return allow(
            "kms:Decrypt",
            "kms:DescribeKey",
            on=self._platform.key.key_arn,
            only=through(*services),
        )

    def _never_unwraps(self) -> iam.PolicyStatement:
        """Also where another policy of the same person would allow it."""
        return iam.PolicyStatement(
            sid="NeverUnwrapTheVaultsKeys",
            effect=iam.Effect.DENY,
            actions=["kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"],
            resources=[self._platform.key.key_arn],
            conditions={"Null": {VAULT_CONTEXT: "false"}},
        )
