"""What each function reads from its environment, declared once.

infra makes the instance and writes `to_env()` into the template; the handler reads the same
class with `from_env()`. A key cannot be misspelt on one side only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Self, get_type_hints

import msgspec

from millrace.errors import NeedsHuman
from millrace.parties import (
    DestinationSettings,
    PlanSettings,
    SourceSettings,
    WebhookSettings,
)
from millrace.purposes import ConsentSettings
from millrace.recognition import IdentifierSettings, IdentitySettings


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Strings travel as they are, all else as JSON; variables are the fields in capitals."""

    def to_env(self) -> dict[str, str]:
        """The environment variables of this instance; values may be CDK tokens inside strings."""
        return {
            name.upper(): value if isinstance(value, str) else msgspec.json.encode(value).decode()
            for name in self.__struct_fields__
            for value in (getattr(self, name),)
        }

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read this class from `environ`; a missing or malformed variable is `bad_environment`."""
        hints = get_type_hints(cls)
        values: dict[str, Any] = {}
        try:
            for name in cls.__struct_fields__:
                raw = environ.get(name.upper())
                if raw is not None:
                    is_text = hints[name] is str
                    values[name] = raw if is_text else msgspec.json.decode(raw, type=hints[name])
            return cls(**values)
        except (msgspec.MsgspecError, TypeError) as error:
            raise NeedsHuman(
                "bad_environment", f"{cls.__name__} cannot read its environment: {error}"
            ) from error


class VaultSettings(Settings, frozen=True, kw_only=True):
    """What the vault needs: the table of wrapped keys and the KMS key that wraps them."""

    stage: str
    subjects_table: str
    key_arn: str


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


class IntakeTrackSettings(IntakeSettings, frozen=True, kw_only=True):
    """functions/intake/track."""

    sources: dict[str, SourceSettings]
    max_events_per_second: int = 0
    """Of one source, in one sandbox; 0: as many as come."""


class IntakeWebhookSettings(IntakeSettings, frozen=True, kw_only=True):
    """functions/intake/webhook."""

    webhooks: dict[str, WebhookSettings]


class IntakeOperateSettings(LadderSettings, frozen=True, kw_only=True):
    """functions/intake/operate."""


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


class ProfilesUpdateSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/profiles/update."""

    profiles_table: str
    failed_bucket: str
    source_priorities: dict[str, int]
    destination_names: list[str]
    """The destinations that are told of a change: they become the `dirty` marks."""
    write_threads: int = 8
    identity: IdentitySettings = IdentitySettings()


class PersonalizationServeSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/personalization/serve."""

    profiles_table: str
    read_secret: str
    source_priorities: dict[str, int]
    fallback: dict[str, Any]
    budget_ms: int = 150
    """How long the table may take before the generic content is served instead."""


class LakeWriteSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/lake/write."""

    lake_bucket: str
    consent: ConsentSettings = ConsentSettings()


class LakeChangesSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/lake/changes."""

    lake_bucket: str
    source_priorities: dict[str, int]


class ActivationWakeSettings(Settings, frozen=True, kw_only=True):
    """functions/activation/wake."""

    queues: dict[str, str]
    """Queue URL by destination name."""


class ActivationDeliverSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/activation/deliver."""

    profiles_table: str
    deliveries_table: str
    queues: dict[str, str]
    source_priorities: dict[str, int]
    destinations: dict[str, DestinationSettings]


class PrivacyRetainSettings(VaultSettings, frozen=True, kw_only=True):
    """functions/privacy/retain."""

    profiles_table: str
    deliveries_table: str
    destination_names: list[str]
    profiles_days: int
    """How long a person of whom no event comes is kept."""
