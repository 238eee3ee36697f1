"""botocore clients, made once, with every time-out and retry explicit.

botocore's own defaults changed in 1.44; nothing here depends on them.
"""

from __future__ import annotations

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
) -> Any:
    """A client for `service`; by default 4 attempts of at most 3 s each, then it gives up."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        config=Config(
            connect_timeout=connect_seconds,
            read_timeout=read_seconds,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=connections,
            parameter_validation=False,
        ),
    )
