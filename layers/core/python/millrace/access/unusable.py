"""The payload of a failed event: what it says, and whom it names or may name.

Nobody understood it, so an identifier is looked for wherever it could stand. Whom it names under a
name of ours gets the opening into their ledger; whoever any word of it could be must not have been
erased.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from millrace.access.sealed_parts import SealedPart
from millrace.events.identifiers import normalise
from millrace.events.kinds import KINDS
from millrace.failed.model import SEALED_CONTEXT
from millrace.identity.model import row_key
from millrace.privacy import Vault

MOST_WORDS = 500
"""Beyond them only addresses and numbers are looked for."""
MOST_BYTES = 1024 * 1024
_NAMES = {"userId": "user_id", "anonymousId": "anonymous_id", "email": "email", "phone": "phone"}
_DEPTH = 6
_ADDRESS = re.compile(r"[^\s\"'<>(),;:=&?]{1,64}@[^\s\"'<>(),;:=&?]{1,255}")
_NUMBER = re.compile(r"\+\d[\d ()./-]{5,20}\d")


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """One payload in clear."""

    text: str
    """As hex where it is no text."""
    named: frozenset[str]
    """Row keys of whom it names."""
    hinted: frozenset[str]
    """Row keys of whom it may name, those it names included."""


def open_failed(part: SealedPart, vault: Vault) -> Payload:
    """The payload of a failed event, or what its request said; GiveUp `unreadable`."""
    data = _inflated(vault.open(part.data, context=SEALED_CONTEXT))
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Payload(text=data.hex(), named=frozenset(), hinted=frozenset())
    try:
        content = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError):
        content = None
    named = _named(content, 0)
    words = list(_words(content, 0)) or [value for _, value in parse_qsl(text)]
    hinted = set(named) | set(_read_as(KINDS, words[:MOST_WORDS]))
    hinted |= set(_read_as(("email",), _ADDRESS.findall(text)))
    hinted |= set(_read_as(("phone",), _NUMBER.findall(text)))
    return Payload(text=text, named=_keys(named, vault), hinted=_keys(hinted, vault))


def _inflated(data: bytes) -> bytes:
    """What a request said lies packed beside the payload."""
    try:
        return zlib.decompressobj().decompress(data, MOST_BYTES)
    except zlib.error:
        return data


def _keys(pairs: Iterable[tuple[str, str]], vault: Vault) -> frozenset[str]:
    return frozenset(row_key(kind, vault.token(kind, value)) for kind, value in pairs)


def _read_as(kinds: Iterable[str], words: Iterable[object]) -> Iterator[tuple[str, str]]:
    known = list(kinds)
    for word in words:
        for kind in known:
            found = normalise(kind, word)
            if found:
                yield found.kind, found.value


def _words(value: Any, depth: int) -> Iterator[object]:
    """Every text and number, wherever it stands."""
    if depth > _DEPTH:
        return
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _words(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            yield from _words(each, depth + 1)
    elif isinstance(value, str | int):
        yield value


def _named(value: Any, depth: int) -> set[tuple[str, str]]:
    if depth > _DEPTH:
        return set()
    if isinstance(value, list):
        return {pair for each in value for pair in _named(each, depth + 1)}
    if not isinstance(value, dict):
        return set()
    found = {pair for each in value.values() for pair in _named(each, depth + 1)}
    for name, kind in _NAMES.items():
        found |= set(_read_as((kind,), [value.get(name)]))
    return found
