"""The bytes of a person's state: msgpack of arrays, deflated, sealed under the row's key."""

from __future__ import annotations

import zlib

import msgspec

from millrace.errors import GiveUp
from millrace.privacy import Vault
from millrace.profiles.model import Person

MAX_STATE_BYTES = 380 * 1024
"""Sealed. An item may have 400 KB, its keys and marks included."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Person).decode


def seal_person(person: Person, key: str, vault: Vault) -> bytes:
    """The state to be written under row `key`; GiveUp `profile_too_large` when no item holds it."""
    sealed = vault.seal(zlib.compress(_encode(person), 1), context=f"profile|{key}")
    if len(sealed) > MAX_STATE_BYTES:
        raise GiveUp(
            "profile_too_large",
            f"the profile would have {len(sealed)} bytes; an item may have {MAX_STATE_BYTES}",
        )
    return sealed


def open_person(state: bytes, key: str, vault: Vault) -> Person:
    """The person in a root row; GiveUp `unreadable` when the row is not what we wrote there."""
    packed = vault.open(state, context=f"profile|{key}")
    try:
        return _decode(zlib.decompress(packed))
    except (zlib.error, msgspec.MsgspecError) as error:
        raise GiveUp("unreadable", "a profile row is not a person of this version") from error
