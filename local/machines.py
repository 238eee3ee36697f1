"""The template's state machines, run by moto's Step Functions interpreter, each with its own role.

The interpreter is LocalStack's, which moto carries; it is loaded by the first request, as that
takes seconds. It starts no child executions: a map's batches run in the one execution.
"""

from __future__ import annotations

import importlib
import io
import json
import time
from collections.abc import Callable
from typing import Any

import boto3
import msgspec
from botocore.exceptions import ClientError
from moto.core.config import default_user_config

from local.cloud import Cloud
from local.gate import Role, guard
from local.needs import Need

Invoke = Callable[[str, dict[str, Any]], Any]
"""A function's ARN and its event -> what its handler returns, or raises."""
POLL_SECONDS = 0.02


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """One `AWS::StepFunctions::StateMachine`, resolved."""

    name: str
    definition: str
    role_arn: str
    role: Role


class Machines:
    """Those of one template; nothing is loaded or made before `load`."""

    def __init__(self, plans: list[Machine], cloud: Cloud, invoke: Invoke) -> None:
        self.plans = plans
        self._cloud = cloud
        self._invoke = invoke
        self._interpreter: Any = None

    def load(self) -> None:
        """Make the machines in moto and join the interpreter to this engine; once."""
        if self._interpreter is not None:
            return
        self._interpreter = importlib.import_module("local.interpreter")
        default_user_config["stepfunctions"]["execute_state_machine"] = True
        self._interpreter.join(self._client)
        for machine in self.plans:
            self._cloud.client("stepfunctions").create_state_machine(
                name=machine.name, definition=machine.definition, roleArn=machine.role_arn
            )

    def settle(self, until: float | None) -> dict[str, int]:
        """Wait for the running executions; their number when time is up, else nothing."""
        while running := self._running():
            if until is not None and time.monotonic() >= until:
                return {"executions": running}
            time.sleep(POLL_SECONDS)
        return {}

    def _running(self) -> int:
        return self._interpreter.running() if self._interpreter else 0

    def _client(self, service: str, role_arn: str) -> Any:
        """What the interpreter calls AWS with, judged by the machine's role."""
        (role,) = {each.role for each in self.plans if each.role_arn == role_arn}
        if service == "lambda":
            return Invoker(role, self._invoke)
        if service != "s3":
            raise ValueError(f"the local engine's state machines call no {service}")
        session = self._cloud.session()
        guard(session, role, lambda *_: None)
        return Lister(session)


class Invoker:
    """The one call of a Lambda client that a task makes."""

    def __init__(self, role: Role, invoke: Invoke) -> None:
        self._role = role
        self._invoke = invoke

    def invoke(self, *, FunctionName: str, Payload: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803
        refusal = self._role.check(Need("lambda:InvokeFunction", FunctionName))
        if refusal is not None:
            told: Any = {"Code": "AccessDeniedException", "Message": refusal.reason}
            raise ClientError({"Error": told}, "Invoke")
        answer: dict[str, Any] = {"StatusCode": 200}
        try:
            result = self._invoke(FunctionName, json.loads(Payload))
        except Exception as error:  # noqa: BLE001 - Lambda tells the caller what was raised
            result = {"errorType": type(error).__name__, "errorMessage": str(error)}
            answer["FunctionError"] = "Unhandled"
        return {**answer, "Payload": io.BytesIO(json.dumps(result).encode())}


class Lister:
    """An item reader's listing: all of it, as Step Functions lists; moto asks for one page."""

    def __init__(self, session: boto3.session.Session) -> None:
        self._s3 = session.client("s3")

    def list_objects_v2(self, **parameters: Any) -> dict[str, Any]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(**parameters)
        return {"Contents": [found for page in pages for found in page.get("Contents", [])]}
