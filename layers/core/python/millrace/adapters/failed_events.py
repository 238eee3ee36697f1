"""Failed events in S3: one object each, its reason in clear, its payload sealed."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of
from millrace.errors import RetryLater
from millrace.events.model import FailedEvent
from millrace.failed.model import PREFIX, SEALED_CONTEXT
from millrace.privacy.ports import Vault

CONTEXT = SEALED_CONTEXT
_THREADS = 16


class S3FailedEvents:
    """`FailedEvents` in `bucket`; the key is made of source and payload, so a repeat overwrites."""

    def __init__(self, *, bucket: str, s3: Any, vault: Vault) -> None:
        self._bucket = bucket
        self._s3 = s3
        self._vault = vault

    def keep(self, events: Sequence[FailedEvent]) -> None:
        objects = {failed_event_key(event): self._sealed(event) for event in events}
        put = functools.partial(
            self._s3.put_object, Bucket=self._bucket, ContentType="application/json"
        )
        try:
            if len(objects) == 1:
                for key, body in objects.items():
                    put(Key=key, Body=body)
                return
            with ThreadPoolExecutor(max_workers=_THREADS) as threads:
                list(threads.map(lambda one: put(Key=one[0], Body=one[1]), objects.items()))
        except ClientError as error:
            code = code_of(error)
            raise RetryLater(
                "failed_events_unavailable", f"S3 did not keep them: {code}"
            ) from error
        except BotoCoreError as error:
            raise RetryLater("failed_events_unavailable", "S3 cannot be reached") from error

    def _sealed(self, event: FailedEvent) -> bytes:
        fields = msgspec.structs.asdict(event)
        sealed = ("payload", "arrival") if event.arrival else ("payload",)
        for name in sealed:
            cipher = self._vault.seal(fields[name], context=CONTEXT)
            fields[name] = base64.b64encode(cipher).decode()
        if not event.arrival:
            del fields["arrival"]
        return msgspec.json.encode(fields)


def failed_event_key(event: FailedEvent) -> str:
    """Where one failed event lies: by the hour in which it was received."""
    hour = datetime.fromtimestamp(event.received_at / 1000, UTC)
    digest = hashlib.blake2b(event.source.encode() + b"\0" + event.payload, digest_size=20)
    return f"{PREFIX}/{hour:day=%Y-%m-%d/hour=%H}/{digest.hexdigest()}.json"
