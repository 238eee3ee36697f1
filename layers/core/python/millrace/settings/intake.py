"""What the functions of intake read from their environment."""

from __future__ import annotations

from millrace.settings.consent import CONSENT, ConsentSettings
from millrace.settings.environment import Settings
from millrace.settings.identity import IdentifierSettings
from millrace.settings.sources import PlanSettings, SourceSettings, WebhookSettings
from millrace.settings.vault import VaultSettings


class LadderSettings(VaultSettings, frozen=True, kw_only=True):
    """What every function that puts new events into the stream needs."""

    events_stream: str
    overflow_queue: str
    """The URL of the queue that takes events while the stream does not."""
    overflow_bucket: str
    """The bucket that takes them while neither does."""


class IntakeSettings(LadderSettings, frozen=True, kw_only=True):
    """What every function that takes events from outside needs."""

    failed_bucket: str
    plans: dict[str, PlanSettings] = {}
    """By source; one that is not named here has the defaults."""
    identifiers: IdentifierSettings = IdentifierSettings()
    max_events_per_second: int = 0
    """Of one source, in one sandbox; 0: as many as come."""


class IntakeTrackSettings(IntakeSettings, frozen=True, kw_only=True):
    """functions/intake/track."""

    sources: dict[str, SourceSettings]


class IntakeWebhookSettings(IntakeSettings, frozen=True, kw_only=True):
    """functions/intake/webhook."""

    webhooks: dict[str, WebhookSettings]
    webhook_tokens_table: str
    """Where a token that is signed without its body is claimed for one body."""


class IntakeReceiveSettings(IntakeSettings, frozen=True, kw_only=True):
    """functions/intake/receive."""

    webhooks: dict[str, WebhookSettings]
    source_queues: dict[str, str]
    """The ARN of its queue, of each source that has one."""


class IntakeOperateSettings(LadderSettings, frozen=True, kw_only=True):
    """functions/intake/operate."""


class IntakeConsentSettings(LadderSettings, frozen=True, kw_only=True):
    """functions/intake/consent."""

    consent_secret: str
    consent: ConsentSettings = CONSENT


class IntakeRefillSettings(Settings, frozen=True, kw_only=True):
    """functions/intake/refill."""

    events_stream: str
    overflow_queue: str
    overflow_bucket: str


class IntakeReplaySettings(VaultSettings, frozen=True, kw_only=True):
    """functions/intake/replay."""

    events_stream: str
    failed_bucket: str
    webhooks: dict[str, WebhookSettings] = {}
    plans: dict[str, PlanSettings] = {}
    identifiers: IdentifierSettings = IdentifierSettings()
