"""What people are asked: the purposes of the configuration, and what each of them means."""

from __future__ import annotations

from typing import Literal

import msgspec

KeptData = Literal["behaviour", "computed"]
"""`behaviour`: how often and when somebody did what. `computed`: what computed traits are made of,
which is engagement, visits, interests, cart and orders."""


class PurposeSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One purpose: what holds while nobody said anything, its words, what is kept for it."""

    unless_told: Literal["allow", "deny"] = "deny"
    basis: str = "consent"
    is_double_opt_in: bool = False
    categories: list[str] = []
    keeps: list[KeptData] = []
    """What goes when the purpose is withdrawn, whatever other purpose would allow it."""
    withdrawn_days: int = 30
    """How long after the withdrawal; 0: with the next daily run."""


def _purposes() -> dict[str, PurposeSettings]:
    interest = "legitimate_interest"
    return {
        "analytics": PurposeSettings(
            unless_told="allow", basis=interest, keeps=["behaviour", "computed"]
        ),
        "personalization": PurposeSettings(unless_told="allow", basis=interest),
        "profiling": PurposeSettings(unless_told="allow", basis=interest, keeps=["computed"]),
        "sharing": PurposeSettings(unless_told="allow", basis=interest),
        "email_marketing": PurposeSettings(),
    }


class ConsentSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What people are asked, and how their answers reach us."""

    purposes: dict[str, PurposeSettings] = msgspec.field(default_factory=_purposes)
    traits: dict[str, str] = {}
    """Trait of an identify call, such as a CRM's `email_opt_in`, to the purpose it is about."""
    opt_out: list[str] = msgspec.field(default_factory=lambda: ["sharing"])
    """What GPC, a US privacy string and GPP deny."""
    regimes: dict[str, Literal["opt_in", "opt_out", "required"]] = {}
    """By source: whether behaviour is kept before anybody said anything about analytics."""
    trusted_sources: list[str] = []
    """Whose yes undoes any no, and begins an erased person anew: nobody else can send as them."""


CONSENT = ConsentSettings()
