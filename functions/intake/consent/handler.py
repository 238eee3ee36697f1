"""PUT or POST /v1/consents/{kind}:{value}: what a person decided, from a page of yours."""

from __future__ import annotations

from millrace.adapters.aws import client
from millrace.adapters.clock import SystemClock
from millrace.adapters.doors import ladder
from millrace.adapters.secrets import SecretsManagerSecrets
from millrace.adapters.vault import open_vault
from millrace.http import Request, Response
from millrace.intake.consenting import ConsentDoors, answer
from millrace.runtime.detours import detour_counter
from millrace.runtime.function import describe_error, http_function, logger_for
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import IntakeConsentSettings

NAME = "intake/consent"
settings = IntakeConsentSettings.from_env()
logger = logger_for(NAME)
clock = SystemClock()
doors = ConsentDoors(
    sink=ladder(settings, clock, detour_counter(NAME)),
    vault=open_vault(settings),
    clock=clock,
    secrets=SecretsManagerSecrets(client("secretsmanager"), clock),
    report=lambda error: logger.error("request failed", **describe_error(error)),
    secret=settings.consent_secret,
    rules=settings.consent,
)


@http_function(NAME)
def handler(request: Request, metrics: FunctionMetrics) -> Response:
    return answer(request, doors, metrics)
