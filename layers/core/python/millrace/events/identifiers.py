"""Identifiers in their one spelling: the same person always gets the same row key."""

from __future__ import annotations

from fnmatch import fnmatchcase

import msgspec

from millrace.events.kinds import KINDS
from millrace.events.model import Identifier

SHARED_EMAILS = tuple(
    f"{name}@*"
    for name in ("noreply", "no-reply", "donotreply", "do-not-reply", "mailer-daemon", "postmaster")
)
"""Nobody reads these. Which others many people share, only the owner knows."""

BLOCKED_VALUES = frozenset(
    {
        "",
        "-1",
        "[object object]",
        "anonymous",
        "anonymous_id",
        "anonymousid",
        "distinct_id",
        "email",
        "false",
        "guest",
        "id",
        "inf",
        "infinity",
        "n/a",
        "nan",
        "nil",
        "none",
        "not_authenticated",
        "null",
        "true",
        "undefined",
        "unknown",
        "user_id",
        "userid",
    }
)
"""What broken code sends instead of an identifier, in lower case; each would tie strangers.
So would zeros in any form ("0", a zero UUID), which `normalise` refuses as well."""

_INVISIBLE_ENDS = "\u200b\u200c\u200d\u2060\ufeff"


class IdentifierRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the configuration says about identifiers, besides the table of kinds."""

    blocked: frozenset[str] = frozenset()
    """Values that identify nobody, in lower case, of any kind."""
    shared_emails: tuple[str, ...] = SHARED_EMAILS
    """Patterns (`info@*`) of inboxes that many use: known as a trait, but tying nobody."""
    phone_region: str = ""
    """Of phone numbers without a country's code, as `DE`; "" makes those nobody's."""

    def normalise(self, kind: str, value: object) -> Identifier | None:
        """As `identifiers.normalise`, under these rules."""
        found = normalise(kind, value, self.phone_region)
        return None if found is None or found.value.lower() in self.blocked else found

    def is_shared(self, identifier: Identifier) -> bool:
        """Whether it is an inbox that many people use."""
        return identifier.kind == "email" and any(
            fnmatchcase(identifier.value, pattern) for pattern in self.shared_emails
        )


RULES = IdentifierRules()


def normalise(kind: str, value: object, region: str = "") -> Identifier | None:
    """The identifier that `value` stands for, or None when it can identify nobody.

    Numbers become text. Ends are stripped; user and anonymous ids keep their case (NFC), e-mail
    addresses lose it (NFKC), phone numbers become E.164, national ones those of `region`. A
    blocked value, a control or invisible character inside, more than 512 characters or an
    impossible address is None. Joiners (U+200C, U+200D) stay: names need them.
    """
    text = _text(value)
    if text is None or kind not in KINDS:
        return None
    spelled = KINDS[kind].spell(text, region)
    if spelled is None or _is_blocked(spelled):
        return None
    return Identifier(kind, spelled)


def identifier_in(text: str) -> Identifier | None:
    """The identifier that people write as `kind:value`; None when it can identify nobody."""
    kind, _, value = text.partition(":")
    return normalise(kind.strip(), value)


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value.strip().strip(_INVISIBLE_ENDS)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return str(value)


def _is_blocked(text: str) -> bool:
    return not text.strip("0-") or text.lower() in BLOCKED_VALUES
