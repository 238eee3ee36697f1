"""botocore clients, made once, with every time-out and retry explicit.

botocore's own defaults changed in 1.44; nothing here depends on them.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import sys
from collections.abc import Iterator
from typing import Any

from botocore.config import Config
from botocore.utils import get_environ_proxies

from millrace.adapters.json_client import JsonClient
from millrace.adapters.models import quick_session

USER_AGENT = "millrace"


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
    config = Config(
        connect_timeout=connect_seconds,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=connections,
        parameter_validation=False,
        # A fixed one: botocore builds its own anew for every call, a tenth of the call's CPU.
        user_agent=USER_AGENT,
    )
    with _uncollected():
        return _maker()(service, region_name=region or own_region, config=config)


def json_client(service: str, **options: Any) -> Any:
    """`client`, with calls that cost a fifth; the plain one where a proxy stands in between."""
    made = client(service, **options)
    if get_environ_proxies(made.meta.endpoint_url):
        return made
    return JsonClient(made, _credentials())


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Parsed models are kept for good: looking for garbage in them costs a tenth of a start."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _maker() -> Any:
    """What makes clients: boto3's default session where somebody has set it, else botocore.

    Importing boto3 brings S3's transfer manager along, a third of a cold start, for nothing that
    a handler uses. The local engine sets the default session, one for each function.
    """
    default = getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None)
    return default.client if default is not None else _session().create_client


def _credentials() -> Any:
    """Those that a client of `_maker` would sign with."""
    default = getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None)
    return (default if default is not None else _session()).get_credentials()


@functools.cache
def _session() -> Any:
    """One for all clients: they share the parsed endpoints."""
    return quick_session()


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
