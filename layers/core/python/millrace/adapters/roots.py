"""Roots of days as objects that cannot be changed before their time: `roots/2026-11-25.json`."""

from __future__ import annotations

from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of
from millrace.errors import NeedsHuman, RetryLater
from millrace.privacy.ledger import DayRoot

PREFIX = "roots"
_decode = msgspec.json.Decoder(DayRoot).decode


class S3Roots:
    """`Roots` in a bucket with Object Lock; of several versions of an object the first counts."""

    def __init__(self, *, bucket: str, s3: Any) -> None:
        self._bucket = bucket
        self._s3 = s3

    def last(self) -> DayRoot | None:
        latest = ""
        pages = self._call("get_paginator", "list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{PREFIX}/"):
                latest = max([latest, *(each["Key"] for each in page.get("Contents", ()))])
        except (ClientError, BotoCoreError) as error:
            raise _failure(error) from error
        day = latest.removeprefix(f"{PREFIX}/").removesuffix(".json")
        return self.read(day) if day else None

    def keep(self, root: DayRoot) -> DayRoot:
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=_key(root.day),
                Body=msgspec.json.encode(root),
                ContentType="application/json",
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if code_of(error) not in {"PreconditionFailed", "ConditionalRequestConflict"}:
                raise _failure(error) from error
            return self._first(root.day)
        except BotoCoreError as error:
            raise _failure(error) from error
        return root

    def read(self, day: str) -> DayRoot | None:
        found = self._call("list_object_versions", Bucket=self._bucket, Prefix=_key(day)).get(
            "Versions"
        )
        if not found:
            return None
        first = min(reversed(found), key=lambda version: version["LastModified"])  # newest first
        answer = self._call(
            "get_object", Bucket=self._bucket, Key=_key(day), VersionId=first["VersionId"]
        )
        return _decode(answer["Body"].read())

    def _first(self, day: str) -> DayRoot:
        kept = self.read(day)
        if kept is None:
            raise RetryLater("roots_unavailable", f"the root of {day} is being written just now")
        return kept

    def _call(self, operation: str, *words: str, **more: Any) -> Any:
        try:
            return getattr(self._s3, operation)(*words, **more)
        except (ClientError, BotoCoreError) as error:
            raise _failure(error) from error


def _key(day: str) -> str:
    return f"{PREFIX}/{day}.json"


def _failure(error: Exception) -> RetryLater | NeedsHuman:
    code = code_of(error) if isinstance(error, ClientError) else type(error).__name__
    if code in {"AccessDenied", "NoSuchBucket"}:
        return NeedsHuman("roots_refused", f"the bucket of roots refused: {code}")
    return RetryLater("roots_unavailable", f"the bucket of roots did not answer: {code}")
