"""Once a day, or when an operator asks: keys are replaced, and what they sealed is sealed anew."""

from __future__ import annotations

from typing import Any

from millrace.adapters.rotating import Rotating
from millrace.rotation import answer
from millrace.runtime.function import logger_for, task_function
from millrace.runtime.metrics import FunctionMetrics
from millrace.settings import PrivacyRotateSettings

NAME = "privacy/rotate"
logger = logger_for(NAME)
rotating = Rotating(PrivacyRotateSettings.from_env())


@task_function(NAME)
def handler(event: dict[str, Any], metrics: FunctionMetrics) -> dict[str, Any]:
    """What came of it: versions and counts, never a key."""
    done = answer(event, rotating.open())
    metrics.count("BranchKeysRotated", done.get("rotated", 0))
    metrics.count("ValuesResealed", done.get("resealed", 0))
    logger.info("answered", extra={"asked": event.get("do", "daily"), **counts_in(done)})
    return done


def counts_in(done: dict[str, Any]) -> dict[str, int]:
    return {name: value for name, value in done.items() if isinstance(value, int)}
