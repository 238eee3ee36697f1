"""DELETE /v1/people/{person} and GET /v1/erasures/{erasure}: ask for an erasure, and see of it."""

from __future__ import annotations

from millrace.adapters.aws import client
from millrace.adapters.clock import SystemClock, SystemRandomness
from millrace.adapters.erasures import DynamoErasures
from millrace.adapters.messages import SqsMessages
from millrace.adapters.secrets import SecretsManagerSecrets
from millrace.adapters.vault import open_vault
from millrace.erasure.answering import Doors, answer
from millrace.http import Request, Response
from millrace.runtime.function import http_function
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import PrivacyPeopleSettings

settings = PrivacyPeopleSettings.from_env()
clock = SystemClock()
dynamodb = client("dynamodb")
doors = Doors(
    erasures=DynamoErasures(table=settings.erasures_table, dynamodb=dynamodb),
    vault=open_vault(settings, dynamodb=dynamodb),
    clock=clock,
    randomness=SystemRandomness(),
    secrets=SecretsManagerSecrets(client("secretsmanager", attempts=2), clock),
    secret=settings.privacy_secret,
    wake=SqsMessages(queue_url=settings.erasures_queue, sqs=client("sqs")).send,
)


@http_function("privacy/people")
def handler(request: Request, metrics: FunctionMetrics) -> Response:
    return answer(request, doors, metrics)
