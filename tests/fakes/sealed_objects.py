"""The objects below one prefix of a bucket, with every version, in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from millrace.erasure.ports import Page, Version
from millrace.errors import RetryLater


class MemorySealedObjects:
    """`SealedObjects`. `before` and `after` are called with the name of every change."""

    def __init__(self, store: str, *, most: int = 200) -> None:
        self.store = store
        self.held: dict[str, list[tuple[Version, bytes | None]]] = {}
        """Key to its versions, the latest last; a body of None is a delete marker."""
        self.is_failing = False
        self.before: Callable[[str], None] = lambda call: None
        self.after: Callable[[str], None] = lambda call: None
        self.pages = 0
        self.most = most
        self._made = 0

    def put(self, key: str, body: bytes | None) -> None:
        """A new version of `key`; None hides it, as a plain delete does."""
        self._made += 1
        version = Version(key=key, id=f"v{self._made}", is_latest=True, etag=f"e{self._made}")
        old = [
            (msgspec.structs.replace(each, is_latest=False), body)
            for each, body in self.held.get(key, [])
        ]
        self.held[key] = [*old, (version, body)]

    def bodies(self) -> dict[str, bytes]:
        """What readers see."""
        latest = {key: versions[-1][1] for key, versions in self.held.items() if versions}
        return {key: body for key, body in latest.items() if body is not None}

    def page(self, after: str) -> Page:
        self._expect()
        self.pages += 1
        keys = sorted(key for key in self.held if key > after)
        some = keys[: self.most]
        versions = [version for key in some for version, body in self.held[key] if body is not None]
        return Page(versions=versions, after=some[-1] if len(keys) > len(some) else "")

    def read(self, versions: Sequence[Version]) -> list[bytes | None]:
        self._expect()
        found = {(key, version.id): body for key in self.held for version, body in self.held[key]}
        return [found.get((each.key, each.id)) for each in versions]

    def remove(self, version: Version) -> None:
        self._expect()
        self.before("remove_object")
        kept = [each for each in self.held.get(version.key, []) if each[0].id != version.id]
        if kept:
            latest = msgspec.structs.replace(kept[-1][0], is_latest=True)
            kept[-1] = (latest, kept[-1][1])
            self.held[version.key] = kept
        else:
            self.held.pop(version.key, None)
        self.after("remove_object")

    def replace(self, version: Version, body: bytes) -> None:
        self._expect()
        self.before("replace_object")
        latest = self.held.get(version.key, [(None, None)])[-1][0]
        if latest is None or latest.id != version.id:
            raise RetryLater("object_changed", "somebody wrote it meanwhile")
        self.put(version.key, body)
        self.after("put_object")
        self.remove(version)

    def _expect(self) -> None:
        if self.is_failing:
            raise RetryLater("objects_unavailable", "the store is told to fail")
