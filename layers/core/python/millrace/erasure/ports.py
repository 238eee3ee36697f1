"""What an erasure asks of everything that holds a person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from millrace.activation.forget import ForgetReceipt
from millrace.activation.model import Leaver
from millrace.erasure.model import Erasure
from millrace.privacy import Subjects
from millrace.privacy.ports import SubjectErasure
from millrace.profiles.model import IdBlock
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
    def forget_ids(self, blocks: Sequence[IdBlock]) -> None:
        """Delete id blocks; what is gone already is fine."""
        ...


class ErasableSubjects(Subjects, SubjectErasure, Protocol):
    """Both sides of the subjects table."""


class ErasableDeliveries(Protocol):
    def forget(self, destination: str, keys: Collection[str]) -> None:
        """Delete what `destination` was last told of these people."""
        ...


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an object; what readers see is the latest."""

    key: str
    id: str
    is_latest: bool
    etag: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some objects of a store, each with all of its versions."""

    versions: Sequence[Version]
    after: str = ""
    """What the next page begins after; empty at the end."""


class SealedObjects(Protocol):
    """The objects below one prefix of a bucket. Raises RetryLater `objects_unavailable`."""

    @property
    def store(self) -> str:
        """What the certificate calls it."""
        ...

    def page(self, after: str) -> Page: ...

    def read(self, versions: Sequence[Version]) -> Sequence[bytes | None]:
        """What they hold, in their order; None for what is gone."""
        ...

    def remove(self, version: Version) -> None:
        """Delete this version for good; one that is gone already is fine."""
        ...

    def replace(self, version: Version, body: bytes) -> None:
        """Let `body` be what readers see in place of `version`, and delete that for good.

        Raises RetryLater `object_changed` when it is not the latest any more: read it again.
        """
        ...


class Forgetting(Protocol):
    """The destinations of this deployment."""

    @property
    def names(self) -> Sequence[str]: ...

    def ask(self, destination: str, leaver: Leaver) -> ForgetReceipt:
        """Ask for deletion. Raises RetryLater or NeedsHuman: then it is to be asked again."""
        ...
