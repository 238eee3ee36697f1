"""From templates to running parts: resources, functions behind their roles, pumps, gateway."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import msgspec

from infra.environment import Environment
from infra.runtime_values import runtime_values
from local.clock import LocalClock
from local.cloud import Cloud
from local.cors import Cors, cors_of
from local.deployment import (
    function_plans,
    machine_plans,
    mapping_plans,
    names_of,
    role_statements,
    roles_of_people,
)
from local.duties import logging_needs, mapping_needs
from local.feeds import dynamodb_feed, kinesis_feed
from local.functions import FunctionPlan, LocalFunction
from local.gate import Observer, Role, guard
from local.intrinsics import TemplateError
from local.machines import Machine
from local.mapping import Item, MappingPlan
from local.needs import Names
from local.pumps import Pump
from local.queue_pump import QueuePump
from local.router import Router, routes_of
from local.schedules import Schedule, schedules_of
from local.stream_pump import StreamPump
from local.template import Assembly

InvokeFunction = Callable[[LocalFunction, dict[str, Any], str], Any]
GiveUp = Callable[[MappingPlan, str, tuple[Item, ...], str], None]

PATIENT = {"BUDGET_MS": "60000"}
"""A seeded run repeats however slow the machine is: no reader falls back because time passed."""


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """The template, resolved: everything but the functions' code."""

    plans: list[FunctionPlan]
    mappings: list[MappingPlan]
    roles: dict[str, Role]
    """By function path."""
    people: dict[str, Role]
    """Roles of people, by name."""
    names: Names
    router: Router
    schedules: list[Schedule]
    cors: Cors | None
    machines: list[Machine]
    outputs: dict[str, Any]
    """Every output of every stack that is no export, by name."""

    def variable(self, name: str) -> str:
        """The value that the functions' environments have for `name`."""
        for plan in self.plans:
            if name in plan.environment:
                return plan.environment[name]
        raise TemplateError(f"no function of the template has {name} in its environment")

    def vault(self) -> dict[str, str]:
        """What it takes to open what the functions sealed."""
        names = {"stage": "STAGE", "table": "SUBJECTS_TABLE", "key_arn": "KEY_ARN"}
        return {name: self.variable(variable) for name, variable in names.items()}


def deploy(assembly: Assembly) -> Deployment:
    """Make the template's resources and read what it says of everything else."""
    assembly.make_all()
    statements = role_statements(assembly)
    names = names_of(assembly, statements)
    plans = function_plans(assembly)
    paths = {plan.name: plan.path for plan in plans}
    apis = [properties for _, _, properties in assembly.of_type("AWS::ApiGatewayV2::Api")]
    return Deployment(
        plans=plans,
        mappings=[
            msgspec.structs.replace(mapping, function_path=paths[mapping.function_name])
            for mapping in mapping_plans(assembly)
        ],
        roles={
            plan.path: Role(plan.path, statements.get(plan.role_arn, []), names) for plan in plans
        },
        people=roles_of_people(assembly, statements, names),
        names=names,
        router=Router(routes_of(assembly)),
        schedules=schedules_of(assembly),
        cors=cors_of(apis[0]) if apis else None,
        machines=machine_plans(assembly, statements, names),
        outputs=assembly.outputs(),
    )


def load_functions(
    deployment: Deployment,
    cloud: Cloud,
    variables: dict[str, str],
    observe: Observer,
    on_lines: Callable[[list[str]], None],
) -> dict[str, LocalFunction]:
    """The functions by path; `variables` replace those that the template gave a function."""
    functions = {}
    for plan in deployment.plans:
        changed = {name: variables[name] for name in plan.environment.keys() & variables.keys()}
        environment = plan.environment | changed | {"WRITE_THREADS": "1"}
        session = cloud.session()
        role = deployment.roles[plan.path]
        guard(session, role, observe)
        functions[plan.path] = LocalFunction(
            msgspec.structs.replace(plan, environment=environment), role, session, on_lines
        )
    return functions


def check_duties(deployment: Deployment) -> None:
    """Judge what the Lambda service does in the functions' names; refusals are kept."""
    needs = [(plan.path, need) for plan in deployment.plans for need in logging_needs(plan)]
    needs += [
        (mapping.function_path, need)
        for mapping in deployment.mappings
        for need in mapping_needs(mapping, deployment.names)
    ]
    for path, need in needs:
        deployment.roles[path].check(need)


def make_pumps(
    deployment: Deployment,
    functions: dict[str, LocalFunction],
    cloud: Cloud,
    clock: LocalClock,
    invoke: InvokeFunction,
    give_up: GiveUp,
) -> dict[str, Pump]:
    """A pump for each mapping, by what it joins."""
    pumps: dict[str, Pump] = {}
    for plan in deployment.mappings:
        function = functions[plan.function_path]

        def call(event: dict[str, Any], function: LocalFunction = function) -> Any:
            return invoke(function, event, "")

        label = f"{plan.source_arn.split(':', 5)[-1]} -> {function.plan.path}"
        if plan.service == "sqs":
            pumps[label] = QueuePump(plan, cloud, call, clock)
        else:
            feed = dynamodb_feed if plan.service == "dynamodb" else kinesis_feed
            pumps[label] = StreamPump(plan, feed(cloud, plan.source_arn), call, give_up, clock)
    return pumps


def outputs_of(
    deployment: Deployment, variables: dict[str, str], lake_path: Path
) -> dict[str, Any]:
    """The stacks' outputs as this engine has them, and where its lake is on disk."""
    return deployment.outputs | {
        "LakePath": str(lake_path.resolve()),
        "IdentityRules": variables["IDENTITY"],
        "SourcePriorities": variables["SOURCE_PRIORITIES"],
        "TraitPolicies": variables["TRAIT_POLICIES"],
    }


def variables_for(
    environment: Environment, deployment: Deployment, base_urls: dict[str, str], seed: int | None
) -> dict[str, str]:
    """What the config says, as the functions read it."""
    _only(environment.destinations, deployment.variable("QUEUES"))
    queued = [name for name, source in environment.sources.items() if source.queue]
    own = {"SOURCE_QUEUES": _only(queued, deployment.variable("SOURCE_QUEUES"))}
    return runtime_values(environment, base_urls) | own | ({} if seed is None else PATIENT)


def _only(names: Collection[str], queues: str) -> str:
    """Of the template's queues those of these sources or destinations."""
    found: dict[str, str] = msgspec.json.decode(queues)
    if missing := sorted(set(names) - set(found)):
        raise TemplateError(
            f"the checked-in template has no queue for {', '.join(missing)}; "
            "add it to config/local.toml and run `python3 run.py synth --update`"
        )
    return msgspec.json.encode({name: found[name] for name in names}).decode()
