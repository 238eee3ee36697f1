"""Webhooks: functions/intake/webhook behind one route of the API, for every configured source."""

from __future__ import annotations

from constructs import Construct

from infra import runtime_values
from infra.api import Api
from infra.function import PipelineFunction
from infra.intake import IntakeStore
from infra.overflow import detoured
from infra.platform import Platform
from infra.taking import intake_settings, take_events
from infra.watch import errors
from millrace.intake.webhooks.answering import ROUTES
from millrace.settings import IntakeWebhookSettings


class Webhooks(Construct):
    """What ESPs, shops, CRMs and support desks post to."""

    def __init__(
        self, scope: Construct, platform: Platform, *, store: IntakeStore, api: Api
    ) -> None:
        super().__init__(scope, "Webhooks")
        environment = platform.environment
        self.function = PipelineFunction(
            self,
            "intake/webhook",
            platform=platform,
            settings=IntakeWebhookSettings(
                **intake_settings(platform, store),
                webhooks=runtime_values.webhooks(environment),
                webhook_tokens_table=store.webhook_tokens.table_name,
            ),
            layers=("core", "vendor", "sources"),
            timeout_seconds=15,
            memory_mb=512,
        )
        take_events(self.function, store)
        self.function.use_table(store.webhook_tokens, "PutItem")
        self.function.use_secret(
            runtime_values.source_secret(environment.stage, "*"),
            because="One secret per source, and sources come and go",
        )
        for topic in sorted({each for one in environment.sources.values() for each in one.topics}):
            self.function.allow("sns:ConfirmSubscription", on=topic)
        api.route(self.function, ROUTES)
        self.watches = [errors(self.function), detoured(self.function)]
