"""POST /v1/webhooks/{source}: what ESPs, shops, CRMs and support desks tell us."""

from __future__ import annotations

import millrace_sources.webhooks
from millrace.adapters.aws import LazyClient
from millrace.adapters.certificates import SnsCertificates
from millrace.adapters.doors import open_doors
from millrace.adapters.signed_tokens import DynamoSignedTokens
from millrace.adapters.sns import SnsSubscriptions
from millrace.http import Request, Response
from millrace.intake.webhooks.answering import answer
from millrace.intake.webhooks.configured import WebhookDoors, configured
from millrace.intake.webhooks.model import WebhookSource
from millrace.registry import discover
from millrace.runtime.detours import detour_counter
from millrace.runtime.function import describe_error, http_function, logger_for
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import IntakeWebhookSettings

NAME = "intake/webhook"
settings = IntakeWebhookSettings.from_env()
logger = logger_for(NAME)
doors = WebhookDoors(
    intake=open_doors(
        settings,
        report=lambda error: logger.error("request failed", **describe_error(error)),
        note=detour_counter(NAME),
    ),
    sources=configured(settings.webhooks, discover(millrace_sources.webhooks, WebhookSource)),
    certificates=SnsCertificates(),
    subscriptions=SnsSubscriptions(),
    tokens=DynamoSignedTokens(table=settings.webhook_tokens_table, dynamodb=LazyClient("dynamodb")),
)


@http_function(NAME)
def handler(request: Request, metrics: FunctionMetrics) -> Response:
    return answer(request, doors, metrics)
