"""A destination's queue -> the destination: how each person is now, if that is news to it."""

from __future__ import annotations

from typing import Any

import millrace_destinations
from millrace.activation import Ports, channels_for, deliver_all
from millrace.adapters.aws import client, json_client
from millrace.adapters.clock import SystemClock
from millrace.adapters.deliveries import DynamoDeliveries
from millrace.adapters.http import UrllibHttp
from millrace.adapters.profiles import DynamoProfiles
from millrace.adapters.queues import SqsQueues
from millrace.adapters.secrets import SecretsManagerSecrets
from millrace.adapters.subjects import open_subjects
from millrace.adapters.suppressions import DynamoSuppressions
from millrace.adapters.vault import open_vault
from millrace.profiles.rules import read_rules
from millrace.runtime.function import batch_function, logger_for
from millrace.runtime.metrics import FunctionMetrics
from millrace.runtime.queue import to_messages
from millrace.settings import ActivationDeliverSettings

settings = ActivationDeliverSettings.from_env()
logger = logger_for("activation/deliver")
dynamodb = json_client("dynamodb")
vault = open_vault(settings, dynamodb=dynamodb)
profiles = DynamoProfiles(
    table=settings.profiles_table,
    dynamodb=dynamodb,
    vault=vault,
    subjects=open_subjects(settings, vault=vault, dynamodb=dynamodb),
    rules=read_rules(settings),
)
ports = Ports(
    profiles=profiles,
    marks=profiles,
    deliveries=DynamoDeliveries(table=settings.deliveries_table, dynamodb=dynamodb),
    queues=SqsQueues(urls=settings.queues, sqs=client("sqs")),
    http=UrllibHttp(),
    secrets=SecretsManagerSecrets(client("secretsmanager"), SystemClock()),
    clock=SystemClock(),
    vault=vault,
    suppressions=DynamoSuppressions(table=settings.suppressions_table, dynamodb=dynamodb),
    consent=settings.consent,
)
channels = channels_for(millrace_destinations, settings.destinations)


@batch_function("activation/deliver")
def handler(records: list[dict[str, Any]], metrics: FunctionMetrics) -> list[str]:
    """The ids of the messages that have to come again."""
    messages, unreadable = to_messages(records)
    report = deliver_all(messages, channels, ports)
    report.tell(metrics)
    for problem in report.problems:
        logger.warning("not told", extra=problem.fields())
    return [*unreadable, *report.keep]
