"""Values in `profile_changes`: sealed for their subject, as those of the row they stand in."""

from __future__ import annotations

import msgspec

from millrace.errors import GiveUp
from millrace.privacy import SubjectKey

CONTEXT = "profile_changes"
_encode = msgspec.msgpack.Encoder().encode


class SealedValue(msgspec.Struct, frozen=True, array_like=True):
    """What a row of `profile_changes` seals: enough to put the value back as it was."""

    event: bytes
    value: bytes
    """Canonical JSON."""
    name: str = ""
    """Of the trait, where it does not stand in the row because it tells who somebody is."""


def seal_value(value: SealedValue, person: str, key: SubjectKey) -> bytes:
    """A value for a row of `person`, a pseudonym."""
    return key.seal(_encode(value), field=_field(person))


def open_value(sealed: bytes, person: str, key: SubjectKey) -> SealedValue:
    """The value of a row of `person`, by its subject's key; GiveUp `unreadable` for no value."""
    try:
        return msgspec.msgpack.decode(key.open(sealed, field=_field(person)), type=SealedValue)
    except msgspec.MsgspecError as error:
        raise GiveUp("unreadable", "a row of profile_changes holds no value") from error


def _field(person: str) -> str:
    return f"{CONTEXT}|{person}"
