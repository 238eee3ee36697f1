"""Moto's Step Functions interpreter, with ItemBatcher and with clients of this engine.

Imported late: the parser it generates takes two seconds to load.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval import (
    resource_eval_s3,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    distributed_iteration_component as distributed,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local import item_batcher
from local.moto_fixes import Patch
from local.template import ACCOUNT, REGION


def join(client: Callable[[str, str], Any]) -> None:
    """From now on, `client(service, role_arn)` is what a running machine calls AWS with."""

    def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:  # noqa: ARG001
        return client(service, state_credentials.role_arn)

    patches: list[Patch] = [
        (resource_eval_s3, "boto_client_for", boto_client_for),
        (lambda_eval_utils, "boto_client_for", boto_client_for),
        (AmazonStateLanguageParser, "parse", staticmethod(item_batcher.parse)),
        (distributed.DistributedIterationComponent, "_map_run", item_batcher.map_run),
    ]
    for owner, name, value in patches:
        setattr(owner, name, value)


def running() -> int:
    """How many executions are not at their end."""
    machines = stepfunctions_parser_backends[ACCOUNT][REGION].state_machines
    return sum(each.status == "RUNNING" for machine in machines for each in machine.executions)
