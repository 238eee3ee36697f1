"""What an erasure asks of everything that holds a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from millrace.activation.forget import ForgetReceipt
from millrace.activation.model import Leaver
from millrace.erasure.model import Erasure
from millrace.privacy import Subjects
from millrace.privacy.ports import SubjectErasure
from millrace.profiles.ports import ProfileStore


class Erasures(Protocol):
    """Where erasures are kept. Raises RetryLater `erasures_unavailable`."""

    def create(self, erasure: Erasure) -> None:
        """Keep a new erasure, and that it is open."""
        ...

    def read(self, erasure_id: str) -> Erasure | None: ...

    def save(self, erasure: Erasure) -> None:
        """Keep the next version, and whether it is still open.

        Raises RetryLater `erasure_contended` when the version before it is another one.
        """
        ...

    def open_ids(self) -> list[str]:
        """The ids of all that are not done."""
        ...


class ErasableRows(ProfileStore, Protocol):
    def forget_ids(self, stem: str) -> None:
        """Delete the id blocks of a stem."""
        ...


class ErasableSubjects(Subjects, SubjectErasure, Protocol):
    """Both sides of the subjects table."""


class ErasableDeliveries(Protocol):
    def forget(self, destination: str, keys: Collection[str]) -> None:
        """Delete what `destination` was last told of these people."""
        ...


class ErasableFailedEvents(Protocol):
    """Raises RetryLater `failed_events_unavailable`."""

    def naming(self, values: Collection[str], until: int) -> Sequence[str]:
        """Keys of the kept payloads, received until then, in which one of `values` stands."""
        ...

    def remove(self, keys: Iterable[str]) -> None:
        """Delete them, every version; what is gone already is fine."""
        ...


class Forgetting(Protocol):
    """The destinations of this deployment."""

    @property
    def names(self) -> Sequence[str]: ...

    def ask(self, destination: str, leaver: Leaver) -> ForgetReceipt:
        """Ask for deletion. Raises RetryLater or NeedsHuman: then it is to be asked again."""
        ...
