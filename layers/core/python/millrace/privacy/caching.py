"""Subjects as one sandbox remembers them: keys for a minute, tombstones never."""

from __future__ import annotations

from collections.abc import Callable, Collection

from millrace.clock import Clock
from millrace.privacy.ports import Subjects
from millrace.privacy.subjects import Subject

CACHE_MS = 60_000
"""How long an erased person can still be read by a sandbox that knew the key: the promise."""
MAX_CACHED = 10_000


class CachedSubjects:
    """`Subjects` that asks `inner` for what it does not know."""

    def __init__(self, inner: Subjects, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock
        self._known: dict[str, tuple[int, Subject]] = {}

    def keys(self, stems: Collection[str], *, is_fresh: bool = False) -> dict[str, Subject]:
        return self._through(self._inner.keys, stems, is_fresh=is_fresh)

    def read(self, stems: Collection[str], *, is_fresh: bool = False) -> dict[str, Subject]:
        return self._through(self._inner.read, stems, is_fresh=is_fresh)

    def renew(self, known: Subject, erased_at: int) -> None:
        self._known.pop(known.stem, None)
        self._inner.renew(known, erased_at)

    def _through(
        self,
        ask: Callable[[Collection[str]], dict[str, Subject]],
        stems: Collection[str],
        *,
        is_fresh: bool,
    ) -> dict[str, Subject]:
        now = self._clock.now_ms()
        found = {} if is_fresh else self._fresh_enough(stems, now)
        missing = [stem for stem in dict.fromkeys(stems) if stem not in found]
        if missing:
            asked = ask(missing)
            self._remember(asked, now)
            found |= asked
        return found

    def _fresh_enough(self, stems: Collection[str], now: int) -> dict[str, Subject]:
        found = {}
        for stem in stems:
            known = self._known.get(stem)
            if known is not None and 0 <= now - known[0] < CACHE_MS:
                found[stem] = known[1]
        return found

    def _remember(self, subjects: dict[str, Subject], now: int) -> None:
        """The time is that of the question: the answer may be older than its arrival."""
        for stem, subject in subjects.items():
            self._known.pop(stem, None)
            if not subject.is_erased:
                self._known[stem] = now, subject
        while len(self._known) > MAX_CACHED:
            del self._known[next(iter(self._known))]
