"""Once a day: people of whom no event came for so long are emptied, page by page."""

from __future__ import annotations

from time import sleep
from typing import Any

import msgspec

from millrace.adapters.attic import DynamoAttic
from millrace.adapters.aws import client
from millrace.adapters.clock import SystemClock
from millrace.adapters.profiles import DynamoProfiles
from millrace.adapters.subjects import open_subjects
from millrace.adapters.vault import open_vault
from millrace.profiles.rules import DEFAULT_RULES
from millrace.retention import RetainPorts, budget_of, retain
from millrace.runtime.function import logger_for, task_function
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import PrivacyRetainSettings

NAME = "privacy/retain"
settings = PrivacyRetainSettings.from_env()
logger = logger_for(NAME)
dynamodb = client("dynamodb", read_seconds=5.0)
vault = open_vault(settings, dynamodb=dynamodb)
ports = RetainPorts(
    store=DynamoProfiles(
        table=settings.profiles_table,
        dynamodb=dynamodb,
        vault=vault,
        subjects=open_subjects(settings, vault=vault, dynamodb=dynamodb),
        rules=DEFAULT_RULES,
    ),
    attic=DynamoAttic(
        profiles_table=settings.profiles_table,
        deliveries_table=settings.deliveries_table,
        destinations=settings.destination_names,
        dynamodb=dynamodb,
    ),
    vault=vault,
    clock=SystemClock(),
    sleep=sleep,
)


@task_function(NAME)
def handler(event: dict[str, Any], metrics: FunctionMetrics) -> dict[str, Any]:
    """One run; the next one goes on where it stopped. Counts only."""
    report = retain(settings.profiles_days, ports, budget_ms=budget_of(event))
    metrics.count("ProfilesExpired", report.expired)
    metrics.count("ProfilesReturned", report.returned)
    found: dict[str, Any] = msgspec.to_builtins(report)
    logger.info("retained", extra=found)
    return found
