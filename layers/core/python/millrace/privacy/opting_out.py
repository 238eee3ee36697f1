"""Signals of privacy that browsers and pages send: GPC, US privacy strings, GPP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from millrace.privacy.gpp import is_opted_out

_YES = frozenset({"true", "yes", "1", "y", "on", "granted", "subscribed", "opted_in"})
_NO = frozenset(
    {"false", "no", "0", "n", "off", "denied", "unsubscribed", "opted_out", "withdrawn"}
)
_US_PRIVACY = re.compile(r"1[YN-]([YN-])[YN-]", re.IGNORECASE | re.ASCII)


def said_by_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    """What the browser itself says of privacy, as an event's context: Global Privacy Control."""
    return {"gpc": True} if headers.get("sec-gpc", "").strip() == "1" else {}


def is_opt_out(context: Mapping[str, Any]) -> bool:
    """Global Privacy Control, a US privacy string whose third letter is Y, or a GPP opt-out."""
    consent = context.get("consent")
    for place in (context, consent) if isinstance(consent, dict) else (context,):
        if flag(place.get("gpc")) == "granted":
            return True
        for name in ("us_privacy", "usPrivacy"):
            text = place.get(name)
            match = _US_PRIVACY.fullmatch(text) if isinstance(text, str) else None
            if match and match[1] in "Yy":
                return True
        gpp = place.get("gpp")
        text = gpp.get("gppString") if isinstance(gpp, dict) else gpp
        if isinstance(text, str) and is_opted_out(text):
            return True
    return False


def flag(value: object) -> str:
    """What a flag of whatever spelling says: granted, denied, or nothing."""
    word = str(value).strip().lower() if isinstance(value, bool | int | str) else ""
    return "granted" if word in _YES else "denied" if word in _NO else ""
