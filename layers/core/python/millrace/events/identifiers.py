"""Identifiers in their one spelling: the same person always gets the same row key."""

from __future__ import annotations

import re
import unicodedata

from millrace.events.model import Identifier

MAX_CHARACTERS = 512
MAX_EMAIL_CHARACTERS = 254
KINDS = frozenset({"user_id", "anonymous_id", "email"})

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

_UNUSABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"  # controls: they forge log lines
    "\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"  # unseen: two ids look alike
)
_INVISIBLE_ENDS = "\u200b\u200c\u200d\u2060\ufeff"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(rf"[^\s@<>(),;:\"\\\[\]]{{1,64}}@(?:{_LABEL}\.)+{_LABEL}")


def normalise(kind: str, value: object) -> Identifier | None:
    """The identifier that `value` stands for, or None when it can identify nobody.

    Numbers become text. Ends are stripped; user and anonymous ids keep their case (NFC), e-mail
    addresses lose it (NFKC). A blocked value, a control or invisible character inside, more than
    512 characters or an impossible address is None. Joiners (U+200C, U+200D) stay: names need them.
    """
    text = _text(value)
    if text is None or kind not in KINDS:
        return None
    spelled = _spell_email(text) if kind == "email" else _spell_id(text)
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


def _spell_id(text: str) -> str | None:
    if len(text) > MAX_CHARACTERS or _UNUSABLE.search(text):
        return None
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _spell_email(text: str) -> str | None:
    if len(text) > MAX_EMAIL_CHARACTERS or _UNUSABLE.search(text):
        return None
    spelled = (text if text.isascii() else unicodedata.normalize("NFKC", text)).lower()
    return spelled if _EMAIL.fullmatch(spelled) else None


def _is_blocked(text: str) -> bool:
    return not text.strip("0-") or text.lower() in BLOCKED_VALUES
