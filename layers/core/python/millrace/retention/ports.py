"""What retention needs of the outside, and what it tells of a run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from millrace.clock import Clock
from millrace.privacy import SubjectReader, Vault
from millrace.privacy.ledger import Link
from millrace.profiles.model import IdBlock, Row
from millrace.profiles.ports import ProfileStore
from millrace.retention.farewells import Farewells
from millrace.settings import ConsentSettings

Cursor = Mapping[str, Any] | None


class Attic(Protocol):
    """What retention needs beyond a `ProfileStore`. Raises RetryLater where a table is silent."""

    def page(self, cursor: Cursor) -> tuple[list[Row], Cursor]:
        """The rows of a page after `cursor`, and the cursor of the next; None at the end."""
        ...

    def cursor(self) -> Cursor:
        """Where the last run stopped."""
        ...

    def keep_cursor(self, cursor: Cursor) -> None:
        """Remember where this run stopped."""
        ...

    def drop_ids(self, blocks: Sequence[IdBlock]) -> None:
        """Delete exactly these id blocks; one that is gone is no error."""
        ...

    def told(self, keys: Collection[str]) -> list[str]:
        """The destinations that were told of any of these rows, or were about to be."""
        ...

    def drop_deliveries(self, keys: Collection[str]) -> None:
        """Forget what destinations were told about these rows."""
        ...


class Chains(Protocol):
    """The ledger, for who only reads it."""

    def read(self, subject: str) -> list[Link]: ...


class RetainPorts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything outside that retention touches."""

    store: ProfileStore
    attic: Attic
    vault: Vault
    subjects: SubjectReader
    ledger: Chains
    farewells: Farewells
    clock: Clock
    sleep: Callable[[float], None]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How long what is kept, and who is told when it goes."""

    profiles_days: int
    consent: ConsentSettings = msgspec.field(default_factory=ConsentSettings)
    destinations: Sequence[str] = ()
    phone_region: str = ""


class Retained(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run, in people."""

    rows: int = 0
    expired: int = 0
    withdrawn: int = 0
    """From whom data was removed whose purpose they had withdrawn."""
    cleared: int = 0
    """From whom something of somebody who is erased was taken."""
    returned: int = 0
    """Who came back while being emptied: the event won."""
    contended: int = 0
    """Of whom an event came while their data was removed: the next run does it."""
    unreadable: int = 0
