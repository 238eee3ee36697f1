"""`erasure.ports.SealedObjects` over a prefix of a versioned bucket, old versions included.

Listing and reading go by version: what was replayed, refilled or redriven lies on as an old version
under a delete marker until it expires, and can be read by whoever may.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of
from millrace.erasure.ports import Page, Version
from millrace.errors import RetryLater

PAGE = 200
_THREADS = 16
_GONE = {"NoSuchKey", "NoSuchVersion", "404"}
_CHANGED = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404", "409", "412"}
_R = TypeVar("_R")


class S3SealedObjects:
    """The objects of `bucket` below `prefix`/; the certificate calls them `store`."""

    def __init__(self, *, store: str, bucket: str, prefix: str, s3: Any, most: int = PAGE) -> None:
        self.store = store
        self._bucket = bucket
        self._prefix = f"{prefix}/"
        self._s3 = s3
        self._most = most
        self._threads = ThreadPoolExecutor(max_workers=_THREADS)

    def page(self, after: str) -> Page:
        """Whole keys only: a key whose versions may go on behind the page is left for the next."""
        versions: list[Version] = []
        keys: set[str] = set()
        for answer in self._answers(after):
            versions += [_version(each) for each in answer.get("Versions", ())]
            keys |= {each["Key"] for each in answer.get("Versions", ())}
            keys |= {each["Key"] for each in answer.get("DeleteMarkers", ())}
            whole = keys - {answer["NextKeyMarker"]} if answer.get("IsTruncated") else keys
            if whole and answer.get("IsTruncated"):
                kept = [each for each in versions if each.key in whole]
                return Page(versions=kept, after=max(whole))
        return Page(versions=versions)

    def read(self, versions: Sequence[Version]) -> list[bytes | None]:
        if len(versions) < 2:
            return [self._body(each) for each in versions]
        return list(self._threads.map(self._body, versions))

    def remove(self, version: Version) -> None:
        place = {"Bucket": self._bucket, "Key": version.key, "VersionId": version.id}
        _asked(lambda: self._s3.delete_object(**place))

    def replace(self, version: Version, body: bytes) -> None:
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=version.key,
                Body=body,
                ContentType="application/json",
                IfMatch=version.etag,
            )
        except ClientError as error:
            if code_of(error) in _CHANGED:
                raise RetryLater("object_changed", "an object changed; it is read again") from error
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error
        self.remove(version)

    def _answers(self, after: str) -> Iterator[dict[str, Any]]:
        place = {"Bucket": self._bucket, "Prefix": self._prefix, "MaxKeys": self._most}
        marker = {"KeyMarker": after} if after else {}
        while True:
            list_them = functools.partial(self._s3.list_object_versions, **place, **marker)
            answer: dict[str, Any] = _asked(list_them)
            yield answer
            if not answer.get("IsTruncated"):
                return
            marker = {
                "KeyMarker": answer["NextKeyMarker"],
                "VersionIdMarker": answer["NextVersionIdMarker"],
            }

    def _body(self, version: Version) -> bytes | None:
        place = {"Bucket": self._bucket, "Key": version.key, "VersionId": version.id}
        try:
            return bytes(self._s3.get_object(**place)["Body"].read())
        except ClientError as error:
            if code_of(error) in _GONE:
                return None
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error


def _version(found: dict[str, Any]) -> Version:
    return Version(
        key=found["Key"], id=found["VersionId"], is_latest=found["IsLatest"], etag=found["ETag"]
    )


def _asked(call: Callable[[], _R]) -> _R:
    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        raise _unavailable(error) from error


def _unavailable(error: Exception) -> RetryLater:
    said = code_of(error) if isinstance(error, ClientError) else type(error).__name__
    return RetryLater("objects_unavailable", f"a bucket did not do what was asked: {said}")
