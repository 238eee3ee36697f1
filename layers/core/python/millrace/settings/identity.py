"""What the configuration says about who is who: the shape in which it travels."""

from __future__ import annotations

import msgspec


class IdentifierSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Values that identify nobody, inboxes that tie nobody, and whose national numbers phones are.

    `millrace.events.identifiers.IdentifierRules` says more.
    """

    blocked: list[str] = []
    shared_emails: list[str] = []
    phone_region: str = ""


class IdentitySettings(msgspec.Struct, frozen=True, kw_only=True):
    """By kind: how many identifiers make one person, and how many users a shared one."""

    limits: dict[str, int] = {}
    shared_by: dict[str, int] = {}
