"""Once a day, page by page: people without events are emptied, withdrawn data is removed."""

from __future__ import annotations

from typing import Any

import msgspec

from millrace.adapters.retaining import open_retaining
from millrace.retention import Terms, budget_of, retain
from millrace.runtime.function import logger_for, task_function
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import PrivacyRetainSettings

NAME = "privacy/retain"
settings = PrivacyRetainSettings.from_env()
logger = logger_for(NAME)
ports = open_retaining(settings)
terms = Terms(
    profiles_days=settings.profiles_days,
    consent=settings.consent,
    destinations=settings.destination_names,
    phone_region=settings.identifiers.phone_region,
)


@task_function(NAME)
def handler(event: dict[str, Any], metrics: FunctionMetrics) -> dict[str, Any]:
    """One run; the next one goes on where it stopped. Counts only."""
    report = retain(terms, ports, budget_ms=budget_of(event))
    metrics.count("ProfilesExpired", report.expired)
    metrics.count("ProfilesReturned", report.returned)
    metrics.count("ProfilesWithdrawn", report.withdrawn)
    found: dict[str, Any] = msgspec.to_builtins(report)
    logger.info("retained", extra=found)
    return found
