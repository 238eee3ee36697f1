"""What the definitions of several destinations say of who withdrew consent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from millrace.profiles.model import Profile


def told_address(profile: Profile, _options: Mapping[str, Any]) -> dict[str, Any] | None:
    """The best e-mail address and nothing else; None without one."""
    emails = profile.identifiers.get("email")
    return {"email": emails[0]} if emails else None
