"""PipelineFunction: the one way to make a Lambda, and the only place where rights are written."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import ROOT
from infra.acknowledged import acknowledge, as_nag_writes
from infra.key import VAULT_CONTEXT, VAULT_TAG
from infra.layers import RUNTIME, source_code
from infra.platform import Platform
from millrace.settings import Settings

RETENTION = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    5: logs.RetentionDays.FIVE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}
READS_TABLE_KEY = ("kms:Decrypt", "kms:DescribeKey")
WRITES_TABLE_KEY = (
    *READS_TABLE_KEY,
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


class PipelineFunction(lambda_.Function):
    """The function of `functions/<path>`; the path is also its Description.

    Its role is its own and starts with nothing but the right to write its own log.
    """

    def __init__(
        self,
        scope: Construct,
        path: str,
        *,
        platform: Platform,
        settings: Settings,
        layers: Sequence[str],
        timeout_seconds: int,
        memory_mb: int,
    ) -> None:
        name = "".join(word.title() for word in path.split("/"))
        group = log_group(scope, f"{name}Logs", platform)
        role = iam.Role(
            scope, f"{name}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
        )
        super().__init__(
            scope,
            name,
            description=path,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            handler="handler.handler",
            code=source_code(ROOT / "functions" / path),
            layers=platform.layers.pick(*layers),
            environment=settings.to_env(),
            timeout=cdk.Duration.seconds(timeout_seconds),
            memory_size=memory_mb,
            log_group=group,
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,  # metrics hold what REPORT lines say
            tracing=lambda_.Tracing.DISABLED,
            role=role,
        )
        self.path = path
        self.own_role = role
        self.platform = platform
        self.allow("logs:CreateLogStream", "logs:PutLogEvents", on=group.log_group_arn)

    def allow(
        self,
        *actions: str,
        on: str,
        because: str = "",
        only: dict[str, dict[str, object]] | None = None,
    ) -> None:
        """Allow actions on one resource. A wildcard in its ARN must say `because`."""
        self.own_role.add_to_policy(
            iam.PolicyStatement(actions=list(actions), resources=[on], conditions=only)
        )
        if because:
            self._accept_wildcard(cdk.Stack.of(self).resolve(on), "", because)

    def put_objects(self, bucket: s3.IBucket, prefix: str, *, because: str) -> None:
        """Allow writing objects below a prefix of a sealed bucket, and nothing else there."""
        self.allow("s3:PutObject", on=f"{bucket.bucket_arn}/{prefix}/*")
        self.use_key("kms:GenerateDataKey", through="s3")
        self.accept_objects(bucket, prefix, because)

    def take_objects(self, bucket: s3.IBucket, prefix: str, *, because: str) -> None:
        """Allow reading and deleting objects below a prefix of a sealed bucket."""
        self.allow("s3:ListBucket", on=bucket.bucket_arn)  # else what is gone answers 403
        self.allow("s3:GetObject", "s3:DeleteObject", on=f"{bucket.bucket_arn}/{prefix}/*")
        self.use_key("kms:Decrypt", through="s3")
        self.accept_objects(bucket, prefix, because)

    def accept_objects(self, bucket: s3.IBucket, prefix: str, because: str) -> None:
        """Say why any object below a prefix of a bucket may be touched."""
        stack = cdk.Stack.of(bucket)
        exported = stack.resolve(stack.export_value(bucket.bucket_arn))
        self._accept_wildcard(exported, f"/{prefix}/*", because)

    def _accept_wildcard(self, resolved: object, rest: str, because: str) -> None:
        rule = f"IAM5[Resource::{as_nag_writes(resolved)}{rest}]"
        acknowledge(self.own_role, rule, because)

    def use_key(self, *actions: str, through: str) -> None:
        """Allow use of the project's key by way of one service, never directly."""
        via = f"{through}.{cdk.Aws.REGION}.amazonaws.com"
        self.allow(
            *actions,
            on=self.platform.key.key_arn,
            only={"StringEquals": {"kms:ViaService": via}},
        )

    def use_table(self, table: dynamodb.ITable, *actions: str) -> None:
        """Allow DynamoDB actions on a table, and the key they need."""
        self.allow(*(f"dynamodb:{action}" for action in actions), on=table.table_arn)
        is_reader = all(action in {"GetItem", "BatchGetItem", "Query"} for action in actions)
        self.use_key(*(READS_TABLE_KEY if is_reader else WRITES_TABLE_KEY), through="dynamodb")

    def use_secret(self, name: str, *, because: str = "") -> None:
        """Allow reading the secret of that name, or a family of secrets (`.../sources/*`).

        By name, not by reference: a reference would forbid to take a destination away again.
        """
        arn = cdk.Stack.of(self).format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=name if because else f"{name}-??????",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        self.allow("secretsmanager:GetSecretValue", on=arn, because=because)
        self.use_key("kms:Decrypt", through="secretsmanager")

    def use_subjects(self, *actions: str) -> None:
        """Allow DynamoDB actions on the data keys of subjects, wrapped or destroyed."""
        allowed = (f"dynamodb:{action}" for action in actions)
        self.allow(*allowed, on=self.platform.subjects.table_arn, only=_rows("s#*"))

    def use_vault(self, *, tag: str = "function") -> None:
        """Allow making and unwrapping the vault's keys, and nothing else the key could do.

        By `tag` the key knows the role: `rotator` may wrap them anew, where IAM allows it, too.
        """
        self.allow(
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            on=self.platform.subjects.table_arn,
            only=_rows("key#*"),
        )
        self.use_key(*WRITES_TABLE_KEY, through="dynamodb")
        cdk.Tags.of(self.own_role).add(VAULT_TAG, tag)
        stage: dict[str, object] = {VAULT_CONTEXT: self.platform.environment.stage}
        self.allow(
            "kms:Decrypt",
            "kms:GenerateDataKey",
            on=self.platform.key.key_arn,
            only={"StringEquals": stage},
        )


def log_group(scope: Construct, name: str, platform: Platform) -> logs.LogGroup:
    """A log group that expires and is encrypted; losing it loses no events."""
    return logs.LogGroup(
        scope,
        name,
        retention=RETENTION[platform.environment.retention.logs_days],
        encryption_key=platform.key,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )


def _rows(named: str) -> dict[str, dict[str, object]]:
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [named]}}
