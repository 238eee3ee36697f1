"""A vault that seals nothing: it only notices what was sealed under another context or key."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from millrace.errors import GiveUp
from millrace.privacy import SubjectKey
from millrace.privacy.sealing import SUBJECT, TAG_BYTES
from tests.fakes.subjects import MemorySubjects


class PlainVault:
    """`Vault` at the cost of a concatenation. `before` is called with every context."""

    def __init__(self) -> None:
        self.before: Callable[[str], None] = lambda _: None
        self._tokens: dict[tuple[str, str], str] = {}

    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        self.before(context)
        return _mark(context) + plaintext

    def open(self, sealed: bytes, *, context: str) -> bytes:
        self.before(context)
        mark = _mark(context)
        if not sealed.startswith(mark):
            raise GiveUp("unreadable", "sealed under another context, or not sealed at all")
        return sealed[len(mark) :]

    def token(self, kind: str, value: str) -> str:
        found = self._tokens.get((kind, value))
        if found is None:
            digest = hashlib.blake2b(f"{kind}\0{value}".encode(), digest_size=9).hexdigest()
            found = self._tokens[kind, value] = digest
        return found


class PlainKey:
    """`SubjectKey`: the header of the real format, then who, which field and the plaintext."""

    def __init__(self, stem: str, epoch: int) -> None:
        self._header = bytes([SUBJECT.version]) + epoch.to_bytes(SUBJECT.number_bytes, "big")
        self._header += bytes(SUBJECT.header_bytes + TAG_BYTES - len(self._header))
        self._stem = stem

    def seal(self, plaintext: bytes, *, field: str) -> bytes:
        return self._header + _mark(f"{self._stem}|{field}") + plaintext

    def open(self, sealed: bytes, *, field: str) -> bytes:
        mark = self._header + _mark(f"{self._stem}|{field}")
        if not sealed.startswith(mark):
            raise GiveUp("unreadable", "sealed for another subject, epoch or field")
        return sealed[len(mark) :]


class PlainSubjects(MemorySubjects):
    """`Subjects` whose keys seal nothing."""

    def key_of(self, stem: str, epoch: int) -> SubjectKey:
        return PlainKey(stem, epoch)


def _mark(context: str) -> bytes:
    return b"1" + context.encode() + b"\0"
