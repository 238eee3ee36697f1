"""The failed events in S3, listed, read and moved; `adapters.failed_events` keeps them."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of
from millrace.adapters.failed_events import CONTEXT
from millrace.errors import GiveUp, RetryLater
from millrace.events.model import FailedEvent
from millrace.failed.model import KeptEvent, Summary, id_of, replayed_key
from millrace.privacy.ports import Vault

_THREADS = 16
_GONE = {"NoSuchKey", "404"}
_T = TypeVar("_T")
_R = TypeVar("_R")


class S3FailedEventStore:
    """The failed events of `bucket`, listed, read and moved: `ReplayedEvents` and more."""

    def __init__(self, *, bucket: str, s3: Any, vault: Vault) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._vault = vault

    def keys(self, prefixes: Iterable[str]) -> Iterator[str]:
        """Every key below the prefixes, in order of the hour of receipt."""
        for prefix in prefixes:
            place = {"Bucket": self._bucket, "Prefix": prefix}
            page = asked(functools.partial(self._s3.list_objects_v2, **place))
            yield from (found["Key"] for found in page.get("Contents", []))
            while page.get("IsTruncated"):
                place["ContinuationToken"] = page["NextContinuationToken"]
                page = asked(functools.partial(self._s3.list_objects_v2, **place))
                yield from (found["Key"] for found in page.get("Contents", []))

    def summaries(self, keys: Sequence[str]) -> list[Summary]:
        """What is in clear of those that are still there, without any use of the vault."""
        bodies = zip(keys, self._bodies(keys), strict=True)
        return [_summary(key, msgspec.json.decode(body)) for key, body in bodies if body]

    def read(self, keys: Sequence[str]) -> list[KeptEvent | None]:
        """See `ReplayedEvents.read`."""
        bodies = zip(keys, self._bodies(keys), strict=True)
        return [self._opened(key, body) if body else None for key, body in bodies]

    def settle(self, events: Sequence[KeptEvent], replayed_at: int, job: str) -> None:
        """See `ReplayedEvents.settle`: all are written to their new place, then deleted."""
        at_once(lambda event: self._copy(event, replayed_at, job), events)
        names = [{"Key": event.key} for event in events]
        answer = asked(
            lambda: self._s3.delete_objects(
                Bucket=self._bucket, Delete={"Objects": names, "Quiet": True}
            )
        )
        if answer.get("Errors"):
            reason = answer["Errors"][0].get("Code", "")
            raise RetryLater("failed_events_unavailable", f"S3 did not delete them: {reason}")

    def _copy(self, event: KeptEvent, replayed_at: int, job: str) -> None:
        told = {"replayed_at": replayed_at, "replay_job": job}
        fields = {**msgspec.json.decode(event.sealed), **told}
        self._s3.put_object(
            Bucket=self._bucket,
            Key=replayed_key(event.key),
            Body=msgspec.json.encode(fields),
            ContentType="application/json",
        )

    def _bodies(self, keys: Sequence[str]) -> list[bytes]:
        return at_once(self._body, keys)

    def _body(self, key: str) -> bytes:
        """The object, or nothing where there is none."""
        try:
            found: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if code_of(error) in _GONE:
                return b""
            raise
        return found

    def _opened(self, key: str, body: bytes) -> KeptEvent:
        fields = msgspec.json.decode(body, type=dict[str, Any])
        known = {name: fields[name] for name in FailedEvent.__struct_fields__ if name in fields}
        is_readable = True
        try:
            for name in known.keys() & {"payload", "arrival"}:
                sealed = base64.b64decode(known[name])
                known[name] = self._vault.open(sealed, context=CONTEXT)
        except GiveUp:
            is_readable = False
            known |= {"payload": b"", "arrival": b""}
        failed = FailedEvent(**known)
        return KeptEvent(key=key, failed=failed, sealed=body, is_readable=is_readable)


def _summary(key: str, fields: dict[str, Any]) -> Summary:
    known = {name: fields[name] for name in Summary.__struct_fields__ if name in fields}
    return Summary(**known, id=id_of(key), sealed_bytes=len(fields.get("payload", "")) * 3 // 4)


def at_once(call: Callable[[_T], _R], arguments: Iterable[_T]) -> list[_R]:
    """Several calls at a time, or the one there is without a thread."""
    known = list(arguments)
    if len(known) < 2:
        return asked(lambda: [call(one) for one in known])
    with ThreadPoolExecutor(max_workers=_THREADS) as threads:
        return asked(lambda: list(threads.map(call, known)))


def asked(call: Callable[[], _R]) -> _R:
    """What a call to S3 gives; RetryLater `failed_events_unavailable` where it gives nothing."""
    try:
        return call()
    except ClientError as error:
        code = code_of(error)
        raise RetryLater("failed_events_unavailable", f"S3 refused: {code}") from error
    except BotoCoreError as error:
        raise RetryLater("failed_events_unavailable", "S3 cannot be reached") from error
