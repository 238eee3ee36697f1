"""Objects that can be listed are gone through page by page, and whoever is erased is taken out.

However much there is: what is done of a store is kept with the erasure, and a run that has no time
left is followed by another one. The names of what a page has to lose are kept before it loses it,
so that the certificate counts each once whatever crashes. Several erasures read a page once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

import msgspec

from millrace.clock import Deadline
from millrace.erasure.model import Save, Sweep
from millrace.erasure.ports import Version
from millrace.erasure.remainders import Holder, Named
from millrace.erasure.running import Run
from millrace.errors import MillraceError
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


class Sweeping(msgspec.Struct, frozen=True, kw_only=True):
    """What one run sweeps with."""

    holders: Sequence[Holder]
    vault: Vault
    save: Save
    counts: Counts
    deadline: Deadline


def sweep(runs: Sequence[Run], sweeping: Sweeping) -> None:
    """Go as far as there is time, for all of them side by side.

    `is_sweeping` is true of each erasure that is not through with this pass; what stops one is
    its `error`.
    """
    for holder in sweeping.holders:
        while waiting := [run for run in runs if run.goes_on and not _done(run, holder).is_done]:
            if sweeping.deadline.left_ms() < ENOUGH_MS:
                for run in waiting:
                    _save(run, holder, _done(run, holder), sweeping)
                return
            first = min(_done(run, holder).after for run in waiting)
            together = [run for run in waiting if _done(run, holder).after == first]
            _page(together, first, holder, sweeping)


def _page(runs: Sequence[Run], after: str, holder: Holder, sweeping: Sweeping) -> None:
    """One page, for those who got as far as that."""
    try:
        page = holder.objects.page(after)
        losing = list(_losing(page.versions, runs, holder, sweeping.vault))
    except MillraceError as error:
        for run in runs:
            run.stop(error)
        return
    for run in runs:
        done = _done(run, holder)
        own = {version.key for version, named in losing if run in named}
        if not own <= set(done.pending):
            pending = tuple(sorted({*done.pending, *own}))
            _save(run, holder, msgspec.structs.replace(done, pending=pending), sweeping)
    for version, named in losing:
        _lose(version, [run for run in named if run.goes_on], holder, sweeping)
    for run in runs:
        done = _done(run, holder)
        objects = done.objects + len(done.pending)
        after_it = Sweep(after=page.after, objects=objects, is_done=not page.after)
        _save(run, holder, after_it, sweeping)


def _losing(
    versions: Sequence[Version], runs: Sequence[Run], holder: Holder, vault: Vault
) -> Iterator[tuple[Version, list[Run]]]:
    """Old versions first: once the newest is gone, the one before it would be what readers see.

    With each those whose person is in it. Only a few are held at a time: a parked batch may have
    megabytes.
    """
    anybody, each_of = _anybody(runs), [(run, _named(run)) for run in runs]
    ordered = sorted(versions, key=lambda each: each.is_latest)
    for start in range(0, len(ordered), READ_AT_ONCE):
        some = ordered[start : start + READ_AT_ONCE]
        for version, body in zip(some, holder.objects.read(some), strict=True):
            if body is not None and holder.sift(body, anybody, vault).body != body:
                named = [run for run, own in each_of if holder.sift(body, own, vault).body != body]
                yield version, named


def _lose(version: Version, runs: Sequence[Run], holder: Holder, sweeping: Sweeping) -> None:
    """Take all of them out at once: whoever came second would look for a version that is gone."""
    try:
        _take_out(version, runs, holder, sweeping)
    except MillraceError as error:
        for run in runs:
            run.stop(error)


def _take_out(version: Version, runs: Sequence[Run], holder: Holder, sweeping: Sweeping) -> None:
    """Only what readers see is written anew; an older version held what is elsewhere by now."""
    (body,) = holder.objects.read([version]) if runs else (None,)
    if body is None:
        return
    rest: bytes | None = body
    events = 0
    for run in runs:
        if rest is not None:
            remainder = holder.sift(rest, _named(run), sweeping.vault)
            rest, events = remainder.body, events + remainder.events
    if version.is_latest and rest is not None:
        holder.objects.replace(version, rest)
    else:
        holder.objects.remove(version)
    if version.is_latest and holder.is_before_profiles:
        sweeping.counts.count("EventsErased", events)


def _named(run: Run) -> Named:
    values = frozenset(value for values in run.known.identifiers.values() for value in values)
    return Named(keys=frozenset(run.known.keys), values=values, until=run.erasure.erased_at)


def _anybody(runs: Sequence[Run]) -> Named:
    """Whoever is in nothing of this is in nothing of one of them."""
    every = [_named(run) for run in runs]
    return Named(
        keys=frozenset().union(*(each.keys for each in every)),
        values=frozenset().union(*(each.values for each in every)),
        until=max(each.until for each in every),
    )


def _place(run: Run, holder: Holder) -> str:
    return f"{run.erasure.passes + 1}/{holder.objects.store}"


def _done(run: Run, holder: Holder) -> Sweep:
    return run.erasure.sweeps.get(_place(run, holder), Sweep())


def _save(run: Run, holder: Holder, done: Sweep, sweeping: Sweeping) -> None:
    def save(run: Run) -> None:
        sweeps = {**run.erasure.sweeps, _place(run, holder): done}
        run.erasure = sweeping.save(run.erasure, sweeps=sweeps)

    run.go_on(save)
