"""Opening a sealed payload for somebody who may: recorded first, refused for who was erased."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from millrace.access.sealed_parts import SealedPart
from millrace.access.tombstones import Tombstones
from millrace.access.unusable import open_failed
from millrace.clock import Clock
from millrace.errors import GiveUp, NeedsHuman
from millrace.events import open_envelope
from millrace.events.identifiers import identifier_in
from millrace.events.model import Event
from millrace.identity.model import row_key
from millrace.lake import open_event
from millrace.privacy import SubjectKey, Vault
from millrace.privacy.ledger import Entry
from millrace.privacy.ports import Ledger

LEAST_WORDS = 2
MOST_LETTERS = 200
_PHONE = re.compile(r"(?<!\w)(?:\+|0)(?:[ ()./-]*\d){8,}")
"""International or national; a ticket's number may be as long, but seldom begins with 0."""

RowKeys = Callable[[str], SubjectKey | None]
"""The data key behind a pseudonym of the lake; None for nobody, and for who was erased."""


def _no_row_keys(_: str) -> None:
    return None


class OpenPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything outside that an opening touches."""

    vault: Vault
    tombstones: Tombstones
    ledger: Ledger
    clock: Clock
    row_keys: RowKeys = _no_row_keys


class Warrant(msgspec.Struct, frozen=True, kw_only=True):
    """Who opens what, and why; all of it goes into the ledger, so it names nobody."""

    by: str
    purpose: str
    what: str
    """The address of the file: a name, never content."""


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """One payload in clear, or the reason why there is none."""

    place: str
    content: Any = None
    """The event, or the payload of a failed event as text (as hex where it is no text)."""
    refused: str = ""
    clear: dict[str, Any] = {}


class _Read(msgspec.Struct, frozen=True):
    """A payload before anybody has seen it: whom it names, by row key, and since when we had it."""

    shown: Opened
    keys: frozenset[str] = frozenset()
    hinted: frozenset[str] = frozenset()
    """Whom it may name, besides."""
    received_at: int = 0
    whole: str = ""
    """The place of what it is a part of: nothing of that is shown when one part is refused."""

    def is_of(self, erased: Mapping[str, int]) -> bool:
        """Whether it was received before somebody it names, or may name, was erased."""
        keys = (self.keys | self.hinted) & erased.keys()
        return any(self.received_at <= erased[key] for key in keys)


def check_purpose(purpose: str) -> str:
    """The purpose as it goes into the ledger; NeedsHuman `no_purpose` for what says nothing."""
    said = " ".join(purpose.split())
    if len(said.split()) < LEAST_WORDS:
        raise NeedsHuman(
            "no_purpose", 'say why, in two words or more, as in "ticket 4711, wrong currency"'
        )
    if len(said) > MOST_LETTERS or _names_somebody(said):
        raise NeedsHuman(
            "bad_purpose",
            f"a purpose has at most {MOST_LETTERS} letters and names nobody: it stays in the "
            "ledger for ever, also when the person is erased; give a ticket's number",
        )
    return said


def _names_somebody(said: str) -> bool:
    """As far as a pattern can tell; a name in words it cannot."""
    is_named = any(identifier_in(word) for word in said.split())
    return is_named or "@" in said or _PHONE.search(said) is not None


def open_parts(
    parts: Sequence[SealedPart], warrant: Warrant, ports: OpenPorts, *, most: int
) -> list[Opened]:
    """At most `most` payloads in clear; each person named in them has it in their ledger first.

    What names an erased person is refused, as is what the vault does not open any more.
    Raises RetryLater when the ledger does not take it: then nothing was shown.
    """
    check_purpose(warrant.purpose)
    every = [read for part in parts for read in _read(part, ports)]
    reads = every[:most]
    wholes = {read.whole for read in reads} - {""}
    judged = [*reads, *(read for read in every[most:] if read.whole in wholes)]
    erased = ports.tombstones({key for read in judged for key in read.keys | read.hinted})
    refused = {read.whole for read in judged if read.is_of(erased)} - {""}
    at = ports.clock.now_ms()
    shown = [
        _refused(read) if read.is_of(erased) or read.whole in refused else read.shown
        for read in reads
    ]
    named = [read.keys for read, each in zip(reads, shown, strict=True) if not each.refused]
    nobody = {f"unseal#{ports.vault.token('unseal', warrant.what)}"}
    subjects = {key for keys in named for key in keys or nobody}
    for subject in sorted(subjects):
        ports.ledger.append(entry_of(warrant, subject, at, ports.vault))
    return shown


def entry_of(
    warrant: Warrant, subject: str, at: int, vault: Vault, status: str = "opened"
) -> Entry:
    """What the ledger of `subject` says of an opening."""
    return Entry(
        subject=subject,
        kind="unseal",
        event=vault.token("unseal", f"{warrant.what}\0{warrant.by}\0{at}"),
        at=at,
        purpose=check_purpose(warrant.purpose),
        status=status,
        source=warrant.what,
        by=warrant.by,
    )


def _refused(read: _Read) -> Opened:
    return Opened(place=read.shown.place, refused="erased", clear=read.shown.clear)


def _read(part: SealedPart, ports: OpenPorts) -> list[_Read]:
    vault = ports.vault
    try:
        if part.kind == "failed_event":
            return [_failed(part, vault)]
        if part.kind == "row":
            key = ports.row_keys(part.subject)
            if key is None:
                return [_Read(Opened(place=part.place, refused="erased", clear=part.clear))]
            return [_event(part.place, open_event(part.data, key), vault)]
        events = open_envelope(part.data, vault).events
        return [_event(f"{part.place}#{n}", each, vault) for n, each in enumerate(events)]
    except GiveUp as error:
        return [_Read(Opened(place=part.place, refused=error.code, clear=part.clear))]


def _event(place: str, event: Event, vault: Vault) -> _Read:
    keys = {_key(one.kind, one.value, vault) for one in (event.anchor, *event.identifiers)}
    shown = Opened(place=place, content=msgspec.to_builtins(event))
    return _Read(shown, frozenset(keys), received_at=event.received_at)


def _failed(part: SealedPart, vault: Vault) -> _Read:
    payload = open_failed(part, vault)
    shown = Opened(place=part.place, content=payload.text, clear=part.clear)
    whole = "".join(part.place.rpartition("/")[:2])
    at = int(part.clear.get("received_at", 0))
    return _Read(shown, payload.named, payload.hinted, at, whole)


def _key(kind: str, value: str, vault: Vault) -> str:
    return row_key(kind, vault.token(kind, value))
