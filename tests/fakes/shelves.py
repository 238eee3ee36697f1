"""Sealed values in dictionaries, and the progress of a sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from millrace.rotation.model import Cursor, Part, SealedItem, Sweep


class MemoryShelf:
    """`Shelf`; `page_items` items a page. `before` is called with the name of every call."""

    def __init__(self, name: str, page_items: int = 2) -> None:
        self.name = name
        self.items: dict[str, SealedItem] = {}
        self._page_items = page_items
        self.before: Callable[[str], None] = lambda call: None

    def put(self, key: str, version: int, *parts: Part) -> None:
        """Write an item whoever reads it, as its owner does."""
        self.items[key] = SealedItem(key=key, version=version, parts=parts)

    def page(self, cursor: Cursor) -> tuple[list[SealedItem], Cursor]:
        self.before("page")
        keys = [key for key in sorted(self.items) if not cursor or key > cursor["pk"]]
        some = keys[: self._page_items]
        after = {"pk": some[-1]} if len(keys) > len(some) else None
        return [self.items[key] for key in some if self.items[key].parts], after

    def replace(self, item: SealedItem, parts: Sequence[Part]) -> bool:
        self.before("replace")
        now = self.items.get(item.key)
        if now is None or now.version != item.version or not now.parts:
            return False
        self.items[item.key] = msgspec.structs.replace(now, parts=tuple(parts))
        return True


class MemorySweeps:
    """`Sweeps`."""

    def __init__(self) -> None:
        self.kept = Sweep()
        self.before: Callable[[str], None] = lambda call: None

    def read(self) -> Sweep:
        self.before("read_sweep")
        return self.kept

    def keep(self, sweep: Sweep) -> bool:
        self.before("keep_sweep")
        if self.kept.step != sweep.step - 1:
            return False
        self.kept = sweep
        return True
