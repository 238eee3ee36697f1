"""Personalization: a profile, or generic content, in time for the page."""

from __future__ import annotations

from aws_cdk import aws_kms as kms
from constructs import Construct

from infra import runtime_values
from infra.api import Api
from infra.consent import rules as consent_rules
from infra.environment import Environment
from infra.function import PipelineFunction
from infra.platform import Platform
from infra.profiles import ProfilesStore
from infra.secret import ConfiguredSecret
from infra.watch import errors
from millrace.settings import PersonalizationServeSettings

ROUTES = ("GET /v1/profiles/{identifier+}",)


class PersonalizationStore(Construct):
    """The bearer key of readers."""

    def __init__(self, scope: Construct, environment: Environment, *, key: kms.IKey) -> None:
        super().__init__(scope, "Personalization")
        ConfiguredSecret(
            self,
            "ReadKey",
            secret_name=runtime_values.read_secret(environment.stage),
            purpose="Bearer key of who reads profiles",
            key=key,
        )


class Personalization(Construct):
    """functions/personalization/serve behind the HTTP API."""

    def __init__(
        self,
        scope: Construct,
        platform: Platform,
        *,
        profiles: ProfilesStore,
        api: Api,
    ) -> None:
        super().__init__(scope, "Personalization")
        environment = platform.environment
        self.serve = PipelineFunction(
            self,
            "personalization/serve",
            platform=platform,
            settings=PersonalizationServeSettings(
                stage=environment.stage,
                subjects_table=platform.subjects.table_name,
                key_arn=platform.key.key_arn,
                profiles_table=profiles.table.table_name,
                read_secret=runtime_values.read_secret(environment.stage),
                source_priorities=runtime_values.source_priorities(environment),
                trait_policies=runtime_values.trait_policies(environment),
                behaviour=runtime_values.behaviour(environment),
                fallback=environment.personalization.fallback,
                budget_ms=environment.personalization.budget_ms,
                consent=consent_rules(environment),
            ),
            layers=("core", "vendor"),
            timeout_seconds=10,
            memory_mb=512,
        )
        self.serve.use_table(profiles.table, "BatchGetItem")
        self.serve.use_vault()
        self.serve.use_subjects("BatchGetItem")
        self.serve.use_secret(runtime_values.read_secret(environment.stage))
        api.route(self.serve, ROUTES)
        self.watches = [errors(self.serve)]
