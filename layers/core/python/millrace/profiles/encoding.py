"""The bytes of a person's state: each stem under its subject's key, all under the branch key."""

from __future__ import annotations

import zlib

import msgspec

from millrace.errors import GiveUp
from millrace.privacy import Vault
from millrace.profiles.keyring import Keyring
from millrace.profiles.model import Person, Row, SealedPerson, SealedStem, Stem

MAX_STATE_BYTES = 380 * 1024
"""Sealed. An item may have 400 KB, its keys and marks included."""
FIELD = "stem"
WORTH_DEFLATING = 256
_PLAIN, _DEFLATED = b"\x00", b"\x01"
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(SealedPerson).decode
_decode_stem = msgspec.msgpack.Decoder(Stem).decode


def seal_person(person: Person, key: str, vault: Vault, keyring: Keyring) -> bytes:
    """The state to be written under row `key`; GiveUp `profile_too_large` when no item holds it."""
    outer = SealedPerson(
        keys=person.keys,
        edges=person.edges,
        reasons=person.reasons,
        committed_at=person.committed_at,
        stems=tuple(SealedStem(stem.key, _seal_stem(stem, keyring)) for stem in person.stems),
        anew=person.anew,
    )
    return seal_outer(outer, key, vault)


def context_of(key: str) -> str:
    """The context that the state of row `key` is sealed in."""
    return f"profile|{key}"


def reseal(row: Row, vault: Vault, keyring: Keyring) -> bytes:
    """The same state with every stem that opens under its subject's newest key."""
    outer = unseal(row, vault)
    stems = tuple(_reseal_stem(stem, keyring) for stem in outer.stems)
    return seal_outer(msgspec.structs.replace(outer, stems=stems), row.key, vault)


def seal_outer(outer: SealedPerson, key: str, vault: Vault) -> bytes:
    """The state of a person whose stems are sealed already; GiveUp as for `seal_person`."""
    sealed = vault.seal(_encode(outer), context=context_of(key))
    if len(sealed) > MAX_STATE_BYTES:
        raise GiveUp(
            "profile_too_large",
            f"the profile would have {len(sealed)} bytes; an item may have {MAX_STATE_BYTES}",
        )
    return sealed


def unseal(row: Row | None, vault: Vault) -> SealedPerson:
    """Who is in a root row; GiveUp `unreadable` when the row is not what we wrote there."""
    if row is None or row.is_tombstone:
        return SealedPerson((row.key,) if row else (), (), (), 0, ())
    try:
        return _decode(vault.open(row.state, context=context_of(row.key)))
    except msgspec.MsgspecError as error:
        raise _not_a_person() from error


def open_person(outer: SealedPerson, keyring: Keyring) -> Person:
    """The person with those stems whose subjects are not erased; GiveUp `unreadable`."""
    stems = (_open_stem(sealed, keyring) for sealed in outer.stems)
    return Person(
        keys=outer.keys,
        stems=tuple(stem for stem in stems if stem is not None),
        edges=outer.edges,
        reasons=outer.reasons,
        committed_at=outer.committed_at,
        anew=outer.anew,
    )


def _seal_stem(stem: Stem, keyring: Keyring) -> bytes:
    """A stem that did not change keeps the bytes it was read from."""
    known = keyring.opened.get(stem.key)
    if known is not None and known[0] is stem:
        return known[1]
    return keyring.key(stem.key).seal(_deflated(_encode(stem)), field=FIELD)


def _reseal_stem(stem: SealedStem, keyring: Keyring) -> SealedStem:
    key = keyring.key_for(stem)
    if key is None:
        return stem
    return SealedStem(stem.key, key.seal(key.open(stem.sealed, field=FIELD), field=FIELD))


def _open_stem(sealed: SealedStem, keyring: Keyring) -> Stem | None:
    key = keyring.key_for(sealed)
    if key is None:
        return None
    try:
        stem = _decode_stem(_inflated(key.open(sealed.sealed, field=FIELD)))
    except (zlib.error, msgspec.MsgspecError) as error:
        raise _not_a_person() from error
    keyring.opened[sealed.key] = stem, sealed.sealed
    return stem


def _deflated(packed: bytes) -> bytes:
    if len(packed) < WORTH_DEFLATING:
        return _PLAIN + packed
    return _DEFLATED + zlib.compress(packed, 1)


def _inflated(packed: bytes) -> bytes:
    return zlib.decompress(packed[1:]) if packed[:1] == _DEFLATED else packed[1:]


def _not_a_person() -> GiveUp:
    return GiveUp("unreadable", "a profile row is not a person of this version")
