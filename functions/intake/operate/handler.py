"""What an operator asks for -> events stream: invoked by name, by `millrace` or another tool."""

from __future__ import annotations

from typing import Any

import msgspec

from millrace.adapters.clock import SystemClock
from millrace.adapters.doors import ladder
from millrace.adapters.vault import open_vault
from millrace.intake.operating import OperateDoors, operate, read_asking
from millrace.runtime.detours import detour_counter
from millrace.runtime.function import logger_for, task_function
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import IntakeOperateSettings

NAME = "intake/operate"
settings = IntakeOperateSettings.from_env()
logger = logger_for(NAME)
clock = SystemClock()
doors = OperateDoors(
    sink=ladder(settings, clock, detour_counter(NAME)), vault=open_vault(settings), clock=clock
)


@task_function(NAME)
def handler(event: dict[str, Any], metrics: FunctionMetrics) -> dict[str, Any]:
    """Put the operations into the stream; the log says which role asked for what."""
    asking = read_asking(event)
    done = operate(asking, doors, metrics)
    logger.info("operated", extra=asking.described())
    found: dict[str, Any] = msgspec.to_builtins(done)
    return found
