"""The operator's policy, and what is wrong with it and with the ledger that proves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from millrace.audit.findings import Finding
from millrace.privacy.ledger import Link, faults
from millrace.settings import ConsentSettings


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What the configuration of a deployment says about people's data."""

    sources: frozenset[str]
    destinations: Mapping[str, Sequence[str]]
    """By destination, what it uses people's data for."""
    consent: ConsentSettings
    profiles_days: int
    """How long a person without any event is kept."""
    terms: Mapping[str, int] = {}
    """How long what is kept, by the key of the configuration."""
    marked: frozenset[str] = frozenset()
    """Trait names that the catalogue marks as telling who somebody is."""


def audit_policy(policy: Policy) -> Iterator[Finding]:
    """What the configuration leaves open."""
    for name, purposes in sorted(policy.destinations.items()):
        unknown = sorted(set(purposes) - policy.consent.purposes.keys())
        if not purposes or unknown:
            said = f"its purposes {', '.join(unknown)} are not defined" if unknown else "none"
            yield Finding(
                code="destination_without_purposes",
                where=f"destinations.{name}",
                what=f"what it uses people's data for: {said}",
            )
    for name in sorted(policy.sources - policy.consent.regimes.keys()):
        yield Finding(
            code="source_without_consent_default",
            where=f"sources.{name}",
            what="what holds for people who said nothing is not written down",
        )
    kept = policy.terms.get("retention.lake_days", 0)
    if kept > policy.profiles_days:
        what = f"events are kept for {kept} days, and what ties their names for less:"
        yield Finding(
            code="lake_outlives_people",
            where="retention.lake_days",
            what=f"{what} {policy.profiles_days} days after the last event",
        )


def audit_terms(policy: Policy, deployed: Mapping[str, int]) -> Iterator[Finding]:
    """Where what was deployed keeps something for longer or shorter than the configuration says."""
    for name in sorted(policy.terms.keys() | deployed.keys()):
        told, kept = policy.terms.get(name, "nothing"), deployed.get(name, "nothing")
        if told != kept:
            what = f"deployed with {kept}; the configuration says {told}"
            yield Finding(code="term_not_deployed", where=name, what=what)


def audit_ledger(subject: str, links: Sequence[Link]) -> Iterator[Finding]:
    """Where a chain was broken."""
    for fault in faults(links):
        yield Finding(code="ledger_broken", where=subject, what=fault)
