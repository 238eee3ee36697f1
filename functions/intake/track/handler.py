"""The Segment tracking API: POST /v1/{track,identify,...,batch}, pixels, the tag's settings."""

from __future__ import annotations

from millrace.adapters.aws import LazyClient, client
from millrace.adapters.clock import SystemClock, SystemRandomness
from millrace.adapters.failed_events import S3FailedEvents
from millrace.adapters.kinesis import KinesisSink
from millrace.adapters.secrets import SecretsManagerSecrets
from millrace.adapters.vault import KmsVault
from millrace.http import Request, Response
from millrace.intake.ports import Doors
from millrace.intake.track import answer
from millrace.runtime.function import describe_error, http_function, logger_for
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import IntakeTrackSettings

NAME = "intake/track"
settings = IntakeTrackSettings.from_env()
logger = logger_for(NAME)
clock = SystemClock()
vault = KmsVault(
    stage=settings.stage,
    table=settings.subjects_table,
    key_arn=settings.key_arn,
    dynamodb=client("dynamodb"),
    kms=client("kms"),
    randomness=SystemRandomness(),
)
doors = Doors(
    write_keys={name: source.secret for name, source in settings.sources.items()},
    secrets=SecretsManagerSecrets(client("secretsmanager"), clock),
    sink=KinesisSink(stream=settings.events_stream, kinesis=client("kinesis", attempts=2)),
    failed_events=S3FailedEvents(bucket=settings.failed_bucket, s3=LazyClient("s3"), vault=vault),
    vault=vault,
    clock=clock,
    report=lambda error: logger.error("request failed", **describe_error(error)),
)


@http_function(NAME)
def handler(request: Request, metrics: FunctionMetrics) -> Response:
    return answer(request, doors, metrics)
