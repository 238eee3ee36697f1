"""Once a day: the root of each day of the ledger that has ended, where nobody can change it."""

from __future__ import annotations

from typing import Any

from millrace.adapters.aws import client
from millrace.adapters.clock import SystemClock
from millrace.adapters.ledger import DynamoLedger
from millrace.adapters.roots import S3Roots
from millrace.privacy.attesting import attest
from millrace.runtime.function import logger_for, task_function
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import PrivacyAttestSettings

NAME = "privacy/attest"
settings = PrivacyAttestSettings.from_env()
logger = logger_for(NAME)
clock = SystemClock()
ledger = DynamoLedger(table=settings.ledger_table, dynamodb=client("dynamodb"), clock=clock)
roots = S3Roots(bucket=settings.roots_bucket, s3=client("s3"))


@task_function(NAME)
def handler(_event: dict[str, Any], metrics: FunctionMetrics) -> dict[str, Any]:
    """The days whose roots were made now; asked again it makes none."""
    made = attest(ledger, roots, clock)
    metrics.count("RootsMade", len(made))
    for root in made:
        logger.info("attested", extra={"day": root.day, "entries": root.entries})
    return {"days": [root.day for root in made]}
