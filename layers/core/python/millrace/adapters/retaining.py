"""Retention over the tables of a deployment."""

from __future__ import annotations

import time

from millrace.adapters.attic import DynamoAttic
from millrace.adapters.aws import client
from millrace.adapters.clock import SystemClock, SystemRandomness
from millrace.adapters.erasures import DynamoErasures
from millrace.adapters.ledger import DynamoLedger
from millrace.adapters.messages import SqsMessages
from millrace.adapters.profiles import DynamoProfiles
from millrace.adapters.subjects import open_subjects
from millrace.adapters.vault import open_vault
from millrace.profiles.rules import DEFAULT_RULES
from millrace.retention import Farewells, RetainPorts
from millrace.settings import PrivacyRetainSettings


def open_retaining(settings: PrivacyRetainSettings) -> RetainPorts:
    """Everything that a run touches."""
    dynamodb = client("dynamodb", read_seconds=5.0)
    clock = SystemClock()
    vault = open_vault(settings, dynamodb=dynamodb)
    subjects = open_subjects(settings, vault=vault, dynamodb=dynamodb)
    return RetainPorts(
        store=DynamoProfiles(
            table=settings.profiles_table,
            dynamodb=dynamodb,
            vault=vault,
            subjects=subjects,
            rules=DEFAULT_RULES,
        ),
        attic=DynamoAttic(
            profiles_table=settings.profiles_table,
            deliveries_table=settings.deliveries_table,
            destinations=settings.destination_names,
            dynamodb=dynamodb,
        ),
        vault=vault,
        subjects=subjects,
        farewells=Farewells(
            erasures=DynamoErasures(table=settings.erasures_table, dynamodb=dynamodb),
            queue=SqsMessages(queue_url=settings.erasures_queue, sqs=client("sqs")),
            vault=vault,
            clock=clock,
            randomness=SystemRandomness(),
        ),
        ledger=DynamoLedger(table=settings.ledger_table, dynamodb=dynamodb, clock=clock),
        clock=clock,
        sleep=time.sleep,
    )
