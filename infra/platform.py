"""What every capability of the pipeline stack builds on."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms

from infra.environment import Environment
from infra.layers import Layers


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The configuration, the key, the table of wrapped keys and the layers."""

    environment: Environment
    key: kms.IKey
    subjects: dynamodb.ITable
    layers: Layers
