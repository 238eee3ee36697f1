"""Functions of the template: their unmodified handlers, imported by path."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Any

import boto3
import msgspec

from local import ROOT
from local.capture import captured
from local.cloud import ENVIRONMENT, only_environment
from local.gate import Role
from local.intrinsics import TemplateError

KEPT_VARIABLES = ("HOME", "LANG", "PATH", "TMPDIR", "TZ")


class FunctionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One `AWS::Lambda::Function`, resolved."""

    path: str
    """Its folder below functions/, e.g. `intake/track`."""
    name: str
    arn: str
    role_arn: str
    environment: dict[str, str]
    timeout_seconds: int = 3
    memory_mb: int = 128
    log_group: str = ""


class LambdaContext:
    """What a handler may ask of its invocation."""

    function_version = "$LATEST"
    identity = None
    client_context = None

    def __init__(self, plan: FunctionPlan, request_id: str) -> None:
        self.function_name = plan.name
        self.invoked_function_arn = plan.arn
        self.memory_limit_in_mb = plan.memory_mb
        self.aws_request_id = request_id
        self.log_group_name = plan.log_group
        self.log_stream_name = "local"
        self._ends_at = time.monotonic() + plan.timeout_seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self._ends_at - time.monotonic()) * 1000))


class LocalFunction:
    """One function; `invoke` runs its handler under the engine's lock."""

    def __init__(
        self,
        plan: FunctionPlan,
        role: Role,
        session: boto3.session.Session,
        on_lines: Callable[[list[str]], None],
    ) -> None:
        self.plan = plan
        self.role = role
        self.lines: list[str] = []
        """Everything it ever printed."""
        self._session = session
        self._on_lines = on_lines
        self._handler = self._load()

    def invoke(self, event: dict[str, Any], request_id: str) -> Any:
        """What the handler returns; whatever it raises. Call it with the engine's lock held."""
        lines: list[str] = []
        boto3.DEFAULT_SESSION = self._session
        try:
            with captured(lines):
                return self._handler(event, LambdaContext(self.plan, request_id))
        finally:
            boto3.DEFAULT_SESSION = None
            self.lines += lines
            self._on_lines(lines)

    def _load(self) -> Callable[[dict[str, Any], Any], Any]:
        file = ROOT / "functions" / self.plan.path / "handler.py"
        if not file.exists():
            raise TemplateError(f"the template has a function {self.plan.path}; {file} is missing")
        name = f"millrace_function_{self.plan.path.replace('/', '_')}"
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise TemplateError(f"{file} cannot be imported")
        module = importlib.util.module_from_spec(spec)
        boto3.DEFAULT_SESSION = self._session
        variables = ENVIRONMENT | self.plan.environment | self._runtime_variables()
        try:
            with only_environment(variables, keep=KEPT_VARIABLES), captured(self.lines):
                spec.loader.exec_module(module)
        finally:
            boto3.DEFAULT_SESSION = None
        handler: Callable[[dict[str, Any], Any], Any] = module.handler
        return handler

    def _runtime_variables(self) -> dict[str, str]:
        return {
            "AWS_LAMBDA_FUNCTION_NAME": self.plan.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.plan.memory_mb),
        }
