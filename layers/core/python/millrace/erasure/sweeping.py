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
from millrace.erasure.remainders import Named, Sift
from millrace.privacy import Vault

ENOUGH_MS = 40_000
"""No page is begun with less time than this."""
READ_AT_ONCE = 16


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
    losing = list(_losing(page.versions, holder, named, sweeping.vault))
    pending = tuple(sorted({*done.pending, *(each.key for each in losing)}))
    if pending != done.pending:
        done = msgspec.structs.replace(done, pending=pending)
        erasure = sweeping.save(_with(erasure, place, done))
    for each in losing:
        _lose(each, holder, named, sweeping)
    after = Sweep(after=page.after, objects=done.objects + len(pending), is_done=not page.after)
    return sweeping.save(_with(erasure, place, after))


def _losing(
    versions: Sequence[Version], holder: Holder, named: Named, vault: Vault
) -> Iterator[Version]:
    """Old versions first: once the newest is gone, the one before it would be what readers see.

    Only a few are held at a time: a parked batch may have megabytes.
    """
    ordered = sorted(versions, key=lambda each: each.is_latest)
    for start in range(0, len(ordered), READ_AT_ONCE):
        some = ordered[start : start + READ_AT_ONCE]
        for version, body in zip(some, holder.objects.read(some), strict=True):
            if body is not None and holder.sift(body, named, vault).body != body:
                yield version


def _lose(version: Version, holder: Holder, named: Named, sweeping: Sweeping) -> None:
    """Only what readers see is written anew; an older version held what is elsewhere by now."""
    (body,) = holder.objects.read([version])
    if body is None:
        return
    remainder = holder.sift(body, named, sweeping.vault)
    if version.is_latest and remainder.body is not None:
        holder.objects.replace(version, remainder.body)
    else:
        holder.objects.remove(version)
    if version.is_latest and holder.is_before_profiles:
        sweeping.counts.count("EventsErased", remainder.events)


def _with(erasure: Erasure, place: str, done: Sweep) -> Erasure:
    return msgspec.structs.replace(erasure, sweeps={**erasure.sweeps, place: done})
