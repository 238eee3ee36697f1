"""The read API: GET /v1/profiles/{kind}:{value}, answered in time whatever the table does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from millrace.adapters.aws import client, json_client
from millrace.adapters.clock import SystemClock
from millrace.adapters.profiles import DynamoProfiles
from millrace.adapters.secrets import SecretsManagerSecrets
from millrace.adapters.subjects import open_subjects
from millrace.adapters.vault import open_vault
from millrace.http import Request, Response
from millrace.personalization.serve import ServePorts, serve
from millrace.profiles.rules import read_rules
from millrace.runtime.function import describe_error, http_function, logger_for
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import PersonalizationServeSettings

NAME = "personalization/serve"
settings = PersonalizationServeSettings.from_env()
logger = logger_for(NAME)
dynamodb = json_client("dynamodb", connect_seconds=0.5, read_seconds=0.5, attempts=1)
vault = open_vault(
    settings,
    dynamodb=dynamodb,
    kms=client("kms", connect_seconds=0.5, read_seconds=0.5, attempts=1),
)
ports = ServePorts(
    reader=DynamoProfiles(
        table=settings.profiles_table,
        dynamodb=dynamodb,
        vault=vault,
        subjects=open_subjects(settings, vault=vault, dynamodb=dynamodb),
        rules=read_rules(settings),
    ),
    vault=vault,
    secrets=SecretsManagerSecrets(client("secretsmanager", attempts=2), SystemClock()),
    read_secret=settings.read_secret,
    fallback=settings.fallback,
    budget_ms=settings.budget_ms,
    consent=settings.consent,
    executor=ThreadPoolExecutor(max_workers=8),
    report=lambda error: logger.error("read failed", **describe_error(error)),
)


@http_function(NAME)
def handler(request: Request, metrics: FunctionMetrics) -> Response:
    return serve(request, ports, metrics)
