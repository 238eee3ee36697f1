"""Lake: every event as Parquet, and failed events as JSON, for Athena."""

from __future__ import annotations

from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.bucket import SealedBucket
from infra.catalogue import Catalogue
from infra.environment import Environment
from infra.function import PipelineFunction
from infra.intake import IntakeStore
from infra.platform import Platform
from infra.streams import read_events
from infra.watch import errors, iterator_age
from millrace.lake.columns import EVENTS_PREFIX
from millrace.settings import LakeWriteSettings

RESULTS_PREFIX = "athena-results"
RESULTS_DAYS = 7
WINDOW_SECONDS = 300


class LakeStore(Construct):
    """The lake bucket and the catalogue that makes it answer SQL."""

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        *,
        key: kms.IKey,
        access_logs: s3.IBucket,
        failed: s3.IBucket,
    ) -> None:
        super().__init__(scope, "Lake")
        self.bucket = SealedBucket(
            self,
            "Bucket",
            key=key,
            access_logs=access_logs,
            expire_days={
                f"{EVENTS_PREFIX}/": environment.retention.lake_days,
                f"{RESULTS_PREFIX}/": RESULTS_DAYS,
            },
        )
        self.catalogue = Catalogue(
            self,
            stage=environment.stage,
            key=key,
            events=self.bucket.s3_url_for_object(EVENTS_PREFIX),
            failed_events=failed.s3_url_for_object("failed_events"),
            results=self.bucket.s3_url_for_object(RESULTS_PREFIX),
        )


class Lake(Construct):
    """functions/lake/write on the events stream."""

    def __init__(
        self, scope: Construct, platform: Platform, *, store: LakeStore, intake: IntakeStore
    ) -> None:
        super().__init__(scope, "Lake")
        environment = platform.environment
        self.write = PipelineFunction(
            self,
            "lake/write",
            platform=platform,
            settings=LakeWriteSettings(
                stage=environment.stage,
                subjects_table=platform.subjects.table_name,
                key_arn=platform.key.key_arn,
                lake_bucket=store.bucket.bucket_name,
            ),
            layers=("core", "vendor", "arrow"),
            timeout_seconds=300,
            memory_mb=1769,
        )
        self.write.put_objects(
            store.bucket,
            EVENTS_PREFIX,
            because="One Parquet file per batch, named by day, hour and content",
        )
        self.write.use_vault()
        read_events(
            self.write, intake.events, intake.parked, batch=10_000, window_seconds=WINDOW_SECONDS
        )
        late = environment.alarms.iterator_age_minutes + WINDOW_SECONDS // 60
        self.watches = [iterator_age(self.write, late), errors(self.write)]
