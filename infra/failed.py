"""Failed events: the function that replays them, and a distributed map for many of them."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra import runtime_values
from infra.acknowledged import acknowledge
from infra.function import PipelineFunction
from infra.intake import IntakeStore
from infra.platform import Platform
from infra.watch import errors
from millrace.failed.model import JOURNAL_PREFIX, PREFIX, REPLAYED_PREFIX
from millrace.settings import IntakeReplaySettings

BATCH = 100
RETRY = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 5,
    "BackoffRate": 2,
    "MaxAttempts": 5,
    "MaxDelaySeconds": 120,
    "JitterStrategy": "FULL",
}


class Failed(Construct):
    """functions/intake/replay, invoked by `millrace failed replay` or by its state machine."""

    def __init__(self, scope: Construct, platform: Platform, *, intake: IntakeStore) -> None:
        super().__init__(scope, "Failed")
        self.replay = self._replay(platform, intake)
        self.machine = self._machine(intake.failed)
        self._outputs(platform, intake)
        self.watches = [errors(self.replay)]

    def _replay(self, platform: Platform, intake: IntakeStore) -> PipelineFunction:
        failed = intake.failed
        replay = PipelineFunction(
            self,
            "intake/replay",
            platform=platform,
            settings=IntakeReplaySettings(
                stage=platform.environment.stage,
                subjects_table=platform.subjects.table_name,
                key_arn=platform.key.key_arn,
                events_stream=intake.events.stream_name,
                failed_bucket=failed.bucket_name,
                webhooks=runtime_values.webhooks(platform.environment),
                plans=runtime_values.plans(platform.environment),
                identifiers=runtime_values.identifiers(platform.environment),
            ),
            layers=("core", "vendor", "sources"),
            timeout_seconds=180,
            memory_mb=1024,
        )
        # without ListBucket, an object that is gone is answered 403
        replay.allow("s3:ListBucket", on=failed.bucket_arn)
        replay.put_objects(
            failed, REPLAYED_PREFIX, because="A replayed event keeps its day, hour and name"
        )
        replay.put_objects(
            failed, JOURNAL_PREFIX, because="The journal of replays: an object per job and step"
        )
        replay.allow("s3:DeleteObject", "s3:GetObject", on=f"{failed.bucket_arn}/{PREFIX}/*")
        self._accept(replay.own_role, failed, f"/{PREFIX}/*", "Any failed event may be replayed")
        replay.use_key("kms:Decrypt", through="s3")
        replay.allow("kinesis:PutRecords", on=intake.events.stream_arn)
        replay.use_key("kms:GenerateDataKey", through="kinesis")
        replay.use_vault()
        return replay

    def _machine(self, failed: s3.IBucket) -> stepfunctions.CfnStateMachine:
        role = iam.Role(
            self, "MachineRole", assumed_by=iam.ServicePrincipal("states.amazonaws.com")
        )
        stack = cdk.Stack.of(self)
        machine = stepfunctions.CfnStateMachine(
            self,
            "Machine",
            role_arn=role.role_arn,
            definition_string=stack.to_json_string(self._definition(failed.bucket_name)),
        )
        runs = stack.format_arn(
            service="states",
            resource="execution",
            resource_name=f"{machine.attr_name}/*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        for actions, resource in (
            (("lambda:InvokeFunction",), self.replay.function_arn),
            (("s3:ListBucket",), failed.bucket_arn),
            (("states:StartExecution",), machine.ref),
            (("states:DescribeExecution", "states:StopExecution"), runs),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=[resource]))
        acknowledge(
            role,
            "IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:"
            f"<{stack.resolve(machine.logical_id)}.Name>/*]",
            "Step Functions names the runs of a distributed map itself.",
        )
        acknowledge(machine, "SF1", "Its function logs the counts of each batch; ids are enough.")
        acknowledge(machine, "SF2", "Nothing here is traced: one function, called in a loop.")
        return machine

    def _definition(self, bucket: str) -> dict[str, Any]:
        """One batch at a time, so that `rate` in the task is the rate of the whole replay."""
        batch = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": self.replay.function_arn, "Payload.$": "$"},
            "ResultSelector": {},  # the results of all batches together may hold 256 KB
            "Retry": [RETRY],
            "End": True,
        }
        every = {
            "Type": "Map",
            "Label": "Failed",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:listObjectsV2",
                "Parameters": {"Bucket": bucket, "Prefix.$": "$.prefix"},
            },
            "ItemSelector": {"Key.$": "$$.Map.Item.Value.Key"},
            "ItemBatcher": {"MaxItemsPerBatch": BATCH, "BatchInput": {"task.$": "$.task"}},
            "MaxConcurrency": 1,
            "ToleratedFailurePercentage": 100,  # a batch that failed is there for the next replay
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                "StartAt": "Batch",
                "States": {"Batch": batch},
            },
            "ResultSelector": {"batches.$": "States.ArrayLength($)"},
            "End": True,
        }
        return {"StartAt": "Every", "States": {"Every": every}}

    def _outputs(self, platform: Platform, intake: IntakeStore) -> None:
        """What `millrace failed` asks the stack for."""
        for name, value in {
            "Stage": platform.environment.stage,
            "FailedBucket": intake.failed.bucket_name,
            "ReplayFunction": self.replay.function_name,
            "ReplayMachine": self.machine.ref,
            "SubjectsTable": platform.subjects.table_name,
            "KeyArn": platform.key.key_arn,
        }.items():
            cdk.CfnOutput(self, name, value=value).override_logical_id(name)

    @staticmethod
    def _accept(role: iam.Role, bucket: s3.IBucket, rest: str, because: str) -> None:
        stack = cdk.Stack.of(bucket)
        exported = stack.resolve(stack.export_value(bucket.bucket_arn))
        acknowledge(role, f"IAM5[Resource::{exported['Fn::ImportValue']}{rest}]", because)
