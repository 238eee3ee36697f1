"""Secrets Manager behind the `Secrets` port."""

from __future__ import annotations

from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from millrace.adapters.client_errors import code_of
from millrace.clock import SECOND_MS, Clock
from millrace.errors import NeedsHuman, RetryLater

FRESH_MS = 300 * SECOND_MS
STALE_MS = 3_600 * SECOND_MS
MISSING_MS = 10 * SECOND_MS
REFRESH_MS = 30 * SECOND_MS


class _Secret(msgspec.Struct):
    secret: str
    previous: str = ""


_decoder = msgspec.json.Decoder(_Secret)


class SecretsManagerSecrets:
    """Each secret is asked for every five minutes at most.

    While the store is down a value may be an hour old; that a secret is missing is believed for
    ten seconds, so that a misconfigured source does not cost a call per request.
    """

    def __init__(self, client: Any, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._missing: dict[str, tuple[int, NeedsHuman]] = {}
        self._asked: dict[str, int] = {}
        self._doubted: set[str] = set()

    def get(self, name: str) -> str:
        return self.valid(name)[0]

    def valid(self, name: str) -> tuple[str, ...]:
        """The secret and, while it is being rotated, the one under `previous` beside it."""
        now = self._clock.now_ms()
        read_at, value = self._known.get(name, (0, ()))
        if value and 0 <= now - read_at < FRESH_MS and name not in self._doubted:
            return value
        missed_at, missing = self._missing.get(name, (0, None))
        if missing is not None and 0 <= now - missed_at < MISSING_MS:
            raise missing
        self._asked[name] = now
        self._doubted.discard(name)
        try:
            value = self._read(name)
        except NeedsHuman as error:
            self._known.pop(name, None)
            self._missing[name] = (now, error)
            raise
        except RetryLater:
            if value and 0 <= now - read_at < STALE_MS:
                return value
            raise
        self._known[name] = (now, value)
        return value

    def refresh(self, name: str) -> bool:
        """As the port says: a secret is asked for at most every 30 seconds this way."""
        if 0 <= self._clock.now_ms() - self._asked.get(name, 0) < REFRESH_MS:
            return False
        self._doubted.add(name)
        return True

    def _read(self, name: str) -> tuple[str, ...]:
        try:
            answer = self._client.get_secret_value(SecretId=name)
            secret = _decoder.decode(answer["SecretString"])
        except ClientError as error:
            code = code_of(error)
            if code == "ResourceNotFoundException":
                raise NeedsHuman("secret_missing", f"the secret {name} has no value") from error
            if code in {"AccessDeniedException", "DecryptionFailure"}:
                raise NeedsHuman("secret_refused", f"reading {name} was refused: {code}") from error
            raise RetryLater("secrets_unavailable", f"{name} cannot be read: {code}") from error
        except BotoCoreError as error:
            raise RetryLater("secrets_unavailable", "the secrets cannot be reached") from error
        except (KeyError, msgspec.MsgspecError) as error:
            raise _unusable(name) from error
        if not secret.secret:
            raise _unusable(name)
        return (secret.secret, secret.previous) if secret.previous else (secret.secret,)


def _unusable(name: str) -> NeedsHuman:
    return NeedsHuman("secret_missing", f'the secret {name} must be JSON: {{"secret": "..."}}')
