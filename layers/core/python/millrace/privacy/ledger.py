"""The ledger: what was decided about a person, for ever, in chains that show any change.

Each subject has a chain of links. A link's digest covers its entry, its number and the digest
before it, so that none can be changed, left out or put in between without being seen. Nothing in
an entry names a person: subjects are tokens, proofs are fingerprints. A day's links have one root
(RFC 6962's tree), which is kept where nobody can change it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from millrace.privacy.tree import leaf_hash, root_of

EntryKind = Literal["consent", "erasure", "unseal", "suppression"]
_encode = msgspec.json.Encoder().encode


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was decided, given or done; the same again is the same entry."""

    subject: str
    """A row key (`i#<kind>#<token>`) or another token; never a value."""
    kind: EntryKind
    event: str
    """Names what caused it: with kind and purpose, what makes it the same entry."""
    at: int
    """When it happened. Epoch milliseconds, as all times."""
    purpose: str = ""
    status: str = ""
    basis: str = ""
    text_version: str = ""
    """Which text the person saw."""
    source: str = ""
    proof: str = ""
    """A fingerprint of what proves it; the proof itself lies sealed in the profile."""
    by: str = ""
    """The role or operator who did it."""

    @property
    def name(self) -> str:
        """What a second entry of the same subject must not share."""
        return f"{self.kind}#{self.purpose}#{self.event}"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in its place; `number` counts from 1."""

    entry: Entry
    number: int
    recorded_at: int
    previous: str
    """The digest of the link before; empty for the first."""
    digest: str

    @property
    def leaf(self) -> Leaf:
        return Leaf(self.entry.subject, self.number, self.digest)


class Leaf(msgspec.Struct, frozen=True, order=True):
    """What a day's root knows of a link."""

    subject: str
    number: int
    digest: str


class DayRoot(msgspec.Struct, frozen=True, kw_only=True):
    """All that was recorded on one day (UTC), as one digest."""

    day: str
    entries: int
    root: str
    previous: str = ""
    """The root of the last day before that has one."""


def link(entry: Entry, previous: Link | None, recorded_at: int) -> Link:
    """`entry` as the link after `previous`."""
    number = previous.number + 1 if previous else 1
    before = previous.digest if previous else ""
    digest = digest_of(entry, number, before, recorded_at)
    return Link(entry=entry, number=number, recorded_at=recorded_at, previous=before, digest=digest)


def digest_of(entry: Entry, number: int, previous: str, recorded_at: int) -> str:
    """SHA-256 over the canonical bytes: version 1, place, then every field in its order."""
    canonical = _encode([1, number, previous, recorded_at, *msgspec.structs.astuple(entry)])
    return hashlib.sha256(canonical).hexdigest()


def faults(links: Sequence[Link]) -> list[str]:
    """What is wrong with one subject's chain, in words; nothing when it is whole."""
    found = []
    before: Link | None = None
    for each in links:
        expected = before.number + 1 if before else 1
        if each.number != expected:
            found.append(f"link {expected} is missing: link {each.number} follows")
        elif each.previous != (before.digest if before else ""):
            found.append(f"link {each.number} does not follow the link before it")
        if each.digest != digest_of(each.entry, each.number, each.previous, each.recorded_at):
            found.append(f"link {each.number} was changed")
        before = each
    return found


def day_root(day: str, leaves: Iterable[Leaf], previous: str = "") -> DayRoot:
    """The root of a day's leaves, in whatever order they come."""
    ordered = sorted(set(leaves))
    root = root_of([hash_of(leaf) for leaf in ordered]).hex()
    return DayRoot(day=day, entries=len(ordered), root=root, previous=previous)


def hash_of(leaf: Leaf) -> bytes:
    """A leaf in the tree of its day."""
    return leaf_hash(_encode(leaf))
