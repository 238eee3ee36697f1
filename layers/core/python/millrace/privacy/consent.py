"""Consent: what a person said about a purpose, and what that answers now.

Records are kept as the newest of each kind, so that any order of the same records gives the same
answer. An *act* is somebody deciding (a preference page, an unsubscribe link, a privacy signal
of the browser); a *signal* is a state that travels with every event (a banner's categories, a
CRM's flag). A signal that says yes never undoes an act that said no: it may be older than it looks.
A *trusted* record comes from where nobody else can send. Whoever has read a website's write key can
say yes for somebody else, so a yes that is not trusted never undoes a no that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from millrace.settings import ConsentSettings

Status = Literal["granted", "denied", "pending"]
Consents = Mapping[str, tuple["ConsentRecord", ...]]
"""Purpose to the newest record of each kind."""
_RANK = {"granted": 0, "pending": 1, "denied": 2}


class ConsentRecord(msgspec.Struct, frozen=True, array_like=True):
    """One thing that was said about one purpose."""

    at: int
    event: bytes
    status: Status
    is_act: bool
    basis: str = ""
    text_version: str = ""
    source: str = ""
    proof: str = ""
    is_trusted: bool = False

    @property
    def rank(self) -> tuple[int, int, bytes]:
        """The greater is the newer; of two at one time the more restrictive."""
        return self.at, _RANK[self.status], self.event


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a person's records answer for one purpose."""

    status: Status
    at: int
    basis: str = ""
    text_version: str = ""
    source: str = ""


def remember(
    known: Iterable[ConsentRecord], new: Iterable[ConsentRecord]
) -> tuple[ConsentRecord, ...]:
    """The newest record of each kind, ordered by kind."""
    newest: dict[tuple[str, bool, bool], ConsentRecord] = {}
    for record in (*known, *new):
        kind = (record.status, record.is_act, record.is_trusted)
        if kind not in newest or record.rank > newest[kind].rank:
            newest[kind] = record
    return tuple(newest[kind] for kind in sorted(newest))


def deciding(
    records: Iterable[ConsentRecord], elsewhere: Iterable[ConsentRecord] = ()
) -> ConsentRecord | None:
    """The record that decides: the newest no that nothing undid, else the newest yes.

    `elsewhere`: what was granted under other identifiers, for this one too.
    """
    own = list(records)
    granted = [record for record in own if record.status == "granted"]
    grants = [*granted, *elsewhere]
    denied = [record for record in own if record.status == "denied" and _stands(record, grants)]
    pending = [record for record in own if record.status == "pending"]
    if not denied:  # who was granted something once need not confirm it when they ask again
        pending = [record for record in pending if not any(_outranks(g, record) for g in grants)]
    standing = [*denied, *pending] or granted
    return max(standing, key=lambda record: (record.is_act, record.rank), default=None)


def _stands(refusal: ConsentRecord, grants: Iterable[ConsentRecord]) -> bool:
    return not any(each.at > refusal.at and _outranks(each, refusal) for each in grants)


def _outranks(grant: ConsentRecord, refusal: ConsentRecord) -> bool:
    return grant.is_act >= refusal.is_act and grant.is_trusted >= refusal.is_trusted


def answer(record: ConsentRecord) -> Answer:
    """The record as readers see it: without its proof."""
    return Answer(
        status=record.status,
        at=record.at,
        basis=record.basis,
        text_version=record.text_version,
        source=record.source,
    )


def is_allowed(purpose: str, answers: Mapping[str, Answer], rules: ConsentSettings) -> bool:
    """Whether `purpose` is allowed now; a purpose that the configuration does not know is not."""
    known = rules.purposes.get(purpose)
    if known is None:
        return False
    given = answers.get(purpose)
    return known.unless_told == "allow" if given is None else given.status == "granted"


def refused(
    purposes: Iterable[str], answers: Mapping[str, Answer], rules: ConsentSettings
) -> tuple[str, ...]:
    """Which of `purposes` are not allowed; naming none is refused, too."""
    wanted = sorted(purposes)
    return tuple(p for p in wanted if not is_allowed(p, answers, rules)) if wanted else ("",)
