"""Subjects in DynamoDB: `s#<stem>` holds a data key wrapped by the branch key, or a tombstone.

No call to KMS: the branch key is in this process. A conditional put lets one of several win.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of, is_unmet
from millrace.adapters.clock import SystemClock, SystemRandomness
from millrace.adapters.subject_items import PREFIX, Item, SubjectItems, tombstone
from millrace.errors import NeedsHuman, RetryLater
from millrace.privacy import Randomness, Subject, Vault
from millrace.privacy.caching import CachedSubjects
from millrace.settings import VaultSettings

READ_PER_CALL = 100
MAX_ROUNDS = 5
_REFUSED = {"AccessDeniedException", "ResourceNotFoundException", "UnrecognizedClientException"}
_IS_AS_KNOWN = "epoch = :epoch AND (erased_at = :erased OR attribute_not_exists(erased_at))"


class Changed(Exception):
    """Somebody else wrote the subject first."""


class DynamoSubjects:
    """`Subjects` and `SubjectErasure` over the subjects table. Reads are consistent."""

    def __init__(
        self,
        *,
        table: str,
        dynamodb: Any,
        vault: Vault,
        randomness: Randomness,
        threads: int = 1,
    ) -> None:
        self._table = table
        self._dynamodb = dynamodb
        self._made_of = SubjectItems(vault, randomness)
        self._threads = threads

    def read(
        self,
        stems: Collection[str],
        *,
        is_fresh: bool = False,  # noqa: ARG002 - every read of the table is
    ) -> dict[str, Subject]:
        return {stem: self._made_of.opened(item) for stem, item in self._items(stems).items()}

    def keys(
        self,
        stems: Collection[str],
        *,
        is_fresh: bool = False,  # noqa: ARG002 - every read of the table is
    ) -> dict[str, Subject]:
        found = self.read(stems)
        missing = [stem for stem in dict.fromkeys(stems) if stem not in found]
        made = [subject for subject in self._in_threads(self._make, missing) if subject]
        found |= {subject.stem: subject for subject in made}
        lost = [stem for stem in missing if stem not in found]
        found |= self.read(lost)
        if found.keys() < set(stems):
            raise _unavailable("a subject that somebody else made cannot be read yet")
        return found

    def renew(self, known: Subject, erased_at: int) -> None:
        item, _ = self._made_of.made(known.stem, known.epoch + 1)
        item["erased_at"] = {"N": str(erased_at)}
        try:
            self._put(item, _IS_AS_KNOWN, known.epoch, known.erased_at)
        except Changed:
            return

    def erase(self, stems: Collection[str], *, since: int, erased_at: int) -> int:
        found = self._items(stems)
        destroyed = 0
        for stem in dict.fromkeys(stems):
            item = found.get(stem, {})
            before = int(item.get("erased_at", {"N": "0"})["N"])
            if before >= since:
                continue
            epoch = int(item.get("epoch", {"N": "0"})["N"])
            self._entomb(stem, epoch, before, erased_at, is_new=not item)
            destroyed += "wrapped" in item
        return destroyed

    def _make(self, stem: str) -> Subject | None:
        item, subject = self._made_of.made(stem, 1)
        try:
            self._put(item, "attribute_not_exists(pk)")
        except Changed:
            return None
        return subject

    def _entomb(self, stem: str, epoch: int, before: int, erased_at: int, *, is_new: bool) -> None:
        item = tombstone(stem, epoch, erased_at)
        try:
            if is_new:
                self._put(item, "attribute_not_exists(pk)")
            else:
                self._put(item, _IS_AS_KNOWN, epoch, before)
        except Changed as error:
            raise _unavailable("a subject changed while it was erased") from error

    def _put(self, item: Item, condition: str, *known: int) -> None:
        values = dict(zip((":epoch", ":erased"), ({"N": str(one)} for one in known), strict=False))
        with answers():
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression=condition,
                **({"ExpressionAttributeValues": values} if values else {}),
            )

    def _items(self, stems: Collection[str]) -> dict[str, Item]:
        found: dict[str, Item] = {}
        wanted = iter(sorted(set(stems)))
        while some := list(islice(wanted, READ_PER_CALL)):
            keys = [{"pk": {"S": PREFIX + stem}} for stem in some]
            for item in self._read_all({self._table: {"Keys": keys, "ConsistentRead": True}}):
                found[item["pk"]["S"].removeprefix(PREFIX)] = item
        return found

    def _read_all(self, pending: dict[str, Any]) -> Iterator[Item]:
        for _ in range(MAX_ROUNDS):
            with answers():
                answer = self._dynamodb.batch_get_item(RequestItems=pending)
            yield from answer["Responses"].get(self._table, [])
            pending = answer.get("UnprocessedKeys") or {}
            if not pending:
                return
        raise _unavailable("subjects stayed unprocessed")

    def _in_threads(
        self, work: Callable[[str], Subject | None], stems: Sequence[str]
    ) -> list[Subject | None]:
        if self._threads <= 1 or len(stems) <= 1:
            return [work(stem) for stem in stems]
        with ThreadPoolExecutor(min(self._threads, len(stems))) as threads:
            return list(threads.map(work, stems))


@contextmanager
def answers() -> Iterator[None]:
    """DynamoDB's refusals as what the caller must do about them."""
    try:
        yield
    except ClientError as error:
        if is_unmet(error):
            raise Changed from error
        code = code_of(error)
        if code in _REFUSED:
            raise NeedsHuman("subjects_refused", f"the subjects table refused: {code}") from error
        raise _unavailable(code) from error
    except BotoCoreError as error:
        raise _unavailable(type(error).__name__) from error


def _unavailable(reason: str) -> RetryLater:
    return RetryLater("subjects_unavailable", f"the subjects table did not answer: {reason}")


def open_subjects(
    settings: VaultSettings, *, vault: Vault, dynamodb: Any, threads: int = 1
) -> CachedSubjects:
    """The subjects as a function sees them: a minute old at most."""
    inner = DynamoSubjects(
        table=settings.subjects_table,
        dynamodb=dynamodb,
        vault=vault,
        randomness=SystemRandomness(),
        threads=threads,
    )
    return CachedSubjects(inner, SystemClock())
