"""What an operator may decide, in `config/<stage>.toml`; all but `sources` has a default."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, ValidationError

from infra.alarms import Alarms
from infra.config_errors import at, describe
from infra.consent import Consent, PurposeName
from infra.definitions import mistakes, queue_mistakes, source_mistakes, webhook_mistakes
from infra.identity import Identity
from infra.section import Name, Section
from infra.source import Source
from infra.traits import Behaviour, Trait, TraitName
from infra.vault import Vault
from millrace.errors import NeedsHuman

Days = Annotated[int, Field(ge=1, le=3650)]


class Destination(Section):
    """One destination; keys other than `secret` are the options its definition reads."""

    model_config = ConfigDict(extra="allow")

    secret: str = Field(
        default="",
        description="Its key, for `run.py local` only; in AWS it stands in Secrets Manager.",
    )

    purposes: tuple[PurposeName, ...] = Field(
        default=(),
        strict=False,
        description="What it uses people's data for; empty: what its definition says.",
    )

    @property
    def options(self) -> dict[str, Any]:
        """What the definition reads: everything in the table but the secret."""
        return dict(self.model_extra or {})


class Personalization(Section):
    fallback: dict[str, Any] = Field(
        default={"first_name": "there"},
        description="The content served for an unknown person, or when the table is slow.",
    )
    budget_ms: int = Field(
        default=150, ge=10, le=2000, description="How long the table may take before `fallback`."
    )
    read_key: str = Field(
        default="",
        description="Bearer key of readers, for `run.py local` only; in AWS: Secrets Manager.",
    )


class Tracking(Section):
    requests_per_second: int = Field(
        default=1000, ge=1, le=10000, description="API throttle, steady rate; beyond it: 429."
    )
    burst: int = Field(default=2000, ge=1, le=5000, description="API throttle, burst.")
    max_events_per_second: int = Field(
        default=10000,
        ge=0,
        le=1000000,
        description="Of one source, in one sandbox; beyond it: 429, webhooks 503. 0: no limit.",
    )
    waf: bool = Field(
        default=False,
        description="CloudFront with a web ACL in front: docs/how-to/put-waf-in-front.md.",
    )
    allow_origins: tuple[str, ...] = Field(
        default=("*",), strict=False, min_length=1, description="CORS: who may call from a browser."
    )


class Stream(Section):
    mode: Literal["provisioned", "on_demand"] = Field(
        default="provisioned", description="on_demand needs no planning, and costs more when idle."
    )
    shards: int = Field(
        default=1, ge=1, le=200, description="Provisioned only: 1 MB/s or 1,000 records/s each."
    )


class Retention(Section):
    stream_hours: int = Field(
        default=168, ge=24, le=8760, description="How long an outage downstream may last."
    )
    logs_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 180, 365] = Field(
        default=30, description="Log groups: functions and API access."
    )
    failed_events_days: Days = Field(default=90, description="Failed events, sealed, for replay.")
    parked_days: Days = Field(default=30, description="Batches that ran out of retries.")
    access_logs_days: Days = Field(default=90, description="Access logs of the buckets.")
    profiles_days: Days = Field(
        default=1095, description="People of whom no event came for so long are emptied."
    )
    lake_days: Days = Field(default=730, description="Events and changes of profiles in the lake.")
    ledger_roots_days: Days = Field(
        default=3650, description="Daily roots of the consent ledger: locked, whoever asks."
    )


class Environment(Section):
    stage: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,15}$")] = Field(
        default="prod",
        description="Goes into the names of secrets, queues, alarms and the lake's database.",
    )
    alarm_email: Annotated[str, StringConstraints(pattern=r"^$|^[^@\s]+@[^@\s]+$")] = Field(
        default="", description='Who is told of alarms; "" leaves the topic without a subscriber.'
    )
    sources: dict[Name, Source] = Field(min_length=1, description="Who sends to us.")
    destinations: dict[Name, Destination] = Field(
        default={}, description="Who receives from us: one of layers/destinations each."
    )
    consent: Consent = Consent()
    traits: dict[TraitName, Trait] = Field(
        default={}, description="How a trait is decided; `points_*` is every trait of that name."
    )
    behaviour: Behaviour = Behaviour()
    personalization: Personalization = Personalization()
    identity: Identity = Identity()
    tracking: Tracking = Tracking()
    stream: Stream = Stream()
    vault: Vault = Vault()
    retention: Retention = Retention()
    alarms: Alarms = Alarms()


def load_environment(path: str | Path) -> Environment:
    """The environment in a config file.

    Raises NeedsHuman `bad_config`; its message names the file, each line and what is allowed.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        environment = Environment.model_validate(tomllib.loads(text))
    except OSError as error:
        raise NeedsHuman("bad_config", f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NeedsHuman("bad_config", f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        found = describe(error, str(path), text, Environment.model_json_schema())
        raise NeedsHuman("bad_config", found) from None
    return _defined(environment, str(path), text)


def _defined(environment: Environment, name: str, text: str) -> Environment:
    options = {key: destination.options for key, destination in environment.destinations.items()}
    webhooks = {key: source.webhook for key, source in environment.sources.items()}
    queued = [key for key, source in environment.sources.items() if source.queue]
    told = [
        *mistakes(options),
        *webhook_mistakes(webhooks),
        *queue_mistakes(queued, webhooks),
        *source_mistakes(webhooks),
    ]
    found = [at(name, text, place, sentence) for place, sentence in told]
    if found:
        raise NeedsHuman("bad_config", "\n".join(sorted(found)))
    return environment
