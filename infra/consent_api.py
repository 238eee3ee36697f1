"""The consent API: functions/intake/consent behind the HTTP API."""

from __future__ import annotations

from constructs import Construct

from infra import runtime_values
from infra.api import Api
from infra.consent import rules
from infra.function import PipelineFunction
from infra.intake import IntakeStore
from infra.overflow import detoured
from infra.platform import Platform
from infra.taking import ladder_settings, put_events
from infra.watch import errors
from millrace.intake.consenting import ROUTES
from millrace.settings import IntakeConsentSettings


class ConsentApi(Construct):
    """Whoever holds the consent key may record what any person decided."""

    def __init__(
        self, scope: Construct, platform: Platform, *, store: IntakeStore, api: Api
    ) -> None:
        super().__init__(scope, "ConsentApi")
        secret = runtime_values.consent_secret(platform.environment.stage)
        self.function = PipelineFunction(
            self,
            "intake/consent",
            platform=platform,
            settings=IntakeConsentSettings(
                **ladder_settings(platform, store),
                consent_secret=secret,
                consent=rules(platform.environment),
            ),
            layers=("core", "vendor"),
            timeout_seconds=15,
            memory_mb=512,
        )
        put_events(self.function, store)
        self.function.use_vault()
        self.function.use_secret(secret)
        api.route(self.function, ROUTES)
        self.watches = [errors(self.function), detoured(self.function)]
