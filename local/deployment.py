"""What the template says of functions, roles, mappings and encryption, as values."""

from __future__ import annotations

from typing import Any

from local.functions import FunctionPlan
from local.gate import Role
from local.machines import Machine
from local.mapping import MappingPlan, mapping_plan
from local.needs import Names
from local.policy import Statement, statements_of
from local.template import Assembly, Made

ENCRYPTION = {
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
    "AWS::DynamoDB::GlobalTable": ("Replicas", 0, "SSESpecification", "KMSMasterKeyId"),
    "AWS::Kinesis::Stream": ("StreamEncryption", "KeyId"),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
    "AWS::SecretsManager::Secret": ("KmsKeyId",),
    "AWS::S3::Bucket": (
        "BucketEncryption",
        "ServerSideEncryptionConfiguration",
        0,
        "ServerSideEncryptionByDefault",
        "KMSMasterKeyID",
    ),
}
BASIC_EXECUTION = Statement(
    effect="Allow",
    actions=("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
    resources=("*",),
)


def function_plans(assembly: Assembly) -> list[FunctionPlan]:
    """Every function; its description is its folder below functions/."""
    return [
        FunctionPlan(
            path=properties["Description"].removeprefix("functions/"),
            name=made.ref,
            arn=made.attributes["Arn"],
            role_arn=properties["Role"],
            environment=properties.get("Environment", {}).get("Variables", {}),
            timeout_seconds=int(properties.get("Timeout", 3)),
            log_group=properties.get("LoggingConfig", {}).get("LogGroup", ""),
            memory_mb=int(properties.get("MemorySize", 128)),
        )
        for _, made, properties in assembly.of_type("AWS::Lambda::Function")
    ]


def mapping_plans(assembly: Assembly) -> list[MappingPlan]:
    return [
        mapping_plan(resource.logical_id, properties)
        for resource, _, properties in assembly.of_type("AWS::Lambda::EventSourceMapping")
        if properties.get("Enabled", True)
    ]


def machine_plans(
    assembly: Assembly, statements: dict[str, list[Statement]], names: Names
) -> list[Machine]:
    return [
        Machine(
            name=made.attributes["Name"],
            definition=properties["DefinitionString"],
            role_arn=properties["RoleArn"],
            role=Role(made.attributes["Name"], statements[properties["RoleArn"]], names),
        )
        for _, made, properties in assembly.of_type("AWS::StepFunctions::StateMachine")
    ]


def role_statements(assembly: Assembly) -> dict[str, list[Statement]]:
    """Every statement that holds for a role, by the role's ARN."""
    found: dict[str, list[Statement]] = {}
    arns: dict[str, str] = {}
    for _, made, properties in assembly.of_type("AWS::IAM::Role"):
        arn = arns[made.ref] = made.attributes["Arn"]
        inline = [each["PolicyDocument"] for each in properties.get("Policies", [])]
        found[arn] = [statement for document in inline for statement in statements_of(document)]
        for managed in properties.get("ManagedPolicyArns", []):
            if managed.endswith("AWSLambdaBasicExecutionRole"):
                found[arn].append(BASIC_EXECUTION)
    for _, _, properties in assembly.of_type("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for role in properties.get("Roles", []):
            found[arns[role]] += statements_of(properties["PolicyDocument"])
    return found


def roles_of_people(
    assembly: Assembly, statements: dict[str, list[Statement]], names: Names
) -> dict[str, Role]:
    """The roles that people assume, by name: those that trust the account itself."""
    return {
        made.ref: Role(made.ref, statements[made.attributes["Arn"]], names)
        for _, made, properties in assembly.of_type("AWS::IAM::Role")
        if "AWS" in properties["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    }


def names_of(assembly: Assembly, statements: dict[str, list[Statement]]) -> Names:
    """What the gate must know of resources."""
    names = Names()
    for _, made, properties in assembly.of_type("AWS::SecretsManager::Secret"):
        names.secrets[properties.get("Name", made.ref)] = made.ref
    for kind, path in ENCRYPTION.items():
        for _, made, properties in assembly.of_type(kind):
            if key := _dig(properties, path):
                names.keys[_arn(made)] = key
    judged = {
        resource
        for each in statements.values()
        for statement in each
        if "dynamodb:LeadingKeys" in str(statement.conditions)
        for resource in statement.resources
    }
    for _, made, properties in assembly.of_type("AWS::DynamoDB::Table"):
        if made.attributes["Arn"] in judged:
            names.hash_keys[made.attributes["Arn"]] = properties["KeySchema"][0]["AttributeName"]
    return names


def _arn(made: Made) -> str:
    return str(made.attributes.get("Arn") or made.attributes.get("TopicArn") or made.ref)


def _dig(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
