"""What functions read from the config rather than from resources, as environment variables.

infra fills the settings of functions with it; the local engine lays it over a template's
environment to run another config file without a synth.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from infra.consent import rules
from infra.definitions import vendor_of
from infra.environment import Environment
from millrace.profiles.rules import ReadRules
from millrace.settings import (
    BehaviourSettings,
    DestinationSettings,
    IdentifierSettings,
    IdentitySettings,
    PlanSettings,
    SourceSettings,
    TraitPolicy,
    WebhookSettings,
)


def source_secret(stage: str, source: str) -> str:
    """The name of the secret that holds a source's write key."""
    return f"millrace/{stage}/sources/{source}"


def destination_secret(stage: str, destination: str) -> str:
    """The name of the secret that holds a destination's key."""
    return f"millrace/{stage}/destinations/{destination}"


def read_secret(stage: str) -> str:
    """The name of the secret that holds the bearer key of readers."""
    return f"millrace/{stage}/read-key"


def consent_secret(stage: str) -> str:
    """The name of the secret that holds the bearer key of the consent API."""
    return f"millrace/{stage}/consent-key"


def privacy_secret(stage: str) -> str:
    """The name of the secret that holds the bearer key of who asks for erasures."""
    return f"millrace/{stage}/privacy-key"


def sources(environment: Environment) -> dict[str, SourceSettings]:
    """Every source that sends by the tracking API: a webhook's secret is no write key."""
    theirs = webhooks(environment)
    return {
        name: SourceSettings(
            secret=source_secret(environment.stage, name), priority=source.priority
        )
        for name, source in environment.sources.items()
        if name not in theirs
    }


def webhooks(environment: Environment) -> dict[str, WebhookSettings]:
    """Every source that is a vendor's webhook: by its name, or because it says so."""
    return {
        name: WebhookSettings(
            definition=vendor,
            secret=source_secret(environment.stage, name),
            url=source.url,
            topics=list(source.topics),
        )
        for name, source in environment.sources.items()
        if (vendor := vendor_of(name, source.webhook))
    }


def plans(environment: Environment) -> dict[str, PlanSettings]:
    """What becomes of unplanned and invalid events, where a source departs from the defaults."""
    found = {
        name: PlanSettings(unplanned=source.unplanned, invalid=source.invalid)
        for name, source in environment.sources.items()
    }
    return {name: plan for name, plan in found.items() if plan != PlanSettings()}


def identifiers(environment: Environment) -> IdentifierSettings:
    """Which identifiers find nobody, and which tie nobody."""
    told = environment.identity
    return IdentifierSettings(
        blocked=[value.lower() for value in told.blocked_values],
        shared_emails=[pattern.lower() for pattern in told.shared_emails],
        phone_region=told.phone_region,
    )


def identity(environment: Environment) -> IdentitySettings:
    """How many identifiers make a person."""
    return IdentitySettings(
        limits=environment.identity.limits, shared_by=environment.identity.shared_by
    )


def source_priorities(environment: Environment) -> dict[str, int]:
    """How much each source's traits weigh."""
    return {name: source.priority for name, source in environment.sources.items()}


def trait_policies(environment: Environment) -> dict[str, TraitPolicy]:
    """How each trait is decided, where the configuration says so."""
    return {name: trait.policy for name, trait in environment.traits.items()}


def behaviour(environment: Environment) -> BehaviourSettings:
    """What is computed of people, and how."""
    return BehaviourSettings(**environment.behaviour.model_dump())


def read_rules(environment: Environment) -> ReadRules:
    """How people are read, for what runs beside the functions."""
    return ReadRules(
        priorities=source_priorities(environment),
        policies=trait_policies(environment),
        behaviour=behaviour(environment),
    )


def destinations(
    environment: Environment, base_urls: Mapping[str, str] | None = None
) -> dict[str, DestinationSettings]:
    """Every destination, by name; `base_urls` sends some of them elsewhere, loopback included."""
    overrides = {
        name: {"base_url": url, "allow_private": True} for name, url in (base_urls or {}).items()
    }
    return {
        name: DestinationSettings(
            secret=destination_secret(environment.stage, name),
            options=destination.options | overrides.get(name, {}),
            purposes=list(destination.purposes),
        )
        for name, destination in environment.destinations.items()
    }


def retention_terms(environment: Environment) -> dict[str, int]:
    """How long what is kept, by the key that says so: for the audit of what is deployed."""
    terms = {f"retention.{name}": days for name, days in environment.retention.model_dump().items()}
    return terms | {
        f"consent.purposes.{name}.withdrawn_days": purpose.withdrawn_days
        for name, purpose in sorted(rules(environment).purposes.items())
        if purpose.keeps
    }


def runtime_values(
    environment: Environment, base_urls: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Variable name -> value, exactly as `Settings.to_env` writes them."""
    values: dict[str, object] = {
        "IDENTIFIERS": identifiers(environment),
        "IDENTITY": identity(environment),
        "SOURCES": sources(environment),
        "WEBHOOKS": webhooks(environment),
        "PLANS": plans(environment),
        "SOURCE_PRIORITIES": source_priorities(environment),
        "TRAIT_POLICIES": trait_policies(environment),
        "BEHAVIOUR": behaviour(environment),
        "DESTINATION_NAMES": list(environment.destinations),
        "DESTINATIONS": destinations(environment, base_urls),
        "FALLBACK": environment.personalization.fallback,
        "CONSENT": rules(environment),
        "PROFILES_DAYS": environment.retention.profiles_days,
        "MAX_EVENTS_PER_SECOND": environment.tracking.max_events_per_second,
        "BUDGET_MS": environment.personalization.budget_ms,
    }
    encoded = {name: msgspec.json.encode(value).decode() for name, value in values.items()}
    return encoded | {
        "STAGE": environment.stage,
        "READ_SECRET": read_secret(environment.stage),
        "CONSENT_SECRET": consent_secret(environment.stage),
        "PRIVACY_SECRET": privacy_secret(environment.stage),
    }


def local_secrets(environment: Environment) -> dict[str, str]:
    """Secret name -> value, for those that stand in the file; AWS never reads them from there."""
    stage = environment.stage
    found = {source_secret(stage, name): each.secret for name, each in environment.sources.items()}
    found |= {
        destination_secret(stage, name): each.secret
        for name, each in environment.destinations.items()
    }
    found[read_secret(stage)] = environment.personalization.read_key
    found[consent_secret(stage)] = environment.consent.api_key
    return {name: value for name, value in found.items() if value}
