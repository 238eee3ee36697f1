"""Consent: what a person said about a purpose, and what that answers now.

Records are kept as the newest of each kind, so that any order of the same records gives the same
answer. An *act* is somebody deciding (a preference page, an unsubscribe link, a privacy signal
of the browser); a *signal* is a state that travels with every event (a banner's categories, a
CRM's flag). A signal that says yes never undoes an act that said no: it may be older than it looks.
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
    newest: dict[tuple[str, bool], ConsentRecord] = {}
    for record in (*known, *new):
        kind = (record.status, record.is_act)
        if kind not in newest or record.rank > newest[kind].rank:
            newest[kind] = record
    return tuple(newest[kind] for kind in sorted(newest))


def deciding(records: Iterable[ConsentRecord], until: int | None = None) -> ConsentRecord | None:
    """The record that decides; with `until`, of those that were said by then.

    The newest act decides. A newer signal may only take away what it gave.
    """
    said = [record for record in records if until is None or record.at <= until]
    act = _newest(record for record in said if record.is_act)
    signal = _newest(record for record in said if not record.is_act)
    if act is None or signal is None:
        return act or signal
    is_withdrawn = act.status == "granted" and signal.status == "denied" and signal.at >= act.at
    return signal if is_withdrawn else act


def _newest(records: Iterable[ConsentRecord]) -> ConsentRecord | None:
    """The newest; but who was granted something once need not confirm it when they ask again."""
    ordered = sorted(records, key=lambda record: record.rank)
    settled = [record for record in ordered if record.status != "pending"]
    if settled and settled[-1].status == "granted":
        return settled[-1]
    return ordered[-1] if ordered else None


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
