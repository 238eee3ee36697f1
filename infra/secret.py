"""ConfiguredSecret: a secret that we name and a person fills."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.acknowledged import acknowledge


class ConfiguredSecret(secretsmanager.Secret):
    """`{"secret": "<32 random characters>"}` until somebody writes the real one."""

    def __init__(
        self, scope: Construct, name: str, *, secret_name: str, purpose: str, key: kms.IKey
    ) -> None:
        super().__init__(
            scope,
            name,
            secret_name=secret_name,
            description=purpose,
            encryption_key=key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template="{}",  # noqa: S106
                generate_string_key="secret",
                exclude_punctuation=True,
                password_length=32,
            ),
            removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        acknowledge(
            self,
            "SMG4",
            "The other side keeps a copy that only it can change (a tag on a web page, an account "
            "at an ESP); rotating ours alone would cut them off. Readers refresh within 5 minutes.",
        )
