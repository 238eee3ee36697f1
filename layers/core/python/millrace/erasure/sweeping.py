"""Objects that can be listed are gone through page by page, and whoever is erased is taken out.

However much there is: what is done of a store is kept with the erasure, and a run that has no time
left is followed by another one. The names of what a page has to lose are kept before it loses it,
so that the certificate counts each once whatever crashes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

import msgspec

from millrace.clock import Deadline
from millrace.erasure.model import Erasure, Known, Save, Sweep
from millrace.erasure.ports import SealedObjects, Version
from millrace.erasure.remainders import Named, Remainder, Sift
from millrace.privacy import Vault

ENOUGH_MS = 40_000
"""No page is begun with less time than this."""


class Counts(Protocol):
    def count(self, name: Literal["EventsErased"], amount: int, /) -> None: ...


class Uncounted:
    """Nobody listens."""

    def count(self, name: str, amount: int, /) -> None:
        """Nothing."""


UNCOUNTED = Uncounted()


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A place of sealed objects, and how somebody is taken out of one of them."""

    objects: SealedObjects
    sift: Sift
    is_before_profiles: bool = False
    """Whether its events were never applied: then the ledger has to hear that they are erased."""


class Sweeping(msgspec.Struct, frozen=True, kw_only=True):
    """What one run sweeps with."""

    holders: Sequence[Holder]
    vault: Vault
    save: Save
    counts: Counts
    deadline: Deadline


class _Loss(msgspec.Struct, frozen=True):
    version: Version
    remainder: Remainder


def sweep(erasure: Erasure, known: Known, sweeping: Sweeping) -> Erasure:
    """The erasure with all it got done of this pass; `is_sweeping` when time ran out before."""
    values = frozenset(value for values in known.identifiers.values() for value in values)
    named = Named(keys=frozenset(known.keys), values=values, until=erasure.erased_at)
    for holder in sweeping.holders:
        place = f"{erasure.passes + 1}/{holder.objects.store}"
        while not erasure.sweeps.get(place, Sweep()).is_done:
            if sweeping.deadline.left_ms() < ENOUGH_MS:
                return sweeping.save(_with(erasure, place, erasure.sweeps.get(place, Sweep())))
            erasure = _page(erasure, place, holder, named, sweeping)
    return erasure


def _page(
    erasure: Erasure, place: str, holder: Holder, named: Named, sweeping: Sweeping
) -> Erasure:
    done = erasure.sweeps.get(place, Sweep())
    page = holder.objects.page(done.after)
    losses = list(_losses(page.versions, holder, named, sweeping.vault))
    pending = tuple(sorted({*done.pending, *(each.version.key for each in losses)}))
    if pending != done.pending:
        done = msgspec.structs.replace(done, pending=pending)
        erasure = sweeping.save(_with(erasure, place, done))
    for each in losses:
        _lose(each, holder, sweeping.counts)
    after = Sweep(after=page.after, objects=done.objects + len(pending), is_done=not page.after)
    erasure = _with(erasure, place, after)
    return sweeping.save(erasure) if pending else erasure  # else the next save of the pass tells


def _losses(
    versions: Sequence[Version], holder: Holder, named: Named, vault: Vault
) -> Iterator[_Loss]:
    """Old versions first: once the newest is gone, the one before it would be what readers see."""
    ordered = sorted(versions, key=lambda each: each.is_latest)
    for version, body in zip(ordered, holder.objects.read(ordered), strict=True):
        remainder = Remainder(body) if body is None else holder.sift(body, named, vault)
        if body is not None and remainder.body != body:
            yield _Loss(version, remainder)


def _lose(loss: _Loss, holder: Holder, counts: Counts) -> None:
    """Only what readers see is written anew; an older version held what is elsewhere by now."""
    rest = loss.remainder.body if loss.version.is_latest else None
    if rest is not None:
        holder.objects.replace(loss.version, rest)
    else:
        holder.objects.remove(loss.version)
    if holder.is_before_profiles and loss.version.is_latest:
        counts.count("EventsErased", loss.remainder.events)


def _with(erasure: Erasure, place: str, done: Sweep) -> Erasure:
    return msgspec.structs.replace(erasure, sweeps={**erasure.sweeps, place: done})
