"""A person as the pipeline stores it, and the profile that readers and destinations see."""

from __future__ import annotations

from typing import Any

import msgspec

from millrace.behaviour.model import Behaviour
from millrace.identity.model import Edge
from millrace.privacy.consent import Answer, ConsentRecord
from millrace.profiles.shown import Computed


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One person as a whole: the merge of its stems. Times are epoch milliseconds."""

    profile_id: str
    key: str
    """The key of the person's root row."""
    identifiers: dict[str, tuple[str, ...]] = {}
    """Values by kind, the best first."""
    traits: dict[str, Any] = {}
    segments: tuple[str, ...] = ()
    version: int
    as_of: int
    """When the newest event that is in the profile was received."""
    lag_ms: int
    """How long after that the profile was committed."""
    first_seen: int
    last_seen: int
    counters: dict[str, int] = {}
    """Events by label: the name of a track call, else the type."""
    consents: dict[str, Answer] = {}
    """What the person answers, by purpose; left out where nothing was said."""
    computed: Computed = Computed()


class Candidate(msgspec.Struct, frozen=True, array_like=True, order=True):
    """One value that a source gave a trait. The greatest is the newest."""

    at: int
    event: bytes
    value: bytes
    """Canonical JSON: what is equal as JSON is equal as bytes."""


class Void(msgspec.Struct, frozen=True, array_like=True, order=True):
    """What an operator took back: candidates of this time, trait and source lose for good."""

    until: int
    """The time of the operation: what is said later counts again. Voids sort by it."""
    event: bytes
    """The id of the operation."""
    since: int
    trait: str
    """Empty: every trait."""
    source: str
    """Empty: every source."""
    operator: str = ""
    restored: tuple[tuple[str, str, Candidate], ...] = ()
    """Trait, source and candidate that the profile had forgotten; a void can take these, too."""


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What a trait's policy needs beyond its candidates."""

    best: Candidate | None = None
    """The oldest, lowest or highest; of a sum or union, the newest that was added."""
    total: bytes = b""
    """Whole millionths, of any size."""
    elements: tuple[bytes, ...] = ()
    """Canonical JSON, in order of their hashes."""
    is_partial: bool = False
    """Whether elements were left out."""


class Count(msgspec.Struct, frozen=True, array_like=True):
    """How many events had a label, and when the first and the last of them happened."""

    count: int
    first: int
    last: int
    times: bytes = b""
    """How much earlier than the one after it each of the newest events was: see `windows`."""
    days: bytes = b""
    """Events on the day of the last one and on the days before it."""


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """The events a stem knows. Ids with a time at or before `floor` may stand in id blocks."""

    packed: bytes = b""
    """12 bytes of id and 6 of time for each id, in order of time."""
    floor: int = -1


class Stem(msgspec.Struct, frozen=True, array_like=True):
    """What the events of one anchor identifier add up to, in whatever order they came."""

    key: str
    identifiers: dict[str, tuple[str, int]] = {}
    """Row key to the normalised value and the first time it was seen."""
    traits: dict[str, dict[str, tuple[Candidate, ...]]] = {}
    """Trait name to source to candidates, the newest first."""
    counters: dict[str, Count] = {}
    first_seen: int = 0
    last_seen: int = 0
    received_at: int = 0
    flags: tuple[str, ...] = ()
    """Which bounds were met: `labels_overflow`, `traits_overflow`, `trait_oversized` and so on."""
    seen: Seen = Seen()
    consents: dict[str, tuple[ConsentRecord, ...]] = {}
    """Purpose to the newest record of each kind."""
    kept: dict[str, Kept] = {}
    """Policy and trait name, with a space between, to what the policy needs."""
    voids: tuple[Void, ...] = ()
    """What operators took back of the person's traits, the newest last."""
    behaviour: Behaviour = Behaviour()
    gone: dict[str, int] = {}
    """Kind of data to until when what was received of it is gone for good: see `removal`."""

    @property
    def has_events(self) -> bool:
        """Whether anything but operations was folded into it: they alone make nobody visible."""
        return bool(self.received_at)


class SealedStem(msgspec.Struct, frozen=True, array_like=True):
    """A stem under its subject's key."""

    key: str
    sealed: bytes


class SealedPerson(msgspec.Struct, frozen=True, array_like=True):
    """A person as the branch key opens it: who is who can be told, what they did cannot."""

    keys: tuple[str, ...]
    edges: tuple[Edge, ...]
    reasons: tuple[str, ...]
    committed_at: int
    stems: tuple[SealedStem, ...]
    anew: tuple[str, ...] = ()


class Person(msgspec.Struct, frozen=True, array_like=True):
    """The state of a root row: the identifiers that are this person, its stems and its ties."""

    keys: tuple[str, ...]
    """Row keys of every identifier of this person, in order."""
    stems: tuple[Stem, ...] = ()
    """In order of their keys."""
    edges: tuple[Edge, ...] = ()
    """The edges that touch one of `keys`, held or refused, in order; per key the oldest."""
    reasons: tuple[str, ...] = ()
    """Why each of `edges` was refused; empty for one that holds."""
    committed_at: int = 0
    anew: tuple[str, ...] = ()
    """Those of `keys` that were erased and have begun anew: each row says until when."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the profiles table: a root holds `state`, an alias says `to` which row."""

    key: str
    version: int
    to: str = ""
    state: bytes = b""
    dirty: dict[str, int] = {}
    """Destination to the version it has to be told of."""
    moved_at: int = 0
    """Aliases: when they were pointed there; a root says inside when it was committed."""
    erased_at: int = 0
    """What was received until then is erased; kept when a new epoch begins."""

    @property
    def is_tombstone(self) -> bool:
        """Whether an erased identifier's row holds nothing else."""
        return self.erased_at > 0 and not self.to and not self.state


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """A row to be written if the table still holds version `expected` of it; 0 where there is none.

    `row` None writes nothing and only checks the version.
    """

    key: str
    expected: int
    row: Row | None = None


class IdBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Ids that left a stem's ring, for ever: written before they leave, never changed."""

    stem: str
    name: str
    """`D#<13 digits: newest time>#<hash of the ids>`, so that writing it again changes nothing."""
    packed: bytes
