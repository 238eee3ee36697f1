"""AWS services that fail for the functions when they are told to; the engine itself goes on."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from local.cloud import SERVICES
from local.gate import Observer


class Outage(msgspec.Struct, forbid_unknown_fields=True):
    """The next `times` calls of a function to a service are refused, as if never received."""

    times: int = 1
    status: int = 500
    code: str = "ServiceUnavailable"
    operation: str = ""
    """Only this one, e.g. `PutRecords`; "" for all."""


class Outages:
    """What is to fail, by service."""

    def __init__(self) -> None:
        self._outages: dict[str, Outage] = {}
        self._lock = threading.Lock()

    def fail_next(self, service: str, outage: Outage) -> None:
        """ValueError for a service that is not played; 0 times ends an outage."""
        if service not in SERVICES:
            raise ValueError(f"{service} is none of {', '.join(SERVICES)}")
        with self._lock:
            self._outages[service] = outage

    def before(self, observe: Observer) -> Observer:
        """`observe`, told only of the calls that do not fail."""

        def told(service: str, operation: str, params: Mapping[str, Any]) -> None:
            self._check(service, operation)
            observe(service, operation, params)

        return told

    def _check(self, service: str, operation: str) -> None:
        with self._lock:
            outage = self._outages.get(service)
            if outage is None or outage.times < 1 or outage.operation not in {"", operation}:
                return
            outage.times -= 1
        answer: Any = {
            "Error": {"Code": outage.code, "Message": "told to fail"},
            "ResponseMetadata": {"HTTPStatusCode": outage.status},
        }
        raise ClientError(answer, operation)
