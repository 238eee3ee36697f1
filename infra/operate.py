"""Operations: the function through which operators ask, invoked by name under IAM."""

from __future__ import annotations

import aws_cdk as cdk
import msgspec
from constructs import Construct

from infra import runtime_values
from infra.function import PipelineFunction
from infra.intake import IntakeStore
from infra.overflow import detoured
from infra.platform import Platform
from infra.taking import ladder_settings, put_events
from infra.watch import errors
from millrace.settings import IntakeOperateSettings


class Operate(Construct):
    """functions/intake/operate: whoever may invoke it may ask for any operation."""

    def __init__(self, scope: Construct, platform: Platform, *, store: IntakeStore) -> None:
        super().__init__(scope, "Operate")
        self.function = PipelineFunction(
            self,
            "intake/operate",
            platform=platform,
            settings=IntakeOperateSettings(**ladder_settings(platform, store)),
            layers=("core", "vendor"),
            timeout_seconds=30,
            memory_mb=512,
        )
        put_events(self.function, store)
        self.function.use_vault()
        rules = msgspec.json.encode(runtime_values.identity(platform.environment)).decode()
        for name, value in {
            "OperateFunction": self.function.function_name,
            "IdentityRules": rules,
        }.items():
            cdk.CfnOutput(self, name, value=value).override_logical_id(name)
        self.watches = [errors(self.function), detoured(self.function)]
