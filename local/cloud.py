"""AWS as in-process moto: its start, its clock, and the few places where we read it from inside.

The stubber is switched on directly rather than by `mock_aws`, which would also intercept every
`requests` call of this process and costs half a second to set up. Only the services named here
answer; any other amazonaws.com address is refused, so no call ever leaves the process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any

import boto3
import botocore.session
import moto.backends
import moto.core.models
import moto.core.utils
import moto.dynamodb.models.table
import moto.kinesis.models
import moto.kms.utils
from botocore.config import Config
from moto import backend_index
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.moto_api._internal import mock_random

from local.clock import LocalClock
from local.moto_fixes import fixes
from local.template import ACCOUNT, REGION

SERVICES = (
    *("dynamodb", "kinesis", "kms", "s3", "secretsmanager", "sns", "sqs", "stepfunctions", "sts"),
)
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # moto answers those endpoints 404
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


class _SeededOs:
    """`os` for moto's KMS, so that wrapped keys repeat as well."""

    def __init__(self, randomness: Random) -> None:
        self.urandom: Callable[[int], bytes] = randomness.randbytes


@contextmanager
def moto_running(clock: LocalClock, seed: int | None) -> Iterator[None]:
    """Moto with only our services, on our clock and, with a seed, on our randomness."""
    patches: list[tuple[Any, str, Any]] = [
        (moto.core.utils, "utcnow", clock.now),
        (moto.kinesis.models, "utcnow", clock.now),
        *fixes(),
        (moto.dynamodb.models.table, "utcnow", clock.now),
        (backend_index, "backend_url_patterns", _patterns()),
    ]
    if seed is not None:
        mock_random.seed(seed)
        patches.append((moto.kms.utils, "os", _SeededOs(Random(seed))))  # noqa: S311
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in patches]
    for owner, name, value in patches:
        setattr(owner, name, value)
    BackendDict.reset()
    moto.core.models.botocore_stubber.enabled = True
    try:
        yield
    finally:
        moto.core.models.botocore_stubber.enabled = False
        BackendDict.reset()
        reset_model_data()
        for owner, name, value in kept:
            setattr(owner, name, value)


@contextmanager
def only_environment(
    values: Mapping[str, str], keep: Collection[str] | None = None
) -> Iterator[None]:
    """The process environment with `values`, without the user's own AWS settings.

    With `keep`, nothing else of the user's environment is left either.
    """
    before = dict(os.environ)
    kept = {
        name: value
        for name, value in before.items()
        if (not name.startswith("AWS_") if keep is None else name in keep)
    }
    _replace_environment(kept | dict(values))
    try:
        yield
    finally:
        _replace_environment(before)


def _replace_environment(values: dict[str, str]) -> None:
    for name in [name for name in os.environ if name not in values]:
        del os.environ[name]
    os.environ.update(values)


class Cloud:
    """The engine's own access: boto3 clients that no policy judges, and moto's insides."""

    def __init__(self) -> None:
        self.loader = botocore.session.get_session().get_component("data_loader")
        self._session: Any = self.session()
        self._clients: dict[str, Any] = {}

    def session(self) -> boto3.session.Session:
        """A fresh session that shares the parsed service models."""
        core = botocore.session.get_session()
        core.register_component("data_loader", self.loader)
        return boto3.session.Session(botocore_session=core, region_name=REGION)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(
                service, config=Config(parameter_validation=False, retries={"mode": "standard"})
            )
        return self._clients[service]

    def backend(self, service: str) -> Any:
        """Moto's own state of a service: reading it costs no request."""
        region = "aws" if service == "s3" else REGION
        backends: Any = moto.backends.get_backend(service)  # type: ignore[call-overload]
        return backends[ACCOUNT][region]


def _patterns() -> list[tuple[str, Any]]:
    """Moto tries every service's pattern for every call; ours are the only ones needed."""
    return [entry for entry in backend_index.backend_url_patterns if entry[0] in SERVICES]
