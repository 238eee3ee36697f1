"""The lake's way back: the function that puts its events into the stream again."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from infra.function import PipelineFunction
from infra.intake import IntakeStore
from infra.lake import LakeStore
from infra.platform import Platform
from infra.watch import errors
from millrace.adapters.pseudonyms import INDEX
from millrace.lake.columns import EVENTS_PREFIX
from millrace.settings import LakeReplaySettings

SECONDS = 180


class LakeReplay(Construct):
    """functions/lake/replay, invoked by `millrace lake replay`, one file after the other."""

    def __init__(
        self, scope: Construct, platform: Platform, *, store: LakeStore, intake: IntakeStore
    ) -> None:
        super().__init__(scope, "LakeReplay")
        self.function = PipelineFunction(
            self,
            "lake/replay",
            platform=platform,
            settings=LakeReplaySettings(
                stage=platform.environment.stage,
                subjects_table=platform.subjects.table_name,
                key_arn=platform.key.key_arn,
                events_stream=intake.events.stream_name,
                lake_bucket=store.bucket.bucket_name,
            ),
            layers=("core", "vendor", "arrow"),
            timeout_seconds=SECONDS,
            memory_mb=1769,
        )
        self._allow(platform, store, intake)
        self.watches = [errors(self.function)]
        name = cdk.CfnOutput(self, "LakeReplayFunction", value=self.function.function_name)
        name.override_logical_id("LakeReplayFunction")

    def _allow(self, platform: Platform, store: LakeStore, intake: IntakeStore) -> None:
        function, lake = self.function, store.bucket
        function.allow("s3:ListBucket", on=lake.bucket_arn)  # else what is gone answers 403
        function.allow("s3:GetObject", on=f"{lake.bucket_arn}/{EVENTS_PREFIX}/*")
        function.accept_objects(lake, EVENTS_PREFIX, "Any file of events may be replayed")
        function.use_key("kms:Decrypt", through="s3")
        function.allow("dynamodb:Query", on=f"{platform.subjects.table_arn}/index/{INDEX}")
        function.use_subjects("BatchGetItem")
        function.use_vault()
        function.allow("kinesis:PutRecords", on=intake.events.stream_arn)
        function.use_key("kms:GenerateDataKey", through="kinesis")
