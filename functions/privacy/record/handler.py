"""Events stream -> consent ledger and suppression list: what people said, provable for ever."""

from __future__ import annotations

from typing import Any

from millrace.adapters.aws import client
from millrace.adapters.clock import SystemClock
from millrace.adapters.ledger import DynamoLedger
from millrace.adapters.suppressions import DynamoSuppressions
from millrace.adapters.vault import open_vault
from millrace.consents.recording import RecordPorts, record
from millrace.runtime.function import batch_function, logger_for
from millrace.runtime.kinesis import to_stream_record
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import PrivacyRecordSettings

NAME = "privacy/record"
settings = PrivacyRecordSettings.from_env()
logger = logger_for(NAME)
dynamodb = client("dynamodb")
ports = RecordPorts(
    vault=open_vault(settings, dynamodb=dynamodb),
    ledger=DynamoLedger(table=settings.ledger_table, dynamodb=dynamodb, clock=SystemClock()),
    suppressions=DynamoSuppressions(table=settings.suppressions_table, dynamodb=dynamodb),
    rules=settings.consent,
)


@batch_function(NAME)
def handler(records: list[dict[str, Any]], metrics: FunctionMetrics) -> list[str]:
    """The sequence numbers of the records that have to come again."""
    done = record([to_stream_record(each) for each in records], ports)
    metrics.count("LedgerEntries", done.entries)
    if done.unreadable:
        logger.warning("unreadable records left to profiles/update", records=done.unreadable)
    return done.retry
