"""Findings of cdk-nag that we accept, each beside its resource, each with a sentence."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept one AwsSolutions finding on a construct, e.g. `SQS3` or `IAM5[Resource::*]`."""
    cdk.Validations.of(construct).acknowledge(
        cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason)
    )


def as_nag_writes(resolved: object) -> str:
    """A resource as cdk-nag writes it in a finding: `arn:<AWS::Partition>:...`."""
    match resolved:
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(as_nag_writes(part) for part in parts)
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::ImportValue": name}:
            return str(name)
        case _:
            return str(resolved)
