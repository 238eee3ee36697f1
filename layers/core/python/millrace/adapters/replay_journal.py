"""The journal of replays as objects beside the failed events: `<prefix>/<job>/<entry>.json`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from millrace.adapters.failed_event_store import asked, at_once
from millrace.failed.journal import Entry
from millrace.failed.model import JOURNAL_PREFIX

_decode = msgspec.json.Decoder(Entry).decode


class S3ReplayJournal:
    """`ReplayJournal` in the bucket of failed events."""

    def __init__(self, *, bucket: str, s3: Any) -> None:
        self._bucket = bucket
        self._s3 = s3

    def keep(self, entry: Entry) -> None:
        asked(
            lambda: self._s3.put_object(
                Bucket=self._bucket,
                Key=f"{JOURNAL_PREFIX}/{entry.job.id}/{entry.name}.json",
                Body=msgspec.json.encode(entry),
                ContentType="application/json",
            )
        )

    def newest(self, most: int) -> list[Entry]:
        jobs = self._list(f"{JOURNAL_PREFIX}/", "CommonPrefixes", "Prefix", Delimiter="/")
        newest = sorted(jobs, reverse=True)[:most]
        keys = [key for job in newest for key in self._list(job, "Contents", "Key")]
        return [_decode(body) for body in at_once(self._body, keys)]

    def _list(self, prefix: str, part: str, name: str, **more: str) -> Iterator[str]:
        place = {"Bucket": self._bucket, "Prefix": prefix, **more}
        while True:
            page = asked(lambda: self._s3.list_objects_v2(**place))
            yield from (found[name] for found in page.get(part, []))
            if not page.get("IsTruncated"):
                return
            place["ContinuationToken"] = page["NextContinuationToken"]

    def _body(self, key: str) -> bytes:
        return bytes(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())
