"""The three stacks: composition, nothing else.

MillraceData         what must never be lost: keys, secrets, tables, buckets, the stream
MillracePipeline     what runs, and can be made anew from the other two at any time
MillraceOperations   what tells people: alarms and the topic they write to
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.access import Access
from infra.activation import Activation, ActivationStore
from infra.consent_api import ConsentApi
from infra.environment import Environment
from infra.erasing import Holders
from infra.erasure import Erasure, ErasureStore
from infra.event_schemas import EventSchemas
from infra.failed import Failed
from infra.intake import Intake, IntakeStore
from infra.lake import Lake, LakeStore
from infra.lake_replay import LakeReplay
from infra.layers import LayerCode, Layers
from infra.ledger import Ledger, LedgerStore
from infra.officer import PrivacyOfficer
from infra.operate import Operate
from infra.operations import Operations, OperationsStore
from infra.personalization import Personalization, PersonalizationStore
from infra.platform import Platform
from infra.privacy import PrivacyStore
from infra.profiles import Profiles, ProfilesStore
from infra.receiving import Receiving
from infra.retention import Retention
from infra.rotation import Rotation
from infra.webhooks import Webhooks


class MillraceData(cdk.Stack):
    """Stateful. Renaming a construct here replaces its data: tests lock the logical ids."""

    def __init__(self, scope: Construct, environment: Environment, **options: Any) -> None:
        super().__init__(
            scope,
            "MillraceData",
            description="Millrace: what it keeps",
            termination_protection=True,
            **options,
        )
        self.privacy = PrivacyStore(self)
        key = self.privacy.key
        self.operations = OperationsStore(self, environment)
        logs = self.operations.access_logs
        self.ledger = LedgerStore(self, environment, key=key, access_logs=logs)
        self.intake = IntakeStore(self, environment, key=key, access_logs=logs)
        self.profiles = ProfilesStore(self, key=key)
        self.personalization = PersonalizationStore(self, environment, key=key)
        self.activation = ActivationStore(self, environment, key=key)
        self.lake = LakeStore(
            self, environment, key=key, access_logs=logs, failed=self.intake.failed
        )
        self.erasure = ErasureStore(self, environment, key=key)
        EventSchemas(self, stage=environment.stage)


class MillracePipeline(cdk.Stack):
    """Stateless: functions, their event sources, queues and the HTTP API."""

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        *,
        data: MillraceData,
        layer_code: LayerCode,
        **options: Any,
    ) -> None:
        super().__init__(scope, "MillracePipeline", description="Millrace: what it runs", **options)
        platform = Platform(
            environment=environment,
            key=data.privacy.key,
            subjects=data.privacy.subjects,
            layers=Layers(self, layer_code),
        )
        self.intake = Intake(self, platform, store=data.intake)
        self.webhooks = Webhooks(self, platform, store=data.intake, api=self.intake.api)
        self.receiving = Receiving(self, platform, store=data.intake)
        self.failed = Failed(self, platform, intake=data.intake)
        self.operate = Operate(self, platform, store=data.intake)
        self.profiles = Profiles(self, platform, store=data.profiles, intake=data.intake)
        self.personalization = Personalization(
            self, platform, profiles=data.profiles, api=self.intake.api
        )
        self.lake = Lake(
            self, platform, store=data.lake, intake=data.intake, profiles=data.profiles
        )
        self.lake_replay = LakeReplay(self, platform, store=data.lake, intake=data.intake)
        self.activation = Activation(
            self,
            platform,
            store=data.activation,
            profiles=data.profiles,
            suppressions=data.ledger.suppressions,
        )
        self.consents = ConsentApi(self, platform, store=data.intake, api=self.intake.api)
        self.ledger = Ledger(
            self, platform, table=data.privacy.ledger, store=data.ledger, intake=data.intake
        )
        self.erasure = self._erasure(platform, data)
        self.retention = Retention(
            self,
            platform,
            profiles=data.profiles,
            activation=data.activation,
            ledger=data.privacy.ledger,
            erasure=self.erasure,
        )
        self.rotation = Rotation(
            self, platform, profiles=data.profiles, erasures=data.erasure.table
        )
        tools = [
            self.failed.replay,
            self.lake_replay.function,
            self.operate.function,
            self.retention.function,
            self.rotation.function,
        ]
        self.access = Access(self, platform, data=data, tools=tools)
        self.officer = PrivacyOfficer(self, platform, data=data, erasure=self.erasure)

    def _erasure(self, platform: Platform, data: MillraceData) -> Erasure:
        holders = Holders(
            profiles=data.profiles,
            activation=data.activation,
            intake=data.intake,
            ledger=data.privacy.ledger,
            suppressions=data.ledger.suppressions,
        )
        return Erasure(self, platform, store=data.erasure, holders=holders, api=self.intake.api)


class MillraceOperations(cdk.Stack):
    """Alarms on what the other two declare."""

    def __init__(
        self,
        scope: Construct,
        environment: Environment,
        *,
        data: MillraceData,
        pipeline: MillracePipeline,
        **options: Any,
    ) -> None:
        super().__init__(
            scope, "MillraceOperations", description="Millrace: what it tells people", **options
        )
        self.operations = Operations(
            self,
            environment,
            key=data.privacy.key,
            watches=[
                *data.intake.watches,
                *pipeline.intake.watches,
                *pipeline.webhooks.watches,
                *pipeline.receiving.watches,
                *pipeline.failed.watches,
                *pipeline.operate.watches,
                *pipeline.lake_replay.watches,
                *pipeline.profiles.watches,
                *pipeline.personalization.watches,
                *pipeline.lake.watches,
                *pipeline.activation.watches,
                *pipeline.retention.watches,
                *pipeline.consents.watches,
                *pipeline.ledger.watches,
                *pipeline.erasure.watches,
                *pipeline.rotation.watches,
            ],
        )
