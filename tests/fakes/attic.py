"""What retention needs, over the fakes of the profiles and deliveries tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from millrace.profiles.model import IdBlock, Row
from millrace.retention.ports import Cursor
from tests.fakes.deliveries import MemoryDeliveries
from tests.fakes.profiles import MemoryProfiles


class MemoryAttic:
    """`Attic`; `page_rows` rows a page; `before` is called with the name of every call."""

    def __init__(
        self, store: MemoryProfiles, deliveries: MemoryDeliveries, page_rows: int = 2
    ) -> None:
        self._store = store
        self._deliveries = deliveries
        self._page_rows = page_rows
        self.kept: Cursor = None
        self.before: Callable[[str], None] = lambda call: None

    def page(self, cursor: Cursor) -> tuple[list[Row], Cursor]:
        self.before("page")
        keys = [key for key in sorted(self._store.rows) if not cursor or key > cursor["pk"]]
        some = keys[: self._page_rows]
        rows = [self._store.rows[key] for key in some]
        return rows, {"pk": some[-1]} if len(keys) > len(some) else None

    def cursor(self) -> Cursor:
        self.before("cursor")
        return self.kept

    def keep_cursor(self, cursor: Cursor) -> None:
        self.before("keep_cursor")
        self.kept = cursor

    def drop_ids(self, blocks: Sequence[IdBlock]) -> None:
        self.before("drop_ids")
        for block in blocks:
            self._store.blocks.pop((block.stem, block.name), None)

    def told(self, keys: Collection[str]) -> list[str]:
        self.before("told")
        return sorted({destination for destination, key in self._deliveries.rows if key in keys})

    def drop_deliveries(self, keys: Collection[str]) -> None:
        self.before("drop_deliveries")
        rows = self._deliveries.rows
        for destination, key in list(rows):
            if key in keys:
                del rows[destination, key]
