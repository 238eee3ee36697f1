"""What a config says of consent: purposes, the words of banners, the flags of CRMs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from pydantic import Field, StringConstraints

from infra.definitions import webhook_of
from infra.section import Name, Section
from millrace.settings import ConsentSettings, KeptData, PurposeSettings

if TYPE_CHECKING:
    from infra.environment import Environment
    from infra.source import Source

PurposeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
DEFAULTS = ConsentSettings().purposes


class Purpose(Section):
    """One purpose; keys that are left out stay as they are for the five that always exist."""

    unless_told: Literal["allow", "deny"] = Field(
        default="deny", description="What holds while the person has said nothing about it."
    )
    basis: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,31}$")] = Field(
        default="consent", description="Legal basis, for the consent ledger."
    )
    is_double_opt_in: bool = Field(
        default=False, description="Whether a yes waits for its confirmation."
    )
    keeps: tuple[KeptData, ...] = Field(
        default=(), strict=False, description="What of a profile goes once it is withdrawn."
    )
    withdrawn_days: int = Field(
        default=30, ge=0, le=3650, description="How long after; 0: with the next daily run."
    )
    categories: tuple[str, ...] = Field(
        default=(), strict=False, description="Categories of your banner that mean this purpose."
    )


class Consent(Section):
    api_key: str = Field(
        default="",
        description="Bearer key of the consent API, for `run.py local` only; in AWS it stands in "
        "Secrets Manager.",
    )
    purposes: dict[PurposeName, Purpose] = Field(
        default={},
        description="Your own purposes, or others of the five: analytics, personalization, "
        "profiling, sharing, email_marketing.",
    )
    traits: dict[str, PurposeName] = Field(
        default={}, description='Flags of identify calls: { email_opt_in = "email_marketing" }.'
    )
    opt_out: tuple[PurposeName, ...] = Field(
        default=("sharing",),
        strict=False,
        description="What Global Privacy Control and US privacy strings deny.",
    )


def rules(environment: Environment) -> ConsentSettings:
    """What the functions read."""
    consent = environment.consent
    return ConsentSettings(
        purposes=DEFAULTS | {name: _purpose(name, each) for name, each in consent.purposes.items()},
        traits=dict(consent.traits),
        opt_out=list(consent.opt_out),
        regimes={
            name: source.consent for name, source in environment.sources.items() if source.consent
        },
        trusted_sources=[
            name for name, source in environment.sources.items() if _is_trusted(name, source)
        ],
    )


def unknown_purposes(environment: Environment) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where and what: purposes that are used and not defined."""
    known = rules(environment).purposes
    used: list[tuple[tuple[str, ...], str]] = [
        (("destinations", name, "purposes"), purpose)
        for name, each in environment.destinations.items()
        for purpose in each.purposes
    ]
    used += [(("consent", "opt_out"), purpose) for purpose in environment.consent.opt_out]
    used += [
        (("consent", "traits", trait), purpose)
        for trait, purpose in environment.consent.traits.items()
    ]
    for place, purpose in used:
        if purpose not in known:
            allowed = ", ".join(sorted(known))
            yield place, f"unknown purpose `{purpose}`; allowed: {allowed}, or [consent.purposes]"


def _is_trusted(name: Name, source: Source) -> bool:
    webhook = webhook_of(name, source.webhook)
    if webhook is None or "is_trusted" in source.model_fields_set:
        return source.is_trusted
    return webhook.is_trusted


def _purpose(name: Name, given: Purpose) -> PurposeSettings:
    told = given.model_dump(include=given.model_fields_set)
    told |= {key: list(told[key]) for key in ("categories", "keeps") if key in told}
    return msgspec.structs.replace(DEFAULTS.get(name, PurposeSettings()), **told)
