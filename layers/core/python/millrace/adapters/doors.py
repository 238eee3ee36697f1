"""What intake works with, wired to AWS: every function that takes events does it the same way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from millrace.adapters.aws import LazyClient, client, json_client
from millrace.adapters.clock import SystemClock
from millrace.adapters.failed_events import S3FailedEvents
from millrace.adapters.kinesis import KinesisSink
from millrace.adapters.overflow import S3Overflow, SqsOverflow
from millrace.adapters.secrets import SecretsManagerSecrets
from millrace.adapters.vault import open_vault
from millrace.events.identifiers import IdentifierRules
from millrace.events.plan import Plan, checks
from millrace.events.verdicts import PlanPolicy
from millrace.intake.ladder import LadderSink
from millrace.intake.ports import Doors
from millrace.intake.sorting import Check
from millrace.intake.throttle import Throttle
from millrace.settings import IdentifierSettings, IntakeSettings, LadderSettings, PlanSettings


def open_doors(
    settings: IntakeSettings,
    *,
    report: Callable[[Exception], None],
    note: Callable[[str, int], None],
    write_keys: Mapping[str, str] = {},
) -> Doors:
    """The doors of one function; `note` is told of every detour: the rung, and how many events."""
    clock = SystemClock()
    vault = open_vault(settings)
    return Doors(
        write_keys=write_keys,
        secrets=SecretsManagerSecrets(client("secretsmanager"), clock),
        sink=ladder(settings, clock, note),
        failed_events=S3FailedEvents(
            bucket=settings.failed_bucket, s3=LazyClient("s3"), vault=vault
        ),
        vault=vault,
        clock=clock,
        check=tracking_plan(settings.plans),
        rules=identifier_rules(settings.identifiers),
        throttle=Throttle(settings.max_events_per_second, time.monotonic),
        report=report,
    )


def tracking_plan(plans: Mapping[str, PlanSettings]) -> Check:
    """The check of every event against the catalogue, under the policy of its source."""
    policies = {
        name: PlanPolicy(unplanned=plan.unplanned, invalid=plan.invalid)
        for name, plan in plans.items()
    }
    return checks(Plan.of_catalogue(), policies)


def identifier_rules(settings: IdentifierSettings) -> IdentifierRules:
    """What the configuration says about identifiers."""
    return IdentifierRules(
        blocked=frozenset(settings.blocked),
        shared_emails=tuple(settings.shared_emails),
        phone_region=settings.phone_region,
    )


def ladder(
    settings: LadderSettings, clock: SystemClock, note: Callable[[str, int], None]
) -> LadderSink:
    """Three rungs which together answer within six seconds, even when all of them hang.

    Senders give up after some ten, so each rung is asked once by botocore and no more.
    """
    kinesis = json_client("kinesis", connect_seconds=0.5, read_seconds=1.0, attempts=1)
    sqs = LazyClient("sqs", connect_seconds=0.5, read_seconds=0.8, attempts=1)
    s3 = LazyClient("s3", connect_seconds=0.5, read_seconds=1.0, attempts=1)
    return LadderSink(
        {
            "stream": KinesisSink(stream=settings.events_stream, kinesis=kinesis),
            "queue": SqsOverflow(queue_url=settings.overflow_queue, sqs=sqs),
            "bucket": S3Overflow(bucket=settings.overflow_bucket, s3=s3, clock=clock),
        },
        note=note,
    )
