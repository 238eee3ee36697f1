"""The events stream -> profiles: identities resolved, events folded in, each exactly once."""

from __future__ import annotations

from typing import Any

from millrace.adapters.aws import LazyClient, json_client
from millrace.adapters.clock import SystemClock
from millrace.adapters.failed_events import S3FailedEvents
from millrace.adapters.profiles import DynamoProfiles
from millrace.adapters.subjects import open_subjects
from millrace.adapters.vault import open_vault
from millrace.clock import Deadline
from millrace.identity.model import Limits
from millrace.profiles.drafting import ProfileRules
from millrace.profiles.update import UpdateProfiles
from millrace.runtime.function import timed_batch_function
from millrace.runtime.kinesis import to_stream_record
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import ProfilesUpdateSettings

settings = ProfilesUpdateSettings.from_env()
dynamodb = json_client("dynamodb")
vault = open_vault(settings, dynamodb=dynamodb)
subjects = open_subjects(settings, vault=vault, dynamodb=dynamodb, threads=settings.write_threads)
rules = ProfileRules(
    priorities=settings.source_priorities,
    policies=settings.trait_policies,
    behaviour=settings.behaviour,
    destinations=settings.destination_names,
    limits=Limits(shared_by=settings.identity.shared_by, **settings.identity.limits),
    consent=settings.consent,
)
profiles = UpdateProfiles(
    store=DynamoProfiles(
        table=settings.profiles_table,
        dynamodb=dynamodb,
        vault=vault,
        subjects=subjects,
        rules=rules,
    ),
    vault=vault,
    subjects=subjects,
    failed_events=S3FailedEvents(bucket=settings.failed_bucket, s3=LazyClient("s3"), vault=vault),
    clock=SystemClock(),
    rules=rules,
    threads=settings.write_threads,
)


@timed_batch_function("profiles/update")
def handler(
    records: list[dict[str, Any]], metrics: FunctionMetrics, deadline: Deadline
) -> list[str]:
    """The sequence numbers of the records that have to come again."""
    outcome = profiles.update([to_stream_record(record) for record in records], deadline)
    outcome.tell(metrics)
    return outcome.retry
