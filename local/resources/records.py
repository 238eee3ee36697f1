"""Resources that exist only as what the template says of them: nothing is made in moto.

Functions, routes, mappings and policies are read by the parts of the engine that play them;
alarms, log groups, the Glue catalogue and the like have no local effect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.template import ACCOUNT, REGION, Made, Resource

KeptMaker = Callable[[Resource, dict[str, Any]], Made]


def _name(resource: Resource, properties: dict[str, Any], key: str) -> str:
    return str(properties.get(key) or f"{resource.stack}-{resource.logical_id}")


def _arn(service: str, path: str, *, is_global: bool = False) -> str:
    return f"arn:aws:{service}:{'' if is_global else REGION}:{ACCOUNT}:{path}"


def _named(service: str, key: str, path: str) -> KeptMaker:
    """A resource whose Ref is its name and whose ARN ends in `path`, with {} for the name."""

    def make(resource: Resource, properties: dict[str, Any]) -> Made:
        name = _name(resource, properties, key)
        return Made(ref=name, attributes={"Arn": _arn(service, path.format(name))})

    return make


def _kept(resource: Resource, _: dict[str, Any]) -> Made:
    return Made(ref=resource.logical_id)


def _role(resource: Resource, properties: dict[str, Any]) -> Made:
    name = _name(resource, properties, "RoleName")
    arn = _arn("iam", f"role/{name}", is_global=True)
    return Made(ref=name, attributes={"Arn": arn, "RoleId": f"AROA{resource.logical_id}"})


def _layer(resource: Resource, properties: dict[str, Any]) -> Made:
    return Made(ref=_arn("lambda", f"layer:{_name(resource, properties, 'LayerName')}:1"))


def _log_group(resource: Resource, properties: dict[str, Any]) -> Made:
    name = _name(resource, properties, "LogGroupName")
    return Made(ref=name, attributes={"Arn": _arn("logs", f"log-group:{name}:*")})


def _http_api(resource: Resource, _: dict[str, Any]) -> Made:
    domain = f"{resource.logical_id.lower()}.execute-api.{REGION}.amazonaws.com"
    attributes = {"ApiId": resource.logical_id, "ApiEndpoint": f"https://{domain}"}
    return Made(ref=resource.logical_id, attributes=attributes)


def _mapping(resource: Resource, _: dict[str, Any]) -> Made:
    arn = _arn("lambda", f"event-source-mapping:{resource.logical_id}")
    attributes = {"Id": resource.logical_id, "EventSourceMappingArn": arn}
    return Made(ref=resource.logical_id, attributes=attributes)


def _state_machine(resource: Resource, properties: dict[str, Any]) -> Made:
    """Made when it is first asked for (local/machines.py)."""
    name = _name(resource, properties, "StateMachineName")
    arn = _arn("states", f"stateMachine:{name}")
    return Made(ref=arn, attributes={"Arn": arn, "Name": name})


def _version(_: Resource, properties: dict[str, Any]) -> Made:
    arn = f"{properties['FunctionName']}:1"
    return Made(ref=arn, attributes={"Version": "1", "FunctionArn": arn})


KEPT: dict[str, KeptMaker] = {
    "AWS::ApiGatewayV2::Api": _http_api,
    "AWS::ApiGatewayV2::Integration": _kept,
    "AWS::ApiGatewayV2::Route": _kept,
    "AWS::ApiGatewayV2::Stage": lambda _, properties: Made(ref=properties["StageName"]),
    "AWS::Athena::NamedQuery": _kept,
    "AWS::Athena::WorkGroup": lambda _, properties: Made(ref=properties["Name"]),
    "AWS::CDK::Metadata": _kept,
    "AWS::CloudWatch::Alarm": _named("cloudwatch", "AlarmName", "alarm:{}"),
    "AWS::CloudWatch::CompositeAlarm": _named("cloudwatch", "AlarmName", "alarm:{}"),
    "AWS::CloudWatch::Dashboard": _kept,
    "AWS::Events::Rule": _named("events", "Name", "rule/{}"),
    "AWS::Glue::Database": lambda resource, properties: Made(
        ref=properties.get("DatabaseInput", {}).get("Name", resource.logical_id)
    ),
    "AWS::Glue::Registry": _named("glue", "Name", "registry/{}"),
    "AWS::Glue::Schema": _named("glue", "Name", "schema/{}"),
    "AWS::Glue::SchemaVersion": _kept,
    "AWS::Glue::Table": lambda resource, properties: Made(
        ref=properties.get("TableInput", {}).get("Name", resource.logical_id)
    ),
    "AWS::IAM::ManagedPolicy": _kept,
    "AWS::IAM::Policy": _kept,
    "AWS::IAM::Role": _role,
    "AWS::KMS::Alias": lambda _, properties: Made(ref=properties["AliasName"]),
    "AWS::Lambda::Alias": _kept,
    "AWS::Lambda::EventInvokeConfig": _kept,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Lambda::Function": _named("lambda", "FunctionName", "function:{}"),
    "AWS::Lambda::LayerVersion": _layer,
    "AWS::Lambda::Permission": _kept,
    "AWS::Lambda::Version": _version,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::Logs::MetricFilter": _kept,
    "AWS::S3::BucketPolicy": _kept,
    "AWS::StepFunctions::StateMachine": _state_machine,
    "AWS::SNS::Subscription": _kept,
    "AWS::SNS::TopicPolicy": _kept,
    "AWS::SQS::QueuePolicy": _kept,
}
