"""botocore clients, made once, with every time-out and retry explicit.

botocore's own defaults changed in 1.44; nothing here depends on them.
"""

from __future__ import annotations

import functools
import os
from typing import Any

import boto3
from botocore.config import Config


def client(
    service: str,
    *,
    connect_seconds: float = 1.0,
    read_seconds: float = 2.0,
    attempts: int = 4,
    connections: int = 16,
    region: str | None = None,
) -> Any:
    """A client for `service`; by default 4 attempts of at most 3 s each, then it gives up."""
    own_region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=region or own_region,
        config=Config(
            connect_timeout=connect_seconds,
            read_timeout=read_seconds,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=connections,
            parameter_validation=False,
        ),
    )


class LazyClient:
    """A client that is made by the first call through it.

    For what a function rarely needs: making an S3 client costs 35 ms of every cold start.
    """

    def __init__(self, service: str, **options: Any) -> None:
        self._service = service
        self._options = options

    @functools.cached_property
    def _client(self) -> Any:
        return client(self._service, **self._options)

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._client, operation)
